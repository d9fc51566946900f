"""Costs as steps that add up: the day's waterfall, and the walk from the article's total to the ledger's."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.documents.language import Language
from reports.documents.plain_text import columns, plain, shorten
from reports.figures.axes import QUARTERS, numbers, rule
from reports.figures.style import INK, PAGE_WIDTH_MM, SOFT, boxes, canvas, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_MM, RIGHT_MM, COLUMN_MM = 5.6, 24.0, 1.45
"""Height of a row, room for amounts, and width of a column of text."""
LEAST_COLUMNS, MOST_COLUMNS = 16, 46
"""Columns kept for labels, by the longest of them."""
BAR = 0.62


@dataclass(frozen=True)
class Bar:
    """One row of a waterfall."""

    label: str
    """What it is."""
    from_usd: float
    """Where it begins."""
    to_usd: float
    """Where it ends."""
    colour: str
    """Its colour."""
    value: str
    """What stands beside it."""
    total: bool = False
    """Whether it is a sum, which begins at zero."""


def steps(parts: Sequence[tuple[str, float, str]], total_label: str, words: Language) -> list[Bar]:
    """Bars that begin where the one before ends, and their sum."""
    ends = list(itertools.accumulate((amount for _, amount, _ in parts), initial=0.0))
    bars = [
        Bar(label, start, end, colour, words.money(amount))
        for (label, amount, colour), (start, end) in zip(parts, itertools.pairwise(ends), strict=True)
    ]
    return [*bars, Bar(total_label, 0.0, ends[-1], INK, words.money(ends[-1]), total=True)]


def waterfall(bars: Sequence[Bar], words: Language) -> "Figure":
    """Rows from top to bottom, each beginning where the one above it ends."""
    figure = canvas(len(bars) * ROW_MM + 8.0)
    labels = [shorten(plain(bar.label), MOST_COLUMNS) for bar in bars]
    left_mm = COLUMN_MM * max(LEAST_COLUMNS, *map(columns, labels)) + 2.0
    axes = place(figure, left_mm, 6.0, PAGE_WIDTH_MM - left_mm - RIGHT_MM, len(bars) * ROW_MM)
    starts, ends = (np.array([getattr(bar, end) for bar in bars]) for end in ("from_usd", "to_usd"))
    boxes(axes, starts, np.arange(len(bars)) - BAR / 2, ends - starts, BAR, [bar.colour for bar in bars])
    for row, bar in enumerate(bars):
        _label(axes, row, bar)
    joints = [below.to_usd if below.total else bar.to_usd for bar, below in itertools.pairwise(bars)]
    rows = np.arange(len(joints))
    axes.vlines(joints, rows + BAR / 2, rows + 1 - BAR / 2, color=SOFT, linewidth=0.5)
    _frame(axes, bars, labels, words)
    return figure


def _label(axes: "Axes", row: int, bar: Bar) -> None:
    """The amount behind the end of its bar."""
    weight = "bold" if bar.total else "normal"
    end = max(bar.from_usd, bar.to_usd)
    axes.annotate(bar.value, (end, row), (3, 0), textcoords="offset points", va="center", weight=weight)


def _frame(axes: "Axes", bars: Sequence[Bar], labels: Sequence[str], words: Language) -> None:
    axes.set_ylim(len(bars) - 0.5, -0.5)
    for row, (bar, label) in enumerate(zip(bars, labels, strict=True)):
        rule(axes, "y", [row], [label], color=INK, weight="bold" if bar.total else "normal")
    ends = [end for bar in bars for end in (bar.from_usd, bar.to_usd)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    axes.set_xlim(low, high if high > low else low + 1.0)
    numbers(axes, "x", words.ticks, 5, QUARTERS)
    axes.annotate(words("symbol.USD"), (1, 0), (16, -9), "axes fraction", textcoords="offset points", color=SOFT)
