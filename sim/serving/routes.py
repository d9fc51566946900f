"""The compiled pool: requests routed one by one as they arrive, servers that fail and come back, loads looked at late."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from math import inf

import numpy as np

from sim.serving import rules
from sim.serving.compiling import compiled
from sim.serving.kernel import advance, count_tokens, iterations_now, settle, stop_soon
from sim.serving.layout import KEEP_NONE, NOBODY
from sim.serving.leaps import ABANDONED, IDLE, enqueue, free_node, mix, record, server_of
from sim.serving.rules import DECODE, LEAST_OUTSTANDING, ON_DEMAND, RANDOM, ROUND_ROBIN, STATIC
from sim.traces.request import Outcome

REFUSED, LOST, IN_FLIGHT = int(Outcome.REFUSED), int(Outcome.LOST), int(Outcome.IN_FLIGHT)
GOLDEN = 0x9E3779B97F4A7C15

DONE, NO_NODE, NO_ROW = 0, 1, 2
"""Why `serve` returned: all done, or it needs more nodes, or its rows collected."""

can_ever_run = compiled(rules.can_ever_run)
candidate = compiled(rules.candidate)


@compiled
def routing_key(pool, number, attempt):
    """Random key of a request and attempt, as in routing.routing_keys."""
    counter = (np.uint64(number) << np.uint64(8)) + np.uint64(attempt)
    return mix(mix(counter * np.uint64(GOLDEN) + pool.limits[0].salt) + np.uint64(GOLDEN))


# --- index heaps: the replica due next, and the least loaded one ----------------------------------------------------------


@compiled
def event_s(pool, r):
    """When a replica's load may change next."""
    replica = pool.replicas[r]
    return replica.clock_s if replica.phase == IDLE else replica.change_s


@compiled
def before(pool, by_load, a, b):
    """Order of replicas: by load and index, or by their next event."""
    if by_load:
        load_a = pool.replicas[a].outstanding if pool.replicas[a].up else np.int32(2**31 - 1)
        load_b = pool.replicas[b].outstanding if pool.replicas[b].up else np.int32(2**31 - 1)
        return load_a < load_b or (load_a == load_b and a < b)
    event_a, event_b = event_s(pool, a), event_s(pool, b)
    return event_a < event_b or (event_a == event_b and pool.replicas[a].phase > pool.replicas[b].phase)


@compiled
def restore_order(pool, by_load, heap, place, r):
    """Move a replica whose key has changed to where it belongs in an index heap."""
    at = place[r]
    while at > 0 and before(pool, by_load, r, heap[(at - 1) >> 1]):
        up = (at - 1) >> 1
        heap[at] = heap[up]
        place[heap[at]] = at
        at = up
    while 2 * at + 1 < heap.size:
        child = 2 * at + 1
        if child + 1 < heap.size and before(pool, by_load, heap[child + 1], heap[child]):
            child += 1
        if not before(pool, by_load, heap[child], r):
            break
        heap[at] = heap[child]
        place[heap[at]] = at
        at = child
    heap[at] = r
    place[r] = at


@compiled
def touch(pool, r):
    """Keep both index heaps in order after a replica has changed; only least-outstanding routing needs them."""
    if pool.limits[0].routing == LEAST_OUTSTANDING:
        restore_order(pool, False, pool.due, pool.due_at, r)
        restore_order(pool, True, pool.loads, pool.loads_at, r)


@compiled
def catch_up(pool, until_s):
    """Bring every replica with an event by `until_s` there, the earliest first; runs end before decisions are due."""
    while event_s(pool, pool.due[0]) <= until_s:
        r = pool.due[0]
        if pool.replicas[r].phase == IDLE and pool.replicas[r].clock_s >= until_s:
            return
        advance(pool, r, until_s)
        touch(pool, r)


# --- choosing a replica -----------------------------------------------------------------------------------------------------


@compiled
def load_of(pool, r, now_s):
    """Requests outstanding at a replica, as old as the router's information is."""
    if pool.limits[0].stale_s > 0.0:
        return pool.seen[r]
    advance(pool, r, now_s)
    return pool.replicas[r].outstanding


@compiled
def choose(pool, number, attempt, now_s):
    """The replica that a request goes to; some replica is available."""
    state, routing, count = pool.state[0], pool.limits[0].routing, pool.state[0].available
    if routing == ROUND_ROBIN:
        state.turn += 1
        return pool.available[(state.turn - 1) % count]
    if routing == LEAST_OUTSTANDING:
        if pool.limits[0].stale_s > 0.0:
            return state.least
        catch_up(pool, now_s)
        return pool.loads[0]
    key = routing_key(pool, number, attempt)
    first = pool.available[candidate(np.int64(key >> np.uint64(32)), count)]
    if routing == RANDOM:
        return first
    second = pool.available[candidate(np.int64(key & np.uint64(0xFFFFFFFF)), count)]
    return first if load_of(pool, first, now_s) <= load_of(pool, second, now_s) else second


@compiled
def take(pool, r, n, now_s):
    """A replica takes a request into its queue."""
    replica, node = pool.replicas[r], pool.nodes[n]
    advance(pool, r, now_s)
    alone = replica.head == NOBODY
    node.queued_s = now_s
    enqueue(pool, r, n)
    replica.outstanding += 1
    if replica.phase == IDLE:
        replica.clock_s = min(replica.clock_s, now_s)
    elif alone and pool.limits[0].policy != STATIC:
        if replica.batch < pool.limits[0].max_requests or pool.limits[0].impatient == 1:
            stop_soon(pool, r, now_s)
    touch(pool, r)


@compiled
def arrive(pool, arrival_s, use_case, prompt, output):
    """A request reaches the gateway: refuse it, or route it."""
    state, limits = pool.state[0], pool.limits[0]
    n = state.free
    node = pool.nodes[n]
    state.free = node.next
    state.inside += 1
    node.arrival_s, node.number, node.use_case = arrival_s, state.arrived, use_case
    node.prompt, node.output, node.attempts = prompt, output, 1
    forget_work(node)
    state.arrived += 1
    fits = can_ever_run(prompt, output, limits.max_context, limits.room)
    if not fits:
        state.too_long += 1
    if not fits or state.available == 0:
        record(pool, n, REFUSED, arrival_s, NOBODY)
        free_node(pool, n)
    else:
        take(pool, choose(pool, node.number, 1, arrival_s), n, arrival_s)


@compiled
def forget_work(node):
    """A request as it was before anyone served it."""
    node.made = node.goal = node.filled = 0
    node.ends_at = node.replica = NOBODY
    node.start_s = node.first_token_s = inf


# --- a window of time -------------------------------------------------------------------------------------------------------


@compiled
def serve(pool, arrival_s, use_case, prompt, output, until_s):
    """Route all requests that arrive by `until_s`, then bring every replica there; resumable where room runs out."""
    state = pool.state[0]
    while state.next < arrival_s.size and arrival_s[state.next] <= until_s:
        now_s = arrival_s[state.next]
        if pool.nodes[state.free].next == NOBODY:
            return NO_NODE
        if lacks_rows(pool):
            return NO_ROW
        if now_s >= state.next_look_s:
            look(pool, now_s)
        i = state.next
        arrive(pool, now_s, use_case[i], prompt[i], output[i])
        state.next += 1
    if until_s >= state.next_look_s:
        if lacks_rows(pool):
            return NO_ROW
        look(pool, until_s)
    while state.sweep < pool.replicas.size:
        if lacks_rows(pool):
            return NO_ROW
        advance(pool, state.sweep, until_s)
        touch(pool, state.sweep)
        state.sweep += 1
    state.sweep = 0
    return DONE





@compiled
def lacks_rows(pool):
    """Whether the rows might overflow if everybody inside ended now."""
    state = pool.state[0]
    return state.keep_below != np.uint64(KEEP_NONE) and state.rows + state.inside >= pool.rows.size


@compiled
def look(pool, now_s):
    """The router takes the loads as they were at its last look by now."""
    state, stale_s = pool.state[0], pool.limits[0].stale_s
    tick = np.floor(now_s / stale_s)
    if tick * stale_s > now_s:
        tick -= 1.0
    if (tick + 1.0) * stale_s <= now_s:
        tick += 1.0
    for r in range(pool.replicas.size):
        advance(pool, r, tick * stale_s)
        pool.seen[r] = pool.replicas[r].outstanding
    state.next_look_s = (tick + 1.0) * stale_s
    find_least(pool)


@compiled
def find_least(pool):
    """The available replica that looked least loaded."""
    state = pool.state[0]
    least = NOBODY
    for i in range(state.available):
        r = pool.available[i]
        if least == NOBODY or pool.seen[r] < pool.seen[least]:
            least = r
    state.least = least


# --- what SimPy processes do to servers ---------------------------------------------------------------------------------


@compiled
def set_up(pool, server, up):
    """A server takes requests, or no longer does."""
    state, size = pool.state[0], pool.limits[0].replicas_per_server
    for r in range(server * size, (server + 1) * size):
        pool.replicas[r].up = up
        touch(pool, r)
    state.available = 0
    for r in range(pool.replicas.size):
        if pool.replicas[r].up == 1:
            pool.available[state.available] = r
            state.available += 1
    find_least(pool)


@compiled
def surrender(pool, r, now_s, given):
    """A replica has failed: settle the cut run, give back every request. Returns them appended to `given`."""
    replica = pool.replicas[r]
    if replica.phase != IDLE:
        settle(pool, r, now_s)
    if replica.phase == DECODE:
        count_tokens(pool, r, iterations_now(pool, r, now_s))
    n = replica.newest
    while n != NOBODY:
        given.append(n)
        n = pool.nodes[n].older
    n = replica.head
    while n != NOBODY:
        given.append(n)
        n = pool.nodes[n].next
    replica.phase, replica.clock_s, replica.change_s = IDLE, inf, inf
    replica.head = replica.tail = replica.newest = NOBODY
    replica.held = replica.context = replica.left = 0
    replica.batch = replica.decoding = replica.queued = replica.outstanding = 0
    replica.heap = replica.in_run = replica.chunk = replica.joining = 0


@compiled
def fail(pool, server, now_s):
    """A server breaks: its requests are routed again in order of arrival, or lost. Returns (requeued, lost)."""
    size = pool.limits[0].replicas_per_server
    set_up(pool, server, 0)
    given = [np.int64(0) for _ in range(0)]
    for r in range(server * size, (server + 1) * size):
        surrender(pool, r, now_s, given)
        touch(pool, r)
    numbers = np.array([pool.nodes[n].number for n in given], dtype=np.int64)
    lost = 0
    for i in np.argsort(numbers):
        lost += route_again(pool, given[i], now_s)
    return len(given) - lost, lost


@compiled
def route_again(pool, n, now_s):
    """Send a request of a failed server elsewhere; 1 when it is lost."""
    node, state = pool.nodes[n], pool.state[0]
    forget_work(node)
    if node.attempts >= pool.limits[0].max_attempts or state.available == 0:
        record(pool, n, LOST, now_s, NOBODY)
        free_node(pool, n)
        return 1
    node.attempts += 1
    state.requeued += 1
    take(pool, choose(pool, node.number, node.attempts, now_s), n, now_s)
    return 0


@compiled
def set_speed(pool, server, speed, now_s):
    """Change the speed of a server from its next iteration on."""
    size = pool.limits[0].replicas_per_server
    for r in range(server * size, (server + 1) * size):
        if pool.replicas[r].speed != speed:
            pool.replicas[r].speed = speed
            stop_soon(pool, r, now_s)
            touch(pool, r)


# --- looking inside ---------------------------------------------------------------------------------------------------------


@compiled
def gauges(pool, now_s):
    """Requests waiting, requests running and KV tokens held; every replica is at `now_s`."""
    waiting = running = held = 0
    for r in range(pool.replicas.size):
        replica = pool.replicas[r]
        waiting += replica.queued
        running += replica.batch
        held += replica.held
        if replica.phase == DECODE and pool.limits[0].admission == ON_DEMAND and pool.limits[0].policy != STATIC:
            held += replica.decoding * (iterations_now(pool, r, now_s) - replica.done)
    return waiting, running, held


@compiled
def close(pool, end_s):
    """The day is over: everybody inside is in flight, but for those whose patience has run out in a queue."""
    for r in range(pool.replicas.size):
        server = server_of(pool, r)
        n = pool.replicas[r].newest
        while n != NOBODY:
            record(pool, n, IN_FLIGHT, inf, server)
            n = pool.nodes[n].older
        n = pool.replicas[r].head
        while n != NOBODY:
            node = pool.nodes[n]
            patience_s = pool.patience_s[node.use_case]
            if node.made == 0 and end_s - node.queued_s > patience_s:
                record(pool, n, ABANDONED, node.queued_s + patience_s, NOBODY)
            else:
                record(pool, n, IN_FLIGHT, inf, server)
            n = node.next
