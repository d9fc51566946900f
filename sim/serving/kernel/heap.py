"""The heap of a replica: requests by the iteration at which they end, the earliest on top.

A preempted request leaves its entry behind; such stale entries are skipped, and dropped when the heap is full."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np

from sim.serving.kernel.accessors import entry_at, node_at, replica_at
from sim.serving.kernel.compiling import apart, compiled
from sim.serving.kernel.layout import ENTRY_BYTES


@compiled
def heap_of(pool, r):
    """Address of a replica's heap."""
    return pool.heaps + np.int64(r) * pool.heap_size * ENTRY_BYTES


@compiled
def is_stale(pool, r, entry):
    """Whether a heap entry speaks of a request that was preempted meanwhile."""
    node = node_at(pool, entry.node)
    return node.ends_at != entry.ends_at or node.replica != r


@compiled
def sift_down(heap, size, at):
    """Let the entry at a place sink to where it belongs."""
    ends_at, node = entry_at(heap, at).ends_at, entry_at(heap, at).node
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and entry_at(heap, child + 1).ends_at < entry_at(heap, child).ends_at:
            child += 1
        if entry_at(heap, child).ends_at >= ends_at:
            break
        entry_at(heap, at).ends_at, entry_at(heap, at).node = entry_at(heap, child).ends_at, entry_at(heap, child).node
        at = child
    entry_at(heap, at).ends_at, entry_at(heap, at).node = ends_at, node


@compiled
def pop(pool, r):
    """Remove the top of a replica's heap."""
    replica, heap = replica_at(pool, r), heap_of(pool, r)
    replica.heap -= 1
    if replica.heap > 0:
        entry_at(heap, 0).ends_at, entry_at(heap, 0).node = (
            entry_at(heap, replica.heap).ends_at,
            entry_at(heap, replica.heap).node,
        )
        sift_down(heap, replica.heap, 0)


@compiled
def push(pool, r, n):
    """Add a request that decodes."""
    replica, heap = replica_at(pool, r), heap_of(pool, r)
    if replica.heap == pool.heap_size:
        drop_stale(pool, r)
    ends_at, at = node_at(pool, n).ends_at, replica.heap
    while at > 0 and entry_at(heap, (at - 1) >> 1).ends_at > ends_at:
        up = (at - 1) >> 1
        entry_at(heap, at).ends_at, entry_at(heap, at).node = entry_at(heap, up).ends_at, entry_at(heap, up).node
        at = up
    entry_at(heap, at).ends_at, entry_at(heap, at).node = ends_at, n
    replica.heap += 1


@apart
def drop_stale(pool, r):
    """Rebuild a full heap from its valid entries; it is twice the batch limit, so this is rare."""
    replica, heap = replica_at(pool, r), heap_of(pool, r)
    kept = 0
    for i in range(replica.heap):
        if not is_stale(pool, r, entry_at(heap, i)):
            entry_at(heap, kept).ends_at, entry_at(heap, kept).node = entry_at(heap, i).ends_at, entry_at(heap, i).node
            kept += 1
    replica.heap = kept
    for at in range(kept // 2 - 1, -1, -1):
        sift_down(heap, kept, at)


@compiled
def drop_stale_top(pool, r):
    """Let a request that really decodes be on top."""
    while is_stale(pool, r, entry_at(heap_of(pool, r), 0)):
        pop(pool, r)
