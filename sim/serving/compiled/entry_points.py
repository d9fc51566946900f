"""The doors of the compiled pool: a window of arrivals, a server that fails or comes back, a look inside."""

from math import inf
from typing import Any

import numpy as np

from sim.core.compiling import Array, apart, compiled
from sim.serving.compiled.accessors import (
    arrival_at,
    cached_tokens_at,
    can_ever_run,
    header_at,
    node_at,
    output_tokens_at,
    patience_at,
    prompt_tokens_at,
    replica_at,
    use_case_at,
)
from sim.serving.compiled.accounts import count_tokens, free_node, record, settle
from sim.serving.compiled.commits import advance
from sim.serving.compiled.layout import IDLE, KEEP_NONE, NOBODY, Header, NodeRecord, PoolRecord
from sim.serving.compiled.leaps import iterations_now, stop_soon
from sim.serving.compiled.routing import choose, find_least, look, take, touch
from sim.serving.engine.protocol import EVERY_SERVER
from sim.serving.engine.rules import DECODE
from sim.serving.policies.admission import Admission
from sim.serving.policies.batching import BatchingPolicy
from sim.traces.requests import Outcome

ABANDONED, REFUSED, LOST, IN_FLIGHT = (
    int(Outcome.ABANDONED),
    int(Outcome.REFUSED),
    int(Outcome.LOST),
    int(Outcome.IN_FLIGHT),
)
DONE, NO_NODE, NO_ROW = 0, 1, 2
"""Why `serve` returned: all done, or it needs more nodes, or its rows collected."""
REASON_BITS = 2


@compiled
def arrive(pool: PoolRecord, arrival_s: float) -> None:
    """The next request of the window reaches the gateway: refuse it, or route it."""
    i, n = pool.next, pool.free
    node = node_at(pool, n)
    pool.free = node.next
    pool.inside += 1
    node.arrival_s, node.number, node.use_case = arrival_s, pool.arrived, use_case_at(pool, i).n
    node.prompt, node.output = prompt_tokens_at(pool, i).n, output_tokens_at(pool, i).n
    forget_work(node)
    node.cached, node.attempts = cached_tokens_at(pool, i).n, 1
    pool.next += 1
    pool.arrived += 1
    fits = can_ever_run(node.prompt, node.output, pool.max_context, pool.room)
    if not fits:
        pool.too_long += 1
    if not fits or pool.up_count == 0:
        record(pool, n, REFUSED, arrival_s, NOBODY)
        free_node(pool, n)
    else:
        take(pool, choose(pool, node.number, 1, arrival_s), n, arrival_s)


@compiled
def forget_work(node: NodeRecord) -> None:
    """A request as it was before anyone served it."""
    node.made = node.goal = node.filled = node.cached = 0
    node.ends_at = node.replica = NOBODY
    node.start_s = node.first_token_s = inf


@compiled
def all_served(addresses: Array) -> bool:
    """Whether every pool whose header lies at one of these addresses has served its window."""
    left = 0
    for i in range(addresses.size):
        left += header_at(addresses[i], 0).stop - header_at(addresses[i], 0).next
    return left == 0


@compiled
def open_windows(addresses: Array, columns: Any, starts: Array) -> None:
    """Let each pool read a window, whose columns lie at `columns`, from its start to that of the next."""
    for i in range(addresses.size):
        pool = header_at(addresses[i], 0)
        pool.arrival_s, pool.use_case = columns[0], columns[1]
        pool.prompt_tokens, pool.output_tokens, pool.cached_tokens = columns[2], columns[3], columns[4]
        pool.next, pool.stop = starts[i], starts[i + 1]


@compiled
def serve_all(addresses: Array, begin: int, until_s: float) -> int:
    """Serve one pool after the other, from the `begin`-th on, whose headers lie at these addresses.

    Returns how many are done in the upper bits, and in the lower two why the next one had to stop.
    """
    for i in range(begin, addresses.size):
        why = serve(header_at(addresses[i], 0), until_s)
        if why != DONE:
            return (i << REASON_BITS) + why
    return addresses.size << REASON_BITS


@compiled
def serve(pool: PoolRecord, until_s: float) -> int:
    """Route all requests that arrive by `until_s`, then bring every replica there; resumable where room runs out."""
    while pool.next < pool.stop:
        arrival_s = arrival_at(pool, pool.next).v
        if arrival_s > until_s:
            break
        if node_at(pool, pool.free).next == NOBODY:
            return NO_NODE
        if lacks_rows(pool):
            return NO_ROW
        if arrival_s >= pool.next_look_s:
            look(pool, arrival_s)
        arrive(pool, arrival_s)
    if lacks_rows(pool):
        return NO_ROW
    if until_s >= pool.next_look_s:
        look(pool, until_s)
    return sweep(pool, until_s)


@compiled
def sweep(pool: PoolRecord, until_s: float) -> int:
    """Bring every replica to a time."""
    while pool.sweep < pool.replica_count:
        if lacks_rows(pool):
            return NO_ROW
        advance(pool, pool.sweep, until_s)
        touch(pool, pool.sweep)
        pool.sweep += 1
    pool.sweep = 0
    return DONE


@compiled
def lacks_rows(pool: PoolRecord) -> bool:
    """Whether the rows might overflow if everybody inside ended now."""
    return pool.keep_below != np.uint64(KEEP_NONE) and pool.row_count + pool.inside >= pool.row_room


@compiled
def replicas_of(pool: PoolRecord, server: int) -> range:
    """Replicas of a server, or of every server."""
    if server == EVERY_SERVER:
        return range(pool.replica_count)
    return range(server * pool.replicas_per_server, (server + 1) * pool.replicas_per_server)


@apart
def set_up(header: Header, server: int, up: bool) -> None:
    """A server takes requests, or no longer does."""
    pool = header[0]
    for r in replicas_of(pool, server):
        replica_at(pool, r).up = up
        touch(pool, r)
    pool.up_count = 0
    for r in range(pool.replica_count):
        if replica_at(pool, r).up == 1:
            replica_at(pool, pool.up_count).available = r
            pool.up_count += 1
    find_least(pool)


@apart
def surrender(pool: PoolRecord, r: int, now_s: float, given: Array, count: int) -> int:
    """A replica has failed: settle the cut run, note every request it held behind `given[:count]`, forget them."""
    replica = replica_at(pool, r)
    if replica.phase != IDLE:
        settle(pool, r, now_s)
    if replica.phase == DECODE:
        count_tokens(pool, r, iterations_now(pool, r, now_s))
    n = replica.newest
    while n != NOBODY:
        given[count] = n
        count += 1
        n = node_at(pool, n).older
    n = replica.head
    while n != NOBODY:
        given[count] = n
        count += 1
        n = node_at(pool, n).next
    replica.phase, replica.due_s = IDLE, inf
    replica.head = replica.tail = replica.newest = NOBODY
    replica.held = replica.context = replica.left = 0
    replica.batch = replica.decoding = replica.queued = replica.outstanding = 0
    replica.heap = replica.in_run = replica.chunk = replica.joining = 0
    touch(pool, r)
    return count


@compiled
def fail(header: Header, server: int, now_s: float, given: Array) -> int:
    """A server breaks and takes no more requests. Returns how many it gives back, their nodes noted in `given`."""
    set_up(header, server, 0)
    pool, count = header[0], 0
    for r in replicas_of(pool, server):
        count = surrender(pool, r, now_s, given, count)
    return count


@compiled
def route_all_again(header: Header, given: Array, now_s: float) -> int:
    """Route requests of a failed server, in the order given. Returns how many are lost."""
    pool, lost = header[0], 0
    for i in range(given.size):
        lost += route_again(pool, given[i], now_s)
    return lost


@apart
def route_again(pool: PoolRecord, n: int, now_s: float) -> int:
    """Send a request of a failed server elsewhere; 1 when it is lost."""
    node = node_at(pool, n)
    forget_work(node)
    if node.attempts >= pool.max_attempts or pool.up_count == 0:
        record(pool, n, LOST, now_s, NOBODY)
        free_node(pool, n)
        return 1
    node.attempts += 1
    pool.requeued += 1
    take(pool, choose(pool, node.number, node.attempts, now_s), n, now_s)
    return 0


@compiled
def set_speed(header: Header, server: int, speed: float, now_s: float) -> None:
    """Change the speed of a server from its next iteration on."""
    pool = header[0]
    for r in replicas_of(pool, server):
        if replica_at(pool, r).speed != speed:
            replica_at(pool, r).speed = speed
            stop_soon(pool, r, now_s)
            touch(pool, r)


@compiled
def outstanding(header: Header, server: int) -> int:
    """Requests waiting or running on a server; it is up to date."""
    pool, count = header[0], 0
    for r in replicas_of(pool, server):
        count += replica_at(pool, r).outstanding
    return count


@compiled
def gauges(header: Header, now_s: float) -> tuple[int, int, int]:
    """Requests waiting, requests running and KV tokens held; every replica is at `now_s`."""
    pool = header[0]
    waiting = running = held = 0
    for r in range(pool.replica_count):
        replica = replica_at(pool, r)
        waiting += replica.queued
        running += replica.batch
        held += replica.held
        if replica.phase == DECODE and pool.admission == Admission.ON_DEMAND and pool.policy != BatchingPolicy.STATIC:
            held += replica.decoding * (iterations_now(pool, r, now_s) - replica.done)
    return waiting, running, held


@compiled
def close(header: Header, end_s: float) -> None:
    """The day is over: everybody inside is in flight, but for those whose patience has run out in a queue."""
    pool = header[0]
    for r in range(pool.replica_count):
        n = replica_at(pool, r).newest
        while n != NOBODY:
            record(pool, n, IN_FLIGHT, inf, r)
            n = node_at(pool, n).older
        n = replica_at(pool, r).head
        while n != NOBODY:
            node = node_at(pool, n)
            patience_s = patience_at(pool, node.use_case).v
            if node.made == 0 and end_s - node.queued_s > patience_s:
                record(pool, n, ABANDONED, node.queued_s + patience_s, NOBODY)
            else:
                record(pool, n, IN_FLIGHT, inf, r)
            n = node.next
