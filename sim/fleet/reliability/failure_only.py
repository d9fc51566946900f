"""Failures of a fleet without its requests: what breaks in a day, and what mending it takes.

Parts age in service, busy or not, so that requests change nothing about it. Who simulates a part of a fleet counts the
repairs of all of it so: the part's servers are the fleet's first, and meet the same chances.
"""

from collections.abc import Sequence
from typing import NamedTuple

import simpy

from sim.catalogue import Catalogue
from sim.core.states import ServerState
from sim.core.streams import Streams
from sim.fleet.plant import breakdowns, wake_time_s, workshop
from sim.fleet.reliability.repair import Reserve
from sim.fleet.server_states import ServerStates
from sim.fleet.servers import Servers
from sim.scenario.plant import Spares
from sim.scenario.schema import Scenario
from sim.traces.events import EventLog


class Mended(NamedTuple):
    """What broke and was mended."""

    events: EventLog
    """Failures and repairs, by time."""
    down_fraction: float
    """Share of all server-time that was lost to them."""


class Unasked:
    """The engine of a pool that nobody asks."""

    def advance(self, until_s: float) -> None:
        """Nothing happens."""

    def fail(self, server: int) -> tuple[int, int]:
        """Nobody is sent on, nobody lost."""
        return 0, 0

    def restore(self, server: int) -> None:
        """A server would take requests again."""

    def drain(self, server: int) -> None:
        """A server would take no new requests."""

    def outstanding(self, server: int) -> int:
        """It has none to serve out."""
        return 0

    def set_speed(self, server: int, speed: float) -> None:
        """No iteration is slowed down."""


def failures_alone(scenario: Scenario, catalogue: Catalogue, streams: Streams) -> Mended:
    """What breaks among the servers of a scenario, and what mending takes; its hall is not looked at."""
    env, log, repair = simpy.Environment(), EventLog(), scenario.plant.repair
    shop = workshop(env, scenario, catalogue.pick("hazards", scenario.plant.failures.hazard))
    shop.crew.work(repair.shifts.values(), scenario.day.start_s)
    pools = [
        Servers(env, name, ServerStates(pool.servers), Unasked(), log) for name, pool in scenario.fleet.pools.items()
    ]
    for servers in pools:
        spares = repair.spares.get(servers.name, Spares())
        reserve = Reserve(env, servers, wake_time_s(scenario.fleet.pools[servers.name], catalogue))
        reserve.fill(spares.hot, spares.cold)
        breaking = breakdowns(servers, scenario, shop, reserve, streams)
        if breaking:
            breaking.start(scenario.day.duration_s)
    env.run(until=scenario.day.duration_s)
    for servers in pools:
        servers.close(scenario.day.duration_s)
    return Mended(EventLog(sorted(log.events)), _down_fraction(pools, scenario.day.duration_s))


def _down_fraction(pools: Sequence[Servers], end_s: float) -> float:
    down_s = sum(servers.states.read(end_s)[ServerState.DOWN] for servers in pools)
    return down_s / (end_s * sum(servers.states.size for servers in pools))
