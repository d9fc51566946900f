"""What the schema cannot see: names that are in neither catalogue nor scenario, and GPUs that do not add up."""

from collections.abc import Collection, Iterator

from sim.catalogue.catalogue import Catalogue, with_facts
from sim.catalogue.types import KINDS
from sim.documents import Keys, did_you_mean
from sim.errors import CatalogueError
from sim.scenario.checking_plant import plant_problems
from sim.scenario.demand import Demand
from sim.scenario.price_checking import price_problems
from sim.scenario.schema import Pool, Scenario

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
        (("plant", "efficiency"), plant.efficiency, "a set of efficiencies", catalogue.efficiencies),
        (("plant", "climate", "cooling"), plant.climate.cooling, "a cooling plant", catalogue.cooling),
        (("plant", "climate", "thermals"), plant.climate.thermals, "what warm air does to servers", catalogue.thermals),
        (("plant", "delivery", "kind"), plant.delivery.kind, "a way of power", catalogue.delivery),
        (("plant", "failures", "hazard"), plant.failures.hazard, "a set of failure rates", catalogue.hazards),
    ]
    for where, name, what, known in named:
        yield from _unknown(where, name, f"{what} of the catalogue", known)
