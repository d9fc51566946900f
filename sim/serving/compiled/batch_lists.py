"""Joining and leaving the batch of a replica: queue, KV cache, list of those admitted."""

from sim.core.compiling import apart, compiled
from sim.serving.compiled.accessors import can_join, node_at, patience_at, replica_at
from sim.serving.compiled.accounts import free_node, record
from sim.serving.compiled.completion_heap import push
from sim.serving.compiled.layout import NOBODY, PoolRecord
from sim.serving.policies.admission import Admission
from sim.traces.requests import Outcome

FINISHED, ABANDONED = int(Outcome.FINISHED), int(Outcome.ABANDONED)


@compiled
def enqueue(pool: PoolRecord, r: int, n: int) -> None:
    """Put a request at the end of a replica's queue."""
    replica, node = replica_at(pool, r), node_at(pool, n)
    node.next = NOBODY
    if replica.head == NOBODY:
        replica.head = n
    else:
        node_at(pool, replica.tail).next = n
    replica.tail = n
    replica.queued += 1


@compiled
def dequeue(pool: PoolRecord, r: int) -> int:
    """Take the head off a replica's queue."""
    replica = replica_at(pool, r)
    n = replica.head
    replica.head = node_at(pool, n).next
    if replica.head == NOBODY:
        replica.tail = NOBODY
    replica.queued -= 1
    return n


@compiled
def drop_impatient(pool: PoolRecord, r: int, now_s: float) -> None:
    """Requests found gone when their turn comes."""
    replica = replica_at(pool, r)
    if pool.impatient == 0:
        return
    while replica.head != NOBODY:
        node = node_at(pool, replica.head)
        patience_s = patience_at(pool, node.use_case).v
        if node.made > 0 or not now_s - node.queued_s > patience_s:
            return
        n = dequeue(pool, r)
        replica.outstanding -= 1
        record(pool, n, ABANDONED, node.queued_s + patience_s, NOBODY)
        free_node(pool, n)


@compiled
def link(pool: PoolRecord, r: int, n: int) -> None:
    """Append a request to the list of those admitted."""
    replica, node = replica_at(pool, r), node_at(pool, n)
    node.older, node.newer = replica.newest, NOBODY
    if replica.newest != NOBODY:
        node_at(pool, replica.newest).newer = n
    replica.newest = n
    replica.batch += 1


@compiled
def unlink(pool: PoolRecord, r: int, n: int) -> None:
    """Take a request out of the list of those admitted."""
    replica, node = replica_at(pool, r), node_at(pool, n)
    if node.older != NOBODY:
        node_at(pool, node.older).newer = node.newer
    if node.newer != NOBODY:
        node_at(pool, node.newer).older = node.older
    else:
        replica.newest = node.older
    replica.batch -= 1
    replica.in_run = 0


@compiled
def head_fits(pool: PoolRecord, r: int, now_s: float) -> bool:
    """Whether batch limit and KV cache admit the first in the queue who has not left."""
    replica = replica_at(pool, r)
    drop_impatient(pool, r, now_s)
    if replica.head == NOBODY or replica.batch >= pool.max_requests:
        return False
    node = node_at(pool, replica.head)
    whole = node.prompt + node.output
    return can_join(pool.admission, pool.room, replica.held, replica.batch, node.prompt + node.made, whole)


@compiled
def admit(pool: PoolRecord, r: int, now_s: float) -> int:
    """Take the head of the queue into the batch."""
    replica = replica_at(pool, r)
    n = dequeue(pool, r)
    node = node_at(pool, n)
    node.goal, node.filled, node.replica, node.ends_at = node.prompt + node.made, node.cached, r, NOBODY
    node.start_s = min(node.start_s, now_s)
    replica.held += node.prompt + node.output if pool.admission == Admission.RESERVED else node.goal
    link(pool, r, n)
    return n


@compiled
def finish(pool: PoolRecord, r: int, n: int, now_s: float) -> None:
    """A request is done."""
    replica, node = replica_at(pool, r), node_at(pool, n)
    kv = node.prompt + node.output - 1
    replica.held -= node.prompt + node.output if pool.admission == Admission.RESERVED else kv
    replica.context -= kv
    replica.decoding -= 1
    replica.outstanding -= 1
    unlink(pool, r, n)
    record(pool, n, FINISHED, now_s, r)
    free_node(pool, n)


@apart
def preempt(pool: PoolRecord, r: int) -> None:
    """Send the latest admitted request back to the head of the queue, its KV forgotten, its tokens kept."""
    replica, n = replica_at(pool, r), replica_at(pool, r).newest
    node = node_at(pool, n)
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
    node.ends_at, node.cached = NOBODY, 0
    node.next = replica.head
    if replica.head == NOBODY:
        replica.tail = n
    replica.head = n
    replica.queued += 1
    pool.preempted += 1


@compiled
def decodes_from_now(pool: PoolRecord, r: int, n: int, now_s: float) -> None:
    """The prefill of a request is complete: its first token is there."""
    replica, node = replica_at(pool, r), node_at(pool, n)
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
