"""How a line of the ledger is calculated: a key with named arguments, and the English sentence for each key.

Whatever shows a line in another language has a sentence of its own for the same key and arguments; nobody reads a
sentence to learn what a line is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter

from sim.accounting.amounts import Number

SENTENCES = {
    "straight_line": "Of {price_usd:,.2f} USD apiece, written off in equal parts, less a salvage share of {salvage:g}, "
    "over {years:g} years.",
    "by_use": "Of {price_usd:,.2f} USD apiece, written off by hours at work, less a salvage share of {salvage:g}, "
    "over {years:g} years.",
    "declining": "Of {price_usd:,.2f} USD apiece, declining by a factor of {factor:g} at an age of {age_years:g} "
    "years, less a salvage share of {salvage:g}, over {years:g} years.",
    "spares": "Spare equipment: a share of {share:g} of the {price_usd:,.2f} USD that a server costs, written off in "
    "equal parts.",
    "capital": "Cost of capital of {rate:g} a year on the {price_usd:,.2f} USD that a server costs, and its spares.",
    "tax": "Yearly tax: a share of {rate:g} of the {price_usd:,.2f} USD that a server costs.",
    "rent_on_demand": "Rent on demand, but for hours asleep or off; power, cooling and upkeep are in the rent.",
    "rent_spot": "Rent spot, but for hours asleep or off; power, cooling and upkeep are in the rent.",
    "rent_reserved": "Rent reserved, awake or not; power, cooling and upkeep are in the rent.",
    "colocation": "Colocation at {price_usd:,.2f} USD per kW of nameplate power and month.",
    "own_facility": "A data center of one's own at {price_usd:,.2f} USD per watt of nameplate power, repaid in "
    "{years:g} years at {rate:g} a year.",
    "energy_by_hour": "Energy of each minute at the price of the local hour in which the minute begins.",
    "energy_by_quarter": "Energy of each minute at the price of the band in which the minute begins.",
    "energy_by_series": "Energy of each minute at the market's price of the clock hour in which the minute begins.",
    "in_rent": "Paid by the owner of the rented servers: it is in the rent.",
    "demand_charge": "The highest mean power of a quarter of an hour, {peak_kw:,.1f} kW, for this day's share of the "
    "month.",
    "carbon": "Location-based carbon dioxide of the energy paid for, hour by hour.",
    "water": "Make-up water of cooling towers and wet pads.",
    "contract": "A contract that covers repairs: a yearly share of {share:g} of the {price_usd:,.2f} USD that a "
    "server costs.",
    "parts": "Parts that repairs used, by the event log, {price_usd:,.2f} USD each.",
    "parts_covered": "Parts that repairs used, by the event log, {price_usd:,.2f} USD each; the contract pays.",
    "labor": "Hands-on time of repairs in the event log at the hourly cost of technicians.",
    "labor_covered": "Hands-on time of repairs in the event log at the hourly cost of technicians; the contract pays.",
    "visits": "What a repair costs beside its part and hours.",
    "visits_covered": "What a repair costs beside its part and hours; the contract pays.",
    "planned_maintenance": "Planned maintenance at the hourly cost of technicians: the day's share of {each_s:g} s per "
    "server and year, or the {planned_h:.2f} h of planned work in the event log where these are more.",
    "consumables": "Filters, fans, batteries and cables: {price_usd:,.2f} USD per server and year.",
    "software": "Software licenses: {price_usd:,.2f} USD per GPU and year.",
    "roster": "Hours of {technicians:g} technicians around the clock in which they neither repair nor maintain.",
    "article_hardware": "The article books the whole purchase price as the cost of one day.",
    "article_energy": "The article lets every unit draw {power_w:g} W all the time.",
}
"""Sentence of each key, with named places for its arguments."""


@dataclass(frozen=True)
class Basis:
    """How a line is calculated."""

    key: str
    """A key of SENTENCES."""
    arguments: Mapping[str, Number] = field(default_factory=dict)
    """Numbers that its sentence names; arrays where a line holds many draws."""

    def written(self) -> dict[str, str]:
        """Its arguments as text, each in the form that the sentence gives it.

        >>> Basis("tax", {"rate": 0.01, "price_usd": 30_000.0}).written()
        {'rate': '0.01', 'price_usd': '30,000.00'}
        """
        places = Formatter().parse(SENTENCES[self.key])
        return {name: format(self.arguments[name], form or "") for _, name, form, _ in places if name}

    @property
    def sentence(self) -> str:
        """The sentence in English.

        >>> Basis("parts", {"price_usd": 1200.0}).sentence
        'Parts that repairs used, by the event log, 1,200.00 USD each.'
        """
        return SENTENCES[self.key].format(**self.arguments)
