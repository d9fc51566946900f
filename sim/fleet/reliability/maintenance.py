"""Planned work: servers are drained, serviced and brought back, a few at a time: maintenance and rolling upgrades."""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from sim.core.states import EventKind
from sim.fleet.reliability.repair import Crew
from sim.fleet.servers import Servers
from sim.scenario.plant import Service

SERVICE = "service"
"""The reason that a server under planned work is down."""


@dataclass(frozen=True)
class PlannedWork:
    """One service of a pool."""

    env: simpy.Environment
    """The clock."""
    servers: Servers
    """The pool."""
    name: str
    """Name of the work."""
    service: Service
    """What is done."""
    crew: Crew
    """Who does it, where hands are needed."""
    restart_s: float
    """Time that a serviced server takes to serve again."""

    def start(self) -> None:
        """Begin as many lines of work as servers may be out at once."""
        pool = self.servers.states.size
        waiting = deque(range(min(pool, self.service.servers or pool)))
        for _ in range(min(self.service.at_once, len(waiting))):
            self.env.process(self._line(waiting))

    def _line(self, waiting: deque[int]) -> Generator[simpy.Event, Any, None]:
        """One server after the other, until none is left or it is too late to begin another."""
        yield self.env.timeout(self.service.at_s)
        until_s = self.service.until_s
        while waiting and (until_s is None or self.env.now < until_s):
            yield from self._one(waiting.popleft())

    def _one(self, server: int) -> Generator[simpy.Event, Any, None]:
        """Drain a server, work on it, bring it back; one that is down already, or falls meanwhile, is passed over."""
        yield from self.servers.drain(server)
        if self.servers.down(server):
            return
        self.servers.take(server, SERVICE, EventKind.SERVICED, "", self.name)
        if self.service.technicians:
            yield self.crew.request()
            self.servers.take_in_hand(server, SERVICE)
        yield self.env.timeout(self.service.work_s)
        if self.service.technicians:
            self.servers.lay_down(server, SERVICE)
            self.crew.release()
        yield self.env.timeout(self.restart_s)
        self.servers.give(server, SERVICE, EventKind.RETURNED)
