"""Who mends, and with what: technicians by shift, and the store of spare parts.

Mending: found out, diagnosed, restarted from afar or taken in hand with a part, burnt in, loaded again.
"""

from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any

import simpy

from sim.catalogue.types.facility import Hazard
from sim.core.states import ServerState
from sim.core.units import SECONDS_PER_DAY
from sim.fleet.servers import Servers
from sim.scenario.plant import Shift, Stock


class Crew:
    """Technicians, first come first served; whoever is at work when a shift ends finishes first."""

    def __init__(self, env: simpy.Environment, technicians: int = 0) -> None:
        self.env = env
        self._free = technicians
        self._waiting: deque[simpy.Event] = deque()

    def request(self) -> simpy.Event:
        """Happens when a technician is free for the one who asks."""
        turn = self.env.event()
        self._waiting.append(turn)
        self._serve()
        return turn

    def release(self) -> None:
        """A technician is done."""
        self.change(1)

    def change(self, by: int) -> None:
        """So many technicians more, or fewer; fewer than none are free while overtime is worked."""
        self._free += by
        self._serve()

    def work(self, shifts: Iterable[Shift], start_s: float) -> None:
        """Begin the shifts of a day that starts at a local time [s after midnight], every day anew."""
        for shift in shifts:
            for begin_s, end_s in shift.stretches:
                self.env.process(self._shift(shift.technicians, begin_s - start_s, end_s - start_s))

    def _shift(self, technicians: int, begin_s: float, end_s: float) -> Generator[simpy.Event, Any, None]:
        """A stretch of a shift, day after day; the one under way when the run starts begins with it."""
        if end_s <= 0.0:
            begin_s, end_s = begin_s + SECONDS_PER_DAY, end_s + SECONDS_PER_DAY
        while True:
            yield self.env.timeout(max(0.0, begin_s - self.env.now))
            self.change(technicians)
            yield self.env.timeout(end_s - self.env.now)
            self.change(-technicians)
            begin_s, end_s = begin_s + SECONDS_PER_DAY, end_s + SECONDS_PER_DAY

    def _serve(self) -> None:
        while self._free > 0 and self._waiting:
            self._free -= 1
            self._waiting.popleft().succeed()


class Store:
    """Spare parts of one kind: when few are left, counting those on their way, more are ordered."""

    def __init__(self, env: simpy.Environment, stock: Stock | None, lead_s: float) -> None:
        self.env, self.stock, self.lead_s = env, stock, lead_s
        self._parts = simpy.Container(env, init=stock.parts if stock else 0)
        self._ordered = 0
        self._wanted = 0

    def take(self) -> Generator[simpy.Event, Any, None]:
        """Wait for a part; there are always enough where no stock is stated."""
        if self.stock is None:
            return
        self._wanted += 1
        while self._parts.level + self._ordered - self._wanted < self.stock.reorder_at:
            self._ordered += self.stock.order
            self.env.process(self._deliver(self.stock.order))
        yield self._parts.get(1)
        self._wanted -= 1

    def _deliver(self, parts: int) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(self.lead_s)
        self._ordered -= parts
        yield self._parts.put(parts)


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
        last = self.servers.states.size
        for server in range(last - hot - cold, last):
            self.servers.rest(server, ServerState.DRAINING if server >= last - hot else ServerState.ASLEEP)

    def replace(self, failed: int) -> None:
        """A server that waits takes the place of one that failed, which waits in its turn once it is mended."""
        for state in (ServerState.DRAINING, ServerState.ASLEEP):
            waiting = self.servers.resting(state)
            if waiting:
                self.servers.rest(failed, state)
                self._wake(waiting[0], state)
                return

    def _wake(self, server: int, state: ServerState) -> None:
        if state == ServerState.DRAINING:
            self.servers.wake(server)
        else:
            self.servers.waking(server)
            self.env.process(self._start(server))

    def _start(self, server: int) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(self.start_s)
        self.servers.wake(server)
