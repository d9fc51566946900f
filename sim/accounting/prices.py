"""Prices of a day as the accounts use them: each number with where it comes from, in US dollars.

A study may put an array, one number a draw, wherever a number stands: nothing here asks how large a number is.

From choices and claims to the prices of a day: a choice goes before a claim, and all money becomes US dollars.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sim.accounting.amounts import sum_of
from sim.accounting.provenance import Evidence, Known, Provenance, evidence_of, joined
from sim.catalogue.catalogue import SCENARIO_SOURCE, Catalogue
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
    keys: tuple[str, ...] = ()
    """Dotted paths of its parameters, as `--set` takes them."""
    evidence: Evidence = "chosen"
    """The weakest word on how these are known."""

    @classmethod
    def resting_on(cls, known: Known, value: float) -> "Priced":
        """A number that rests on what is known."""
        return cls(value, known.sources, known.keys, known.evidence)


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
    keys: tuple[str, ...] = ()
    """Dotted paths of its parameters, as `--set` takes them."""
    evidence: Evidence = "chosen"
    """The weakest word on how these are known."""

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
    keys: tuple[str, ...] = ()
    """Dotted paths of its parameters, as `--set` takes them."""
    evidence: Evidence = "chosen"
    """The weakest word on how these are known."""


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
    """Choices of accounting that are no numbers, and numbers that need no source."""

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
    """Whether technicians are paid by the hour of repair, or around the clock."""


@dataclass(frozen=True)
class ResolvedPrices:
    """Everything that pricing a day needs."""

    servers: Mapping[str, ServerPrices]
    """Purchase prices by catalogue name of the server."""
    rents: Mapping[str, Rent]
    """Rents by pool; a pool without one is owned."""
    rules: Rules
    """Choices of accounting."""
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
"""Choices of accounting."""


class _Resolver:
    """Resolves numbers of a scenario's prices against the claims of a catalogue, and notes what each rests on."""

    def __init__(self, prices: Prices, catalogue: Catalogue) -> None:
        self.prices, self._catalogue = prices, catalogue
        self._rate_usd = exchange_rate(prices, catalogue)
        self._rate = self.provenance("currencies", prices.currency, "rate_usd")

    def provenance(self, kind: str, entry: str, field: str) -> Provenance:
        """What a claim of the catalogue rests on."""
        claim = getattr(self._catalogue.pick(kind, entry), field)
        evidence = evidence_of(claim, self._catalogue.sources)
        return Provenance((claim.source,), (f"facts.{kind}.{entry}.{field}",), evidence)

    def claimed(self, kind: str, entry: str, field: str) -> Priced:
        """A number that the catalogue claims."""
        claim = getattr(self._catalogue.pick(kind, entry), field)
        evidence = evidence_of(claim, self._catalogue.sources)
        return Priced(claim.value, (claim.source,), (f"facts.{kind}.{entry}.{field}",), evidence)

    def chosen(self, value: float, path: str) -> Priced:
        """A number that the scenario chose, at its path; money becomes US dollars."""
        known = self.choice(path)
        usd = value * self._rate_usd if "usd" in path.rpartition(".")[2] else value
        return Priced(usd, CHOSEN, known.keys, known.evidence)

    def choice(self, path: str) -> Known:
        """What a choice rests on: itself, and money in another currency on its rate, too."""
        own = Provenance(CHOSEN, (path,))
        foreign = "usd" in path.rpartition(".")[2] and self.prices.currency != "usd"
        return joined([own, self._rate]) if foreign else own

    def either(self, value: float | None, path: str, kind: str, entry: str) -> Priced:
        """The choice at a path where there is one, else what the catalogue claims in the field of the same name."""
        field = path.rpartition(".")[2]
        return self.claimed(kind, entry, field) if value is None else self.chosen(value, path)

    def dollars(self, usd: float) -> float:
        """US dollars of an amount in the currency of the prices."""
        return usd * self._rate_usd


def resolve_prices(
    prices: Prices, site: str, catalogue: Catalogue, pools: Mapping[str, str], technicians: float = 0.0
) -> ResolvedPrices:
    """Prices of pools, named with their kinds of server, at a site where so many technicians are on duty.

    Prices of a server that the catalogue does not know are refused; those of one that is not named are left aside.

    Args:
        prices: What the scenario chose.
        site: Catalogue name of the site.
        catalogue: The claims.
        pools: Catalogue name of each pool's server, by pool.
        technicians: Technicians on duty, mean over the day.
    """
    for name in prices.equipment:
        catalogue.pick("servers", name)
    resolver = _Resolver(prices, catalogue)
    claimed = dict.fromkeys(FROM_BOOK, ("prices", prices.book)) | dict.fromkeys(FROM_SITE, ("sites", site))
    numbers = {
        name: resolver.either(getattr(prices, name), f"prices.{name}", *entry) for name, entry in claimed.items()
    }
    numbers |= {name: resolver.chosen(getattr(prices, name), f"prices.{name}") for name in CHOICES}
    return ResolvedPrices(
        servers={name: _server(resolver, name) for name in sorted(set(pools.values()))},
        rents=_rents(resolver, catalogue, pools),
        rules=Rules(**{name: getattr(prices, name) for name in RULES}),
        electricity=_tariff(resolver, site, catalogue),
        carbon=_intensity(resolver, site, catalogue),
        roster_technicians=_roster(resolver, technicians),
        **numbers,
    )


def exchange_rate(prices: Prices, catalogue: Catalogue) -> float:
    """US dollars for one unit of the currency in which prices are written."""
    return catalogue.pick("currencies", prices.currency).rate_usd.value


def _roster(resolver: _Resolver, technicians: float) -> Priced:
    chosen = resolver.prices.roster_technicians
    path = "plant.failures.technicians" if chosen is None else "prices.roster_technicians"
    return resolver.chosen(technicians if chosen is None else chosen, path)


def _server(resolver: _Resolver, server: str) -> ServerPrices:
    choice = resolver.prices.equipment.get(server, Equipment())
    return ServerPrices(
        **{
            name: resolver.either(getattr(choice, name), f"prices.equipment.{server}.{name}", "servers", server)
            for name in Equipment.model_fields
        }
    )


def _rents(resolver: _Resolver, catalogue: Catalogue, pools: Mapping[str, str]) -> dict[str, Rent]:
    """Rents of the pools that are not owned; a GPU that nobody rents out needs a rent of the scenario's."""
    rents: dict[str, Rent] = {}
    for name, tenure in resolver.prices.pools.items():
        if tenure.by == "owned" or name not in pools:
            continue
        gpu, path = catalogue.pick("servers", pools[name]).gpu, f"prices.pools.{name}.gpu_usd_per_h"
        if tenure.gpu_usd_per_h is None and gpu not in catalogue.rentals:
            raise CatalogueError([f"rentals.{gpu}: is not in the catalogue; give {path}"])
        chosen = tenure.gpu_usd_per_h
        field = f"{tenure.by}_usd_per_h"
        price = resolver.claimed("rentals", gpu, field) if chosen is None else resolver.chosen(chosen, path)
        rents[name] = Rent(tenure.by, price)
    return rents


def _tariff(resolver: _Resolver, site: str, catalogue: Catalogue) -> Tariff:
    """The market's series, else bands of the day, else hourly prices or one for all hours, else the site's tariff."""
    prices = resolver.prices
    choice = prices.electricity_usd_per_kwh
    if prices.market_usd_per_kwh:
        return _chosen(resolver, prices.market_usd_per_kwh, "series", "market_usd_per_kwh")
    if prices.time_of_use:
        owners = quarters_of_bands(prices)
        usd = [prices.time_of_use[names[0]].usd_per_kwh for names in owners]
        paths = [f"time_of_use.{name}.usd_per_kwh" for name in prices.time_of_use]
        return _chosen(resolver, usd, "quarter", *paths)
    if choice is not None:
        hours = choice if isinstance(choice, tuple) else (choice,) * HOURS_PER_DAY
        return _chosen(resolver, hours, "hour", "electricity_usd_per_kwh")
    usd_per_kwh, known = _by_hour(resolver, catalogue, site, "electricity_usd_per_kwh", "electricity_shape")
    return Tariff(usd_per_kwh, known.sources, "hour", known.keys, known.evidence)


def _chosen(resolver: _Resolver, usd_per_kwh: Iterable[float], steps: Steps, *paths: str) -> Tariff:
    known = joined(resolver.choice(f"prices.{path}") for path in paths)
    return Tariff(tuple(map(resolver.dollars, usd_per_kwh)), CHOSEN, steps, known.keys, known.evidence)


def _intensity(resolver: _Resolver, site: str, catalogue: Catalogue) -> Intensity:
    grams, known = _by_hour(resolver, catalogue, site, "carbon_g_per_kwh", "carbon_shape")
    return Intensity(grams, known.sources, known.keys, known.evidence)


def _by_hour(
    resolver: _Resolver, catalogue: Catalogue, site: str, mean: str, shape: str
) -> tuple[tuple[float, ...], Known]:
    """A site's mean times its shape over 24 local hours, and what they rest on."""
    place = catalogue.pick("sites", site)
    claim, weights = getattr(place, mean), getattr(place, shape)
    return tuple(claim.value * weight for weight in weights.value), joined(
        resolver.provenance("sites", site, field) for field in (mean, shape)
    )
