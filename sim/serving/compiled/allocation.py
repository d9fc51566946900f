"""Allocating a compiled pool: numpy owns the memory, the header knows where it lies."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.units import SECONDS_PER_MINUTE
from sim.serving.compiled.layout import ENTRY, HEADER, MINUTE, NOBODY, NODE, NODE_BITS, REPLICA, TABLES
from sim.serving.engine import rules
from sim.serving.engine.spec import PoolSpec
from sim.traces.digest import Digest
from sim.traces.requests import ROW

FIRST_NODES = 1 << 12
FIRST_ROWS = 1 << 13
MOST_NODES = 1 << NODE_BITS
SHORTEST_S = SECONDS_PER_MINUTE / (1 << 63 - NODE_BITS)
"""An iteration so much shorter than a minute, times the minutes of the day, cannot be counted."""

SAME_NAMES = (
    "prefill_above_idle_w",
    "wait_s",
    "stale_s",
    "max_requests",
    "max_batched_tokens",
    "policy",
    "admission",
    "routing",
    "max_attempts",
    "replicas_per_server",
)
"""Limits that the header takes from a specification as they are."""


class Memory:
    """All arrays of a pool, by the names of TABLES, and its header."""

    def __init__(self, spec: PoolSpec, minutes: int, digest: Digest, first_server: int) -> None:
        shortest_s = spec.law.base_s[1]
        if shortest_s < SHORTEST_S * minutes:
            raise InputError(f"fleet.pools.{spec.name}: iterations of {shortest_s:.3g} s are too short to count")
        self.header = _header(spec, minutes, digest, first_server)
        self.address = self.header.ctypes.data
        """Where the header lies."""
        self.tables: dict[str, NDArray[Any]] = {}
        """The arrays, kept alive here while the header points into them."""
        tables = {
            "replicas": _replicas(spec.replicas),
            "nodes": _linked(np.zeros(FIRST_NODES, NODE), 0, NOBODY),
            "heaps": np.zeros((spec.replicas, int(self.header["heap_size"][0]) + 1), ENTRY),
            "base_s": np.ascontiguousarray(spec.law.base_s, dtype=np.float64),
            "decode_above_idle_w": np.array(
                [rules.table(spec.decode_above_idle_w, n) for n in range(spec.max_requests + 1)]
            ),
            "patience_s": np.ascontiguousarray(spec.patience_s, dtype=np.float64),
            "minutes": np.zeros(minutes, MINUTE),
            "rows": np.zeros(1, ROW),
        }
        tables |= {name: getattr(digest, name) for name in ("bins", "ticks", "maxima", "outcomes", "tokens")}
        for name in TABLES:
            self.put(name, tables[name])

    def put(self, name: str, table: NDArray[Any]) -> None:
        """Let the header point at a table, in place of the one before."""
        self.tables[name] = table
        self.header[name] = table.ctypes.data

    def more_nodes(self) -> None:
        """Room for twice as many requests inside the pool."""
        old = self.tables["nodes"]
        if 2 * old.size > MOST_NODES:
            raise InputError(f"over {old.size:,} requests wait for one cell of the fleet: give it servers or patience")
        nodes = np.zeros(2 * old.size, NODE)
        nodes[: old.size] = old
        self.put("nodes", _linked(nodes, old.size, int(self.header["free"][0])))
        self.header["free"] = old.size

    def room_for_rows(self) -> None:
        """Room for a row of every request inside; rows written so far must have been taken."""
        wanted = max(FIRST_ROWS, 2 * int(self.header["inside"][0]))
        if self.header["row_room"][0] < wanted:
            self.put("rows", np.zeros(wanted, ROW))
            self.header["row_room"] = wanted


def _replicas(count: int) -> NDArray[np.void]:
    replicas = np.zeros(count, REPLICA)
    replicas["due_s"] = np.inf
    for name in ("head", "tail", "newest"):
        replicas[name] = NOBODY
    for name in ("available", "due", "due_place", "lightest", "load_place"):
        replicas[name] = np.arange(count)
    replicas["speed"] = 1.0
    replicas["up"] = 1
    return replicas


def _header(spec: PoolSpec, minutes: int, digest: Digest, first_server: int) -> NDArray[np.void]:
    header = np.zeros(1, HEADER)
    for name in SAME_NAMES:
        header[name] = getattr(spec, name)
    header["kv_s"], header["attention_s"] = spec.law.kv_s, spec.law.attention_s
    header["room"], header["max_context"] = spec.kv_room_tokens, spec.max_context_tokens
    header["salt"], header["first_server"] = spec.routing_salt, first_server
    header["impatient"] = int(np.isfinite(spec.patience_s).any())
    header["replica_count"] = header["up_count"] = spec.replicas
    header["heap_size"] = 2 * spec.max_requests + 2
    header["base_count"] = spec.law.base_s.size
    header["minute_count"], header["hours"] = minutes, digest.outcomes.shape[1]
    header["next_look_s"] = spec.stale_s if spec.stale_s > 0.0 else np.inf
    return header


def _linked(nodes: NDArray[np.void], start: int, last: int) -> NDArray[np.void]:
    """Link the nodes from `start` on into a list of free ones that goes on at `last`."""
    nodes["next"][start:] = np.append(np.arange(start + 1, nodes.size), last)
    return nodes
