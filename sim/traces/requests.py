"""RequestTrace: what became of every request, one row each, in order of arrival.

Rows: requests that have ended, as records that engines write and sinks keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.core.streams import mix

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Outcome(IntEnum):
    """How a request ended."""

    IN_FLIGHT = 0
    FINISHED = 1
    REFUSED = 2
    LOST = 3
    ABANDONED = 4


@dataclass(frozen=True)
class RequestTrace:
    """Columns of equal length; times are NaN where the event did not happen."""

    arrival_s: NDArray[np.float64]
    """When it reached the gateway, after the start of the day."""
    use_case: NDArray[np.int16]
    """Index into `use_cases`."""
    prompt_tokens: NDArray[np.int32]
    """Tokens of the prompt."""
    output_tokens: NDArray[np.int32]
    """Tokens of the answer it asks for."""
    cached_tokens: NDArray[np.int32]
    """Tokens of the prompt that its (last) prefill found in the prefix cache."""
    server: NDArray[np.int32]
    """Server that served it last, counted over all pools; -1 for none."""
    start_s: NDArray[np.float64]
    """When its (last) prefill began."""
    first_token_s: NDArray[np.float64]
    """When its first token was ready."""
    finish_s: NDArray[np.float64]
    """When its last token was ready."""
    outcome: NDArray[np.int8]
    """An Outcome."""
    attempts: NDArray[np.int16]
    """Servers that took it: 1 unless one failed."""
    use_cases: tuple[str, ...] = ()
    """Names of the use cases."""

    def arrow(self) -> "pa.Table":
        """The trace as an arrow table, with names for use cases and outcomes."""
        import pyarrow as pa

        columns: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "use_cases"}
        columns["use_case"] = pa.DictionaryArray.from_arrays(self.use_case, pa.array(self.use_cases, pa.string()))
        columns["outcome"] = pa.DictionaryArray.from_arrays(self.outcome, [o.name.lower() for o in Outcome])
        return pa.table(columns)

    def table(self) -> "pd.DataFrame":
        """The trace as a frame, with names for use cases and outcomes."""
        frame: pd.DataFrame = self.arrow().to_pandas()
        return frame


Rows = NDArray[np.void]

ROW = np.dtype(
    [
        ("number", "i8"),
        ("arrival_s", "f8"),
        ("start_s", "f8"),
        ("first_token_s", "f8"),
        ("finish_s", "f8"),
        ("prompt_tokens", "i4"),
        ("output_tokens", "i4"),
        ("cached_tokens", "i4"),
        ("server", "i4"),
        ("use_case", "i2"),
        ("attempts", "i2"),
        ("outcome", "i1"),
    ],
    align=True,
)
"""One request; times that never came are infinite."""

TIMES = ("start_s", "first_token_s", "finish_s")
COLUMNS = ("arrival_s", "use_case", "prompt_tokens", "output_tokens", "cached_tokens", "server", "outcome", "attempts")


def no_rows() -> Rows:
    """No requests."""
    return np.zeros(0, ROW)


def lots(rows: Rows) -> NDArray[np.uint64]:
    """A lot for each request, from what it asks and when: those with the smallest lots make a sample.

    It depends on nothing that engines, cells, threads or windows could change, and is uniform over 64 bits.
    """
    asked = (rows["prompt_tokens"].astype(np.uint64) << np.uint64(32)) + rows["output_tokens"].astype(np.uint64)
    return mix(mix(np.ascontiguousarray(rows["arrival_s"]).view(np.uint64)) + asked)


def joined(parts: Sequence[Rows]) -> Rows:
    """Rows of several parts as one, part after part; a single part as it is."""
    if len(parts) == 1:
        return parts[0]
    filled = [part for part in parts if part.size]
    return np.concatenate(filled) if filled else no_rows()


def in_order(parts: Sequence[Rows]) -> Rows:
    """Rows of several parts as one, by arrival; those that arrived at one instant by number, then server."""
    rows = joined(parts)
    arrival_s = np.ascontiguousarray(rows["arrival_s"])
    order = np.argsort(arrival_s)
    arrival_s = arrival_s[order]
    if np.any(arrival_s[1:] == arrival_s[:-1]):
        order = np.lexsort((rows["server"], rows["number"], rows["arrival_s"]))
    words = rows.view(np.uint64).reshape(rows.size, ROW.itemsize // 8)  # records move faster as plain words
    return words.take(order, axis=0).view(ROW).ravel()


def trace_of(rows: Rows, use_cases: tuple[str, ...]) -> RequestTrace:
    """Rows as a trace; what never happened is NaN."""
    times = {name: rows[name].copy() for name in TIMES}
    for column in times.values():
        column[np.isinf(column)] = np.nan
    return RequestTrace(**times, **{name: rows[name].copy() for name in COLUMNS}, use_cases=use_cases)
