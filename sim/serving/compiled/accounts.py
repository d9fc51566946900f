"""Accounts of the compiled pool: how requests ended, what time and energy went where."""

import numpy as np

from sim.core.compiling import apart, compiled
from sim.core.states import TOKENS
from sim.core.units import SECONDS_PER_HOUR
from sim.serving.compiled.accessors import (
    bin_at,
    maximum_at,
    minute_at,
    node_at,
    outcome_at,
    replica_at,
    row_at,
    ticks_at,
    tokens_at,
)
from sim.serving.compiled.layout import (
    IDLE,
    JOULE_PARTS,
    KEEP_NONE,
    NOBODY,
    REQUEST_SECOND_PARTS,
    SECOND_PARTS,
    Header,
    PoolRecord,
)
from sim.serving.compiled.leaps import iterations_now
from sim.serving.engine.rules import DECODE, PREFILL
from sim.serving.policies.batching import BatchingPolicy
from sim.traces.digest import BINS, FIRST_KEY, METRICS, SHIFT, TICKS_PER_S
from sim.traces.requests import Outcome

FINISHED = int(Outcome.FINISHED)
METRIC_COUNT, OUTCOME_COUNT, TOKEN_COUNT, LAST_BIN = len(METRICS), len(Outcome), len(TOKENS), BINS - 1


@compiled
def mix(state: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64, as in routing.mix."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@compiled
def lottery(arrival_s: float, prompt: int, output: int) -> np.uint64:
    """Lot of a request, as in rows.lots: those with the smallest lots make the sample."""
    bits = np.uint64(np.float64(arrival_s).view(np.int64))
    return mix(mix(bits) + (np.uint64(prompt) << np.uint64(32)) + np.uint64(output))


@compiled
def bin_of(value: float) -> int:
    """Histogram bin of a time, as in digest.bins_of."""
    bits = np.float64(value).view(np.int64)
    return min(max((bits >> SHIFT) - FIRST_KEY + 1, 0), LAST_BIN)  # type: ignore[return-value]  # an int64 of numpy


@compiled
def measure(pool: PoolRecord, case: int, hour: int, metric: int, value: float) -> None:
    """Count one latency."""
    at = (case * pool.hours + hour) * METRIC_COUNT + metric
    bin_at(pool, at * BINS + bin_of(value)).n += 1
    ticks_at(pool, at).n += np.int64(np.rint(value * TICKS_PER_S))
    largest = maximum_at(pool, case * METRIC_COUNT + metric)
    largest.v = max(largest.v, value)


@compiled
def server_of(pool: PoolRecord, r: int) -> int:
    """Server of a replica, counted over all cells of the pool; nobody's is nobody."""
    return NOBODY if r == NOBODY else pool.first_server + r // pool.replicas_per_server


@compiled
def record(pool: PoolRecord, n: int, outcome: int, at_s: float, r: int) -> None:
    """Note how the request of a node at a replica ended; TPOT = (end-to-end - TTFT) / (output tokens - 1)."""
    node = node_at(pool, n)
    case, hour = np.int64(node.use_case), min(np.int64(node.arrival_s / SECONDS_PER_HOUR), pool.hours - 1)
    outcome_at(pool, (case * pool.hours + hour) * OUTCOME_COUNT + outcome).n += 1
    if outcome == FINISHED:
        tokens = (case * pool.hours + hour) * TOKEN_COUNT
        tokens_at(pool, tokens).n += node.prompt
        tokens_at(pool, tokens + 1).n += node.output
        tokens_at(pool, tokens + 2).n += node.cached
        measure(pool, case, hour, 0, node.first_token_s - node.arrival_s)
        if node.output > 1:
            measure(pool, case, hour, 1, (at_s - node.first_token_s) / (node.output - 1.0))
        measure(pool, case, hour, 2, at_s - node.arrival_s)
        measure(pool, case, hour, 3, node.start_s - node.arrival_s)
    if pool.keep_below != np.uint64(KEEP_NONE):
        keep_row(pool, n, outcome, at_s, r)


@apart
def keep_row(pool: PoolRecord, n: int, outcome: int, at_s: float, r: int) -> None:
    """Write a row of the RequestTrace, if the request is among those kept."""
    node = node_at(pool, n)
    if lottery(node.arrival_s, node.prompt, node.output) > pool.keep_below:
        return
    row = row_at(pool, pool.row_count)
    pool.row_count += 1
    row.number, row.arrival_s, row.start_s = node.number, node.arrival_s, node.start_s
    row.first_token_s, row.finish_s = node.first_token_s, at_s
    row.prompt_tokens, row.output_tokens, row.cached_tokens = node.prompt, node.output, node.cached
    row.server, row.use_case, row.attempts, row.outcome = server_of(pool, r), node.use_case, node.attempts, outcome


@compiled
def free_node(pool: PoolRecord, n: int) -> None:
    """Give a node back."""
    node = node_at(pool, n)
    node.ends_at, node.replica = NOBODY, NOBODY
    node.next = pool.free
    pool.free = n
    pool.inside -= 1


@compiled
def settle(pool: PoolRecord, r: int, now_s: float) -> None:
    """Count the time and energy of the run under way up to now."""
    replica = replica_at(pool, r)
    spent_s = now_s - replica.settled_s
    replica.settled_s = now_s
    if replica.phase == PREFILL:
        replica.prefill_s += spent_s
    else:
        replica.decode_s += spent_s
    replica.batch_s += spent_s * replica.batch
    replica.joules += spent_s * replica.watts


@compiled
def count_tokens(pool: PoolRecord, r: int, iterations: int) -> None:
    """Count the tokens of a decode run up to an iteration; a static batch counts them when it returns."""
    replica = replica_at(pool, r)
    if pool.policy != BatchingPolicy.STATIC:
        replica.output_tokens += replica.decoding * (iterations - replica.counted)
    replica.counted = iterations


@compiled
def mark(header: Header, now_s: float) -> None:
    """A minute ends: settle every replica, add its work to the pool's minute, begin the next. All are at `now_s`."""
    pool = header[0]
    for r in range(pool.replica_count):
        replica = replica_at(pool, r)
        if replica.phase != IDLE:
            settle(pool, r, now_s)
            if replica.phase == DECODE:
                count_tokens(pool, r, iterations_now(pool, r, now_s))
        flush_minute(pool, r)
    pool.minute = min(pool.minute + 1, pool.minute_count - 1)


@compiled
def flush_minute(pool: PoolRecord, r: int) -> None:
    """Move a replica's work of the minute into the pool's sums, as integers."""
    replica, minute = replica_at(pool, r), minute_at(pool, pool.minute)
    minute.prefill_busy_s += round(replica.prefill_s * SECOND_PARTS)
    minute.decode_busy_s += round(replica.decode_s * SECOND_PARTS)
    minute.batch_request_s += round(replica.batch_s * REQUEST_SECOND_PARTS)
    minute.busy_j += round(replica.joules * JOULE_PARTS)
    minute.prompt_tokens += replica.prompt_tokens
    minute.output_tokens += replica.output_tokens
    replica.prefill_s = replica.decode_s = replica.batch_s = replica.joules = 0.0
    replica.prompt_tokens = replica.output_tokens = 0
