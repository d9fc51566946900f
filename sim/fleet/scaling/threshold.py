"""Power states: servers that little is asked of are drained and sleep, or are switched off, and start again in time."""

from collections.abc import Generator
from dataclasses import dataclass
from math import ceil
from typing import Any

import simpy

from sim.core.states import ServerState
from sim.core.units import SECONDS_PER_MINUTE
from sim.fleet.servers import Servers
from sim.scenario.schema import Sleep
from sim.serving.shards import CelledPool

RESTS = {"asleep": ServerState.ASLEEP, "off": ServerState.OFF}


def wanted_servers(sleep: Sleep, serving: int, busy: float, servers: int) -> int:
    """How many servers should serve when `serving` of them are busy for a share of the time [1]: a reactive rule.

    Between `low` and `high` nothing changes; outside, as many as bring the share to the middle of the two.

    >>> from types import SimpleNamespace as Some
    >>> rule = Some(low=0.3, high=0.7, least_servers=2)
    >>> [wanted_servers(rule, 10, busy, 40) for busy in (0.1, 0.5, 0.9)]
    [2, 10, 18]
    """
    if sleep.low <= busy <= sleep.high:
        return serving
    middle = (sleep.low + sleep.high) / 2
    return min(servers, max(sleep.least_servers, ceil(serving * busy / middle)))


@dataclass(frozen=True)
class PowerStates:
    """Sleep in one pool."""

    env: simpy.Environment
    """The clock."""
    servers: Servers
    """The pool."""
    engine: CelledPool
    """What its replicas do."""
    sleep: Sleep
    """What was chosen."""
    wake_s: float
    """Time that a sleeping server takes until it serves."""

    def run(self) -> Generator[simpy.Event, Any, None]:
        """Look at the pool again and again, and let servers sleep or wake; one that starts up counts as serving."""
        minutes = ceil(self.sleep.check_s / SECONDS_PER_MINUTE)
        while True:
            yield self.env.timeout(minutes * SECONDS_PER_MINUTE)
            yield self.env.timeout(0.0)  # behind the minute mark of this instant
            self._adjust(int(self.env.now // SECONDS_PER_MINUTE), minutes)

    def _adjust(self, minute: int, minutes: int) -> None:
        states, engine = self.servers.states, self.engine
        serving = states.count(ServerState.UP)
        replica_s = serving * engine.spec.replicas_per_server * minutes * SECONDS_PER_MINUTE
        busy_s = sum(engine.work_in(past)[0] for past in range(minute - minutes, minute))
        wanted = wanted_servers(self.sleep, serving, busy_s / replica_s if replica_s else 1.0, states.size)
        change = wanted - serving - states.count(ServerState.WAKING)
        for server in self.servers.resting(RESTS[self.sleep.mode])[: max(0, change)]:
            self.servers.waking(server)
            self.env.process(self._wake(server))
        for server in states.servers(ServerState.UP)[::-1][: max(0, serving - wanted)]:
            self.env.process(self._put_to_sleep(server))

    def _put_to_sleep(self, server: int) -> Generator[simpy.Event, Any, None]:
        yield from self.servers.drain(server)
        if not self.servers.down(server):
            self.servers.rest(server, RESTS[self.sleep.mode])

    def _wake(self, server: int) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(self.wake_s)
        self.servers.wake(server)
