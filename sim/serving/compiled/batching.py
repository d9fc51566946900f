"""What a replica runs next: the three policies."""

from math import inf

from sim.core.compiling import apart, compiled
from sim.serving.compiled.accessors import node_at, pairs, replica_at
from sim.serving.compiled.batch_lists import admit, dequeue, drop_impatient, head_fits, link, preempt
from sim.serving.compiled.layout import NOBODY, PoolRecord
from sim.serving.compiled.leaps import begin_decode, begin_prefill, go_on, leap
from sim.serving.policies.admission import Admission
from sim.serving.policies.batching import BatchingPolicy


@compiled
def decide(pool: PoolRecord, r: int, now_s: float) -> float:
    """Begin what runs next. Returns when it ends; or, with nothing to run, when to decide again."""
    replica = replica_at(pool, r)
    if replica.batch == 0 or pool.policy != BatchingPolicy.STATIC:
        drop_impatient(pool, r, now_s)
    if pool.policy == BatchingPolicy.STATIC:
        decide_static(pool, r, now_s)
        return replica.due_s
    if pool.admission == Admission.ON_DEMAND:
        while replica.held + replica.decoding > pool.room:
            preempt(pool, r)
    if not (
        begin_prompts(pool, r, now_s) if pool.policy == BatchingPolicy.CONTINUOUS else begin_chunks(pool, r, now_s)
    ):
        if replica.decoding > 0:
            begin_decode(pool, r, now_s)
        else:
            replica.due_s = inf
    return replica.due_s


@compiled
def begin_prompts(pool: PoolRecord, r: int, now_s: float) -> bool:
    """Prefill first: whole prompts up to the token limit, a single longer one alone; False where none joins."""
    replica = replica_at(pool, r)
    tokens, attention, joining = 0, 0.0, 0
    while head_fits(pool, r, now_s):
        head = node_at(pool, replica.head)
        cached, count = head.cached, head.prompt + head.made - head.cached
        if joining > 0 and tokens + count > pool.max_batched_tokens:
            break
        admit(pool, r, now_s)
        tokens += count
        attention += pairs(cached, count)
        joining += 1
    if joining == 0:
        return False
    replica.joining, replica.chunk, replica.prefill_tokens = joining, 0, tokens
    begin_prefill(pool, r, now_s, tokens, 0, attention)
    return True


@apart
def begin_chunks(pool: PoolRecord, r: int, now_s: float) -> bool:
    """Decode first, prefill in what is left of the budget: the half-filled prompt, then new ones."""
    replica = replica_at(pool, r)
    left = pool.max_batched_tokens - replica.decoding
    tokens, attention, joining, chunk = 0, 0.0, 0, 0
    n = replica.newest if replica.batch > replica.decoding else NOBODY
    while left > 0:
        if n == NOBODY:
            if not head_fits(pool, r, now_s):
                break
            n = admit(pool, r, now_s)
        node = node_at(pool, n)
        count = min(left, node.goal - node.filled)
        attention += pairs(node.filled, count)
        tokens, left, joining = tokens + count, left - count, joining + 1
        chunk = count if node.filled + count < node.goal else 0
        n = NOBODY
    if joining == 0:
        return False
    replica.joining, replica.chunk, replica.prefill_tokens = joining, chunk, tokens
    beside = replica.decoding
    begin_prefill(pool, r, now_s, tokens + beside, replica.context + beside if beside > 0 else 0, attention)
    return True


@apart
def decide_static(pool: PoolRecord, r: int, now_s: float) -> None:
    """A batch under way decodes to its longest answer; else form one when it is full or its head has waited enough."""
    replica = replica_at(pool, r)
    if replica.batch > 0:
        begin_static_decode(pool, r, now_s)
    elif replica.head == NOBODY:
        replica.due_s = inf
    else:
        alarm_s = node_at(pool, replica.head).queued_s + pool.wait_s
        if replica.queued < pool.max_requests and now_s < alarm_s:
            replica.due_s = alarm_s
        else:
            form_static(pool, r, now_s)


@apart
def form_static(pool: PoolRecord, r: int, now_s: float) -> None:
    """Pad a batch to its longest prompt and answer, as far as limits and KV cache allow, and prefill it."""
    replica = replica_at(pool, r)
    size, prompt, answer, tokens = 0, 0, 0, 0
    while size < pool.max_requests:
        drop_impatient(pool, r, now_s)
        if replica.head == NOBODY:
            break
        head = node_at(pool, replica.head)
        longest, longest_answer = max(prompt, head.prompt), max(answer, head.output)
        fits = (size + 1) * (longest + longest_answer) <= pool.room
        if size > 0 and not (fits and (size + 1) * longest <= pool.max_batched_tokens):
            break
        n = dequeue(pool, r)
        node = node_at(pool, n)
        node.start_s, node.replica, node.cached = now_s, r, 0
        link(pool, r, n)
        size, prompt, answer, tokens = size + 1, longest, longest_answer, tokens + head.prompt
    replica.held, replica.context = size * (prompt + answer), size * prompt
    replica.prefill_tokens, replica.left = tokens, answer - 1
    begin_prefill(pool, r, now_s, size * prompt, 0, size * pairs(0, prompt))


@apart
def begin_static_decode(pool: PoolRecord, r: int, now_s: float) -> None:
    """One leap to the end of the longest answer, or to a change of speed."""
    replica = replica_at(pool, r)
    go_on(pool, r, now_s)
    leap(replica, replica.done + replica.left, now_s)
