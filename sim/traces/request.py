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
        frame["use_case"] = pd.Categorical.from_codes(self.use_case, categories=list(self.use_cases))
        frame["outcome"] = pd.Categorical.from_codes(self.outcome, categories=[o.name.lower() for o in Outcome])
        return frame


def merge(traces: list[RequestTrace], servers: list[int]) -> RequestTrace:
    """The traces of several pools as one, by arrival; servers are counted on from pool to pool."""
    if len(traces) == 1:
        return traces[0]
    offsets = np.concatenate([[0], np.cumsum(servers)[:-1]])
    columns = {
        f.name: np.concatenate([getattr(trace, f.name) for trace in traces]) for f in fields(RequestTrace) if f.name != "use_cases"
    }
    shift = np.concatenate([np.full(t.server.size, o) for t, o in zip(traces, offsets, strict=True)])
    columns["server"] = np.where(columns["server"] >= 0, columns["server"] + shift, -1).astype(np.int32)
    order = np.argsort(columns["arrival_s"], kind="stable")
    return RequestTrace(**{name: column[order] for name, column in columns.items()}, use_cases=traces[0].use_cases)
