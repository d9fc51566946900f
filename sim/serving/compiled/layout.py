"""The compiled pool's memory, record by record."""

from typing import Any

import numpy as np

PoolRecord = Any
"""A record of `HEADER`, as a pointer: policies, sizes, addresses of tables."""
ReplicaRecord = Any
"""A record of `REPLICA`: a replica's run, queue and counters."""
NodeRecord = Any
"""A record of `NODE`: one request inside the pool."""
Header = Any
"""The array of one record that holds a pool."""
Address = int
"""Where a table lies in memory."""

NOBODY = -1
IDLE = 0

KEEP_NONE = 0

SECOND_PARTS = 2.0**30
REQUEST_SECOND_PARTS = 2.0**24
JOULE_PARTS = 2.0**20

REPLICA = np.dtype(
    [
        # what the router and most decisions look at comes first: it shares a cache line or two
        ("due_s", "f8"),  # when the run under way ends; without one, when the next decision is due: infinity for none
        ("phase", "i4"),
        ("outstanding", "i4"),
        ("up", "i4"),
        ("queued", "i4"),
        ("head", "i4"),
        ("tail", "i4"),
        ("batch", "i4"),
        ("decoding", "i4"),
        ("in_run", "i4"),  # 1 while the batch is that of the run's start
        ("newest", "i4"),  # latest admitted
        ("heap", "i4"),  # entries of its heap
        ("joining", "i4"),  # requests of the prefill under way
        ("run_start_s", "f8"),
        ("first_s", "f8"),
        ("growth_s", "f8"),
        ("done", "i8"),  # iterations of the present run that are committed
        ("target", "i8"),  # iterations of the present run at its end
        ("iteration", "i8"),  # decode iterations so far
        ("held", "i8"),
        ("context", "i8"),
        ("settled_s", "f8"),  # up to when time and energy have been counted
        ("speed", "f8"),
        ("run_speed", "f8"),
        ("watts", "f8"),
        ("prefill_s", "f8"),  # the minute's work so far
        ("decode_s", "f8"),
        ("batch_s", "f8"),
        ("joules", "f8"),
        ("counted", "i8"),  # iterations of the present run whose tokens have been counted
        ("prompt_tokens", "i8"),
        ("output_tokens", "i8"),
        ("prefill_tokens", "i8"),  # prompt tokens of the prefill under way
        ("left", "i8"),  # decode iterations left to a static batch
        ("chunk", "i4"),  # tokens of the last of them, where it stays half filled; else 0
        ("seen", "i4"),  # requests outstanding when the router last looked
        ("available", "i4"),  # not of this replica: the i-th of those that take requests
        ("due", "i4"),  # the i-th of the index heap by next event
        ("due_place", "i4"),  # place of this replica in that heap
        ("lightest", "i4"),  # the i-th of the index heap by load
        ("load_place", "i4"),  # place of this replica in that heap
    ],
    align=True,
)
"""One replica: its run under way, its batch, its queue, the minute's work; and a slot of the router's lists."""

NODE = np.dtype(
    [
        ("arrival_s", "f8"),
        ("queued_s", "f8"),
        ("start_s", "f8"),
        ("first_token_s", "f8"),
        ("number", "i8"),
        ("ends_at", "i8"),  # iteration of its replica at which it is done; -1 while it does not decode
        ("prompt", "i4"),
        ("output", "i4"),
        ("made", "i4"),
        ("cached", "i4"),  # prompt tokens that its prefill finds in the prefix cache
        ("goal", "i4"),
        ("filled", "i4"),
        ("replica", "i4"),
        ("next", "i4"),  # behind it in the queue, or in the list of free nodes
        ("older", "i4"),  # admitted before it
        ("newer", "i4"),  # admitted after it
        ("use_case", "i2"),
        ("attempts", "i2"),
    ],
    align=True,
)
"""One request inside the pool."""

ENTRY = np.dtype([("key", "i8")])
"""A request in the heap of its replica: the iteration at which it ends, above the index of its node."""
NODE_BITS = 28
"""Bits of that index; those left tell 2**35 iterations: a year of the fastest accelerators of today."""
ENTRY_BYTES = ENTRY.itemsize

MINUTE_PARTS = {
    "prefill_busy_s": SECOND_PARTS,
    "decode_busy_s": SECOND_PARTS,
    "batch_request_s": REQUEST_SECOND_PARTS,
    "busy_j": JOULE_PARTS,
    "prompt_tokens": 1.0,
    "output_tokens": 1.0,
}
"""Work by minute is kept in integers of these parts of a unit, so that no order of adding changes a bit."""
MINUTE = np.dtype([(name, "i8") for name in MINUTE_PARTS])

COUNT = np.dtype([("n", "i8")])
WHOLE = np.dtype([("n", "i4")])
SHORT = np.dtype([("n", "i2")])
VALUE = np.dtype([("v", "f8")])

TABLES = (
    "replicas",
    "nodes",
    "heaps",
    "base_s",
    "decode_above_idle_w",
    "patience_s",
    "minutes",
    "bins",
    "ticks",
    "maxima",
    "outcomes",
    "tokens",
    "rows",
)
"""Arrays of a pool, whose addresses stand in its header."""
WINDOW = {"arrival_s": "f8", "use_case": "i2", "prompt_tokens": "i4", "output_tokens": "i4", "cached_tokens": "i4"}
"""Columns of the window of requests, whose addresses stand there, too, and what they hold."""

HEADER = np.dtype(
    [
        *((name, "i8") for name in (*TABLES, *WINDOW)),
        ("kv_s", "f8"),
        ("attention_s", "f8"),
        ("prefill_above_idle_w", "f8"),
        ("wait_s", "f8"),
        ("stale_s", "f8"),
        ("next_look_s", "f8"),
        ("salt", "u8"),
        ("keep_below", "u8"),  # rows whose lot lies at or below it are kept
        ("room", "i8"),
        ("max_context", "i8"),
        ("max_requests", "i8"),
        ("max_batched_tokens", "i8"),
        ("policy", "i8"),
        ("admission", "i8"),
        ("routing", "i8"),
        ("max_attempts", "i8"),
        ("replicas_per_server", "i8"),
        ("first_server", "i8"),
        ("impatient", "i8"),  # 1 where some use case has finite patience
        ("replica_count", "i8"),
        ("heap_size", "i8"),
        ("base_count", "i8"),
        ("minute_count", "i8"),
        ("hours", "i8"),
        ("row_room", "i8"),
        ("free", "i8"),  # first free node
        ("inside", "i8"),  # requests inside the pool
        ("arrived", "i8"),
        ("next", "i8"),  # next request of the window
        ("stop", "i8"),  # requests in the window
        ("sweep", "i8"),  # next replica to bring to the window's end
        ("turn", "i8"),
        ("minute", "i8"),
        ("up_count", "i8"),
        ("row_count", "i8"),
        ("requeued", "i8"),
        ("too_long", "i8"),
        ("preempted", "i8"),
        ("least", "i8"),  # replica that looked least loaded, with stale information
    ],
    align=True,
)
"""A pool: addresses of its tables, its limits, its counters."""
