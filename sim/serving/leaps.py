"""The compiled batch of one replica: the decisions of the reference batch, with runs of iterations taken in one leap.

A run ends at the earliest iteration that could change the batch: a request is done, the KV cache is full, the head of
the queue may join or loses patience, the speed changes. Nothing before that is visible from outside, so nothing is done.
"""

# numba compiles these functions from the types of their first call; annotations would only repeat it.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np

from sim.serving import rules
from sim.serving.compiling import compiled
from sim.serving.layout import KEEP_NONE, NOBODY
from sim.serving.rules import RESERVED
from sim.traces.digest import BINS, FIRST_KEY, SHIFT, TICKS_PER_S
from sim.traces.request import Outcome
from sim.units import SECONDS_PER_HOUR

IDLE = 0
ABANDONED, FINISHED = int(Outcome.ABANDONED), int(Outcome.FINISHED)
LAST_BIN = BINS - 1

table = compiled(rules.table)
elapsed_s = compiled(rules.elapsed_s)
iterations_by = compiled(rules.iterations_by)
pairs = compiled(rules.pairs)
can_join = compiled(rules.can_join)


@compiled
def mix(state):
    """The finaliser of SplitMix64, as in routing.mix."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@compiled
def bin_of(value):
    """Histogram bin of a time, as in digest.bins_of."""
    bits = np.float64(value).view(np.int64)
    return min(max((bits >> SHIFT) - FIRST_KEY + 1, 0), LAST_BIN)


# --- how requests end -----------------------------------------------------------------------------------------------


@compiled
def measure(pool, case, hour, metric, value):
    """Count one latency."""
    pool.bins[case, hour, metric, bin_of(value)] += 1
    pool.ticks[case, hour, metric] += np.int64(np.rint(value * TICKS_PER_S))
    pool.maxima[case, metric] = max(pool.maxima[case, metric], value)


@compiled
def record(pool, n, outcome, at_s, server):
    """Note how the request of a node ended; TPOT = (end-to-end - TTFT) / (output tokens - 1)."""
    node = pool.nodes[n]
    case, hour = node.use_case, min(np.int64(node.arrival_s // SECONDS_PER_HOUR), pool.outcomes.shape[1] - 1)
    pool.outcomes[case, hour, outcome] += 1
    if outcome == FINISHED:
        pool.tokens[case, hour, 0] += node.prompt
        pool.tokens[case, hour, 1] += node.output
        measure(pool, case, hour, 0, node.first_token_s - node.arrival_s)
        if node.output > 1:
            measure(pool, case, hour, 1, (at_s - node.first_token_s) / (node.output - 1.0))
        measure(pool, case, hour, 2, at_s - node.arrival_s)
        measure(pool, case, hour, 3, node.start_s - node.arrival_s)
    if pool.state[0].keep_below != np.uint64(KEEP_NONE):
        keep_row(pool, n, outcome, at_s, server)


@compiled
def keep_row(pool, n, outcome, at_s, server):
    """Write a row of the RequestTrace, if the request is among those kept."""
    state, node = pool.state[0], pool.nodes[n]
    if mix(np.uint64(node.number)) > state.keep_below:
        return
    row = pool.rows[state.rows]
    state.rows += 1
    row.number, row.arrival_s, row.start_s = node.number, node.arrival_s, node.start_s
    row.first_token_s, row.finish_s = node.first_token_s, at_s
    row.prompt_tokens, row.output_tokens = node.prompt, node.output
    row.server, row.use_case, row.attempts, row.outcome = server, node.use_case, node.attempts, outcome


@compiled
def free_node(pool, n):
    """Give a node back."""
    node = pool.nodes[n]
    node.ends_at, node.replica = NOBODY, NOBODY
    node.next = pool.state[0].free
    pool.state[0].free = n
    pool.state[0].inside -= 1


@compiled
def server_of(pool, r):
    """Server of a replica, counted over all cells of the pool."""
    limits = pool.limits[0]
    return limits.first_server + r // limits.replicas_per_server


# --- heap of the iterations at which requests end ---------------------------------------------------------------------


@compiled
def is_stale(pool, r, entry):
    """Whether a heap entry speaks of a request that was preempted meanwhile."""
    node = pool.nodes[entry.node]
    return node.ends_at != entry.ends_at or node.replica != r


@compiled
def sift_down(heap, size, at):
    """Let the entry at a place sink to where it belongs."""
    ends_at, node = heap[at].ends_at, heap[at].node
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and heap[child + 1].ends_at < heap[child].ends_at:
            child += 1
        if heap[child].ends_at >= ends_at:
            break
        heap[at].ends_at, heap[at].node = heap[child].ends_at, heap[child].node
        at = child
    heap[at].ends_at, heap[at].node = ends_at, node


@compiled
def pop(pool, r):
    """Remove the top of a replica's heap."""
    replica, heap = pool.replicas[r], pool.heaps[r]
    replica.heap -= 1
    if replica.heap > 0:
        heap[0].ends_at, heap[0].node = heap[replica.heap].ends_at, heap[replica.heap].node
        sift_down(heap, replica.heap, 0)


@compiled
def push(pool, r, n):
    """Add a request that decodes."""
    replica, heap = pool.replicas[r], pool.heaps[r]
    if replica.heap == heap.size:
        drop_stale(pool, r)
    ends_at, at = pool.nodes[n].ends_at, replica.heap
    while at > 0 and heap[(at - 1) >> 1].ends_at > ends_at:
        up = (at - 1) >> 1
        heap[at].ends_at, heap[at].node = heap[up].ends_at, heap[up].node
        at = up
    heap[at].ends_at, heap[at].node = ends_at, n
    replica.heap += 1


@compiled
def drop_stale(pool, r):
    """Rebuild a full heap from its valid entries; it is twice the batch limit, so this is rare."""
    replica, heap = pool.replicas[r], pool.heaps[r]
    kept = 0
    for i in range(replica.heap):
        if not is_stale(pool, r, heap[i]):
            heap[kept].ends_at, heap[kept].node = heap[i].ends_at, heap[i].node
            kept += 1
    replica.heap = kept
    for at in range(kept // 2 - 1, -1, -1):
        sift_down(heap, kept, at)


@compiled
def drop_stale_top(pool, r):
    """Let a request that really decodes be on top."""
    while is_stale(pool, r, pool.heaps[r][0]):
        pop(pool, r)


# --- joining and leaving the batch ------------------------------------------------------------------------------------


@compiled
def enqueue(pool, r, n):
    """Put a request at the end of a replica's queue."""
    replica, node = pool.replicas[r], pool.nodes[n]
    node.next = NOBODY
    if replica.head == NOBODY:
        replica.head = n
    else:
        pool.nodes[replica.tail].next = n
    replica.tail = n
    replica.queued += 1


@compiled
def dequeue(pool, r):
    """Take the head off a replica's queue."""
    replica = pool.replicas[r]
    n = replica.head
    replica.head = pool.nodes[n].next
    if replica.head == NOBODY:
        replica.tail = NOBODY
    replica.queued -= 1
    return n


@compiled
def drop_impatient(pool, r, now_s):
    """Requests found gone when their turn comes."""
    replica = pool.replicas[r]
    if pool.limits[0].impatient == 0:
        return
    while replica.head != NOBODY:
        node = pool.nodes[replica.head]
        patience_s = pool.patience_s[node.use_case]
        if node.made > 0 or not now_s - node.queued_s > patience_s:
            return
        n = dequeue(pool, r)
        replica.outstanding -= 1
        record(pool, n, ABANDONED, node.queued_s + patience_s, NOBODY)
        free_node(pool, n)


@compiled
def link(pool, r, n):
    """Append a request to the list of those admitted."""
    replica, node = pool.replicas[r], pool.nodes[n]
    node.older, node.newer = replica.newest, NOBODY
    if replica.newest != NOBODY:
        pool.nodes[replica.newest].newer = n
    replica.newest = n
    replica.batch += 1


@compiled
def unlink(pool, r, n):
    """Take a request out of the list of those admitted."""
    replica, node = pool.replicas[r], pool.nodes[n]
    if node.older != NOBODY:
        pool.nodes[node.older].newer = node.newer
    if node.newer != NOBODY:
        pool.nodes[node.newer].older = node.older
    else:
        replica.newest = node.older
    replica.batch -= 1
    replica.in_run = 0


@compiled
def head_fits(pool, r, now_s):
    """Whether batch limit and KV cache admit the first in the queue who has not left."""
    replica, limits = pool.replicas[r], pool.limits[0]
    drop_impatient(pool, r, now_s)
    if replica.head == NOBODY or replica.batch >= limits.max_requests:
        return False
    node = pool.nodes[replica.head]
    whole = node.prompt + node.output
    return can_join(limits.admission, limits.room, replica.held, replica.batch, node.prompt + node.made, whole)


@compiled
def admit(pool, r, now_s):
    """Take the head of the queue into the batch."""
    replica = pool.replicas[r]
    n = dequeue(pool, r)
    node = pool.nodes[n]
    node.goal, node.filled, node.replica, node.ends_at = node.prompt + node.made, 0, r, NOBODY
    node.start_s = min(node.start_s, now_s)
    replica.held += node.prompt + node.output if pool.limits[0].admission == RESERVED else node.goal
    link(pool, r, n)
    return n


@compiled
def finish(pool, r, n, now_s):
    """A request is done."""
    replica, node = pool.replicas[r], pool.nodes[n]
    kv = node.prompt + node.output - 1
    replica.held -= node.prompt + node.output if pool.limits[0].admission == RESERVED else kv
    replica.context -= kv
    replica.decoding -= 1
    replica.outstanding -= 1
    unlink(pool, r, n)
    record(pool, n, FINISHED, now_s, server_of(pool, r))
    free_node(pool, n)


@compiled
def preempt(pool, r):
    """Send the latest admitted request back to the head of the queue, its KV forgotten, its tokens kept."""
    replica, n = pool.replicas[r], pool.replicas[r].newest
    node = pool.nodes[n]
    if node.ends_at != NOBODY:
        node.made = node.output - (node.ends_at - replica.iteration)
        kv = node.prompt + node.made - 1
        replica.context -= kv
        replica.decoding -= 1
    else:
        kv = node.goal
        replica.chunk = 0
    replica.held -= kv
    unlink(pool, r, n)
    node.ends_at = NOBODY
    node.next = replica.head
    if replica.head == NOBODY:
        replica.tail = n
    replica.head = n
    replica.queued += 1
    pool.state[0].preempted += 1


@compiled
def decodes_from_now(pool, r, n, now_s):
    """The prefill of a request is complete: its first token is there."""
    replica, node = pool.replicas[r], pool.nodes[n]
    node.filled = node.goal
    node.made += 1
    node.first_token_s = min(node.first_token_s, now_s)
    replica.context += node.goal
    replica.decoding += 1
    if node.made >= node.output:
        finish(pool, r, n, now_s)
    else:
        node.ends_at = replica.iteration + node.output - node.made
        push(pool, r, n)
