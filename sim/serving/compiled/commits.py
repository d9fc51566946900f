"""What the end of a run brings: tokens, KV, requests that are done."""

from sim.core.compiling import apart, compiled
from sim.serving.compiled.accessors import node_at, replica_at
from sim.serving.compiled.accounts import count_tokens, free_node, record, settle
from sim.serving.compiled.batch_lists import decodes_from_now, finish
from sim.serving.compiled.batching import decide
from sim.serving.compiled.completion_heap import ends_at, is_stale, node_of, pop, top
from sim.serving.compiled.layout import IDLE, NOBODY, PoolRecord
from sim.serving.engine.rules import PREFILL
from sim.serving.policies.admission import Admission
from sim.serving.policies.batching import BatchingPolicy
from sim.traces.requests import Outcome

FINISHED = int(Outcome.FINISHED)


@compiled
def advance(pool: PoolRecord, r: int, until_s: float) -> None:
    """Bring a replica to a time, if something falls due by then: a call costs more than to see that nothing does."""
    replica = replica_at(pool, r)
    if replica.due_s < until_s or (replica.due_s == until_s and replica.phase != IDLE):
        go_through(pool, r, until_s)


@apart
def go_through(pool: PoolRecord, r: int, until_s: float) -> None:
    """Commit every run that ends by a time, and decide wherever time has moved past a boundary; something is due."""
    replica = replica_at(pool, r)
    now_s = replica.due_s
    if replica.phase != IDLE:
        commit(pool, r, now_s)
    while now_s < until_s:
        now_s = decide(pool, r, now_s)
        if replica.phase != IDLE:
            if now_s > until_s:
                return
            commit(pool, r, now_s)


@compiled
def commit(pool: PoolRecord, r: int, now_s: float) -> None:
    """The run under way has reached its end: tokens, KV, requests that are done."""
    replica = replica_at(pool, r)
    settle(pool, r, now_s)
    if replica.phase == PREFILL:
        if pool.policy == BatchingPolicy.STATIC:
            commit_static_prefill(pool, r, now_s)
        else:
            commit_prefill(pool, r, now_s)
    elif pool.policy == BatchingPolicy.STATIC:
        commit_static_decode(pool, r, now_s)
    else:
        commit_decode(pool, r, now_s)
    replica.phase = IDLE


@compiled
def commit_decode(pool: PoolRecord, r: int, now_s: float) -> None:
    """All iterations of a leap: a token each for every decoding request."""
    replica = replica_at(pool, r)
    iterations = replica.target - replica.done
    count_tokens(pool, r, replica.target)
    replica.done = replica.target
    grow(pool, r, iterations)
    finish_due(pool, r, now_s)


@compiled
def grow(pool: PoolRecord, r: int, iterations: int) -> None:
    """KV of decode iterations."""
    replica = replica_at(pool, r)
    replica.iteration += iterations
    replica.context += replica.decoding * iterations
    if pool.admission == Admission.ON_DEMAND:
        replica.held += replica.decoding * iterations


@compiled
def finish_due(pool: PoolRecord, r: int, now_s: float) -> None:
    """Requests whose last token has been made."""
    replica = replica_at(pool, r)
    while replica.heap > 0 and ends_at(top(pool, r)) <= replica.iteration:
        entry = top(pool, r)
        pop(pool, r)
        if not is_stale(pool, r, entry):
            finish(pool, r, node_of(entry), now_s)


@compiled
def commit_prefill(pool: PoolRecord, r: int, now_s: float) -> None:
    """Chunks filled, first tokens made, and a token for all who decoded beside."""
    replica = replica_at(pool, r)
    replica.prompt_tokens += replica.prefill_tokens
    if pool.policy != BatchingPolicy.CONTINUOUS and replica.decoding > 0:
        replica.output_tokens += replica.decoding
        grow(pool, r, 1)
        finish_due(pool, r, now_s)
    n, joining = replica.newest, replica.joining
    if replica.chunk > 0:
        node_at(pool, n).filled += replica.chunk
        n, joining = node_at(pool, n).older, joining - 1
    for _ in range(joining):
        older = node_at(pool, n).older
        replica.output_tokens += 1
        decodes_from_now(pool, r, n, now_s)
        n = older


@apart
def commit_static_prefill(pool: PoolRecord, r: int, now_s: float) -> None:
    """First tokens of a static batch."""
    replica = replica_at(pool, r)
    replica.prompt_tokens += replica.prefill_tokens
    replica.decoding = replica.batch
    n = replica.newest
    while n != NOBODY:
        node_at(pool, n).first_token_s = now_s
        n = node_at(pool, n).older
    if replica.left == 0:
        return_static(pool, r, now_s)


@apart
def commit_static_decode(pool: PoolRecord, r: int, now_s: float) -> None:
    """A leap of a static batch; at its end all answers are returned."""
    replica = replica_at(pool, r)
    iterations = replica.target - replica.done
    replica.done = replica.counted = replica.target
    replica.left -= iterations
    replica.context += replica.decoding * iterations
    if replica.left == 0:
        return_static(pool, r, now_s)


@apart
def return_static(pool: PoolRecord, r: int, now_s: float) -> None:
    """All requests of a static batch are done at once."""
    replica = replica_at(pool, r)
    n = replica.newest
    while n != NOBODY:
        older = node_at(pool, n).older
        replica.output_tokens += node_at(pool, n).output
        record(pool, n, FINISHED, now_s, r)
        free_node(pool, n)
        n = older
    replica.outstanding -= replica.batch
    replica.batch = replica.decoding = replica.in_run = 0
    replica.held = replica.context = 0
    replica.newest = NOBODY
