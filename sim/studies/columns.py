"""Rows of cells by column: what workers hand back, and what part files hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.studies.outcomes import Numbers

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
