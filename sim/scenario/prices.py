"""What things cost, as a person chooses it: how equipment is paid for, tariffs, upkeep, currency.

Nothing here changes the simulated day. What is left out is taken from the price book, the site or the rents of the
catalogue. Money stands in the currency of the section; only prices of electricity may be negative.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.core.units import QUARTERS_PER_DAY, SECONDS_PER_DAY, SECONDS_PER_QUARTER
from sim.scenario.quantities import Choice, Fraction, Name, NonNegative, Positive, Years

ClockTime = Annotated[float, Field(ge=0, le=SECONDS_PER_DAY)]
Hourly = Annotated[tuple[float, ...], Field(min_length=24, max_length=24)]


class Equipment(Choice):
    """Prices of one kind of server, where they differ from the catalogue's."""

    server_usd: NonNegative | None = None
    """Server without its parts."""
    gpu_usd: NonNegative | None = None
    """One GPU."""
    cpu_usd: NonNegative | None = None
    """One CPU."""
    memory_usd: NonNegative | None = None
    """Memory a server."""
    storage_usd: NonNegative | None = None
    """Storage a server."""
    network_usd: NonNegative | None = None
    """Network a server."""
    rack_usd: NonNegative | None = None
    """Share of a rack a server."""


class Tenure(Choice):
    """How a pool's servers are paid for."""

    by: Literal["owned", "on_demand", "reserved", "spot"] = "owned"
    """Bought, or rented by the GPU-hour with power, cooling and upkeep in the rent; a sleeping server costs rent only
    when it is reserved."""
    gpu_usd_per_h: NonNegative | None = None
    """Rent of a GPU; the catalogue's when none is given."""


class Band(Choice):
    """A stretch of every day with its own price of electricity."""

    start_s: ClockTime
    """Local time at which it begins, on a quarter of an hour."""
    end_s: ClockTime
    """Local time at which it ends; at or before the start: on the next day."""
    usd_per_kwh: float
    """Its price; may be negative."""


class Prices(Choice):
    """What things cost; nothing here changes the simulated day."""

    book: Name = "owner_default"
    """Catalogue name of the price book."""
    currency: Name = "usd"
    """Catalogue name of the currency in which this section's money is written; results are in US dollars."""
    pools: dict[Name, Tenure] = Field(default={})
    """How each pool is paid for; one that is not named is owned."""
    equipment: dict[Name, Equipment] = Field(default={})
    """Other purchase prices, by catalogue name of the server."""

    depreciation: Literal["straight_line", "declining", "by_use"] = "straight_line"
    """Equal parts over the life, a fixed share of what is left each year, or by the hours that GPUs work."""
    declining_factor: Positive = 2.0
    """Declining depreciation: yearly share of the book value, times the lifetime; 2 is double declining."""
    age_years: Years = 0.0
    """Age of the equipment on the day, for declining depreciation."""
    lifetime_years: Positive | None = None
    """Years of depreciation, where they differ from the book's."""
    salvage_fraction: Fraction | None = None
    """Share of the price left at the end."""
    capital_fraction_per_year: NonNegative | None = None
    """Yearly cost of the money tied up in equipment and building."""
    design_utilisation_fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of its life that a GPU is expected to work, for depreciation by use."""
    tax_fraction_per_year: NonNegative = 0.0
    """Yearly tax on equipment as a share of its purchase price."""
    spares_fraction: NonNegative | None = None
    """Spare equipment as a share of what runs."""

    facility: Literal["colocation", "owned", "none"] = "colocation"
    """A rented place in somebody's hall, a hall of one's own, or none to be paid for."""
    colocation_usd_per_kw_month: NonNegative | None = None
    """Rent of a kW of nameplate power a month."""
    facility_usd_per_w: NonNegative | None = None
    """Building a hall, a watt of nameplate power."""
    facility_years: Positive | None = None
    """Years over which a hall is written off."""

    electricity_usd_per_kwh: float | Hourly | None = None
    """One price, or 24 by local hour; the site's tariff when none is given. May be negative."""
    time_of_use: dict[Name, Band] = Field(default={})
    """Prices by time of day; the bands must cover all 24 hours once."""
    market_usd_per_kwh: tuple[float, ...] = ()
    """A price for each hour of the day simulated, from the clock hour in which it starts. May be negative."""
    demand_usd_per_kw_month: NonNegative = 0.0
    """Charge on the highest mean power of a quarter of an hour, spread over the month."""
    carbon_usd_per_t: NonNegative = 0.0
    """Price of a tonne of carbon dioxide from the electricity used."""

    repair: Literal["own", "contract"] = "own"
    """Parts and hours paid as they fall due, or a yearly contract that covers them."""
    labour: Literal["called", "roster"] = "called"
    """Technicians paid by the hour that they mend, or around the clock."""
    contract_fraction_per_year: NonNegative | None = None
    """Yearly contract, as a share of the purchase price."""
    technician_usd_per_h: NonNegative | None = None
    """An hour of a technician."""
    roster_technicians: NonNegative | None = None
    """Technicians paid around the clock under a roster; those of the plant's shifts when none are given."""
    visit_usd: NonNegative | None = None
    """A repair, beside its part and hours."""
    host_part_usd: NonNegative | None = None
    """A part of the rest of the server."""
    network_part_usd: NonNegative | None = None
    """A part of the network."""
    planned_labour_s: NonNegative | None = None
    """Hands-on time of planned maintenance, a server and year; the day's own planned work counts towards it."""
    software_usd_per_year: NonNegative | None = None
    """Software licences, a GPU and year."""
    consumables_usd_per_year: NonNegative | None = None
    """Consumables, a server and year."""
    water_usd_per_m3: NonNegative | None = None
    """Water that cooling takes."""

    requests_per_user_per_day: Positive | None = None
    """Requests that a user makes in 24 hours, to tell what a user costs."""
    as_the_article_books_it: bool = False
    """Add the seed article's formula beside the ledger."""
    article_coolers: Annotated[int, Field(ge=0)] = 0
    """Cooling units that the article's formula counts."""


def quarters_of_bands(prices: Prices) -> list[list[str]]:
    """Names of the bands that hold each of the 96 quarters of a local day."""
    owners: list[list[str]] = [[] for _ in range(QUARTERS_PER_DAY)]
    for name, band in prices.time_of_use.items():
        first, last = round(band.start_s / SECONDS_PER_QUARTER), round(band.end_s / SECONDS_PER_QUARTER)
        for quarter in range(first, last if last > first else last + QUARTERS_PER_DAY):
            owners[quarter % QUARTERS_PER_DAY].append(name)
    return owners
