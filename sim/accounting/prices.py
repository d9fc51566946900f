"""Prices of a day as the accounts use them: each number with where it comes from, in US dollars.

A study may put an array, one number a draw, wherever a number stands: nothing here asks how large a number is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sim.accounting.numbers import sum_of

Steps = Literal["hour", "quarter", "series"]


@dataclass(frozen=True)
class Priced:
    """A number and where it comes from."""

    value: float
    """The number, in the unit of the field that holds it."""
    sources: tuple[str, ...]
    """Source ids; "scenario" where it was chosen."""


@dataclass(frozen=True)
class Tariff:
    """Price of electricity over a day."""

    usd_per_kwh: tuple[float, ...]
    """24 prices by local hour or 96 by local quarter of an hour, midnight first, or one for each hour of the day
    simulated, from the clock hour in which it starts; may be negative."""
    sources: tuple[str, ...]
    """Source ids; "scenario" where it was chosen."""
    steps: Steps = "hour"
    """Which of these."""

    @property
    def mean_usd_per_kwh(self) -> float:
        """Plain mean over the prices."""
        mean: float = sum_of(self.usd_per_kwh) / len(self.usd_per_kwh)
        return mean


@dataclass(frozen=True)
class Intensity:
    """Carbon dioxide of the grid's electricity over a day."""

    hour_g_per_kwh: tuple[float, ...]
    """24 numbers by local hour, midnight first."""
    sources: tuple[str, ...]
    """Source ids."""


@dataclass(frozen=True)
class ServerPrices:
    """Purchase prices of one kind of server."""

    server_usd: Priced
    """Server without GPUs, CPUs, memory, storage and network."""
    gpu_usd: Priced
    """One GPU."""
    cpu_usd: Priced
    """One CPU."""
    memory_usd: Priced
    """Memory a server."""
    storage_usd: Priced
    """Storage a server."""
    network_usd: Priced
    """Network a server."""
    rack_usd: Priced
    """Share of a rack a server."""


@dataclass(frozen=True)
class Rent:
    """Terms under which a pool is rented."""

    by: Literal["on_demand", "reserved", "spot"]
    """Kind of contract."""
    gpu_usd_per_h: Priced
    """Rent of a GPU."""


@dataclass(frozen=True)
class Rules:
    """How the accounts reckon; choices that are no numbers, and numbers that need no source."""

    depreciation: Literal["straight_line", "declining", "by_use"] = "straight_line"
    """How a purchase is spread over its life."""
    declining_factor: float = 2.0
    """Yearly share of the book value, times the lifetime."""
    age_years: float = 0.0
    """Age of the equipment on the day."""
    facility: Literal["colocation", "owned", "none"] = "colocation"
    """Whether a hall is rented, owned or not paid for."""
    repair: Literal["own", "contract"] = "own"
    """Whether parts and hours are paid as they fall due, or covered by a contract."""
    labour: Literal["called", "roster"] = "called"
    """Whether technicians are paid by the hour that they mend, or around the clock."""


@dataclass(frozen=True)
class ResolvedPrices:
    """Everything that pricing a day needs."""

    servers: Mapping[str, ServerPrices]
    """Purchase prices by catalogue name of the server."""
    rents: Mapping[str, Rent]
    """Rents by pool; a pool without one is owned."""
    rules: Rules
    """How the accounts reckon."""
    electricity: Tariff
    """Electricity by hour."""
    carbon: Intensity
    """Carbon intensity by hour."""
    lifetime_years: Priced
    """Years over which equipment is written off."""
    salvage_fraction: Priced
    """Share of the price left at the end."""
    capital_fraction_per_year: Priced
    """Yearly cost of the money that is tied up."""
    design_utilisation_fraction: Priced
    """Share of its life that a GPU is expected to work."""
    tax_fraction_per_year: Priced
    """Yearly tax as a share of the purchase price."""
    spares_fraction: Priced
    """Spare equipment as a share of what runs."""
    facility_years: Priced
    """Years over which a hall is written off."""
    colocation_usd_per_kw_month: Priced
    """Rent of a place in a hall."""
    facility_usd_per_w: Priced
    """Building a hall."""
    demand_usd_per_kw_month: Priced
    """Charge on the highest quarter of an hour."""
    carbon_usd_per_t: Priced
    """Price of carbon dioxide."""
    water_usd_per_m3: Priced
    """Price of water."""
    contract_fraction_per_year: Priced
    """Yearly contract as a share of the purchase price."""
    technician_usd_per_h: Priced
    """An hour of a technician."""
    roster_technicians: Priced
    """Technicians paid around the clock under a roster."""
    visit_usd: Priced
    """A repair, beside its part and hours."""
    host_part_usd: Priced
    """A part of the rest of the server."""
    network_part_usd: Priced
    """A part of the network."""
    planned_labour_s: Priced
    """Hands-on time of planned maintenance, a server and year."""
    software_usd_per_year: Priced
    """Software licences, a GPU and year."""
    consumables_usd_per_year: Priced
    """Consumables, a server and year."""


def sources_of(*parts: Priced | Tariff | Intensity) -> tuple[str, ...]:
    """All source ids of some prices, each once, in their order.

    >>> sources_of(Priced(1.0, ("a", "b")), Priced(2.0, ("b",)))
    ('a', 'b')
    """
    return tuple(dict.fromkeys(source for part in parts for source in part.sources))
