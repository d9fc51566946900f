"""RequestTrace: what became of every request, one row each, in order of arrival."""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


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

    def table(self) -> "pd.DataFrame":
        """The trace as a frame, with names for use cases and outcomes."""
        import pandas as pd

        columns = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "use_cases"}
        frame = pd.DataFrame(columns)
        frame["use_case"] = pd.Categorical.from_codes(self.use_case, categories=pd.Index(self.use_cases, dtype=object))
        frame["outcome"] = pd.Categorical.from_codes(
            self.outcome, categories=pd.Index([o.name.lower() for o in Outcome])
        )
        return frame


def sample(trace: RequestTrace, size: int) -> RequestTrace:
    """At most `size` requests, every set of so many as likely as any other, in order of arrival.

    Kept are those whose number (their place in the trace) has the smallest hash: the choice needs no random stream, is
    the same in every run, and looks at nothing that happened to a request. A larger sample holds every smaller one.
    """
    if trace.arrival_s.size <= size:
        return trace
    keys = _scrambled(np.arange(trace.arrival_s.size, dtype=np.uint64))
    return take(trace, np.sort(np.argsort(keys, kind="stable")[:size]))


def take(trace: RequestTrace, rows: NDArray[np.int64]) -> RequestTrace:
    """Some rows of a trace, in the order asked for."""
    columns = {f.name: getattr(trace, f.name)[rows] for f in fields(trace) if f.name != "use_cases"}
    return RequestTrace(**columns, use_cases=trace.use_cases)


def _scrambled(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A one-to-one hash of 64-bit numbers: the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    state = (numbers + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(state ^ (state >> np.uint64(31)), dtype=np.uint64)


def merge(traces: list[RequestTrace], servers: list[int]) -> RequestTrace:
    """The traces of several pools as one, by arrival; servers are counted on from pool to pool."""
    if len(traces) == 1:
        return traces[0]
    offsets = np.concatenate([[0], np.cumsum(servers)[:-1]])
    names = [f.name for f in fields(RequestTrace) if f.name != "use_cases"]
    columns = {name: np.concatenate([getattr(trace, name) for trace in traces]) for name in names}
    shift = np.concatenate([np.full(t.server.size, o) for t, o in zip(traces, offsets, strict=True)])
    columns["server"] = np.where(columns["server"] >= 0, columns["server"] + shift, -1).astype(np.int32)
    order = np.argsort(columns["arrival_s"], kind="stable")
    return RequestTrace(**{name: column[order] for name, column in columns.items()}, use_cases=traces[0].use_cases)
