"""The compiled engine: the same pool as the reference, advanced by leaps in machine code.

Python holds the door: it hands windows of arrivals to the kernels, collects rows, makes room. No request is touched here.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.errors import DefectError
from sim.serving import kernel, layout, routes
from sim.serving.spec import PoolSpec
from sim.traces.digest import Digest
from sim.traces.request import RequestTrace
from sim.workload.requests import Requests

FIRST_NODES = 1 << 12
FIRST_ROWS = 1 << 13


class CompiledPool:
    """One pool, or one cell of a pool."""

    def __init__(self, spec: PoolSpec, minutes: int, digest: Digest, keep: int = layout.KEEP_NONE, first_server: int = 0) -> None:
        self.spec = spec
        self._pool = layout.allocate(spec, minutes, digest, first_server, keep, FIRST_NODES, FIRST_ROWS if keep else 1)
        self._window = Requests.empty()
        self._now_s = 0.0
        self.rows: list[NDArray[np.void]] = []
        """Rows collected and not yet taken."""

    # --- the door ---------------------------------------------------------------------------------------------------

    def deposit(self, requests: Requests) -> None:
        """Requests that will arrive, in order, all after those deposited before."""
        rest = self._window.after(int(self._state["next"]))
        self._window = Requests.concatenate([rest, requests])
        self._state["next"] = 0

    def advance(self, until_s: float) -> None:
        """Route all that arrives by a time and bring every replica there."""
        window = self._window
        while True:
            why = routes.serve(
                self._pool, window.arrival_s, window.use_case, window.prompt_tokens, window.output_tokens, until_s
            )
            if why == routes.DONE:
                break
            self._make_room(why)
        self._now_s = until_s

    def fail(self, server: int) -> tuple[int, int]:
        """A server breaks. Returns how many requests were requeued and how many lost."""
        self._collect_if_needed()
        requeued, lost = routes.fail(self._pool, server, self._now_s)
        return int(requeued), int(lost)

    def restore(self, server: int) -> None:
        """A server serves again."""
        routes.set_up(self._pool, server, 1)

    def set_speed(self, server: int, speed: float) -> None:
        """Slow a server down, or let it run again, from its next iteration on."""
        routes.set_speed(self._pool, server, speed, self._now_s)

    def gauges(self) -> tuple[int, int, int]:
        """Requests waiting, requests running and KV tokens held, now."""
        waiting, running, held = routes.gauges(self._pool, self._now_s)
        return int(waiting), int(running), int(held)

    def mark(self, now_s: float) -> None:
        """A minute ends: settle what iterations under way have done so far."""
        kernel.mark(self._pool, now_s)

    def work_in(self, minute: int) -> tuple[float, float]:
        """Busy replica-seconds and their energy [J] in a minute that has been marked."""
        row = self._pool.minutes[minute] / np.array(layout.SCALES)
        return float(row[0] + row[1]), float(row[3])

    def minutes(self) -> Mapping[str, NDArray[np.float64]]:
        """Work by minute."""
        columns = zip(layout.MINUTE_COLUMNS, (self._pool.minutes / np.array(layout.SCALES)).T, strict=True)
        return {name: column.copy() for name, column in columns if name != "busy_j"}

    def close(self, end_s: float) -> None:
        """The day is over."""
        self._collect_if_needed()
        routes.close(self._pool, end_s)
        self._collect()

    # --- counters ---------------------------------------------------------------------------------------------------

    @property
    def requeued(self) -> int:
        """Times a request of a failed server was sent to another."""
        return int(self._state["requeued"])

    @property
    def too_long(self) -> int:
        """Requests refused because no replica could ever hold them."""
        return int(self._state["too_long"])

    @property
    def preempted(self) -> int:
        """Preemptions for want of KV room."""
        return int(self._state["preempted"])

    # --- room -------------------------------------------------------------------------------------------------------

    @property
    def _state(self) -> NDArray[np.void]:
        """The pool's counters, one record."""
        return self._pool.state[0]  # type: ignore[no-any-return]

    def _make_room(self, why: int) -> None:
        if why == routes.NO_NODE:
            self._pool = layout.grown(self._pool)
        elif why == routes.NO_ROW:
            self._collect_if_needed()
        else:
            raise DefectError(f"the kernel returned {why}")

    def _collect_if_needed(self) -> None:
        """Take the rows, and make sure that all requests inside could become rows."""
        self._collect()
        if self._pool.rows.size > 1 and self._state["inside"] >= self._pool.rows.size:
            self._pool = self._pool._replace(rows=np.zeros(2 * int(self._state["inside"]), layout.ROW))

    def _collect(self) -> None:
        count = int(self._state["rows"])
        if count:
            self.rows.append(self._pool.rows[:count].copy())
            self._state["rows"] = 0

    def requests(self, use_cases: tuple[str, ...]) -> RequestTrace:
        """The rows collected, in order of arrival."""
        return trace_of(self.rows, use_cases)


def trace_of(rows: list[NDArray[np.void]], use_cases: tuple[str, ...]) -> RequestTrace:
    """Rows as a trace in order of arrival; what never happened is NaN."""
    merged = np.concatenate([np.zeros(0, layout.ROW), *rows])
    merged = merged[np.argsort(merged["number"], kind="stable")]
    times = {name: np.where(np.isinf(merged[name]), np.nan, merged[name]) for name in ("start_s", "first_token_s", "finish_s")}
    columns = ("arrival_s", "use_case", "prompt_tokens", "output_tokens", "server", "outcome", "attempts")
    return RequestTrace(**times, **{name: merged[name].copy() for name in columns}, use_cases=use_cases)
