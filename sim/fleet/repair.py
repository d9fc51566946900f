"""Mending: found out, diagnosed, restarted from afar or taken in hand with a part, burnt in, loaded again."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from sim.catalogue.plant_types import Hazard
from sim.fleet.crew import Crew, Store
from sim.fleet.roll import State
from sim.fleet.servers import Servers

FAILURE = "failure"
"""The reason that a failed server is down."""


@dataclass(frozen=True)
class Case:
    """One failure, with all that chance decides about it."""

    server: int
    """Which server."""
    cause: str
    """Why."""
    part: str
    """Part at fault."""
    hands_on_s: float
    """Work of a technician; none where a restart from afar mends it."""
    goes_to_vendor: bool
    """Whether that work does not help, and the server goes back to who made it."""


@dataclass(frozen=True)
class Workshop:
    """What mending has at hand, for all pools."""

    env: simpy.Environment
    """The clock."""
    hazard: Hazard
    """How long its steps take."""
    crew: Crew
    """Technicians."""
    stores: dict[str, Store]
    """Spare parts by part."""

    def mend(self, servers: Servers, case: Case) -> Generator[simpy.Event, Any, None]:
        """From the failure until the server serves again."""
        yield self.env.timeout(self.hazard.detection_s.value + self.hazard.diagnosis_s.value)
        if case.hands_on_s > 0.0:
            yield from self._by_hand(servers, case)
        yield self.env.timeout(self.hazard.restart_s.value)
        servers.give(case.server, FAILURE)

    def _by_hand(self, servers: Servers, case: Case) -> Generator[simpy.Event, Any, None]:
        yield from self.stores[case.part].take()
        yield self.crew.request()
        servers.take_in_hand(case.server, FAILURE, parts_used=1)
        yield self.env.timeout(case.hands_on_s)
        servers.lay_down(case.server, FAILURE)
        self.crew.release()
        vendor_s = self.hazard.vendor_s.value if case.goes_to_vendor else 0.0
        yield self.env.timeout(vendor_s + self.hazard.burn_in_s.value)


@dataclass(frozen=True)
class Reserve:
    """Servers of a pool that wait for another to fail."""

    env: simpy.Environment
    """The clock."""
    servers: Servers
    """The pool."""
    start_s: float
    """Time that a cold one takes to serve."""

    def fill(self, hot: int, cold: int) -> None:
        """Let the last servers of the pool wait from the start."""
        last = self.servers.book.spec.servers
        for server in range(last - hot - cold, last):
            self.servers.rest(server, State.DRAINING if server >= last - hot else State.ASLEEP)

    def replace(self, failed: int) -> None:
        """A server that waits takes the place of one that failed, which waits in its turn once it is mended."""
        for state in (State.DRAINING, State.ASLEEP):
            waiting = self.servers.resting(state)
            if waiting:
                self.servers.rest(failed, state)
                self._wake(waiting[0], state)
                return

    def _wake(self, server: int, state: State) -> None:
        if state == State.DRAINING:
            self.servers.wake(server)
        else:
            self.servers.waking(server)
            self.env.process(self._start(server))

    def _start(self, server: int) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(self.start_s)
        self.servers.wake(server)
