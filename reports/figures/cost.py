"""Costs as steps that add up: the day's waterfall, and the walk from the article's total to the ledger's."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.figures.rules import QUARTERS, numbers, rule
from reports.figures.style import INK, SOFT, boxes, canvas, place
from reports.language import Language
from reports.plain import plain, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_MM, LEFT_MM, RIGHT_MM = 6.0, 48.0, 24.0
LONGEST_LABEL = 32
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
    axes = place(figure, LEFT_MM, 6.0, 170.0 - LEFT_MM - RIGHT_MM, len(bars) * ROW_MM)
    starts, ends = (np.array([getattr(bar, end) for bar in bars]) for end in ("from_usd", "to_usd"))
    boxes(axes, starts, np.arange(len(bars)) - BAR / 2, ends - starts, BAR, [bar.colour for bar in bars])
    for row, bar in enumerate(bars):
        _label(axes, row, bar)
    joints = [below.to_usd if below.total else bar.to_usd for bar, below in itertools.pairwise(bars)]
    rows = np.arange(len(joints))
    axes.vlines(joints, rows + BAR / 2, rows + 1 - BAR / 2, color=SOFT, linewidth=0.5)
    _frame(axes, bars, words)
    return figure


def _label(axes: "Axes", row: int, bar: Bar) -> None:
    """The amount behind the end of its bar."""
    weight = "bold" if bar.total else "normal"
    end = max(bar.from_usd, bar.to_usd)
    axes.annotate(bar.value, (end, row), (3, 0), textcoords="offset points", va="center", weight=weight)


def _frame(axes: "Axes", bars: Sequence[Bar], words: Language) -> None:
    axes.set_ylim(len(bars) - 0.5, -0.5)
    for row, bar in enumerate(bars):
        weight = "bold" if bar.total else "normal"
        rule(axes, "y", [row], [shorten(plain(bar.label), LONGEST_LABEL)], color=INK, weight=weight)
    ends = [end for bar in bars for end in (bar.from_usd, bar.to_usd)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    axes.set_xlim(low, high if high > low else low + 1.0)
    numbers(axes, "x", words.ticks, 5, QUARTERS)
    axes.annotate("USD", (1, 0), (16, -9), "axes fraction", textcoords="offset points", color=SOFT)
