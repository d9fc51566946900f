"""Breakdown and repair: servers fail after an exponential time in service; technicians, few as they are, mend them."""

from collections.abc import Generator
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import simpy

from sim.catalogue.plant_types import Hazard
from sim.fleet.census import PoolBook
from sim.fleet.roll import State
from sim.plant.hazard import failed_part, labour_s, time_to_failure_s
from sim.streams import Streams
from sim.traces.events import Event, EventLog


class Breakdowns:
    """Failures of one pool. A SimPy process exists only for servers that do fail within the day."""

    def __init__(
        self,
        env: simpy.Environment,
        book: PoolBook,
        hazard: Hazard,
        multiplier: float,
        technicians: simpy.Resource,
        streams: Streams,
        log: EventLog,
    ) -> None:
        self.env, self.book, self.log = env, book, log
        self.hazard, self.multiplier, self.technicians = hazard, multiplier, technicians
        self.streams = streams
        self.under_repair: dict[int, Repair] = {}
        """Servers down now."""

    def start(self, end_s: float) -> None:
        """Draw every server's first failure and start a process for those within the day."""
        servers = self.book.spec.servers
        draws = self.streams.rng(f"first failure {self.book.spec.name}").standard_exponential(servers)
        scale_s = time_to_failure_s(self.hazard, self.multiplier, 1.0)
        for server in np.flatnonzero(draws * scale_s < end_s).tolist():
            self.env.process(self._life(server, float(draws[server] * scale_s)))

    def _life(self, server: int, first_s: float) -> Generator[simpy.Event, Any, None]:
        """Serve, fail, be mended, and again."""
        service_s, failure = first_s, 0
        while True:
            yield self.env.timeout(service_s)
            rng = self.streams.rng(f"failure {self.book.spec.name}", server, failure)
            cause = float(rng.random())
            labour, service = (float(draw) for draw in rng.standard_exponential(2))
            part = failed_part(self.hazard, cause)
            yield from self._down(server, part, labour_s(self.hazard, part, labour))
            service_s, failure = time_to_failure_s(self.hazard, self.multiplier, service), failure + 1

    def _down(self, server: int, part: str, hands_on_s: float) -> Generator[simpy.Event, Any, None]:
        """From the failure until the server serves again: wait for hands, be mended, load the model."""
        repair = self._fail(server, part)
        if hands_on_s > 0.0:
            with self.technicians.request() as turn:
                yield turn
                repair.begin(self.env.now, hands_on_s)
                yield self.env.timeout(hands_on_s)
        yield self.env.timeout(self.hazard.restart_s.value)
        self._restore(server)

    def _fail(self, server: int, part: str) -> "Repair":
        now_s, book = self.env.now, self.book
        book.engine.advance(now_s)
        requeued, lost = book.engine.fail(server)
        book.roll.change(server, State.DOWN, now_s)
        event = Event(now_s, book.spec.name, server, "failed", 0.0, part, 0.0, requeued, lost)
        self.under_repair[server] = Repair(event)
        return self.under_repair[server]

    def _restore(self, server: int) -> None:
        now_s, book = self.env.now, self.book
        book.engine.advance(now_s)
        book.engine.restore(server)
        book.roll.change(server, State.UP, now_s)
        repair = self.under_repair.pop(server)
        self.log.note(repair.until(now_s))
        self.log.note(Event(now_s, book.spec.name, server, "repaired", 0.0, repair.failed.part, 0.0, 0, 0))

    def close(self, end_s: float) -> None:
        """Note the failures that the end of the day cuts short, with the labour spent on them so far."""
        for repair in self.under_repair.values():
            self.log.note(repair.until(end_s))


@dataclass
class Repair:
    """A server on its way back."""

    failed: Event
    """Its failure."""
    begun_s: float = inf
    """When a technician took it in hand."""
    hands_on_s: float = 0.0
    """How long that takes."""

    def begin(self, now_s: float, hands_on_s: float) -> None:
        """A technician is free."""
        self.begun_s, self.hands_on_s = now_s, hands_on_s

    def until(self, now_s: float) -> Event:
        """The failure as an event that lasted until now, with the labour spent on it."""
        spent_s = min(self.hands_on_s, max(0.0, now_s - self.begun_s))
        return self.failed._replace(duration_s=now_s - self.failed.at_s, labour_s=spent_s)
