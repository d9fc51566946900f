"""A tornado: how far the outcome moves when one input goes from its low to its high end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.documents.language import Language
from reports.documents.plain_text import columns, plain, shorten
from reports.figures.axes import QUARTERS, named, numbers, rule
from reports.figures.style import BLUE, INK, ORANGE, PAGE_WIDTH_MM, SOFT, boxes, canvas, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_MM, LEFT_MM, RIGHT_MM, HEAD_MM, FOOT_MM = 6.6, 58.0, 6.0, 6.0, 9.0
LONGEST_LABEL = 36
BAR = 0.66
COLUMN_MM = 1.25
"""Width of a column of what is written at the ends of bars."""
MOST_ROOM = 0.4


@dataclass(frozen=True)
class Swing:
    """One input."""

    label: str
    """Its name."""
    at_low: float
    """The outcome at its low end."""
    at_high: float
    """The outcome at its high end."""
    low: str
    """Its low end, as written."""
    high: str
    """Its high end, as written."""


def tornado_figure(swings: Sequence[Swing], base: float, title: str, words: Language) -> "Figure":
    """Bars around the outcome at all medians, the longest on top; ends of the input stand at the ends of its bar."""
    figure = canvas(len(swings) * ROW_MM + HEAD_MM + FOOT_MM)
    axes = place(figure, LEFT_MM, FOOT_MM, PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM, len(swings) * ROW_MM)
    bottoms = np.arange(len(swings)) - BAR / 2
    for name, end, colour in (("low", "at_low", BLUE), ("high", "at_high", ORANGE)):
        ends = np.array([getattr(swing, end) for swing in swings])
        boxes(axes, base, bottoms, ends - base, BAR, colour, words(f"many.input_{name}"))
        for row, swing in enumerate(swings):
            left, beside = _place(swing, name, base)
            shift, side = (-3, "right") if left else (3, "left")
            axes.annotate(
                getattr(swing, name), (beside, row), (shift, 0), textcoords="offset points", ha=side, va="center",
                fontsize=6.5, color=SOFT,
            )  # fmt: skip
    reached = [base, *(end for swing in swings for end in (swing.at_low, swing.at_high))]
    room = _room(swings) * (max(reached) - min(reached)) or 1.0
    axes.set_xlim(min(reached) - room, max(reached) + room)
    axes.axvline(base, color=INK, linewidth=0.8)
    axes.set_ylim(len(swings) - 0.5, -0.5)
    rule(axes, "y", range(len(swings)), [shorten(plain(swing.label), LONGEST_LABEL) for swing in swings], color=INK)
    numbers(axes, "x", words.ticks, 6, QUARTERS)
    named(axes, "x", title)
    figure.legend(loc="upper left", bbox_to_anchor=(LEFT_MM / PAGE_WIDTH_MM, 1.0), ncols=2)
    return figure


def _place(swing: Swing, name: str, base: float) -> tuple[bool, float]:
    """Whether an end of an input is written left, and beside which value; two on one side would cover each other."""
    at, other = (swing.at_low, swing.at_high) if name == "low" else (swing.at_high, swing.at_low)
    if (at - base) * (other - base) > 0 and (abs(at - base) < abs(other - base) or (at == other and name == "low")):
        return at > base, base
    return at < base or (at == base and (other > base or (other == base and name == "low"))), at


def _room(swings: Sequence[Swing]) -> float:
    """Free space at both ends of the longest bar, as a share of it, for what is written there."""
    longest = max(columns(text) for swing in swings for text in (swing.low, swing.high))
    free = min((longest + 2) * COLUMN_MM / (PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM), MOST_ROOM / (1 + 2 * MOST_ROOM))
    return free / (1 - 2 * free)
