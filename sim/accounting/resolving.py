"""From choices and claims to the prices of a day: a choice goes before a claim, and all money becomes US dollars."""

from collections.abc import Iterable, Mapping
from typing import Any

from sim.accounting.prices import Intensity, Priced, Rent, ResolvedPrices, Rules, ServerPrices, Steps, Tariff
from sim.catalogue.catalogue import SCENARIO_SOURCE, Catalogue
from sim.catalogue.facts import Fact
from sim.catalogue.types import Server, Site
from sim.errors import CatalogueError
from sim.scenario.prices import Equipment, Prices, quarters_of_bands
from sim.units import HOURS_PER_DAY

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
