"""Rows of cells by column: what workers hand back, and what part files hold.

outcomes.parquet: all finished cells in one table, in their order, beside their inputs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.studies.questions.cell_plan import Plan
from sim.studies.questions.outcomes import Numbers

if TYPE_CHECKING:
    import pandas as pd

DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class Failure:
    """Why something could not be done."""

    message: str
    """One line."""


@dataclass(frozen=True)
class Columns:
    """Rows of some cells, by column; a column with one value for all of them is kept once."""

    cells: list[int]
    """Numbers of the cells."""
    messages: list[str]
    """Why each failed; empty where it did not."""
    same: Numbers
    """Columns with one value."""
    each: dict[str, list[Any]]
    """All other columns; None where undefined."""

    def column(self, name: str, undefined: Any = None) -> list[Any]:
        """A column, written out, with something in place of None."""
        values = self.each[name] if name in self.each else [self.same.get(name)] * len(self.cells)
        return [undefined if value is None else value for value in values]


def by_column(cells: list[int], rows: Sequence[Numbers | Failure]) -> Columns:
    """Rows, each a mapping of names to numbers or a failure, as columns."""
    known = [row for row in rows if not isinstance(row, Failure)]
    names = dict.fromkeys(name for row in known for name in row)
    each = {name: [None if isinstance(row, Failure) else row.get(name) for row in rows] for name in names}
    return _sorted_out(cells, [row.message if isinstance(row, Failure) else "" for row in rows], each)


def failed(cells: list[int], message: str) -> Columns:
    """Rows of cells that came to nothing."""
    return by_column(cells, [Failure(message)] * len(cells))


def joined(parts: Sequence[Columns]) -> Columns:
    """All rows of some parts, one part after the other.

    >>> joined([Columns([0], [""], {"pue": 1.2, "x": 1}, {}), Columns([1, 2], ["", ""], {"x": 1}, {"pue": [1.3, 1.4]})])
    Columns(cells=[0, 1, 2], messages=['', '', ''], same={'x': 1}, each={'pue': [1.2, 1.3, 1.4]})
    """
    if len(parts) == 1:
        return parts[0]
    cells, messages = ([one for part in parts for one in getattr(part, kind)] for kind in ("cells", "messages"))
    names = dict.fromkeys(name for part in parts for name in (*part.same, *part.each))
    return _sorted_out(cells, messages, {name: [one for part in parts for one in part.column(name)] for name in names})


def _sorted_out(cells: list[int], messages: list[str], each: dict[str, list[Any]]) -> Columns:
    """Columns whose constant ones are kept once."""
    constant = [name for name, values in each.items() if values.count(values[0]) == len(values)]
    same = {name: each.pop(name)[0] for name in constant}
    return Columns(cells, messages, same, each)


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
