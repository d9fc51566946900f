"""Cells: a pool divided into parts that are routed apart from each other, as large fleets are.

The gateway picks a cell for each request with a weight equal to its servers; routing is exact inside the cell. Cells do
not touch each other, so groups of them run on threads, with the same answers at any number of threads.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.streams import mix
from sim.serving.engine.protocol import EVERY_SERVER, Engine
from sim.serving.engine.spec import PoolSpec
from sim.traces.digest import Digest
from sim.traces.requests import Rows, joined
from sim.workload.requests import Requests

MakeEngine = Callable[[PoolSpec, Digest, int], Engine]
"""Makes the engine of one cell from its specification, the digest it adds to and the number of its first server."""


GROUPS_A_THREAD = 4
"""Groups of cells for each thread: while one takes long, another thread takes the next."""


class ByCell(NamedTuple):
    """The requests of a stretch of time, in order of cell and arrival."""

    requests: Requests
    """All of them."""
    starts: NDArray[np.int64]
    """Where each cell's begin, and after the last cell's, where they end; shape (cells + 1,)."""


class CelledPool:
    """All cells of a pool behind one door; each group of cells has a digest, and runs on whichever thread is free."""

    def __init__(self, spec: PoolSpec, digest: Digest, make: MakeEngine, first_server: int, threads: int) -> None:
        self.spec = spec
        self._starts = cell_starts(spec.servers, spec.cells)
        sizes = np.diff(self._starts, append=spec.servers)
        self._cell_of_server = np.repeat(np.arange(spec.cells, dtype=np.int32), sizes)
        self._digest, self._groups = digest, min(GROUPS_A_THREAD * threads, spec.cells) if threads > 1 else 1
        self._digests = [digest.like() for _ in range(self._groups)]
        self._salt = mix(np.array([spec.routing_salt], np.uint64))[0]
        self._arrived = 0
        self._threads = ThreadPoolExecutor(threads) if self._groups > 1 else None
        self.cells = [
            make(part, self._digests[index % self._groups], first_server + int(self._starts[index]))
            for index, part in enumerate(_parts(spec, self._starts))
        ]

    def split(self, requests: Requests) -> ByCell:
        """Requests by cell; called once for every window, in order, by whoever draws them."""
        if len(self.cells) == 1:
            return ByCell(requests, np.array([0, requests.size]))
        from sim.serving.compiled.routing import choose_cells, place

        cells, counts = np.empty(requests.size, np.int32), np.zeros(len(self.cells), np.int64)
        choose_cells(self._salt, self._arrived, self.spec.servers, self._cell_of_server, cells, counts)
        self._arrived += requests.size
        starts = np.concatenate([[0], np.cumsum(counts)])
        ordered = Requests(*(np.empty_like(column) for column in requests.columns))
        place(cells, starts.copy(), requests.columns, ordered.columns)
        return ByCell(ordered, starts)

    def deposit(self, requests: Requests) -> None:
        """Requests that will arrive, in order, all after those deposited before."""
        self.hand_out(self.split(requests))

    def hand_out(self, window: ByCell) -> None:
        """Deposit requests that have been split by cell."""
        self.cells[0].deposit_all(self.cells, *window)

    def advance(self, until_s: float) -> None:
        """Bring every cell to a time."""
        if self._threads is None:
            self._advance_group(0, until_s)
        else:
            list(self._threads.map(self._advance_group, range(self._groups), [until_s] * self._groups))

    def _advance_group(self, group: int, until_s: float) -> None:
        self.cells[0].advance_all(self.cells[group :: self._groups], until_s)

    def fail(self, server: int) -> tuple[int, int]:
        """A server breaks. Returns how many requests were requeued and how many lost."""
        engine, local = self._locate(server)
        return engine.fail(local)

    def restore(self, server: int) -> None:
        """A server takes requests again."""
        engine, local = self._locate(server)
        engine.restore(local)

    def drain(self, server: int) -> None:
        """A server takes no new requests; it serves those it has to their end."""
        engine, local = self._locate(server)
        engine.drain(local)

    def outstanding(self, server: int) -> int:
        """Requests waiting or running on a server, now."""
        engine, local = self._locate(server)
        return engine.outstanding(local)

    def set_speed(self, server: int, speed: float) -> None:
        """Slow a server (or EVERY_SERVER) down, or let it run again, from its next iteration on."""
        if server == EVERY_SERVER:
            for cell in self.cells:
                cell.set_speed(EVERY_SERVER, speed)
            return
        engine, local = self._locate(server)
        engine.set_speed(local, speed)

    def _locate(self, server: int) -> tuple[Engine, int]:
        cell = int(np.searchsorted(self._starts, server, side="right")) - 1
        return self.cells[cell], server - int(self._starts[cell])

    def gauges(self) -> tuple[int, int, int]:
        """Requests waiting, requests running and KV tokens held, now."""
        waiting, running, held = zip(*(engine.gauges() for engine in self.cells), strict=True)
        return sum(waiting), sum(running), sum(held)

    def mark(self, now_s: float) -> None:
        """A minute ends: settle what iterations under way have done so far."""
        for engine in self.cells:
            engine.mark(now_s)

    def work_in(self, minute: int) -> tuple[float, float]:
        """Busy replica-seconds and what they drew above idle [J] in a minute that has been marked."""
        busy_s, busy_j = zip(*(engine.work_in(minute) for engine in self.cells), strict=True)
        return sum(busy_s), sum(busy_j)

    def minutes(self) -> Mapping[str, NDArray[np.float64]]:
        """Work by minute."""
        cells = [engine.minutes() for engine in self.cells]
        return {name: np.sum([cell[name] for cell in cells], axis=0) for name in cells[0]}

    def keep_below(self, lot: int) -> None:
        """Give out rows of requests whose lot lies at or below this; zero for none."""
        for engine in self.cells:
            engine.keep_below(lot)

    def collect(self) -> Rows:
        """Rows of the requests that have ended since the last time, in no particular order."""
        return joined([engine.collect() for engine in self.cells])

    def count(self) -> None:
        """Add what the groups have counted to the digest of the day, once, when all is collected."""
        for part in self._digests:
            self._digest.absorb(part)

    def close(self, end_s: float) -> None:
        """The day is over."""
        for engine in self.cells:
            engine.close(end_s)
        if self._threads:
            self._threads.shutdown()

    def counters(self) -> dict[str, int]:
        """Requests sent on from failed servers, refused for their length, preempted."""
        cells = [engine.counters() for engine in self.cells]
        return {name: sum(cell[name] for cell in cells) for name in cells[0]}


def cell_starts(servers: int, cells: int) -> NDArray[np.int64]:
    """The first server of each cell; sizes differ by one server at most.

    >>> cell_starts(10, 4).tolist()
    [0, 2, 5, 7]
    """
    return np.arange(cells, dtype=np.int64) * servers // cells


def _parts(spec: PoolSpec, starts: NDArray[np.int64]) -> Sequence[PoolSpec]:
    """The specification of each cell, with routing choices of its own."""
    sizes = np.diff(starts, append=spec.servers).tolist()
    salts = mix(np.arange(1, len(sizes) + 1, dtype=np.uint64) + np.uint64(spec.routing_salt)).tolist()
    if len(sizes) == 1:
        return [spec]
    return [
        replace(spec, replicas=size * spec.replicas_per_server, routing_salt=salt, cells=1)
        for size, salt in zip(sizes, salts, strict=True)
    ]
