"""The heap of a replica: requests by the iteration at which they end, the earliest on top.

An entry is one number, the iteration above the index of the node: comparing and moving it takes one instruction each.
Behind the last entry stands one that is later than all, so that every parent has two children to choose from. A
preempted request leaves its entry behind; such stale entries are skipped, and dropped when the heap is full."""

import numpy as np

from sim.core.compiling import Array, apart, compiled
from sim.serving.compiled.accessors import entry_at, node_at, replica_at
from sim.serving.compiled.layout import ENTRY_BYTES, NODE_BITS, Address, PoolRecord
from sim.serving.policies.admission import Admission

LATEST = 2**63 - 1
NODE_MASK = 2**NODE_BITS - 1


@compiled
def heap_of(pool: PoolRecord, r: int) -> Address:
    """Address of a replica's heap."""
    return pool.heaps + np.int64(r) * (pool.heap_size + 1) * ENTRY_BYTES


@compiled
def ends_at(entry: int) -> int:
    """The iteration of an entry."""
    return entry >> NODE_BITS


@compiled
def node_of(entry: int) -> int:
    """The node of an entry."""
    return entry & NODE_MASK


@compiled
def is_stale(pool: PoolRecord, r: int, entry: int) -> bool:
    """Whether a heap entry speaks of a request that was preempted meanwhile."""
    if pool.admission != Admission.ON_DEMAND:
        return False
    node = node_at(pool, node_of(entry))
    return node.ends_at != ends_at(entry) or node.replica != r


@compiled
def rise(heap: Array, start: int, at: int, entry: int) -> None:
    """Put an entry at a place or, below `start`, as far up from there as it belongs."""
    while at > start and entry_at(heap, (at - 1) >> 1).key > entry:
        entry_at(heap, at).key = entry_at(heap, (at - 1) >> 1).key
        at = (at - 1) >> 1
    entry_at(heap, at).key = entry


@compiled
def sink(heap: Array, size: int, start: int, entry: int) -> None:
    """Put an entry at a place or as far down from there as it belongs: right down, for it is mostly a late one, and up.

    Which child comes first is as good as random: it is computed, since a branch would be mispredicted half the time.
    """
    at, child = start, 2 * start + 1
    while child < size:
        child += np.int64(entry_at(heap, child + 1).key < entry_at(heap, child).key)  # type: ignore[assignment]  # an int
        entry_at(heap, at).key = entry_at(heap, child).key
        at, child = child, 2 * child + 1
    rise(heap, start, at, entry)


@compiled
def pop(pool: PoolRecord, r: int) -> None:
    """Remove the top of a replica's heap."""
    replica, heap = replica_at(pool, r), heap_of(pool, r)
    replica.heap -= 1
    last = entry_at(heap, replica.heap).key
    entry_at(heap, replica.heap).key = LATEST
    if replica.heap > 0:
        sink(heap, replica.heap, 0, last)


@compiled
def push(pool: PoolRecord, r: int, n: int) -> None:
    """Add a request that decodes."""
    replica, heap = replica_at(pool, r), heap_of(pool, r)
    if replica.heap == pool.heap_size:
        drop_stale(pool, r)
    rise(heap, 0, replica.heap, (node_at(pool, n).ends_at << NODE_BITS) + n)
    replica.heap += 1


@apart
def drop_stale(pool: PoolRecord, r: int) -> None:
    """Rebuild a full heap from its valid entries; it is twice the batch limit, so this is rare."""
    replica, heap = replica_at(pool, r), heap_of(pool, r)
    kept = 0
    for i in range(replica.heap):
        entry = entry_at(heap, i).key
        if not is_stale(pool, r, entry):
            entry_at(heap, kept).key = entry
            kept += 1
    replica.heap = kept
    entry_at(heap, kept).key = LATEST
    for at in range(kept // 2 - 1, -1, -1):
        sink(heap, kept, at, entry_at(heap, at).key)


@compiled
def top(pool: PoolRecord, r: int) -> int:
    """The entry that ends first, of a heap that holds some."""
    return entry_at(heap_of(pool, r), 0).key


@compiled
def drop_stale_top(pool: PoolRecord, r: int) -> None:
    """Let a request that really decodes be on top."""
    while is_stale(pool, r, top(pool, r)):
        pop(pool, r)
