"""Who mends, and with what: technicians by shift, and the store of spare parts."""

from collections import deque
from collections.abc import Generator, Iterable
from typing import Any

import simpy

from sim.scenario.repair import Shift, Stock
from sim.units import SECONDS_PER_DAY


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
