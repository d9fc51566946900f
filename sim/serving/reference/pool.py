"""The reference engine: every iteration of every replica is a SimPy event. Readable, exact and slow.

What a pool did, by minute: the plain sums that the reference engine fills.
"""

from collections.abc import Generator, Mapping, Sequence
from itertools import count
from math import inf
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.serving.engine import rules
from sim.serving.engine.protocol import EVERY_SERVER
from sim.serving.engine.rules import PREFILL
from sim.serving.engine.spec import PoolSpec
from sim.serving.reference.batch import Batch, Ended, Iteration, Job
from sim.serving.reference.batching import BATCHES
from sim.serving.reference.router import ROUTERS
from sim.traces.digest import Digest
from sim.traces.requests import ROW, Outcome, Rows, lots, no_rows, trace_of
from sim.workload.requests import Requests

# Order of what happens at one instant: iterations end, the router looks at loads, requests arrive, SimPy's own events
# (servers fail, wake, slow down; ranks 0 and 1), replicas decide their next iteration.
ENDS, LOOKS, ARRIVES, DECIDES = -3, -2, -1, 2


class Instant(simpy.Event):
    """An event at an absolute time, with a rank among the events of that time."""

    def __init__(self, env: simpy.Environment, at_s: float, rank: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        env.schedule(self, rank, max(0.0, at_s - env.now))  # type: ignore[arg-type]  # any integer ranks


class Replica:
    """One model instance on its GPUs, as a SimPy process around a batch."""

    def __init__(self, pool: "ReferencePool", index: int) -> None:
        self.pool, self.index = pool, index
        self.batch: Batch = BATCHES[pool.spec.policy](pool.spec)
        self.iteration: Iteration | None = None
        self.failed = False
        """Whether it has stopped, and waits to be restarted."""
        self._news = pool.env.event()
        self._woken_s = 0.0
        self._process = pool.env.process(self._serve())

    def take(self, job: Job, now_s: float) -> None:
        """Queue a request, and wake up if idle."""
        self.batch.join(job, now_s)
        if not self._news.triggered:
            self._woken_s = now_s
            self._news.succeed()

    def fail(self, now_s: float) -> list[Job]:
        """Stop at once and give back all requests; what the cut iteration burnt is counted."""
        if self.iteration:
            self.pool.meter.work(self.iteration, now_s)
        self.iteration, self.failed = None, True
        self._process.interrupt()
        return self.batch.surrender()

    def restart(self) -> None:
        """Serve again, empty."""
        self.failed, self._news, self._woken_s = False, self.pool.env.event(), self.pool.env.now
        self._process = self.pool.env.process(self._serve())

    def _serve(self) -> Generator[simpy.Event, Any, None]:
        try:
            while True:
                yield from self._work(self._woken_s)
                yield from self._rest()
        except simpy.Interrupt:
            return

    def _work(self, now_s: float) -> Generator[simpy.Event, Any, None]:
        """Run iterations until there is nothing to do."""
        env = self.pool.env
        while True:
            if env.peek() <= now_s:  # others have something to say at this very instant
                yield Instant(env, now_s, DECIDES)
            self.iteration = self.batch.begin(now_s)
            if self.batch.abandoned:
                self.pool.collect_abandoned(self)
            if self.iteration is None:
                return
            now_s = self.iteration.end_s
            yield Instant(env, now_s, ENDS)
            self._commit(self.iteration)

    def _rest(self) -> Generator[simpy.Event, Any, None]:
        """Sleep until a request comes, or until a static batch has waited long enough."""
        env, alarm_s = self.pool.env, self.batch.alarm_s()
        self._news, self._woken_s = env.event(), alarm_s
        yield self._news if alarm_s == inf else env.any_of([self._news, Instant(env, alarm_s, ARRIVES)])

    def _commit(self, iteration: Iteration) -> None:
        ended = self.batch.end(iteration)
        self.pool.meter.work(iteration, iteration.end_s)
        self.pool.meter.tokens(ended)
        for job in ended.finished:
            self.pool.end(job, Outcome.FINISHED, iteration.end_s, self.index)
        self.iteration = None


class ReferencePool:
    """A pool of replicas, its router, and what it remembers."""

    def __init__(
        self, env: simpy.Environment, spec: PoolSpec, minutes: int, digest: Digest, first_server: int = 0
    ) -> None:
        self.env, self.spec, self.digest = env, spec, digest
        self.meter = Meter(minutes)
        self._first_server = first_server
        self._ended: list[tuple[float, ...]] = []
        self._keep_below = 0
        self._requeued = self._too_long = 0
        self._arrived = 0
        self.replicas = [Replica(self, index) for index in range(spec.replicas)]
        self._router = ROUTERS[spec.routing](spec, [replica.batch for replica in self.replicas])
        if spec.stale_s > 0.0:
            env.process(self._look())

    # --- the door, the same as the compiled pool's --------------------------------------------------------------

    def deposit(self, requests: Requests) -> None:
        """Requests that will arrive, in order; each will be routed at its arrival."""
        self.env.process(self._arrivals(requests))

    @staticmethod
    def deposit_all(pools: Sequence["ReferencePool"], requests: Requests, starts: NDArray[np.int64]) -> None:
        """The same for several pools: each takes a part, from its start to that of the next."""
        for pool, start, stop in zip(pools, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            pool.deposit(requests.part(start, stop))

    def advance(self, until_s: float) -> None:
        """Nothing to do: SimPy's clock has brought every replica here."""

    @staticmethod
    def advance_all(pools: Sequence["ReferencePool"], until_s: float) -> None:
        """Nothing to do, either."""

    def fail(self, server: int) -> tuple[int, int]:
        """A server breaks: its requests go back to the router. Returns how many were requeued and how many lost."""
        now_s = self.env.now
        self._router.set_available(self._replicas_of(server), False)
        jobs = [job for index in self._replicas_of(server) for job in self.replicas[index].fail(now_s)]
        jobs.sort(key=lambda job: job.number)
        lost = sum(not self._route_again(job, now_s) for job in jobs)
        return len(jobs) - lost, lost

    def restore(self, server: int) -> None:
        """A server takes requests: one that had failed, empty; one that was drained, beside what it still has."""
        for index in self._replicas_of(server):
            if self.replicas[index].failed:
                self.replicas[index].restart()
        self._router.set_available(self._replicas_of(server), True)

    def drain(self, server: int) -> None:
        """A server takes no new requests; it serves those it has to their end."""
        self._router.set_available(self._replicas_of(server), False)

    def outstanding(self, server: int) -> int:
        """Requests waiting or running on a server, now."""
        return sum(self.replicas[index].batch.outstanding for index in self._replicas_of(server))

    def set_speed(self, server: int, speed: float) -> None:
        """Slow a server down (or let it run again) from its next iteration on."""
        for index in self._replicas_of(server):
            self.replicas[index].batch.speed = speed

    def gauges(self) -> tuple[int, int, int]:
        """Requests waiting, requests running and KV tokens held, now."""
        batches = [replica.batch for replica in self.replicas]
        waiting = sum(len(batch.queue) for batch in batches)
        return waiting, sum(len(batch.running) for batch in batches), sum(batch.held for batch in batches)

    def mark(self, now_s: float) -> None:
        """A minute ends: settle what iterations under way have done so far."""
        for replica in self.replicas:
            if replica.iteration:
                self.meter.work(replica.iteration, now_s)
        self.meter.mark()

    def work_in(self, minute: int) -> tuple[float, float]:
        """Busy replica-seconds and what they drew above idle [J] in a minute that has been marked."""
        columns = self.meter.columns
        busy_s = columns["prefill_busy_s"][minute] + columns["decode_busy_s"][minute]
        return float(busy_s), float(columns["busy_j"][minute])

    def minutes(self) -> Mapping[str, NDArray[np.float64]]:
        """Work by minute: busy seconds, their energy above idle, tokens."""
        return self.meter.columns

    def keep_below(self, lot: int) -> None:
        """Give out rows of requests whose lot lies at or below this; zero for none."""
        self._keep_below = lot

    def collect(self) -> Rows:
        """Rows of the requests that have ended since the last time; all of them enter the digest."""
        rows, self._ended = np.array(self._ended, ROW), []
        self.digest.add(trace_of(rows, self.digest.use_cases))
        return rows[lots(rows) <= self._keep_below] if self._keep_below else no_rows()

    def close(self, end_s: float) -> None:
        """The day is over: note who is still in flight."""
        for replica in self.replicas:
            replica.batch.forget_impatient(end_s)
            self.collect_abandoned(replica)
            for job in [*replica.batch.running, *replica.batch.queue]:
                self.end(job, Outcome.IN_FLIGHT, inf, replica.index)

    def counters(self) -> dict[str, int]:
        """Requests sent on from failed servers, refused for their length, preempted."""
        preempted = sum(replica.batch.preempted for replica in self.replicas)
        return {"requeued": self._requeued, "too_long": self._too_long, "preempted": preempted}

    def end(self, job: Job, outcome: Outcome, at_s: float, replica: int) -> None:
        """Note how a request ended."""
        server = self._first_server + replica // self.spec.replicas_per_server if replica >= 0 else -1
        times = (job.arrival_s, job.start_s, job.first_token_s, at_s)
        asked = (job.prompt, job.output, job.cached)
        self._ended.append((job.number, *times, *asked, server, job.use_case, job.attempts, outcome))

    def collect_abandoned(self, replica: Replica) -> None:
        """Note who left the queue of a replica, at the end of their patience."""
        for job in replica.batch.abandoned:
            left_s = job.queued_s + float(self.spec.patience_s[job.use_case])
            self.end(job, Outcome.ABANDONED, left_s, -1)
        replica.batch.abandoned.clear()

    def _arrivals(self, requests: Requests) -> Generator[simpy.Event, Any, None]:
        columns = (column.tolist() for column in requests.columns)
        for arrival_s, use_case, prompt, output, cached in zip(*columns, strict=True):
            yield Instant(self.env, arrival_s, ARRIVES)
            self._arrive(Job(self._arrived, arrival_s, use_case, prompt, output, cached))
            self._arrived += 1

    def _arrive(self, job: Job) -> None:
        spec = self.spec
        fits = rules.can_ever_run(job.prompt, job.output, spec.max_context_tokens, spec.kv_room_tokens)
        self._too_long += not fits
        if not fits or not self._router.available:
            self.end(job, Outcome.REFUSED, job.arrival_s, -1)
        else:
            self.replicas[self._router.choose(job)].take(job, job.arrival_s)

    def _route_again(self, job: Job, now_s: float) -> bool:
        """Send a request of a failed server elsewhere; False when it is lost."""
        if job.attempts >= self.spec.max_attempts or not self._router.available:
            self.end(job, Outcome.LOST, now_s, -1)
            return False
        job.attempts += 1
        self._requeued += 1
        self.replicas[self._router.choose(job)].take(job, now_s)
        return True

    def _look(self) -> Generator[simpy.Event, Any, None]:
        """The router's view of the loads, taken anew every `stale_s`."""
        for tick in count(1):
            yield Instant(self.env, tick * self.spec.stale_s, LOOKS)
            self._router.look()

    def _replicas_of(self, server: int) -> range:
        size = self.spec.replicas_per_server
        if server == EVERY_SERVER:
            return range(self.spec.replicas)
        return range(server * size, (server + 1) * size)


COLUMNS = ("prefill_busy_s", "decode_busy_s", "batch_request_s", "busy_j", "prompt_tokens", "output_tokens")


class Meter:
    """Sums by minute of the day; each mark settles the iterations under way, so work falls into its own minute."""

    def __init__(self, minutes: int) -> None:
        self.columns = {name: np.zeros(minutes) for name in COLUMNS}
        self._minute = 0

    def mark(self) -> None:
        """The minute is over."""
        self._minute = min(self._minute + 1, self.columns["busy_j"].size - 1)

    def work(self, iteration: Iteration, until_s: float) -> None:
        """Count the time and energy of an iteration up to `until_s`, if not counted before."""
        spent_s = until_s - max(iteration.start_s, iteration.settled_s)
        iteration.settled_s = until_s
        busy = "prefill_busy_s" if iteration.phase == PREFILL else "decode_busy_s"
        self.columns[busy][self._minute] += spent_s
        self.columns["batch_request_s"][self._minute] += spent_s * iteration.running
        self.columns["busy_j"][self._minute] += spent_s * iteration.above_idle_w

    def tokens(self, ended: Ended) -> None:
        """Count the tokens of an iteration that ends now."""
        self.columns["prompt_tokens"][self._minute] += ended.prompt_tokens
        self.columns["output_tokens"][self._minute] += ended.output_tokens
