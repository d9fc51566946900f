"""Prices of a day as the accounts use them: each number with where it comes from, in US dollars.

A study may put an array, one number a draw, wherever a number stands: nothing here asks how large a number is.

From choices and claims to the prices of a day: a choice goes before a claim, and all money becomes US dollars.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sim.accounting.amounts import sum_of
from sim.catalogue.catalogue import SCENARIO_SOURCE, Catalogue
from sim.catalogue.parameter import Fact
from sim.catalogue.types import Server, Site
from sim.core.errors import CatalogueError
from sim.core.units import HOURS_PER_DAY
from sim.scenario.prices import Equipment, Prices, quarters_of_bands

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


CHOSEN = (SCENARIO_SOURCE,)
FROM_BOOK = (
    *("lifetime_years", "salvage_fraction", "capital_fraction_per_year", "design_utilisation_fraction"),
    *("spares_fraction", "facility_years", "contract_fraction_per_year", "visit_usd", "host_part_usd"),
    *("network_part_usd", "planned_labour_s", "software_usd_per_year", "consumables_usd_per_year"),
)
"""Numbers that the price book claims."""
FROM_SITE = ("technician_usd_per_h", "colocation_usd_per_kw_month", "facility_usd_per_w", "water_usd_per_m3")
"""Numbers that the site claims."""
CHOICES = ("tax_fraction_per_year", "demand_usd_per_kw_month", "carbon_usd_per_t")
"""Numbers that nobody claims."""
RULES = ("depreciation", "declining_factor", "age_years", "facility", "repair", "labour")
"""Choices of how the accounts reckon."""


def resolve_prices(
    prices: Prices, site: Site, catalogue: Catalogue, pools: Mapping[str, str], technicians: float = 0.0
) -> ResolvedPrices:
    """Prices of pools, named with their kinds of server, at a site where so many technicians are on duty.

    Prices of a server that the catalogue does not know are refused; those of one that is not named are left aside.
    """
    for name in prices.equipment:
        catalogue.pick("servers", name)
    book, rate = catalogue.pick("prices", prices.book), exchange_rate(prices, catalogue)
    servers = {name: catalogue.pick("servers", name) for name in sorted(set(pools.values()))}
    equipment = {name: _server(prices.equipment.get(name, Equipment()), servers[name], rate) for name in servers}
    claimed = {name: getattr(book, name) for name in FROM_BOOK} | {name: getattr(site, name) for name in FROM_SITE}
    numbers = {name: _resolve(_money(prices, name, rate), claim) for name, claim in claimed.items()}
    numbers |= {name: Priced(_money(prices, name, rate), CHOSEN) for name in CHOICES}
    return ResolvedPrices(
        servers=equipment,
        rents=_rents(prices, catalogue, servers, pools, rate),
        rules=Rules(**{name: getattr(prices, name) for name in RULES}),
        electricity=_tariff(prices, site, rate),
        carbon=_intensity(site),
        roster_technicians=_roster(prices, technicians),
        **numbers,
    )


def exchange_rate(prices: Prices, catalogue: Catalogue) -> float:
    """US dollars for one unit of the currency in which prices are written."""
    return catalogue.pick("currencies", prices.currency).rate_usd.value


def _money(prices: Any, name: str, rate: float) -> Any:
    """A choice, in US dollars where it is money; None where nothing was chosen."""
    value = getattr(prices, name)
    return value * rate if value is not None and "usd" in name else value


def _resolve(choice: float | None, claim: Fact) -> Priced:
    return Priced(claim.value, (claim.source,)) if choice is None else Priced(choice, CHOSEN)


def _roster(prices: Prices, technicians: float) -> Priced:
    return Priced(technicians if prices.roster_technicians is None else prices.roster_technicians, CHOSEN)


def _server(choice: Equipment, server: Server, rate: float) -> ServerPrices:
    names = Equipment.model_fields
    return ServerPrices(**{name: _resolve(_money(choice, name, rate), getattr(server, name)) for name in names})


def _rents(
    prices: Prices, catalogue: Catalogue, servers: Mapping[str, Server], pools: Mapping[str, str], rate: float
) -> dict[str, Rent]:
    """Rents of the pools that are not owned; a GPU that nobody rents out needs a rent of the scenario's."""
    rents: dict[str, Rent] = {}
    for name, tenure in prices.pools.items():
        if tenure.by == "owned" or name not in pools:
            continue
        chosen, gpu = _money(tenure, "gpu_usd_per_h", rate), servers[pools[name]].gpu
        if chosen is None and gpu not in catalogue.rentals:
            raise CatalogueError([f"rentals.{gpu}: is not in the catalogue; give prices.pools.{name}.gpu_usd_per_h"])
        claim = None if chosen is not None else getattr(catalogue.rentals[gpu], f"{tenure.by}_usd_per_h")
        rents[name] = Rent(tenure.by, Priced(chosen, CHOSEN) if claim is None else _resolve(None, claim))
    return rents


def _tariff(prices: Prices, site: Site, rate: float) -> Tariff:
    """The market's series, else bands of the day, else hourly prices or one for all hours, else the site's tariff."""
    choice = prices.electricity_usd_per_kwh
    if prices.market_usd_per_kwh:
        return _chosen(prices.market_usd_per_kwh, rate, "series")
    if prices.time_of_use:
        owners = quarters_of_bands(prices)
        return _chosen([prices.time_of_use[names[0]].usd_per_kwh for names in owners], rate, "quarter")
    if choice is not None:
        return _chosen(choice if isinstance(choice, tuple) else (choice,) * HOURS_PER_DAY, rate, "hour")
    return _site_tariff(site)


def _chosen(usd_per_kwh: Iterable[float], rate: float, steps: Steps) -> Tariff:
    return Tariff(tuple(usd * rate for usd in usd_per_kwh), CHOSEN, steps)


def _site_tariff(site: Site) -> Tariff:
    usd, sources = _by_hour(site, "electricity_usd_per_kwh", "electricity_shape")
    return Tariff(usd, sources)


def _intensity(site: Site) -> Intensity:
    grams, sources = _by_hour(site, "carbon_g_per_kwh", "carbon_shape")
    return Intensity(grams, sources)


def _by_hour(site: Site, mean: str, shape: str) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """A site's mean times its shape over 24 local hours, and their sources."""
    claim, weights = getattr(site, mean), getattr(site, shape)
    return tuple(claim.value * weight for weight in weights.value), tuple(dict.fromkeys((claim.source, weights.source)))
