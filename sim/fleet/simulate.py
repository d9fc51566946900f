"""One day: build the environment, draw demand, serve it, break and mend servers, cool the hall, record."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import simpy

from sim.catalogue import Catalogue
from sim.fleet.breakdown import Breakdowns
from sim.fleet.building import build_pools
from sim.fleet.census import PoolBook
from sim.fleet.climate import Climate
from sim.fleet.dispatch import Gateway, pools_of_use_cases
from sim.fleet.engine import Engine
from sim.scenario.schema import Scenario
from sim.serving.reference import ReferencePool
from sim.serving.spec import PoolSpec
from sim.streams import Streams
from sim.traces.day import DayTraces
from sim.traces.digest import Digest
from sim.traces.events import EventLog
from sim.traces.request import RequestTrace, merge
from sim.traces.utilisation import UtilisationTrace
from sim.units import SECONDS_PER_HOUR, SECONDS_PER_MINUTE
from sim.workload.source import open_workload

Progress = Callable[[float], None]
"""Told the simulated time at every minute mark."""


def simulate(
    scenario: Scenario, catalogue: Catalogue, engine: str = "reference", progress: Progress | None = None
) -> DayTraces:
    """Simulate a scenario's day and return its traces, checked."""
    streams = Streams(scenario.seed)
    source = open_workload(scenario, catalogue, streams)
    fleet = _assemble(scenario, catalogue, streams)
    gateway = Gateway(fleet.env, source, fleet.engines, pools_of_use_cases(scenario))
    fleet.env.process(gateway.run(SECONDS_PER_MINUTE, scenario.day.duration_s))
    fleet.run(scenario.day.duration_s, progress)
    traces = fleet.traces(source.use_cases, gateway.arrived, source.left_out)
    traces.check()
    return traces


def _assemble(scenario: Scenario, catalogue: Catalogue, streams: Streams) -> "Fleet":
    env, log = simpy.Environment(), EventLog()
    minutes = ceil(scenario.day.duration_s / SECONDS_PER_MINUTE)
    books = [_book(env, spec, scenario, catalogue, minutes) for spec in build_pools(scenario, catalogue, streams)]
    climate = _climate(scenario, catalogue, books, minutes)
    breakdowns = _breakdowns(env, scenario, catalogue, books, streams, log)
    return Fleet(env, books, climate, breakdowns, log, scenario.plant.climate.enabled)


def _book(env: simpy.Environment, spec: PoolSpec, scenario: Scenario, catalogue: Catalogue, minutes: int) -> PoolBook:
    pool = scenario.fleet.pools[spec.name]
    server = catalogue.pick("servers", pool.server)
    gpu = catalogue.pick("gpus", server.gpu)
    return PoolBook(spec, pool, server, gpu, ReferencePool(env, spec, minutes), minutes)


def _climate(scenario: Scenario, catalogue: Catalogue, books: list[PoolBook], minutes: int) -> Climate:
    plant = catalogue.pick("cooling", scenario.plant.climate.cooling)
    site = catalogue.pick("sites", scenario.plant.site)
    return Climate(plant, site, scenario.day.date.month, scenario.day.start_s, books, minutes)


def _breakdowns(
    env: simpy.Environment,
    scenario: Scenario,
    catalogue: Catalogue,
    books: list[PoolBook],
    streams: Streams,
    log: EventLog,
) -> list[Breakdowns]:
    chosen = scenario.plant.failures
    if not chosen.enabled:
        return []
    hazard = catalogue.pick("hazards", chosen.hazard)
    technicians = simpy.Resource(env, chosen.technicians)
    return [Breakdowns(env, book, hazard, chosen.multiplier, technicians, streams, log) for book in books]


@dataclass(frozen=True)
class Fleet:
    """All that runs on one SimPy clock."""

    env: simpy.Environment
    """The clock."""
    books: list[PoolBook]
    """The pools with their engines."""
    climate: Climate
    """The hall."""
    breakdowns: list[Breakdowns]
    """Failures by pool; none where they are switched off."""
    log: EventLog
    """What happened."""
    throttles: bool
    """Whether a warm hall slows servers down."""

    @property
    def engines(self) -> list[Engine]:
        """The pools' engines."""
        return [book.engine for book in self.books]

    def run(self, end_s: float, progress: Progress | None) -> None:
        """Let the day pass."""
        for breakdowns in self.breakdowns:
            breakdowns.start(end_s)
        self.env.process(self._minutes(end_s, progress))
        self.env.run(until=end_s)
        self._mark(ceil(end_s / SECONDS_PER_MINUTE) - 1, end_s)
        if progress:
            progress(end_s)
        for breakdowns in self.breakdowns:
            breakdowns.close(end_s)
        for engine in self.engines:
            engine.close(end_s)

    def _minutes(self, end_s: float, progress: Progress | None) -> Generator[simpy.Event, Any, None]:
        """Mark every full minute but the last."""
        for minute in range(ceil(end_s / SECONDS_PER_MINUTE) - 1):
            yield self.env.timeout((minute + 1) * SECONDS_PER_MINUTE - self.env.now)
            self._mark(minute, self.env.now)
            if self.throttles:
                self.climate.throttle(self.env.now, self.log)
            if progress:
                progress(self.env.now)

    def _mark(self, minute: int, now_s: float) -> None:
        it_j = sum(book.mark(minute, now_s) for book in self.books)
        self.climate.mark(minute, now_s, now_s - minute * SECONDS_PER_MINUTE, it_j)

    def traces(self, use_cases: tuple[str, ...], arrived: int, left_out: int) -> DayTraces:
        """What the day leaves behind."""
        requests = merge(
            [engine.requests(use_cases) for engine in self.engines], [book.spec.servers for book in self.books]
        )
        return DayTraces(
            requests=requests,
            digest=self._digest(requests),
            utilisation=self._utilisation(),
            events=self.log,
            arrived=arrived,
            requeued=sum(engine.requeued for engine in self.engines),
            preempted=sum(engine.preempted for engine in self.engines),
            too_long=sum(engine.too_long for engine in self.engines),
            left_out=left_out,
        )

    def _digest(self, requests: RequestTrace) -> Digest:
        digest = Digest.empty(requests.use_cases, ceil(self.env.now / SECONDS_PER_HOUR))
        digest.add(requests)
        return digest

    def _utilisation(self) -> UtilisationTrace:
        minutes = ceil(self.env.now / SECONDS_PER_MINUTE)
        ends = np.minimum(np.arange(1, minutes + 1) * SECONDS_PER_MINUTE, self.env.now)
        minute_s = np.diff(ends, prepend=0.0)
        return UtilisationTrace(minute_s, tuple(book.close() for book in self.books), self.climate.close())
