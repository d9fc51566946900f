"""A part of a fleet in place of the whole: fewer servers, requests, hands and cells, in the same proportions."""

from fractions import Fraction
from typing import Any

from sim.scenario.schema import Scenario


def shrink(scenario: Scenario, part: Fraction | None) -> tuple[Scenario, float]:
    """A scenario with about that part of its servers, and how many times larger the full fleet is.

    Every pool keeps at least one server and one cell; demand shrinks as the servers really do, so that a server has as
    much to do as before. Technicians, too, are at least one: a small part has more of them than its share.
    """
    if part is None or part == 1:
        return scenario, 1.0
    pools = scenario.fleet.pools
    servers = {name: max(1, round(pool.servers * part)) for name, pool in pools.items()}
    left, full = sum(servers.values()), sum(pool.servers for pool in pools.values())
    changes: dict[str, Any] = {f'fleet.pools."{name}".servers': count for name, count in servers.items()}
    changes |= {f'fleet.pools."{name}".cells': max(1, round(pool.cells * part)) for name, pool in pools.items()}
    demand = scenario.workload.demand.requests_per_day * left / full
    technicians = max(1, round(scenario.plant.failures.technicians * left / full))
    changes |= {"workload.demand.requests_per_day": demand, "plant.failures.technicians": technicians}
    return scenario.replace(changes), full / left
