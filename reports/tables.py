"""Tables that fit the terminal: without lines, numbers whole, words folded; stacked where columns would not fit."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports.console import width

NARROW, WIDE = 80, 140
"""Columns that most tables need, and that the widest need; on less they come closer together, or are stacked."""
GAP, NARROW_GAP = 3, 1
"""Spaces between columns."""
LEAST_WORDS = 24
"""Columns into which words may be folded, no fewer."""
LABEL_COLUMNS = 11
"""Width of the words before a labelled line."""


def plain_table(*columns: str) -> Table:
    """A table without lines, its first column to the left and all others, of numbers, to the right."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, _gap(), 0, 0))
    table.add_column(Text(columns[0]), overflow="fold")
    for column in columns[1:]:
        table.add_column(Text(column), justify="right", no_wrap=True)
    return table


def _gap() -> int:
    return GAP if width() >= NARROW else NARROW_GAP


def fits(*rows: Sequence[str]) -> bool:
    """Whether a plain table of these rows, its head among them, can show all numbers whole."""
    first, *numbers = (max(map(len, column)) for column in zip(*rows, strict=True))
    return min(first, LEAST_WORDS) + sum(numbers) + _gap() * len(numbers) <= width()


def labelled(*lines: tuple[str, str], style: str = "") -> Table:
    """Lines that begin with a label or with none; what does not fit goes on below its line."""
    table = Table.grid()
    table.add_column(width=LABEL_COLUMNS, no_wrap=True)
    table.add_column(overflow="fold")
    for label, line in lines:
        table.add_row(Text(label, style), Text(line, style))
    return table


def word_table(columns: Sequence[str], rows: Iterable[Sequence[str]], needed: int = NARROW) -> RenderableType:
    """A table of words where the terminal has `needed` columns; else each first cell in bold, the others below it."""
    if width() < needed:
        return stacked(rows)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column != columns[-1])
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def stacked(rows: Iterable[Sequence[str]]) -> RenderableType:
    """Each first cell in bold, the others in lines below it."""
    return Group(*(part for head, *rest in rows for part in (Text(head, "bold", overflow="fold"), _indented(rest))))


def _indented(cells: Iterable[str]) -> RenderableType:
    return Padding(Text("; ".join(filter(None, cells))), (0, 0, 0, 4))
