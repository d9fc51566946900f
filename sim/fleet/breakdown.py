"""Breakdown and repair: servers fail after an exponential time in service; technicians, few as they are, mend them."""

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from sim.catalogue.types import Hazard
from sim.fleet.census import PoolBook
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
        self.under_repair: dict[int, Event] = {}
        """Servers down now, each with the event as noted at its failure."""

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
            cause, labour, service = float(rng.random()), *rng.standard_exponential(2).tolist()
            part = failed_part(self.hazard, cause)
            yield from self._down(server, part, labour_s(self.hazard, part, labour))
            service_s, failure = time_to_failure_s(self.hazard, self.multiplier, service), failure + 1

    def _down(self, server: int, part: str, hands_on_s: float) -> Generator[simpy.Event, Any, None]:
        """From the failure until the server serves again: wait for hands, be mended, load the model."""
        failed = self._fail(server, part)
        if hands_on_s > 0.0:
            with self.technicians.request() as turn:
                yield turn
                begun_s = self.env.now
                self.under_repair[server] = failed._replace(labour_s=-begun_s)
                yield self.env.timeout(hands_on_s)
            failed = failed._replace(labour_s=hands_on_s)
            self.under_repair[server] = failed
        yield self.env.timeout(self.hazard.restart_s.value)
        self._restore(server, failed)

    def _fail(self, server: int, part: str) -> Event:
        now_s, book = self.env.now, self.book
        book.engine.advance(now_s)
        requeued, lost = book.engine.fail(server)
        book.change_down(1, now_s)
        failed = Event(now_s, book.spec.name, server, "failed", 0.0, part, 0.0, requeued, lost)
        self.under_repair[server] = failed
        return failed

    def _restore(self, server: int, failed: Event) -> None:
        now_s, book = self.env.now, self.book
        book.engine.advance(now_s)
        book.engine.restore(server)
        book.change_down(-1, now_s)
        del self.under_repair[server]
        self.log.note(failed._replace(duration_s=now_s - failed.at_s))
        self.log.note(Event(now_s, book.spec.name, server, "repaired", 0.0, failed.part, 0.0, 0, 0))

    def close(self, end_s: float) -> None:
        """Note the failures that the end of the day cuts short, with the labour spent on them so far."""
        for failed in self.under_repair.values():
            spent_s = end_s + failed.labour_s if failed.labour_s < 0.0 else failed.labour_s
            self.log.note(failed._replace(duration_s=end_s - failed.at_s, labour_s=spent_s))
