"""outcomes.parquet: all finished cells in one table, in their order, beside their inputs."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.studies.columns import DONE, FAILED, Columns
from sim.studies.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

INPUT = "input."


def outcome_table(plan: Plan, parts: Iterable[Columns], cells: int) -> "pd.DataFrame":
    """The first `cells` cells as a frame: who they are, their inputs, their outcomes, what became of them."""
    import pandas as pd

    outcomes, messages = _gather(parts, cells)
    row = np.arange(cells) // plan.replications
    known: dict[str, Any] = {"cell": np.arange(cells), plan.rows.label: _labels(plan, row)}
    known["replication"] = np.arange(cells) % plan.replications
    known |= {f"{INPUT}{path}": _input(values, row) for path, values in plan.rows.shown.items()}
    status = np.where(messages == "", DONE, FAILED)
    columns = known | outcomes | {"status": status.astype(object), "message": messages}
    return pd.DataFrame(columns, copy=False)  # or a hundred thousand cells would be in memory twice


def _gather(parts: Iterable[Columns], cells: int) -> tuple[dict[str, Any], Any]:
    """All columns by name, filled part by part; numbers as float64, text as text."""
    columns: dict[str, Any] = {}
    messages = np.full(cells, "", object)
    for part in parts:
        places = np.array(part.cells)
        inside = places < cells
        messages[places[inside]] = np.array(part.messages, object)[inside]
        for name, value in part.same.items():
            column = columns.setdefault(name, _empty([value], cells))
            column[places[inside]] = value
        for name, values in part.each.items():
            column = columns.setdefault(name, _empty(values, cells))
            column[places[inside]] = np.array(values, column.dtype)[inside]
    return columns, messages


def _empty(values: Sequence[Any], cells: int) -> Any:
    """A column of nothing, for text if there is some among the values."""
    text = any(isinstance(value, str) for value in values)
    return np.full(cells, None, object) if text else np.full(cells, np.nan)


def _labels(plan: Plan, row: Any) -> Any:
    names = getattr(plan.rows, "names", None)
    return row if names is None else np.array(names, object)[row]


def _input(values: Any, row: Any) -> Any:
    """A varied value of every cell: numbers as float64, all else as text."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return np.array(values, np.float64)[row]
    return np.array([None if value is None else str(value) for value in values], object)[row]


def write_parquet(frame: "pd.DataFrame", path: Path) -> None:
    """Write the frame; the same frame gives the same bytes."""
    frame.to_parquet(path, index=False, compression="zstd")
