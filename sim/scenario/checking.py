"""What the schema cannot see: names that are in neither catalogue nor scenario, and GPUs that do not add up.

What the schema cannot see of the plant: unknown pools, too many spares, temperatures in disorder.

What the schema cannot see of prices: names that are not there, and tariffs that do not cover the day.
"""

from collections.abc import Collection, Iterator
from itertools import pairwise
from math import ceil

from sim.catalogue.catalogue import Catalogue, with_facts
from sim.catalogue.types import KINDS
from sim.core.errors import CatalogueError
from sim.core.units import MINUTES_PER_HOUR, QUARTERS_PER_DAY, QUARTERS_PER_HOUR, SECONDS_PER_HOUR, SECONDS_PER_QUARTER
from sim.files.documents import Keys, did_you_mean
from sim.scenario.prices import quarters_of_bands
from sim.scenario.schema import Pool, Scenario
from sim.scenario.workload import Demand

Problems = Iterator[tuple[Keys, str]]

_KIND = "a kind of the catalogue"
_SHAPE = "a shape of the catalogue"
_RATES = ("bf16", "fp8", "int8", "fp4")


def problems(scenario: Scenario, catalogue: Catalogue) -> list[tuple[Keys, str]]:
    """Key path and sentence of everything in a scenario that cannot be, given the catalogue."""
    facts, catalogue = _facts(scenario, catalogue)
    return [
        *facts,
        *_workload(scenario, catalogue),
        *_pools(scenario, catalogue),
        *_gateway(scenario),
        *_places(scenario, catalogue),
        *price_problems(scenario, catalogue),
        *plant_problems(scenario, catalogue),
    ]


def _facts(scenario: Scenario, catalogue: Catalogue) -> tuple[list[tuple[Keys, str]], Catalogue]:
    """The catalogue as the scenario sees it; each problem names its own path within the facts."""
    unknown = [found for kind in scenario.facts for found in _unknown(("facts", kind), kind, _KIND, KINDS)]
    known = {kind: entries for kind, entries in scenario.facts.items() if kind in KINDS}
    try:
        return unknown, with_facts(catalogue, known)
    except CatalogueError as error:
        return unknown + [_fact(problem) for problem in error.problems], catalogue


def _fact(problem: str) -> tuple[Keys, str]:
    path, colon, what = problem.partition(": ")
    return (("facts", *path.split(".")), what) if colon else (("facts",), problem)


def _unknown(where: Keys, name: str, what: str, known: Collection[str]) -> Problems:
    if name not in known:
        yield where, f"{name!r} is not {what}{did_you_mean(name, known)}"


def _workload(scenario: Scenario, catalogue: Catalogue) -> Problems:
    workload = scenario.workload
    yield from _demand(workload.demand, catalogue)
    for name, case in workload.use_cases.items():
        where = ("workload", "use_cases", name)
        yield from _unknown((*where, "lengths"), case.lengths, "a table of lengths in the catalogue", catalogue.lengths)
        if case.shape is not None:
            yield from _unknown((*where, "shape"), case.shape, _SHAPE, catalogue.shapes)
    if workload.trace and workload.trace.use_case is not None:
        place = ("workload", "trace", "use_case")
        yield from _unknown(place, workload.trace.use_case, "a use case of this scenario", workload.use_cases)


def _demand(demand: Demand, catalogue: Catalogue) -> Problems:
    where = ("workload", "demand")
    yield from _unknown((*where, "shape"), demand.shape, _SHAPE, catalogue.shapes)
    if demand.week is not None:
        yield from _unknown((*where, "week"), demand.week, "a week of the catalogue", catalogue.weeks)
    clients = demand.burstiness.clients
    if clients is not None:
        place = (*where, "burstiness", "clients")
        yield from _unknown(place, clients, "a population of clients in the catalogue", catalogue.clients)


def _pools(scenario: Scenario, catalogue: Catalogue) -> Problems:
    for name, pool in scenario.fleet.pools.items():
        where: Keys = ("fleet", "pools", name)
        yield from _unknown((*where, "model"), pool.model, "a model of the catalogue", catalogue.models)
        yield from _unknown((*where, "server"), pool.server, "a server of the catalogue", catalogue.servers)
        yield from _unknown((*where, "software"), pool.software, "software of the catalogue", catalogue.efficiencies)
        if pool.server in catalogue.servers:
            yield from _gpus(where, pool, catalogue)


def _gpus(where: Keys, pool: Pool, catalogue: Catalogue) -> Problems:
    server = catalogue.servers[pool.server]
    if server.gpus.value % pool.tensor_parallel:
        yield (
            (*where, "tensor_parallel"),
            f"{pool.tensor_parallel} GPUs a replica do not divide the {server.gpus.value:g} of {pool.server}",
        )
    gpu = catalogue.gpus[server.gpu]
    rates = [precision for precision in _RATES if getattr(gpu, f"{precision}_flops_per_s") is not None]
    if pool.precision not in rates:
        has = " and ".join(rates) if len(rates) < 3 else ", ".join(rates)
        yield (*where, "precision"), f"{server.gpu} of {pool.server} has no {pool.precision} rate; it has {has}"


def _gateway(scenario: Scenario) -> Problems:
    for use_case, pool in scenario.fleet.gateway.items():
        where = ("fleet", "gateway", use_case)
        yield from _unknown(where, use_case, "a use case of this scenario", scenario.workload.use_cases)
        yield from _unknown(where, pool, "a pool of this scenario", scenario.fleet.pools)


def _places(scenario: Scenario, catalogue: Catalogue) -> Problems:
    """Names of the plant."""
    plant = scenario.plant
    named: list[tuple[Keys, str, str, Collection[str]]] = [
        (("plant", "site"), plant.site, "a site", catalogue.sites),
        (("plant", "climate", "cooling"), plant.climate.cooling, "a cooling plant", catalogue.cooling),
        (("plant", "climate", "thermals"), plant.climate.thermals, "what warm air does to servers", catalogue.thermals),
        (("plant", "delivery", "kind"), plant.delivery.kind, "a way of power", catalogue.delivery),
        (("plant", "failures", "hazard"), plant.failures.hazard, "a set of failure rates", catalogue.hazards),
    ]
    for where, name, what, known in named:
        yield from _unknown(where, name, f"{what} of the catalogue", known)


def plant_problems(scenario: Scenario, catalogue: Catalogue) -> Problems:
    """Key path and sentence of everything in the choices of the plant that cannot be."""
    yield from _pool_names(scenario, catalogue)
    yield from _spares(scenario)
    yield from _temperatures(scenario, catalogue)


def _pool_names(scenario: Scenario, catalogue: Catalogue) -> Problems:
    pools, repair = scenario.fleet.pools, scenario.plant.repair
    for name, service in repair.services.items():
        yield from _unknown_pool(("plant", "repair", "services", name, "pool"), service.pool, pools)
    for name in repair.spares:
        yield from _unknown_pool(("plant", "repair", "spares", name), name, pools)
    for name in scenario.plant.delivery.floors:
        yield from _unknown_pool(("plant", "delivery", "floors", name), name, pools)
    for name, pool in pools.items():
        start = pool.sleep.start
        if start not in catalogue.starts:
            what = f"{start!r} is not a start of the catalogue{did_you_mean(start, catalogue.starts)}"
            yield ("fleet", "pools", name, "sleep", "start"), what


def _unknown_pool(where: Keys, name: str, pools: Collection[str]) -> Problems:
    if name not in pools:
        yield where, f"{name!r} is not a pool of this scenario{did_you_mean(name, pools)}"


def _spares(scenario: Scenario) -> Problems:
    for name, spares in scenario.plant.repair.spares.items():
        pool, waiting = scenario.fleet.pools.get(name), spares.hot + spares.cold
        if pool and waiting >= pool.servers:
            what = f"{waiting} servers stand by, but the pool has {pool.servers}, and one at least must serve"
            yield ("plant", "repair", "spares", name), what


def _temperatures(scenario: Scenario, catalogue: Catalogue) -> Problems:
    """Temperatures of the hall that must lie above each other, told where the scenario chose them."""
    chosen = scenario.plant.climate
    if chosen.cooling not in catalogue.cooling or chosen.thermals not in catalogue.thermals:
        return
    plant, servers = catalogue.cooling[chosen.cooling], catalogue.thermals[chosen.thermals]
    ladder = [
        ("cooling", chosen.cooling, "chilled_water_c", plant.chilled_water_c.value),
        ("cooling", chosen.cooling, "supply_air_c", plant.supply_air_c.value),
        ("thermals", chosen.thermals, "throttle_inlet_c", servers.throttle_inlet_c.value),
        ("thermals", chosen.thermals, "shutdown_inlet_c", servers.shutdown_inlet_c.value),
        ("thermals", chosen.thermals, "parts_limit_c", servers.parts_limit_c.value),
    ]
    for (kind, name, lower, low_c), (above, entry, upper, high_c) in pairwise(ladder):
        if low_c >= high_c:
            what = f"{low_c:g} degC must lie below {upper}, {high_c:g} degC"
            own = lower in scenario.facts.get(kind, {}).get(name, {})
            where: Keys = ("facts", kind, name, lower) if own else ("facts", above, entry, upper)
            yield where, what if own else f"{high_c:g} degC must lie above {lower}, {low_c:g} degC"


TARIFFS = ("electricity_usd_per_kwh", "time_of_use", "market_usd_per_kwh")


def price_problems(scenario: Scenario, catalogue: Catalogue) -> Problems:
    """Key path and sentence of everything in a scenario's prices that cannot be."""
    yield from _price_names(scenario, catalogue)
    yield from _rents(scenario, catalogue)
    yield from _tariffs(scenario)
    yield from _bands(scenario)
    yield from _market(scenario)


def _price_names(scenario: Scenario, catalogue: Catalogue) -> Problems:
    prices = scenario.prices
    named: list[tuple[Keys, str, str, Collection[str]]] = [
        (("book",), prices.book, "a price book of the catalogue", catalogue.prices),
        (("currency",), prices.currency, "a currency of the catalogue", catalogue.currencies),
        *((("equipment", name), name, "a server of the catalogue", catalogue.servers) for name in prices.equipment),
        *((("pools", name), name, "a pool of this scenario", scenario.fleet.pools) for name in prices.pools),
    ]
    for where, name, what, known in named:
        if name not in known:
            yield ("prices", *where), f"{name!r} is not {what}{did_you_mean(name, known)}"


def _rents(scenario: Scenario, catalogue: Catalogue) -> Problems:
    """Rented pools whose GPU nobody is known to rent out."""
    for name, tenure in scenario.prices.pools.items():
        pool = scenario.fleet.pools.get(name)
        if tenure.by == "owned" or tenure.gpu_usd_per_h is not None or not pool or pool.server not in catalogue.servers:
            continue
        gpu = catalogue.servers[pool.server].gpu
        if gpu not in catalogue.rentals:
            yield ("prices", "pools", name), f"the catalogue has no rent of {gpu}; give gpu_usd_per_h"


def _tariffs(scenario: Scenario) -> Problems:
    given = [name for name in TARIFFS if getattr(scenario.prices, name) not in (None, {}, ())]
    if len(given) > 1:
        yield ("prices", given[-1]), f"is a second price of electricity beside {given[0]}: give one of them"


def _bands(scenario: Scenario) -> Problems:
    bands = scenario.prices.time_of_use
    for name, band in bands.items():
        for field in ("start_s", "end_s"):
            if getattr(band, field) % SECONDS_PER_QUARTER:
                yield ("prices", "time_of_use", name, field), "must lie on a quarter of an hour, as 06:30 does"
    owners = quarters_of_bands(scenario.prices) if bands else []
    place: Keys = ("prices", "time_of_use")
    for quarter in [quarter for quarter, names in enumerate(owners) if not names][:1]:
        yield place, f"does not cover the day: no band has a price at {_clock(quarter)}"
    for quarter in [quarter for quarter, names in enumerate(owners) if len(names) > 1][:1]:
        yield place, f"has two prices at {_clock(quarter)}, of {' and '.join(owners[quarter])}"


def _clock(quarter: int) -> str:
    hour, part = divmod(quarter % QUARTERS_PER_DAY, QUARTERS_PER_HOUR)
    return f"{hour:02d}:{part * MINUTES_PER_HOUR // QUARTERS_PER_HOUR:02d}"


def _market(scenario: Scenario) -> Problems:
    series, day = scenario.prices.market_usd_per_kwh, scenario.day
    needed = ceil((day.start_s % SECONDS_PER_HOUR + day.duration_s) / SECONDS_PER_HOUR)
    if series and len(series) < needed:
        what = f"does not cover the day: it has {len(series)} prices, the day touches {needed} hours of the clock"
        yield ("prices", "market_usd_per_kwh"), what
