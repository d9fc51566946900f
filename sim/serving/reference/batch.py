"""One replica's batch as a state machine: who runs, who waits, what the next iteration is. No clock but its own.

The reference engine drives it iteration by iteration; the compiled pool leaps over the same decisions.
"""

from collections import deque
from dataclasses import dataclass, field
from math import inf

from sim.serving.engine import rules
from sim.serving.engine.spec import PoolSpec
from sim.serving.policies.admission import Admission


@dataclass(eq=False, slots=True)
class Job:
    """A request inside the pool."""

    number: int
    """Its place in the order of arrival."""
    arrival_s: float
    """When it reached the gateway."""
    use_case: int
    """Index of its use case."""
    prompt: int
    """Prompt tokens."""
    output: int
    """Output tokens asked for."""
    cached: int = 0
    """Prompt tokens that its prefill finds in the prefix cache; none any more once its KV has been thrown away."""
    queued_s: float = 0.0
    """When it joined the queue it stands in (or stood in last)."""
    attempts: int = 1
    """Servers that took it."""
    made: int = 0
    """Output tokens made so far."""
    goal: int = 0
    """Tokens that it has in the KV cache when its present prefill ends: prompt, and what a preemption threw away."""
    filled: int = 0
    """How many of them are there."""
    kv: int = 0
    """Tokens it keeps in the KV cache while decoding."""
    start_s: float = inf
    """When its first prefill on the present server began."""
    first_token_s: float = inf
    """When its first token was ready."""

    @property
    def whole(self) -> int:
        """Tokens it holds at its very end."""
        return self.prompt + self.output

    @property
    def decodes(self) -> bool:
        """Whether its prefill is done."""
        return self.filled == self.goal


@dataclass(slots=True)
class Iteration:
    """One iteration under way."""

    phase: int
    """rules.PREFILL if it holds any prefill, else rules.DECODE."""
    start_s: float
    """When it began."""
    end_s: float
    """When it ends."""
    running: int
    """Requests in the batch, those stalled by a prefill included."""
    above_idle_w: float
    """Power of the replica's GPUs."""
    chunks: list[tuple[Job, int]] = field(default_factory=list)
    """Prefill work: request and tokens."""
    decoding: list[Job] = field(default_factory=list)
    """Requests that get one token each."""
    settled_s: float = -inf
    """Up to when its time and energy have been counted."""


@dataclass(slots=True)
class Ended:
    """What an iteration brought."""

    finished: list[Job]
    """Requests that are done."""
    prompt_tokens: int
    """Tokens prefilled."""
    output_tokens: int
    """Tokens made."""


class Batch:
    """The queue and the running requests of one replica; a policy says how they become iterations."""

    def __init__(self, spec: PoolSpec) -> None:
        self.spec = spec
        self.queue: deque[Job] = deque()
        self.running: list[Job] = []
        self.held = 0
        """KV tokens promised (reserved) or allocated (on demand)."""
        self.context = 0
        """KV tokens that a decode iteration reads, before it writes its own."""
        self.decoding = 0
        """Running requests past their prefill."""
        self.speed = 1.0
        """Speed factor of iterations yet to begin."""
        self.abandoned: list[Job] = []
        """Requests found gone, for the owner to collect."""
        self.preempted = 0
        """Preemptions so far."""
        self._run: Run | None = None

    @property
    def outstanding(self) -> int:
        """Requests waiting or running."""
        return len(self.queue) + len(self.running)

    def join(self, job: Job, now_s: float) -> None:
        """Let a request wait for service."""
        job.queued_s = now_s
        self.queue.append(job)

    def surrender(self) -> list[Job]:
        """Give back every request, in order of arrival, all work on it forgotten: the server has failed."""
        jobs = sorted([*self.running, *self.queue], key=lambda job: job.number)
        for job in jobs:
            job.made = job.goal = job.filled = job.kv = job.cached = 0
            job.start_s = job.first_token_s = inf
        self.queue.clear()
        self.running.clear()
        self.held = self.context = self.decoding = 0
        self._run = None
        return jobs

    def begin(self, now_s: float) -> Iteration | None:
        """Decide the next iteration at a boundary; None when there is nothing to do (yet)."""
        self._head(now_s)
        return self._plan(now_s)

    def alarm_s(self) -> float:
        """When an idle replica must decide again although nothing new has come: never, for most policies."""
        return inf

    def end(self, iteration: Iteration) -> Ended:
        """Commit an iteration that has ended: tokens, KV, finished requests."""
        self._grow(iteration.decoding)
        if self._run and self._run.iterations < self._run.shortest:
            return Ended([], 0, len(iteration.decoding))
        for job, tokens in iteration.chunks:
            self._fill(job, tokens, iteration.end_s)
        made = len(iteration.decoding) + sum(job.decodes for job, _ in iteration.chunks)
        finished = [job for job in self.running if job.decodes and job.made >= job.output]
        for job in finished:
            self._leave(job)
        return Ended(finished, sum(tokens for _, tokens in iteration.chunks), made)

    def forget_impatient(self, now_s: float) -> None:
        """Everybody whose patience has run out, wherever they stand in the queue; for the end of the day."""
        waiting: deque[Job] = deque()
        for job in self.queue:
            (self.abandoned if self._is_gone(job, now_s) else waiting).append(job)
        self.queue = waiting

    def _plan(self, now_s: float) -> Iteration | None:
        """The policy: what the next iteration is."""
        raise NotImplementedError

    def _head(self, now_s: float) -> Job | None:
        """The first in the queue, once those before it who are found gone have been dropped."""
        while self.queue and self._is_gone(self.queue[0], now_s):
            self.abandoned.append(self.queue.popleft())
        return self.queue[0] if self.queue else None

    def _is_gone(self, job: Job, now_s: float) -> bool:
        """Whether the patience of a waiting request has run out; one that has had a token stays."""
        return not job.made and bool(now_s - job.queued_s > self.spec.patience_s[job.use_case])

    def _make_room(self) -> None:
        """On demand: preempt the latest admitted until every decoding request can grow by a token."""
        while self.spec.admission == Admission.ON_DEMAND and self.held + self.decoding > self.spec.kv_room_tokens:
            job = self.running[-1]
            self._leave(job)
            job.cached = 0
            self.queue.appendleft(job)
            self.preempted += 1

    def _admit(self, now_s: float) -> Job | None:
        """Take the head of the queue into the batch if batch limit and KV cache allow."""
        job, spec = self._head(now_s), self.spec
        if job is None or len(self.running) >= spec.max_requests:
            return None
        goal = job.prompt + job.made
        if not rules.can_join(spec.admission, spec.kv_room_tokens, self.held, len(self.running), goal, job.whole):
            return None
        job.goal, job.filled, job.kv = goal, job.cached, 0
        job.start_s = min(job.start_s, now_s)
        self.held += job.whole if spec.admission == Admission.RESERVED else goal
        self.running.append(self.queue.popleft())
        return job

    def _leave(self, job: Job) -> None:
        """Take a request out of the batch and free its KV."""
        self.running.remove(job)
        allocated = job.kv if job.decodes else job.goal
        self.held -= job.whole if self.spec.admission == Admission.RESERVED else allocated
        self.context -= job.kv
        self.decoding -= job.decodes
        self._run = None

    def _grow(self, jobs: list[Job]) -> None:
        """One more token for each decoding request."""
        for job in jobs:
            job.made += 1
            job.kv += 1
        self.context += len(jobs)
        self.held += len(jobs) if self.spec.admission == Admission.ON_DEMAND else 0

    def _fill(self, job: Job, tokens: int, now_s: float) -> None:
        """Progress of a prefill; its end makes a token."""
        job.filled += tokens
        if not job.decodes:
            return
        job.made += 1
        job.kv = job.goal
        job.first_token_s = min(job.first_token_s, now_s)
        self.context += job.kv
        self.decoding += 1

    def _prefill(self, now_s: float, chunks: list[tuple[Job, int]], beside: list[Job]) -> Iteration:
        """An iteration with prefill work, and decoding `beside` it."""
        tokens = len(beside) + sum(count for _, count in chunks)
        kv = self.context + len(beside) if beside else 0
        attention = sum(rules.pairs(job.filled, count) for job, count in chunks)
        law = self.spec.law
        work_s = rules.table(law.base_s, tokens) + law.kv_s * kv + law.attention_s * attention
        self._run = None
        end_s = now_s + work_s / self.speed
        above_idle_w = self.spec.prefill_above_idle_w * self.speed
        return Iteration(rules.PREFILL, now_s, end_s, len(self.running), above_idle_w, chunks, beside)

    def _decode(self, now_s: float) -> Iteration | None:
        """One token for every decoding request, as part of a run whose clock starts at the last change of the batch."""
        if not self.decoding:
            return None
        if self._run is None or self._run.speed != self.speed:
            self._run = self._new_run(now_s)
        return self._run.next()

    def _new_run(self, now_s: float) -> "Run":
        law, batch = self.spec.law, self.decoding
        first_s = (rules.table(law.base_s, batch) + law.kv_s * (self.context + batch)) / self.speed
        above_idle_w = rules.table(self.spec.decode_above_idle_w, batch) * self.speed
        jobs = [job for job in self.running if job.decodes]
        iteration = Iteration(rules.DECODE, now_s, now_s, len(self.running), above_idle_w, [], jobs)
        shortest = min(job.output - job.made for job in jobs)
        return Run(now_s, first_s, 0.5 * law.kv_s * batch / self.speed, self.speed, shortest, iteration)


@dataclass(slots=True)
class Run:
    """Decode iterations with an unchanged batch: one record, moved on from iteration to iteration."""

    start_s: float
    """When it began."""
    first_s: float
    """Length of its first iteration."""
    growth_s: float
    """Half of what each iteration takes longer than the one before."""
    speed: float
    """Speed factor it began with."""
    shortest: int
    """Iterations after which the first request is done."""
    iteration: Iteration
    """The iteration under way."""
    iterations: int = 0
    """Iterations begun."""

    def next(self) -> Iteration:
        """Move on to the next iteration."""
        self.iterations += 1
        self.iteration.start_s = self.iteration.end_s
        self.iteration.end_s = self.start_s + rules.elapsed_s(self.first_s, self.growth_s, self.iterations)
        return self.iteration
