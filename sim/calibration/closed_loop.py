"""A closed loop: so many clients, each of whom sends the next request when the last is answered.

It drives the state machine of a replica's batch that the reference engine drives, by the same rules; between two
changes of the batch it leaps.
"""

from dataclasses import dataclass
from math import inf

import numpy as np

from sim.serving.engine import rules
from sim.serving.engine.spec import PoolSpec
from sim.serving.policies.admission import Admission
from sim.serving.policies.batching import BatchingPolicy
from sim.serving.reference.batch import Batch, Iteration, Job
from sim.serving.reference.batching import ChunkedBatch, ContinuousBatch


@dataclass(frozen=True)
class Load:
    """What the clients ask."""

    clients: int
    """How many wait for answers at a time."""
    prompt: int
    """Prompt tokens of a request."""
    output: int
    """Answer tokens of a request."""
    requests: int
    """Requests after which the measurement ends."""
    spread_fraction: float = 0.0
    """Lengths are drawn evenly between (1 - spread_fraction) of the full ones and the full ones."""
    look_every: int = 1
    """Decode iterations between two looks for new requests; after a prefill, and when idle, it looks at once."""


@dataclass(frozen=True)
class Measured:
    """Means over all requests, as benchmark tools print them."""

    ttft_s: float
    """Time to first token."""
    tpot_s: float
    """Time per output token after the first."""
    makespan_s: float
    """From the first request to the last answer."""
    preempted: int
    """Preemptions."""


class _Leaping(Batch):
    """A batch that can pass over iterations in which nothing but growth happens."""

    def leap(self, iteration: Iteration, most: float) -> int:
        """Stretch a decode iteration to the last before a request is done or the KV cache is full; how many it is."""
        run = self._run
        if run is None:
            return 1
        steps = min(run.shortest - run.iterations, most - 1)
        if self.spec.admission == Admission.ON_DEMAND:
            steps = min(steps, (self.spec.kv_room_tokens - self.held) // self.decoding - 1)
        if steps <= 0:
            return 1
        self._grow_by(iteration, int(steps))
        run.iterations += int(steps) - 1
        run.next()
        return int(steps) + 1

    def _grow_by(self, iteration: Iteration, steps: int) -> None:
        for job in iteration.decoding:
            job.made += steps
            job.kv += steps
        self.context += steps * self.decoding
        self.held += steps * self.decoding if self.spec.admission == Admission.ON_DEMAND else 0


class _LeapingContinuous(_Leaping, ContinuousBatch):
    """Prompts first, in iterations of their own."""


class _LeapingChunked(_Leaping, ChunkedBatch):
    """Prompts in chunks beside those who decode."""


_FORMS: dict[BatchingPolicy, type[_Leaping]] = {
    BatchingPolicy.CONTINUOUS: _LeapingContinuous,
    BatchingPolicy.CHUNKED: _LeapingChunked,
}


def _lengths(load: Load, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    shrink = 1.0 - load.spread_fraction * rng.random((2, load.requests))
    prompts = np.maximum(1, np.rint(load.prompt * shrink[0])).astype(int)
    outputs = np.maximum(1, np.rint(load.output * shrink[1])).astype(int)
    return prompts.tolist(), outputs.tolist()


def run_closed_loop(spec: PoolSpec, load: Load, rng: np.random.Generator) -> Measured:
    """Serve a load on one replica until every request is answered; all clients begin at once."""
    prompts, outputs = _lengths(load, rng)
    waiting = [Job(i, 0.0, 0, prompts[i], outputs[i]) for i in reversed(range(load.requests))]
    batch, done, now_s, since = _FORMS[spec.policy](spec), [], 0.0, 0
    unseen = [waiting.pop() for _ in range(min(load.clients, load.requests))]
    while batch.outstanding or unseen:
        if since % load.look_every == 0 or not batch.outstanding:
            _take_in(unseen, batch, now_s)
        iteration = batch.begin(now_s)
        if iteration is None:
            break
        most = load.look_every - since % load.look_every if unseen else inf
        since = since + batch.leap(iteration, most) if iteration.phase == rules.DECODE else 0
        now_s = iteration.end_s
        for job in batch.end(iteration).finished:
            done.append((job.first_token_s - job.arrival_s, now_s - job.first_token_s, job.output))
            if waiting:
                waiting[-1].arrival_s = now_s
                unseen.append(waiting.pop())
    return _measured(np.array(done), now_s, batch.preempted)


def _take_in(unseen: list[Job], batch: Batch, now_s: float) -> None:
    for job in unseen:
        batch.join(job, now_s)
    unseen.clear()


def _measured(done: np.ndarray, makespan_s: float, preempted: int) -> Measured:
    several = done[done[:, 2] > 1]
    tpot_s = float(np.mean(several[:, 1] / (several[:, 2] - 1))) if len(several) else float("nan")
    return Measured(float(done[:, 0].mean()), tpot_s, makespan_s, preempted)
