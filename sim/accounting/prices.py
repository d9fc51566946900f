"""Prices of a day: what the scenario chose, else what the catalogue claims, each number with its sources."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sim.catalogue.catalogue import SCENARIO_SOURCE, Catalogue
from sim.catalogue.facts import Fact
from sim.catalogue.types import Server, Site
from sim.errors import CatalogueError
from sim.scenario.schema import Equipment, Prices
from sim.units import HOURS_PER_DAY


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
    """24 prices by local hour, midnight first; may be negative."""
    sources: tuple[str, ...]
    """Source ids; "scenario" where it was chosen."""

    @property
    def mean_usd_per_kwh(self) -> float:
        """Plain mean over the hours."""
        return math.fsum(self.usd_per_kwh) / HOURS_PER_DAY


@dataclass(frozen=True)
class ServerPrices:
    """Purchase prices of one kind of server."""

    server_usd: Priced
    """Server without GPUs, CPUs, storage and network."""
    gpu_usd: Priced
    """One GPU."""
    cpu_usd: Priced
    """One CPU."""
    storage_usd: Priced
    """Storage a server."""
    network_usd: Priced
    """Network a server."""


@dataclass(frozen=True)
class ResolvedPrices:
    """Everything that pricing a day needs."""

    servers: Mapping[str, ServerPrices]
    """Purchase prices by catalogue name of the server."""
    lifetime_years: Priced
    """Years over which equipment is written off."""
    salvage_fraction: Priced
    """Share of the price left at the end."""
    contract_fraction_per_year: Priced
    """Yearly support contract as a share of the purchase price."""
    replaced_fraction: Priced
    """Share of hardware failures after which the failed part is bought anew."""
    technician_usd_per_h: Priced
    """An hour of a technician."""
    electricity: Tariff
    """Electricity by local hour."""


def resolve_prices(prices: Prices, site: Site, catalogue: Catalogue, server_types: Iterable[str]) -> ResolvedPrices:
    """Prices of the named kinds of server at a site: a choice goes before a claim of the catalogue.

    Prices of a server that the catalogue does not know are refused; those of one that is not named are left aside.
    """
    for name in prices.equipment:
        catalogue.pick("servers", name)
    book = catalogue.pick("prices", prices.book)
    servers = {name: catalogue.pick("servers", name) for name in sorted(set(server_types))}
    return ResolvedPrices(
        servers={name: _server(prices.equipment.get(name, Equipment()), server) for name, server in servers.items()},
        lifetime_years=_resolve(prices.lifetime_years, book.lifetime_years),
        salvage_fraction=_resolve(prices.salvage_fraction, book.salvage_fraction),
        contract_fraction_per_year=_resolve(prices.contract_fraction_per_year, book.contract_fraction_per_year),
        replaced_fraction=_resolve(prices.replaced_fraction, book.replaced_fraction),
        technician_usd_per_h=_resolve(prices.technician_usd_per_h, site.technician_usd_per_h),
        electricity=_tariff(prices, site),
    )


def sources_of(*parts: Priced | Tariff) -> tuple[str, ...]:
    """All source ids of some prices, each once, in their order.

    >>> sources_of(Priced(1.0, ("a", "b")), Priced(2.0, ("b",)))
    ('a', 'b')
    """
    return tuple(dict.fromkeys(source for part in parts for source in part.sources))


def _resolve(choice: float | None, claim: Fact) -> Priced:
    return Priced(claim.value, (claim.source,)) if choice is None else Priced(choice, (SCENARIO_SOURCE,))


def _server(choice: Equipment, server: Server) -> ServerPrices:
    return ServerPrices(
        server_usd=_resolve(choice.server_usd, server.server_usd),
        gpu_usd=_resolve(choice.gpu_usd, server.gpu_usd),
        cpu_usd=_resolve(choice.cpu_usd, server.cpu_usd),
        storage_usd=_resolve(choice.storage_usd, server.storage_usd),
        network_usd=_resolve(choice.network_usd, server.network_usd),
    )


def _tariff(prices: Prices, site: Site) -> Tariff:
    """Hourly prices chosen by the scenario (one for all hours, or 24), else the site's mean times its daily shape."""
    choice, mean, shape = prices.electricity_usd_per_kwh, site.electricity_usd_per_kwh, site.electricity_shape
    if isinstance(choice, tuple):
        return Tariff(choice, (SCENARIO_SOURCE,))
    if choice is not None:
        return Tariff((choice,) * HOURS_PER_DAY, (SCENARIO_SOURCE,))
    if len(shape.value) != HOURS_PER_DAY:
        raise CatalogueError([f"{site.title}: electricity_shape has {len(shape.value)} numbers, not {HOURS_PER_DAY}"])
    sources = tuple(dict.fromkeys((mean.source, shape.source)))
    return Tariff(tuple(mean.value * weight for weight in shape.value), sources)
