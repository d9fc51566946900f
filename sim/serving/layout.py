"""The compiled pool's memory: one record a replica, one a request inside the pool, one row a request that has ended."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.serving.spec import PoolSpec
from sim.traces.digest import Digest

NOBODY = -1

REPLICA = np.dtype(
    [
        ("clock_s", "f8"),  # when the next decision is due, if no run is under way; infinity for none
        ("change_s", "f8"),  # when the run under way ends
        ("run_start_s", "f8"),
        ("first_s", "f8"),
        ("growth_s", "f8"),
        ("settled_s", "f8"),  # up to when time and energy have been counted
        ("watts", "f8"),
        ("speed", "f8"),
        ("run_speed", "f8"),
        ("prefill_s", "f8"),  # the minute's work so far
        ("decode_s", "f8"),
        ("batch_s", "f8"),
        ("joules", "f8"),
        ("iteration", "i8"),  # decode iterations so far
        ("done", "i8"),  # iterations of the present run that are committed
        ("target", "i8"),  # iterations of the present run at its end
        ("counted", "i8"),  # iterations of the present run whose tokens have been counted
        ("held", "i8"),
        ("context", "i8"),
        ("prompt_tokens", "i8"),
        ("output_tokens", "i8"),
        ("prefill_tokens", "i8"),  # prompt tokens of the prefill under way
        ("left", "i8"),  # decode iterations left to a static batch
        ("phase", "i4"),
        ("in_run", "i4"),  # 1 while the batch is that of the run's start
        ("batch", "i4"),
        ("decoding", "i4"),
        ("joining", "i4"),  # requests of the prefill under way
        ("chunk", "i4"),  # tokens of the last of them, where it stays half filled; else 0
        ("queued", "i4"),
        ("head", "i4"),
        ("tail", "i4"),
        ("newest", "i4"),  # latest admitted
        ("heap", "i4"),  # entries of its heap
        ("outstanding", "i4"),
        ("up", "i4"),
    ],
    align=True,
)

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

HEAP = np.dtype([("ends_at", "i8"), ("node", "i8")])

ROW = np.dtype(
    [
        ("number", "i8"),
        ("arrival_s", "f8"),
        ("start_s", "f8"),
        ("first_token_s", "f8"),
        ("finish_s", "f8"),
        ("prompt_tokens", "i4"),
        ("output_tokens", "i4"),
        ("server", "i4"),
        ("use_case", "i2"),
        ("attempts", "i2"),
        ("outcome", "i1"),
    ],
    align=True,
)

LIMITS = np.dtype(
    [
        ("kv_s", "f8"),
        ("attention_s", "f8"),
        ("prefill_w", "f8"),
        ("wait_s", "f8"),
        ("stale_s", "f8"),
        ("salt", "u8"),
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
    ],
    align=True,
)

STATE = np.dtype(
    [
        ("next_look_s", "f8"),
        ("keep_below", "u8"),  # rows whose hash lies at or below it are kept
        ("free", "i8"),  # first free node
        ("inside", "i8"),  # requests inside the pool
        ("arrived", "i8"),
        ("next", "i8"),  # next request of the window
        ("sweep", "i8"),  # next replica to bring to the window's end
        ("turn", "i8"),
        ("minute", "i8"),
        ("available", "i8"),
        ("rows", "i8"),
        ("requeued", "i8"),
        ("too_long", "i8"),
        ("preempted", "i8"),
        ("least", "i8"),  # replica that looked least loaded, with stale information
    ],
    align=True,
)

MINUTE_COLUMNS = ("prefill_busy_s", "decode_busy_s", "batch_request_s", "busy_j", "prompt_tokens", "output_tokens")
SCALES = (2.0**30, 2.0**30, 2.0**24, 2.0**20, 1.0, 1.0)
"""Minutes are sums of integers in these fractions, so that no order of adding changes a bit."""

KEEP_NONE = 0
KEEP_ALL = 2**64 - 1


class Pool(NamedTuple):
    """All arrays of a compiled pool, as its kernels take them."""

    replicas: NDArray[np.void]
    """REPLICA records."""
    nodes: NDArray[np.void]
    """NODE records: requests inside the pool, and free ones."""
    heaps: NDArray[np.void]
    """HEAP records, a row a replica: requests by the iteration at which they end, earliest on top."""
    limits: NDArray[np.void]
    """One LIMITS record."""
    state: NDArray[np.void]
    """One STATE record."""
    base_s: NDArray[np.float64]
    """Iteration times by tokens."""
    decode_w: NDArray[np.float64]
    """Decode power by batch."""
    patience_s: NDArray[np.float64]
    """Patience by use case."""
    available: NDArray[np.int32]
    """Replicas that take requests, in order; the first `state.available` entries count."""
    seen: NDArray[np.int32]
    """Loads as the router saw them last."""
    due: NDArray[np.int32]
    """Index heap of replicas by their next event (least outstanding routing)."""
    due_at: NDArray[np.int32]
    """Place of each replica in `due`."""
    loads: NDArray[np.int32]
    """Index heap of replicas by requests outstanding."""
    loads_at: NDArray[np.int32]
    """Place of each replica in `loads`."""
    minutes: NDArray[np.int64]
    """Work by minute and MINUTE_COLUMNS, in SCALES."""
    bins: NDArray[np.int64]
    """Of the Digest."""
    ticks: NDArray[np.int64]
    """Of the Digest."""
    maxima: NDArray[np.float64]
    """Of the Digest."""
    outcomes: NDArray[np.int64]
    """Of the Digest."""
    tokens: NDArray[np.int64]
    """Of the Digest."""
    rows: NDArray[np.void]
    """ROW records of requests that have ended, until they are collected."""


def allocate(spec: PoolSpec, minutes: int, digest: Digest, first_server: int, keep: int, nodes: int, rows: int) -> Pool:
    """A pool in which nothing has happened yet; `keep` is the largest hash of requests to keep row by row."""
    count = spec.replicas
    indices = np.arange(count, dtype=np.int32)
    return Pool(
        replicas=_replicas(count),
        nodes=chain(np.zeros(nodes, NODE), 0, NOBODY),
        heaps=np.zeros((count, 2 * spec.max_requests + 2), HEAP),
        limits=_limits(spec, first_server),
        state=_state(spec, keep),
        base_s=spec.law.base_s,
        decode_w=spec.decode_w,
        patience_s=spec.patience_s,
        available=indices.copy(),
        seen=np.zeros(count, np.int32),
        due=indices.copy(),
        due_at=indices.copy(),
        loads=indices.copy(),
        loads_at=indices.copy(),
        minutes=np.zeros((minutes, len(MINUTE_COLUMNS)), np.int64),
        bins=digest.bins,
        ticks=digest.ticks,
        maxima=digest.maxima,
        outcomes=digest.outcomes,
        tokens=digest.tokens,
        rows=np.zeros(rows, ROW),
    )


def _replicas(count: int) -> NDArray[np.void]:
    replicas = np.zeros(count, REPLICA)
    for name in ("clock_s", "change_s"):
        replicas[name] = np.inf
    for name in ("head", "tail", "newest"):
        replicas[name] = NOBODY
    replicas["speed"] = 1.0
    replicas["up"] = 1
    return replicas


def _limits(spec: PoolSpec, first_server: int) -> NDArray[np.void]:
    limits = np.zeros(1, LIMITS)
    for name in ("prefill_w", "wait_s", "stale_s", "max_requests", "max_batched_tokens", "policy", "admission"):
        limits[name] = getattr(spec, name)
    for name in ("routing", "max_attempts", "replicas_per_server"):
        limits[name] = getattr(spec, name)
    limits["kv_s"], limits["attention_s"] = spec.law.kv_s, spec.law.attention_s
    limits["room"], limits["max_context"] = spec.kv_room_tokens, spec.max_context_tokens
    limits["salt"], limits["first_server"] = spec.routing_salt, first_server
    limits["impatient"] = int(np.isfinite(spec.patience_s).any())
    return limits


def _state(spec: PoolSpec, keep: int) -> NDArray[np.void]:
    state = np.zeros(1, STATE)
    state["next_look_s"] = spec.stale_s if spec.stale_s > 0.0 else np.inf
    state["available"] = spec.replicas
    state["keep_below"] = keep
    return state


def chain(nodes: NDArray[np.void], start: int, last: int) -> NDArray[np.void]:
    """Link the nodes from `start` on into a list of free ones that ends at `last`."""
    nodes["next"][start:] = np.append(np.arange(start + 1, nodes.size), last)
    return nodes


def grown(pool: Pool) -> Pool:
    """The same pool with room for twice as many requests inside."""
    old = pool.nodes.size
    nodes = np.zeros(2 * old, NODE)
    nodes[:old] = pool.nodes
    chain(nodes, old, int(pool.state["free"][0]))
    pool.state["free"] = old
    return pool._replace(nodes=nodes)
