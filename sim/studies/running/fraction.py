"""A part of a fleet in place of the whole: fewer servers, requests, hands and spares, in the same proportions."""

from fractions import Fraction
from typing import Any

from sim.accounting.usage import mended_like
from sim.core.streams import Streams
from sim.day import DayResult
from sim.files.documents import dotted
from sim.result_json import availability, mended
from sim.scenario.paths import leaves
from sim.scenario.schema import Scenario

COUNTS = frozenset(
    ["servers", "cells", "technicians", "parts", "reorder_at", "order", "hot", "cold", "at_once", "least_servers"]
)
"""Fields of fleet and plant that count what a larger fleet has more of."""
SIZES = frozenset({"feed_w"})
"""Fields that measure it."""


def shrink(scenario: Scenario, part: Fraction | None) -> tuple[Scenario, float]:
    """A scenario with about that part of its servers, and how many times larger the full fleet is.

    Whatever is there at all stays there at least once, so that a small part has more technicians than its share.
    Demand shrinks as the servers really do: a server has as much to do as before.
    """
    if part is None or part == 1:
        return scenario, 1.0
    data = scenario.model_dump(mode="json", include={"fleet", "plant"})
    changes = {dotted(keys): _less(value, part) for keys, value in _found(data, COUNTS) if value}
    full = sum(pool.servers for pool in scenario.fleet.pools.values())
    left = sum(changes[dotted(("fleet", "pools", name, "servers"))] for name in scenario.fleet.pools)
    changes |= {dotted(keys): value * left / full for keys, value in _found(data, SIZES)}
    demand = scenario.workload.demand.requests_per_day * left / full
    return scenario.replace(changes | {"workload.demand.requests_per_day": demand}), full / left


def fails_like_the_whole(scenario: Scenario) -> bool:
    """Whether failures of a whole fleet can be had without its requests: not where servers sleep and age by demand."""
    return not any(pool.sleep.enabled for pool in scenario.fleet.pools.values())


def mended_by_share(
    result: DayResult, whole: Scenario, larger: float, replication: int
) -> tuple[DayResult, dict[str, float]]:
    """The day of a part of a fleet with its share of all repairs of the whole, and what the whole fleet counts of them.

    A GPU replaced among a 64th of the servers is not 64 replaced: what breaks in all of the fleet is simulated, without
    its requests. Servers of the part that heat or a lost grid took down stand for all; where servers sleep, its own
    repairs do so, too.
    """
    if larger == 1 or not fails_like_the_whole(whole):
        return result, {}
    from sim.fleet.reliability.failure_only import failures_alone

    streams = Streams(whole.seed, replication)
    all_of_it, part = (failures_alone(each, result.catalogue, streams) for each in (whole, result.scenario))
    usage = mended_like(result.usage, all_of_it.events, 1 / larger)
    repairs = [usage.repairs, *(pool.repairs for pool in usage.pools)]
    hours = larger * sum(each.labour_h + each.planned_h for each in repairs)
    counted = mended(all_of_it.events.events) | {"plant.technician_h": hours}
    available = availability(result) + part.down_fraction - all_of_it.down_fraction
    return result.with_usage(usage), counted | {"fleet.availability": min(1.0, available)}


def _less(count: int, part: Fraction) -> int:
    return max(1, round(count * part))


def _found(data: dict[str, Any], names: frozenset[str]) -> list[tuple[tuple[str | int, ...], Any]]:
    """Key path and value of every number in a field of such a name."""
    found = [(keys, _at(data, keys)) for keys in leaves(data) if keys[-1] in names]
    return [(keys, value) for keys, value in found if isinstance(value, int | float) and not isinstance(value, bool)]


def _at(data: Any, keys: tuple[str | int, ...]) -> Any:
    for key in keys:
        data = data[key]
    return data
