"""The compiled engine: the same pool as the reference, advanced by leaps in machine code.

Python holds the door: it hands windows of arrivals to the kernels, collects rows, makes room; it touches no request.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.serving.compiled import accounts
from sim.serving.compiled import entry_points as pool
from sim.serving.compiled.allocation import Memory
from sim.serving.compiled.layout import JOULE_PARTS, KEEP_NONE, MINUTE_PARTS, SECOND_PARTS, WINDOW
from sim.serving.engine.spec import PoolSpec
from sim.traces.digest import Digest
from sim.traces.requests import Rows, joined
from sim.workload.requests import Requests


class CompiledPool:
    """One pool, or one cell of a pool."""

    def __init__(self, spec: PoolSpec, minutes: int, digest: Digest, first_server: int = 0) -> None:
        self.spec, self.digest = spec, digest
        self._memory = Memory(spec, minutes, digest, first_server)
        self._header = self._memory.header
        by_minute = self._memory.tables["minutes"]
        self._work = [by_minute[name] for name in ("prefill_busy_s", "decode_busy_s", "busy_j")]
        self._window = Requests.empty()
        """What the header's columns are; kept alive here."""
        self._now_s = 0.0
        self._rows: list[Rows] = []

    def deposit(self, requests: Requests) -> None:
        """Requests that will arrive, in order, all after those deposited before."""
        self.deposit_all([self], requests, np.array([0, requests.size]))

    @staticmethod
    def deposit_all(pools: Sequence["CompiledPool"], requests: Requests, starts: NDArray[np.int64]) -> None:
        """The same for several pools: each takes a part, from its start to that of the next."""
        if pool.all_served(_addresses(pools)):
            _open(pools, requests, starts)
            return
        for each, start, stop in zip(pools, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            whole = Requests.concatenate([each._rest(), requests.part(start, stop)])
            _open([each], whole, np.array([0, whole.size]))

    def _rest(self) -> Requests:
        """Requests that have been deposited and not yet arrived."""
        return self._window.part(int(self._header["next"][0]), int(self._header["stop"][0]))

    def advance(self, until_s: float) -> None:
        """Route all that arrives by a time and bring every replica there."""
        self.advance_all([self], until_s)

    @staticmethod
    def advance_all(pools: Sequence["CompiledPool"], until_s: float) -> None:
        """Bring several pools to a time, without asking for the interpreter's lock between them."""
        addresses, done = _addresses(pools), 0
        while done < len(pools):
            done, why = divmod(pool.serve_all(addresses, done, until_s), 1 << pool.REASON_BITS)
            if why == pool.NO_NODE:
                pools[done]._memory.more_nodes()
            elif why == pool.NO_ROW:
                pools[done]._take_rows()
        for each in pools:
            each._now_s = until_s

    def fail(self, server: int) -> tuple[int, int]:
        """A server breaks. Returns how many requests were requeued and how many lost."""
        self._take_rows()
        given = np.empty(int(self._header["inside"][0]), np.int64)
        given = given[: pool.fail(self._header, server, self._now_s, given)]
        given = given[np.argsort(self._memory.tables["nodes"]["number"][given])]
        lost = int(pool.route_all_again(self._header, given, self._now_s))
        return given.size - lost, lost

    def restore(self, server: int) -> None:
        """A server takes requests: one that had failed, empty; one that was drained, beside what it still has."""
        pool.set_up(self._header, server, 1)

    def drain(self, server: int) -> None:
        """A server takes no new requests; it serves those it has to their end."""
        pool.set_up(self._header, server, 0)

    def outstanding(self, server: int) -> int:
        """Requests waiting or running on a server, now."""
        return int(pool.outstanding(self._header, server))

    def set_speed(self, server: int, speed: float) -> None:
        """Slow a server down, or let it run again, from its next iteration on."""
        pool.set_speed(self._header, server, speed, self._now_s)

    def gauges(self) -> tuple[int, int, int]:
        """Requests waiting, requests running and KV tokens held, now."""
        waiting, running, held = pool.gauges(self._header, self._now_s)
        return int(waiting), int(running), int(held)

    def mark(self, now_s: float) -> None:
        """A minute ends: settle what iterations under way have done so far."""
        accounts.mark(self._header, now_s)

    def work_in(self, minute: int) -> tuple[float, float]:
        """Busy replica-seconds and what they drew above idle [J] in a minute that has been marked."""
        prefill, decode, joules = (int(column[minute]) for column in self._work)
        return (prefill + decode) / SECOND_PARTS, joules / JOULE_PARTS

    def minutes(self) -> Mapping[str, NDArray[np.float64]]:
        """Work by minute: busy seconds, their energy above idle, tokens."""
        minutes = self._memory.tables["minutes"]
        return {name: minutes[name] / parts for name, parts in MINUTE_PARTS.items()}

    def keep_below(self, lot: int) -> None:
        """Write rows of requests whose lot lies at or below this; zero for none."""
        self._header["keep_below"] = lot
        self._take_rows()

    def collect(self) -> Rows:
        """Rows of the requests that have ended since the last time, in no particular order."""
        self._take_rows()
        rows, self._rows = self._rows, []
        return joined(rows)

    def close(self, end_s: float) -> None:
        """The day is over."""
        self._take_rows()
        pool.close(self._header, end_s)

    def counters(self) -> dict[str, int]:
        """Requests sent on from failed servers, refused for their length, preempted."""
        return {name: int(self._header[name][0]) for name in ("requeued", "too_long", "preempted")}

    def _take_rows(self) -> None:
        """Empty the kernel's rows, and see that everybody inside could become one."""
        count = int(self._header["row_count"][0])
        if count:
            self._rows.append(self._memory.tables["rows"][:count].copy())
            self._header["row_count"] = 0
        if self._header["keep_below"][0] != KEEP_NONE:
            self._memory.room_for_rows()


def _addresses(pools: Sequence[CompiledPool]) -> NDArray[np.int64]:
    """Where the headers of pools lie."""
    return np.array([each._memory.address for each in pools])


def _open(pools: Sequence[CompiledPool], requests: Requests, starts: NDArray[np.int64]) -> None:
    """Let the headers of pools point at their parts of a window, and the pools keep it alive."""
    columns = zip(requests.columns, WINDOW.values(), strict=True)
    requests = Requests(*(np.ascontiguousarray(column, kind) for column, kind in columns))
    for each in pools:
        each._window = requests
    pool.open_windows(_addresses(pools), np.array([column.ctypes.data for column in requests.columns]), starts)
