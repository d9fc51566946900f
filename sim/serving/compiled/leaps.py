"""Runs: stretches of iterations with an unchanged batch, taken in one leap.

A run ends at the earliest iteration that could change the batch: a request is done, the KV cache is full, the head of
the queue may join or loses patience, the speed changes. Before that nothing shows from outside, so nothing is done."""

from math import inf

from sim.core.compiling import apart, compiled
from sim.serving.compiled.accessors import (
    base_s_at,
    decode_above_idle_w_at,
    elapsed_s,
    iterations_by,
    node_at,
    patience_at,
    replica_at,
)
from sim.serving.compiled.completion_heap import drop_stale_top, ends_at, top
from sim.serving.compiled.layout import NOBODY, PoolRecord, ReplicaRecord
from sim.serving.engine.rules import DECODE, PREFILL
from sim.serving.policies.admission import Admission

NEVER = 2**62


@compiled
def base_s(pool: PoolRecord, tokens: int) -> float:
    """Iteration time by tokens, as rules.table tells it."""
    last = pool.base_count - 1
    if tokens <= last:
        return base_s_at(pool, tokens).v
    step = base_s_at(pool, last).v - base_s_at(pool, last - 1).v
    return base_s_at(pool, last).v + step * (tokens - last)


@compiled
def boundary_s(replica: ReplicaRecord, iterations: int) -> float:
    """When an iteration of the present run ends."""
    return replica.run_start_s + elapsed_s(replica.first_s, replica.growth_s, iterations)


@compiled
def iterations_now(pool: PoolRecord, r: int, now_s: float) -> int:
    """Iterations of the present decode run that have ended by now."""
    replica = replica_at(pool, r)
    count = max(replica.done, iterations_by(replica.first_s, replica.growth_s, now_s - replica.run_start_s))
    while count > replica.done and boundary_s(replica, count) > now_s:
        count -= 1
    while boundary_s(replica, count + 1) <= now_s:
        count += 1
    return count


@compiled
def at_speed(work_s: float, speed: float) -> float:
    """Time of work at a speed; a division takes as long as a dozen other steps, and most servers run at full speed."""
    return work_s if speed == 1.0 else work_s / speed


@compiled
def begin_prefill(pool: PoolRecord, r: int, now_s: float, tokens: int, kv: int, attention: float) -> None:
    """An iteration with prefill work: a run of one."""
    replica = replica_at(pool, r)
    work_s = base_s(pool, tokens) + pool.kv_s * kv + pool.attention_s * attention
    replica.in_run = 0
    replica.phase = PREFILL
    replica.settled_s = now_s
    replica.due_s = now_s + at_speed(work_s, replica.speed)
    replica.watts = pool.prefill_above_idle_w * replica.speed


@compiled
def begin_decode(pool: PoolRecord, r: int, now_s: float) -> None:
    """Go on decoding up to where the run must stop."""
    replica = replica_at(pool, r)
    drop_stale_top(pool, r)
    more = ends_at(top(pool, r)) - replica.iteration
    if pool.admission == Admission.ON_DEMAND:
        more = min(more, (pool.room - replica.held) // replica.decoding)
    go_on(pool, r, now_s)
    more += replica.done
    if replica.head != NOBODY and pool.impatient == 1:
        more = min(more, found_gone(pool, r))
    leap(replica, more, now_s)


@compiled
def leap(replica: ReplicaRecord, iterations: int, now_s: float) -> None:
    """Go to the end of an iteration of the present run."""
    replica.target, replica.phase, replica.settled_s = iterations, DECODE, now_s
    replica.due_s = boundary_s(replica, iterations)


@compiled
def go_on(pool: PoolRecord, r: int, now_s: float) -> None:
    """Go on with the present run, or start the clock of a new one where batch or speed have changed."""
    replica = replica_at(pool, r)
    if replica.in_run == 1 and replica.run_speed == replica.speed:
        return
    batch = replica.decoding
    replica.run_start_s, replica.run_speed, replica.in_run = now_s, replica.speed, 1
    replica.first_s = at_speed(base_s(pool, batch) + pool.kv_s * (replica.context + batch), replica.speed)
    replica.growth_s = at_speed(0.5 * pool.kv_s * batch, replica.speed)
    replica.done = replica.counted = 0
    replica.watts = decode_above_idle_w_at(pool, batch).v * replica.speed


@apart
def found_gone(pool: PoolRecord, r: int) -> int:
    """The first iteration at whose end the head of the queue has lost patience; never, where it has all the time."""
    replica, head = replica_at(pool, r), node_at(pool, replica_at(pool, r).head)
    patience_s = patience_at(pool, head.use_case).v
    if head.made > 0 or patience_s == inf:
        return NEVER
    count = max(replica.done + 1, iterations_now(pool, r, head.queued_s + patience_s))
    while count > replica.done + 1 and boundary_s(replica, count - 1) - head.queued_s > patience_s:
        count -= 1
    while not boundary_s(replica, count) - head.queued_s > patience_s:
        count += 1
    return count


@compiled
def stop_soon(pool: PoolRecord, r: int, now_s: float) -> None:
    """Something new may change the batch: end a decode run at its first boundary from now on."""
    replica = replica_at(pool, r)
    if replica.phase != DECODE:
        return
    count = iterations_now(pool, r, now_s)
    if count == replica.done or boundary_s(replica, count) < now_s:
        count += 1
    if count < replica.target:
        replica.target = count
        replica.due_s = boundary_s(replica, count)
