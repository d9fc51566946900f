"""Plays one pool through a script, on any engine: the door of the fleet's processes and nothing else is used."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

import numpy as np
import simpy

from sim.plant.gpu.step_time import StepTimeLaw
from sim.serving.engine.protocol import Engine
from sim.serving.engine.spec import PoolSpec
from sim.serving.policies.admission import ADMISSIONS
from sim.serving.policies.batching import BATCHING_POLICIES
from sim.serving.policies.routing import ROUTINGS
from sim.serving.reference.pool import Instant, ReferencePool
from sim.serving.shards import CelledPool
from sim.traces.digest import Digest
from sim.traces.requests import Outcome, RequestTrace, Rows, in_order, trace_of
from sim.traces.sinks import EVERY_LOT
from sim.workload.requests import Requests
from tests.once import compile_once

ENGINES = ["reference", "compiled"]
MINUTE_S = 60.0
CASES = 3
ASKED = ("arrival_s", "prompt_tokens", "output_tokens", "use_case", "cached_tokens")
NAMES = tuple(f"case {n}" for n in range(CASES))
NAMED = {"policy": BATCHING_POLICIES, "admission": ADMISSIONS, "routing": ROUTINGS}
LAWS = ("base_s", "kv_s", "attention_s")
FIRST = -4
"""Rank of what comes before all else at an instant: the windows of arrivals, so that their length changes nothing."""

Action = tuple[float, str, int, float]
"""When, "fail" | "restore" | "drain" | "speed", server (-1: all, for speeds), and the speed factor (else ignored)."""


def maker(engine_name: str, env: simpy.Environment, minutes: int) -> Callable[[PoolSpec, Digest, int], Engine]:
    """Makes the engine of a cell."""
    if engine_name == "reference":
        return lambda spec, digest, first_server: ReferencePool(env, spec, minutes, digest, first_server)
    compile_once()
    from sim.serving.compiled.pool import CompiledPool

    return lambda spec, digest, first_server: CompiledPool(spec, minutes, digest, first_server)


def spec(**overrides: Any) -> PoolSpec:
    """One replica whose iterations take a second, whatever is in them; `base_s` may be a function of tokens."""
    law = {name: overrides.pop(name) for name in LAWS if name in overrides}
    named = {name: NAMED[name][overrides.pop(name)] for name in NAMED if isinstance(overrides.get(name), str)}
    replicas, base_s = overrides.get("replicas", 1), law.get("base_s", 1.0)
    table = [base_s(n) for n in range(64)] if callable(base_s) else np.broadcast_to(base_s, (64,))
    return replace(_plain(replicas, law | {"base_s": np.array(table, np.float64)}), **named, **overrides)


def _plain(replicas: int, law: dict[str, Any]) -> PoolSpec:
    return PoolSpec(
        name="pool",
        replicas=replicas,
        replicas_per_server=1,
        law=StepTimeLaw(**({"kv_s": 0.0, "attention_s": 0.0} | law)),
        idle_w=60.0,
        prefill_above_idle_w=640.0,
        decode_above_idle_w=240.0 + 10.0 * np.arange(9),
        kv_room_tokens=10**9,
        max_context_tokens=10**9,
        policy=BATCHING_POLICIES["continuous"],
        admission=ADMISSIONS["reserved"],
        max_requests=8,
        max_batched_tokens=2_048,
        wait_s=0.0,
        routing=ROUTINGS["round_robin"],
        stale_s=0.0,
        max_attempts=3,
        patience_s=np.full(CASES, np.inf),
        routing_salt=0x5EED,
    )


def asks(*rows: tuple[float | int, ...]) -> Requests:
    """Requests from rows of arrival, prompt tokens, output tokens and (if not 0) use case and cached tokens."""
    columns = [(at_s, case, prompt, output, cached) for at_s, prompt, output, case, cached in map(_whole, rows)]
    kinds = (np.float64, np.int16, np.int32, np.int32, np.int32)
    if not columns:
        return Requests.empty()
    return Requests(*(np.array(column, kind) for column, kind in zip(zip(*columns, strict=True), kinds, strict=True)))


def _whole(row: tuple[float | int, ...]) -> tuple[float | int, ...]:
    return (*row, *(0,) * (len(ASKED) - len(row)))


@dataclass
class Outcomes:
    """All that an engine tells of a day."""

    digest: Digest
    """Every request, counted."""
    rows: Rows = field(default_factory=lambda: in_order([]))
    """A row for each request, by arrival."""
    trace: RequestTrace = field(default_factory=lambda: trace_of(in_order([]), NAMES))
    """What became of every request: the rows as a trace."""
    minutes: dict[str, Any] = field(default_factory=dict)
    """Work by minute."""
    work: list[tuple[float, float]] = field(default_factory=list)
    """Busy replica-seconds and joules by minute, as told right after each mark."""
    gauges: list[tuple[int, int, int]] = field(default_factory=list)
    """Waiting, running, KV tokens at each mark and each look."""
    outstanding: list[list[int]] = field(default_factory=list)
    """Requests inside each server that has been drained, at the same times."""
    failures: list[tuple[int, int]] = field(default_factory=list)
    """Requeued and lost at each failure."""
    counters: dict[str, int] = field(default_factory=dict)
    """requeued, too_long, preempted."""

    def count(self, outcome: Outcome) -> int:
        """Requests that ended so."""
        return int((self.trace.outcome == outcome).sum())

    def total(self, column: str) -> float:
        """Sum over the day of a column of the minutes."""
        return float(self.minutes[column].sum())


class Play:
    """A stage: SimPy processes that deposit windows, act and mark."""

    def __init__(
        self, engine_name: str, pool: PoolSpec, requests: Requests, until_s: float, window_s: float, threads: int
    ) -> None:
        self.env = simpy.Environment()
        minutes = ceil(until_s / MINUTE_S)
        self.seen = Outcomes(Digest.empty(NAMES, ceil(minutes / 60)))
        make = maker(engine_name, self.env, minutes)
        self.engine: Engine = (
            CelledPool(pool, self.seen.digest, make, 0, threads) if threads else make(pool, self.seen.digest, 0)
        )
        self.requests, self.until_s, self.window_s = requests, until_s, window_s
        self._rows: list[Rows] = []
        self._draining: list[int] = []

    def run(self, script: Iterable[Action], slices_s: Iterable[float], keep_below: int) -> Outcomes:
        """Let the day pass, and collect what it leaves."""
        self.engine.keep_below(keep_below)
        self.env.process(self._deposit())
        self.env.process(self._marks())
        for action in script:
            self.env.process(self._act(*action))
        for at_s in slices_s:
            self.env.process(self._look(at_s))
        self.env.run(until=self.until_s)
        self._mark(ceil(self.until_s / MINUTE_S) - 1)
        self.engine.close(self.until_s)
        return self._collect()

    def _deposit(self) -> Any:
        number = 0
        while self.env.now < self.until_s:
            number += 1
            end_s = min(number * self.window_s, self.until_s)
            self.engine.deposit(self.requests.between(self.env.now, end_s))
            yield Instant(self.env, end_s, FIRST)

    def _marks(self) -> Any:
        for minute in range(ceil(self.until_s / MINUTE_S) - 1):
            yield self.env.timeout((minute + 1) * MINUTE_S - self.env.now)
            self._mark(minute)

    def _mark(self, minute: int) -> None:
        self.engine.advance(self.env.now)
        self._gauge()
        self.engine.mark(self.env.now)
        self.seen.work.append(self.engine.work_in(minute))
        self._rows.append(self.engine.collect())

    def _look(self, at_s: float) -> Any:
        """Only look: what is seen must not depend on being looked at."""
        yield self.env.timeout(at_s)
        self.engine.advance(self.env.now)
        self._gauge()

    def _gauge(self) -> None:
        self.seen.gauges.append(self.engine.gauges())
        self.seen.outstanding.append([self.engine.outstanding(server) for server in self._draining])

    def _act(self, at_s: float, action: str, server: int, value: float) -> Any:
        yield self.env.timeout(at_s)
        self.engine.advance(self.env.now)
        if action == "fail":
            self.seen.failures.append(self.engine.fail(server))
        elif action == "restore":
            self.engine.restore(server)
        elif action == "drain":
            self.engine.drain(server)
            self._draining.append(server)
        elif action == "speed":
            self.engine.set_speed(server, value)
        else:
            raise ValueError(action)

    def _collect(self) -> Outcomes:
        self._rows.append(self.engine.collect())
        if isinstance(self.engine, CelledPool):
            self.engine.count()
        self.seen.rows = in_order(self._rows)
        self.seen.trace = trace_of(self.seen.rows, NAMES)
        self.seen.minutes = {name: np.asarray(column) for name, column in self.engine.minutes().items()}
        self.seen.counters = self.engine.counters()
        return self.seen


def play(
    engine_name: str,
    pool: PoolSpec,
    requests: Requests,
    script: Iterable[Action] = (),
    until_s: float = 60.0,
    window_s: float = 60.0,
    slices_s: Iterable[float] = (),
    threads: int = 0,
    keep_below: int = EVERY_LOT,
) -> Outcomes:
    """Run an engine through a script of failures, drains, restorations and speeds; it is looked at at `slices_s`.

    With threads, the pool is a CelledPool of as many cells as its specification says; without, one bare engine.
    """
    if requests.size and requests.arrival_s[-1] >= until_s:
        raise ValueError("a request arrives after the end")
    return Play(engine_name, pool, requests, until_s, window_s, threads).run(script, slices_s, keep_below)
