"""What the schema cannot see of the plant: unknown pools, too many spares, temperatures in disorder."""

from collections.abc import Collection, Iterator
from itertools import pairwise

from sim.catalogue.catalogue import Catalogue
from sim.documents import Keys, did_you_mean
from sim.scenario.schema import Scenario

Problems = Iterator[tuple[Keys, str]]


def plant_problems(scenario: Scenario, catalogue: Catalogue) -> Problems:
    """Key path and sentence of everything in the choices of the plant that cannot be."""
    yield from _names(scenario, catalogue)
    yield from _spares(scenario)
    yield from _temperatures(scenario, catalogue)


def _names(scenario: Scenario, catalogue: Catalogue) -> Problems:
    pools, repair = scenario.fleet.pools, scenario.plant.repair
    for name, service in repair.services.items():
        yield from _unknown(("plant", "repair", "services", name, "pool"), service.pool, pools)
    for name in repair.spares:
        yield from _unknown(("plant", "repair", "spares", name), name, pools)
    for name in scenario.plant.delivery.floors:
        yield from _unknown(("plant", "delivery", "floors", name), name, pools)
    for name, pool in pools.items():
        start = pool.sleep.start
        if start not in catalogue.starts:
            what = f"{start!r} is not a start of the catalogue{did_you_mean(start, catalogue.starts)}"
            yield ("fleet", "pools", name, "sleep", "start"), what


def _unknown(where: Keys, name: str, pools: Collection[str]) -> Problems:
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
