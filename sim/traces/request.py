"""RequestTrace: what became of every request, one row each, in order of arrival."""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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
