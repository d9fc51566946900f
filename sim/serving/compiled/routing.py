"""The router of the compiled pool: every request finds its replica at its arrival.

Splitting a window of requests by cell, in one pass over them and one to place them.
"""

from typing import Any

import numpy as np

from sim.core.compiling import Array, apart, compiled
from sim.serving.compiled.accessors import candidate, node_at, replica_at
from sim.serving.compiled.accounts import mix
from sim.serving.compiled.batch_lists import enqueue
from sim.serving.compiled.commits import advance
from sim.serving.compiled.layout import IDLE, NOBODY, PoolRecord
from sim.serving.compiled.leaps import stop_soon
from sim.serving.policies.batching import BatchingPolicy
from sim.serving.policies.routing import Routing

GOLDEN, LOW_HALF = 0x9E3779B97F4A7C15, 0xFFFFFFFF


@compiled
def routing_key(salt: int, number: int, attempt: int) -> int:
    """Random key of a request and attempt, as in routing.routing_keys."""
    counter = (np.uint64(number) << np.uint64(8)) + np.uint64(attempt)
    return mix(mix(counter * np.uint64(GOLDEN) + np.uint64(salt)) + np.uint64(GOLDEN))


@compiled
def choose(pool: PoolRecord, number: int, attempt: int, now_s: float) -> np.int32:
    """The replica that a request goes to; some replica is available."""
    if pool.routing == Routing.ROUND_ROBIN:
        pool.turn += 1
        return replica_at(pool, (pool.turn - 1) % pool.up_count).available
    if pool.routing == Routing.LEAST_OUTSTANDING:
        if pool.stale_s > 0.0:
            return np.int32(pool.least)
        catch_up(pool, now_s)
        return replica_at(pool, 0).lightest
    key = routing_key(pool.salt, number, attempt)
    first = replica_at(pool, candidate(np.int64(key >> np.uint64(32)), pool.up_count)).available
    if pool.routing == Routing.RANDOM:
        return first
    second = replica_at(pool, candidate(np.int64(key & np.uint64(LOW_HALF)), pool.up_count)).available
    return first if load_of(pool, first, now_s) <= load_of(pool, second, now_s) else second


@compiled
def load_of(pool: PoolRecord, r: int, now_s: float) -> int:
    """Requests outstanding at a replica, as old as the router's information is."""
    if pool.stale_s > 0.0:
        return replica_at(pool, r).seen
    advance(pool, r, now_s)
    return replica_at(pool, r).outstanding


@compiled
def take(pool: PoolRecord, r: int, n: int, now_s: float) -> None:
    """A replica takes a request into its queue."""
    replica, node = replica_at(pool, r), node_at(pool, n)
    advance(pool, r, now_s)
    alone = replica.head == NOBODY
    node.queued_s = now_s
    enqueue(pool, r, n)
    replica.outstanding += 1
    if replica.phase == IDLE:
        replica.due_s = min(replica.due_s, now_s)
    elif alone and pool.policy != BatchingPolicy.STATIC and (replica.batch < pool.max_requests or pool.impatient == 1):
        stop_soon(pool, r, now_s)
    touch(pool, r)


@compiled
def touch(pool: PoolRecord, r: int) -> None:
    """Keep both index heaps in order after a replica has changed; only least-outstanding routing needs them."""
    if pool.routing == Routing.LEAST_OUTSTANDING:
        sift(pool, r, False)
        sift(pool, r, True)


@apart
def catch_up(pool: PoolRecord, until_s: float) -> None:
    """Bring every replica with an event by `until_s` there, the earliest first."""
    while True:
        r = replica_at(pool, 0).due
        replica = replica_at(pool, r)
        if replica.due_s > until_s or (replica.phase == IDLE and replica.due_s == until_s):
            return
        advance(pool, r, until_s)
        touch(pool, r)


@compiled
def sooner(pool: PoolRecord, a: int, b: int) -> bool:
    """Whether one replica's next event comes before another's; at one instant, runs end before decisions fall due."""
    event_a, event_b = replica_at(pool, a).due_s, replica_at(pool, b).due_s
    phase_a, phase_b = replica_at(pool, a).phase, replica_at(pool, b).phase
    return event_a < event_b or (event_a == event_b and phase_a > phase_b)


@compiled
def lighter(pool: PoolRecord, a: int, b: int) -> bool:
    """Whether one replica has fewer requests than another, those that take none come last, ties by index."""
    replica_a, replica_b = replica_at(pool, a), replica_at(pool, b)
    if replica_a.up != replica_b.up:
        return replica_a.up > replica_b.up
    load_a, load_b = replica_a.outstanding, replica_b.outstanding
    return load_a < load_b or (load_a == load_b and a < b)


@compiled
def comes_first(pool: PoolRecord, a: int, b: int, by_load: bool) -> bool:
    """The order of an index heap: by load, or by next event."""
    return lighter(pool, a, b) if by_load else sooner(pool, a, b)


@compiled
def ranked(pool: PoolRecord, at: int, by_load: bool) -> int:
    """The replica at a place of an index heap."""
    replica = replica_at(pool, at)
    return replica.lightest if by_load else replica.due


@compiled
def put(pool: PoolRecord, r: int, at: int, by_load: bool) -> None:
    """Put a replica at a place of an index heap."""
    if by_load:
        replica_at(pool, at).lightest = r
        replica_at(pool, r).load_place = at
    else:
        replica_at(pool, at).due = r
        replica_at(pool, r).due_place = at


@apart
def sift(pool: PoolRecord, r: int, by_load: bool) -> None:
    """Move a replica that has changed to where it belongs in an index heap."""
    replica = replica_at(pool, r)
    at = replica.load_place if by_load else replica.due_place
    while at > 0 and comes_first(pool, r, ranked(pool, (at - 1) >> 1, by_load), by_load):
        up = (at - 1) >> 1
        put(pool, ranked(pool, up, by_load), at, by_load)
        at = up
    while 2 * at + 1 < pool.replica_count:
        child = 2 * at + 1
        if child + 1 < pool.replica_count:
            left, right = ranked(pool, child, by_load), ranked(pool, child + 1, by_load)
            child += 1 if comes_first(pool, right, left, by_load) else 0
        if not comes_first(pool, ranked(pool, child, by_load), r, by_load):
            break
        put(pool, ranked(pool, child, by_load), at, by_load)
        at = child
    put(pool, r, at, by_load)


@apart
def look(pool: PoolRecord, now_s: float) -> None:
    """The router takes the loads as they were at its last look by now."""
    tick = np.floor(now_s / pool.stale_s)
    if tick * pool.stale_s > now_s:
        tick -= 1.0
    if (tick + 1.0) * pool.stale_s <= now_s:
        tick += 1.0
    for r in range(pool.replica_count):
        advance(pool, r, tick * pool.stale_s)
        replica_at(pool, r).seen = replica_at(pool, r).outstanding
    pool.next_look_s = (tick + 1.0) * pool.stale_s
    find_least(pool)


@apart
def find_least(pool: PoolRecord) -> None:
    """The available replica that looked least loaded."""
    pool.least = NOBODY
    for i in range(pool.up_count):
        r = replica_at(pool, i).available
        if pool.least == NOBODY or replica_at(pool, r).seen < replica_at(pool, pool.least).seen:
            pool.least = r


@compiled
def choose_cells(
    salt: int, first_number: int, servers: int, cell_of_server: Array, cells: Array, counts: Array
) -> None:
    """Write the cell of each request, a random server's, and count the requests of each cell."""
    for i in range(cells.size):
        key = routing_key(salt, first_number + i, 0)
        cells[i] = cell_of_server[candidate(np.int64(key >> np.uint64(32)), servers)]
        counts[cells[i]] += 1


@compiled
def place(cells: Array, nexts: Array, columns: Any, ordered: Any) -> None:
    """Move each request to the next place of its cell; `nexts` begins with each cell's first place."""
    arrival_s, use_case, prompt, output, cached = columns
    arrival_out, use_case_out, prompt_out, output_out, cached_out = ordered
    for i in range(cells.size):
        at = nexts[cells[i]]
        nexts[cells[i]] = at + 1
        arrival_out[at], use_case_out[at] = arrival_s[i], use_case[i]
        prompt_out[at], output_out[at], cached_out[at] = prompt[i], output[i], cached[i]
