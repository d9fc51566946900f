"""Tables that fit the terminal: without lines, numbers whole, words folded; stacked where columns would not fit.

Numbers of a batch or study as the terminal shows them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports.terminal.console import width

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


Form = Callable[[Any], str]


def number(value: Any) -> str:
    """A number to four figures, or to the hundredth from a thousand on; a word as it is."""
    if value is None or isinstance(value, str):
        return value or "-"
    return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:,.4g}"


def signed(value: float | None) -> str:
    """A difference, with its sign."""
    return "-" if value is None else f"{'+' if value > 0 else ''}{number(value)}"


def share(value: float | None) -> str:
    """A part of a whole, to three places."""
    return "-" if value is None else f"{value:z.3f}"


def change(relative: float | None) -> str:
    """A change by a share, as signed percent."""
    return "-" if relative is None else f"{relative:+z.1%}".replace("+0.0%", "0.0%")


def percent(value: float | None) -> str:
    """A share as percent."""
    return "-" if value is None else f"{value:.1%}"


def half(told: dict[str, Any]) -> str:
    """Half of an interval that is as wide above its estimate as below."""
    if told["low"] is None:
        return "-"
    around = (told["high"] - told["low"]) / 2
    return f"{around:,.0f}" if around >= 10 else f"{around:.2g}"


def interval(told: dict[str, Any], form: Form = number) -> str:
    """An interval, of which an end may be unknown."""
    low, high = told["low"], told["high"]
    if low is None or high is None:
        return f"from {form(low)} on" if low is not None else f"up to {form(high)}" if high is not None else ""
    return f"{form(low)} to {form(high)}"
