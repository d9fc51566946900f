"""Rows: requests that have ended, as records that engines write and sinks keep."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.streams import mix
from sim.traces.request import RequestTrace

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
