"""The three ways to turn a queue and a batch into iterations."""

from math import inf

from sim.serving.engine import rules
from sim.serving.engine.spec import PoolSpec
from sim.serving.policies.batching import BatchingPolicy
from sim.serving.reference.batch import Batch, Ended, Iteration, Job


class ContinuousBatch(Batch):
    """Prefill first: new prompts run in an iteration of their own while those who decode wait (ORCA, vLLM of 2023)."""

    def _plan(self, now_s: float) -> Iteration | None:
        self._make_room()
        chunks = self._admit_prompts(now_s)
        return self._prefill(now_s, chunks, []) if chunks else self._decode(now_s)

    def _admit_prompts(self, now_s: float) -> list[tuple[Job, int]]:
        """Whole prompts up to the token limit; a single longer one goes alone."""
        chunks: list[tuple[Job, int]] = []
        tokens = 0
        while head := self._head(now_s):
            count = head.prompt + head.made - head.cached
            if chunks and tokens + count > self.spec.max_batched_tokens:
                break
            job = self._admit(now_s)
            if job is None:
                break
            chunks.append((job, count))
            tokens += count
        return chunks


class ChunkedBatch(Batch):
    """Decode first, prefill chunks in what is left of the token budget (Sarathi-Serve, vLLM since 2024)."""

    def __init__(self, spec: PoolSpec) -> None:
        super().__init__(spec)
        self._partly: Job | None = None

    def surrender(self) -> list[Job]:
        """As for any batch; a half-filled prompt is forgotten too."""
        self._partly = None
        return super().surrender()

    def _plan(self, now_s: float) -> Iteration | None:
        self._make_room()
        chunks = self._chunks(now_s)
        if not chunks:
            return self._decode(now_s)
        return self._prefill(now_s, chunks, [job for job in self.running if job.decodes])

    def _chunks(self, now_s: float) -> list[tuple[Job, int]]:
        """The half-filled prompt first, then new ones, while budget is left; at most the last stays half-filled."""
        chunks: list[tuple[Job, int]] = []
        left = self.spec.max_batched_tokens - self.decoding
        job = self._partly
        while left > 0:
            job = job or self._admit(now_s)
            if job is None:
                break
            tokens = min(left, job.goal - job.filled)
            chunks.append((job, tokens))
            left -= tokens
            self._partly = job if job.filled + tokens < job.goal else None
            job = None
        return chunks

    def _leave(self, job: Job) -> None:
        if job is self._partly:
            self._partly = None
        super()._leave(job)


class StaticBatch(Batch):
    """Whole batches, as in 2022: padded to the longest prompt and answer, returned together; no prefix is cached."""

    def alarm_s(self) -> float:
        """When the wait of the first request runs out."""
        return self.queue[0].queued_s + self.spec.wait_s if self.queue else inf

    def begin(self, now_s: float) -> Iteration | None:
        """As for any batch; but nobody asks who still waits before the next batch is formed."""
        return self._plan(now_s) if self.running else super().begin(now_s)

    def _plan(self, now_s: float) -> Iteration | None:
        if self.running:
            return self._decode(now_s)
        if not self.queue or (len(self.queue) < self.spec.max_requests and now_s < self.alarm_s()):
            return None
        while self._admit_padded(now_s):
            pass
        chunks = [(job, job.goal) for job in self.running]
        return self._padded_prefill(now_s, chunks)

    def _admit_padded(self, now_s: float) -> bool:
        """Admit the next request if the padded batch still keeps the limits; the first one always."""
        head = self._head(now_s) if len(self.running) < self.spec.max_requests else None
        if head is None:
            return False
        batch = [*self.running, head]
        prompt, answer = _longest(batch)
        fits = len(batch) * (prompt + answer) <= self.spec.kv_room_tokens
        short = len(batch) * prompt <= self.spec.max_batched_tokens
        if self.running and not (fits and short):
            return False
        job = self.queue.popleft()
        job.goal, job.cached, job.start_s = job.prompt, 0, now_s
        self.running.append(job)
        return True

    def _padded_prefill(self, now_s: float, chunks: list[tuple[Job, int]]) -> Iteration:
        """A prefill in which every prompt is as long as the longest."""
        size, (prompt, answer) = len(self.running), _longest(self.running)
        law = self.spec.law
        work_s = rules.table(law.base_s, size * prompt) + law.attention_s * (size * rules.pairs(0, prompt))
        self.held, self.context = size * (prompt + answer), size * prompt
        end_s = now_s + work_s / self.speed
        above_idle_w = self.spec.prefill_above_idle_w * self.speed
        return Iteration(rules.PREFILL, now_s, end_s, size, above_idle_w, chunks, [])

    def end(self, iteration: Iteration) -> Ended:
        """Tokens of a padded iteration; the answers are counted when the whole batch returns."""
        for job in iteration.decoding:
            job.made += 1
        self.context += len(iteration.decoding)
        for job, tokens in iteration.chunks:
            job.filled, job.made, job.first_token_s = tokens, 1, iteration.end_s
        self.decoding = len(self.running)
        prompt_tokens = sum(tokens for _, tokens in iteration.chunks)
        if self.running[0].made < _longest(self.running)[1]:
            return Ended([], prompt_tokens, 0)
        finished = self.running.copy()
        self.running.clear()
        self.held = self.context = self.decoding = 0
        self._run = None
        return Ended(finished, prompt_tokens, sum(job.output for job in finished))


def _longest(jobs: list[Job]) -> tuple[int, int]:
    """Longest prompt and longest answer of a batch."""
    return max(job.prompt for job in jobs), max(job.output for job in jobs)


BATCHES: dict[BatchingPolicy, type[Batch]] = {
    BatchingPolicy.CONTINUOUS: ContinuousBatch,
    BatchingPolicy.CHUNKED: ChunkedBatch,
    BatchingPolicy.STATIC: StaticBatch,
}
