"""The watchdog: a pool that has work, and servers, but gets nowhere ends the day with the cause instead of a result.

One day: build the environment, draw demand, serve it, break and mend servers, cool the hall, record.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import simpy

from sim.catalogue import Catalogue
from sim.core.errors import InputError
from sim.core.streams import Streams
from sim.core.units import MINUTES_PER_HOUR, SECONDS_PER_HOUR, SECONDS_PER_MINUTE
from sim.fleet.gateway import Gateway, Outlet, pools_of_use_cases
from sim.fleet.plant import PlantOfRun, build_plant
from sim.fleet.pool_runtime import PoolRuntime
from sim.fleet.pool_specs import build_pools
from sim.scenario.schema import Scenario
from sim.serving.reference.pool import ReferencePool
from sim.serving.shards import CelledPool, MakeEngine
from sim.traces.day import DayTraces
from sim.traces.digest import Digest
from sim.traces.events import EventLog
from sim.traces.minutes import UtilisationTrace, minute_ends_s
from sim.traces.requests import joined
from sim.traces.sinks import EVERY_LOT, Nothing, Sink
from sim.workload.prefix_cache import cache_of
from sim.workload.source import Source, open_workload

FEWEST_TOKENS_PER_PREEMPTION = 4
"""A pool that makes fewer tokens than this a preemption spends its time prefilling what it has just thrown away."""


@dataclass
class Watchdog:
    """Looks back at one pool once an hour."""

    runtime: PoolRuntime
    """The pool."""
    preempted: int = 0
    """Preemptions up to the last full hour."""
    busy_s: float = 0.0
    """Replica-seconds spent in iterations since then."""

    def look(self, minute: int, now_s: float) -> None:
        """After every minute: raise InputError if the hour that has just ended brought nothing."""
        self.busy_s += self.runtime.busy_s
        if (minute + 1) % MINUTES_PER_HOUR == 0:
            self._look_back(minute, now_s)

    def _look_back(self, minute: int, now_s: float) -> None:
        preempted = self.runtime.engine.counters()["preempted"]
        lost_again = preempted - self.preempted
        never_idle = self.busy_s >= self.runtime.spec.replicas * SECONDS_PER_HOUR
        self.preempted, self.busy_s = preempted, 0.0
        if not lost_again and not never_idle:
            return
        work = self.runtime.engine.minutes()
        hour = slice(minute + 1 - MINUTES_PER_HOUR, minute + 1)
        made = float(work["output_tokens"][hour].sum())
        if lost_again and made < FEWEST_TOKENS_PER_PREEMPTION * lost_again:
            raise InputError(self._thrashing(now_s, made, lost_again))
        if never_idle and not made and not work["prompt_tokens"][hour].any():
            raise InputError(self._stuck(now_s))

    def _thrashing(self, now_s: float, made: float, preempted: int) -> str:
        return (
            f"fleet.pools.{self.runtime.spec.name}: the KV cache thrashes: in the hour before "
            f"{now_s / SECONDS_PER_HOUR:g} h {preempted:,} preemptions left time for {made:,.0f} tokens; lower "
            "batching.max_requests, admit with reserved instead of on_demand, or leave the KV cache more memory"
        )

    def _stuck(self, now_s: float) -> str:
        return (
            f"fleet.pools.{self.runtime.spec.name}: no progress: every replica was busy in the hour before "
            f"{now_s / SECONDS_PER_HOUR:g} h, and not one token was read or made; an iteration takes longer than that, "
            "so look at the facts and the speed of this pool"
        )


Progress = Callable[[float], None]
"""Told the simulated time at every minute mark."""


def simulate(
    scenario: Scenario,
    catalogue: Catalogue,
    engine: str = "compiled",
    sink: Sink | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    replication: int = 0,
) -> DayTraces:
    """Simulate a scenario's day and return its traces, checked; every request that the sink wants goes there."""
    streams = Streams(scenario.seed, replication)
    source = open_workload(scenario, catalogue, streams)
    fleet = _assemble(scenario, catalogue, streams, engine, sink or Nothing(), threads)
    with Gateway(fleet.env, source, _outlets(scenario, fleet), pools_of_use_cases(scenario), threads) as gateway:
        fleet.run(scenario.day.duration_s, gateway, progress)
    traces = fleet.traces(source, gateway)
    traces.check()
    return traces


def _outlets(scenario: Scenario, fleet: "Fleet") -> list[Outlet]:
    """The pools as the gateway sees them."""
    kinds = [pool.prefix_cache for pool in scenario.fleet.pools.values()]
    caches = [cache_of(kind, scenario.day.duration_s) for kind in kinds]
    return [
        Outlet(runtime.engine, cache, runtime.sheet.columns["kv_tokens"])
        for runtime, cache in zip(fleet.runtimes, caches, strict=True)
    ]


def _assemble(
    scenario: Scenario, catalogue: Catalogue, streams: Streams, engine: str, sink: Sink, threads: int
) -> "Fleet":
    env, log = simpy.Environment(), EventLog()
    minutes = ceil(scenario.day.duration_s / SECONDS_PER_MINUTE)
    digest = Digest.empty(tuple(scenario.workload.use_cases), ceil(scenario.day.duration_s / SECONDS_PER_HOUR))
    specs = build_pools(scenario, catalogue, streams)
    make = _maker(env, engine, minutes)
    firsts = np.cumsum([0, *(spec.servers for spec in specs)]).tolist()
    pools = [CelledPool(spec, digest, make, first, threads) for spec, first in zip(specs, firsts, strict=False)]
    runtimes = [_runtime(pool, scenario, catalogue, minutes) for pool in pools]
    plant = build_plant(env, scenario, catalogue, runtimes, streams, log)
    return Fleet(env, runtimes, plant, log, digest, sink, [Watchdog(runtime) for runtime in runtimes])


def _maker(env: simpy.Environment, engine: str, minutes: int) -> MakeEngine:
    """How the engine of a cell is made; numba is imported only when it is compiled."""
    if engine == "reference":
        return lambda spec, digest, first_server: ReferencePool(env, spec, minutes, digest, first_server)
    from sim.serving.compiled.pool import CompiledPool

    return lambda spec, digest, first_server: CompiledPool(spec, minutes, digest, first_server)


def _runtime(engine: CelledPool, scenario: Scenario, catalogue: Catalogue, minutes: int) -> PoolRuntime:
    pool = scenario.fleet.pools[engine.spec.name]
    server = catalogue.pick("servers", pool.server)
    way = catalogue.pick("delivery", scenario.plant.delivery.kind)
    return PoolRuntime(engine.spec, pool, server, way, engine, minutes)


@dataclass(frozen=True)
class Fleet:
    """All that runs on one SimPy clock."""

    env: simpy.Environment
    """The clock."""
    runtimes: list[PoolRuntime]
    """The pools with their engines."""
    plant: PlantOfRun
    """All that is around them."""
    log: EventLog
    """What happened."""
    digest: Digest
    """Every request, counted."""
    sink: Sink
    """Where rows go."""
    watchdogs: list[Watchdog]
    """One for each pool."""

    @property
    def engines(self) -> list[CelledPool]:
        """The pools' engines."""
        return [runtime.engine for runtime in self.runtimes]

    def run(self, end_s: float, gateway: Gateway, progress: Progress | None) -> None:
        """Let the day pass. At a minute mark the gateway comes last: a window is served, then the next deposited."""
        self.plant.start(end_s)
        self._ask_for_rows()
        self.env.process(self._minutes(end_s, progress))
        self.env.process(gateway.run(end_s))
        self.env.run(until=end_s)
        self._mark(ceil(end_s / SECONDS_PER_MINUTE) - 1, end_s)
        if progress:
            progress(end_s)
        self.plant.close(end_s)
        for engine in self.engines:
            engine.close(end_s)
        self._collect()
        for runtime in self.runtimes:
            runtime.engine.count()

    def _minutes(self, end_s: float, progress: Progress | None) -> Generator[simpy.Event, Any, None]:
        """Mark every full minute but the last."""
        for minute in range(ceil(end_s / SECONDS_PER_MINUTE) - 1):
            yield self.env.timeout((minute + 1) * SECONDS_PER_MINUTE - self.env.now)
            self._mark(minute, self.env.now)
            for watchdog in self.watchdogs:
                watchdog.look(minute, self.env.now)
            self.plant.control.apply(self.env.now, SECONDS_PER_MINUTE)
            if progress:
                progress(self.env.now)

    def _mark(self, minute: int, now_s: float) -> None:
        it_j = sum(runtime.mark(minute, now_s) for runtime in self.runtimes)
        self.plant.mark(minute, now_s, now_s - minute * SECONDS_PER_MINUTE, it_j)
        self._collect()

    def _ask_for_rows(self) -> None:
        for engine in self.engines:
            engine.keep_below(self.sink.lot)

    def _collect(self) -> None:
        """Hand the rows of the minute to the sink, which may want fewer from now on."""
        lot = self.sink.lot
        self.sink.add(joined([engine.collect() for engine in self.engines]))
        if self.sink.lot != lot:
            self._ask_for_rows()

    def traces(self, source: Source, gateway: Gateway) -> DayTraces:
        """What the day leaves behind."""
        counters = [engine.counters() for engine in self.engines]
        sums = {name: sum(counter[name] for counter in counters) for name in ("requeued", "preempted", "too_long")}
        return DayTraces(
            requests=self.sink.close(source.use_cases),
            sampled=0 < self.sink.lot < EVERY_LOT,
            digest=self.digest,
            utilisation=self._utilisation(),
            events=EventLog(sorted(self.log.events)),
            arrived=gateway.arrived,
            left_out=source.left_out,
            skipped_rows=source.skipped_rows,
            reusable_tokens=gateway.reusable_tokens,
            **sums,
        )

    def _utilisation(self) -> UtilisationTrace:
        minute_s = np.diff(minute_ends_s(self.env.now), prepend=0.0)
        return UtilisationTrace(
            minute_s, tuple(runtime.close() for runtime in self.runtimes), self.plant.minutes(minute_s)
        )
