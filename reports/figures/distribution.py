"""Upright lines with names, like flags: no line runs through the name of another.

An outcome over all draws: its histogram with quantiles and limits, and how its mean and quantiles settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reports.documents.language import Language
from reports.documents.plain_text import columns
from reports.figures.axes import QUARTERS, named, numbers
from reports.figures.style import BLUE, INK, ORANGE, PAGE_WIDTH_MM, RED, SOFT, boxes, canvas, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMN, GAP = 4.0, 5.0
"""Width of a column of text, and the way from a line to its name [points]."""
Span = tuple[float, float]


def flags(at: Sequence[float], names: Sequence[str], width: float) -> list[tuple[bool, int]]:
    """Of each line, whether its name stands to its left, and its row from the top; places in points, rising.

    A line ends at its name, so that a name further out is never crossed as long as it stands higher.

    >>> flags([10.0, 20.0, 90.0], ["first", "second", "third"], 100.0)
    [(False, 0), (False, 1), (True, 0)]
    """
    lefts: set[int] = set()
    for one in reversed(range(len(at))):
        start, end = _span(at[one], names[one], left=False)
        if end > width or any(start <= at[other] <= end for other in lefts):
            lefts.add(one)
    order = [*sorted(lefts, reverse=True), *(one for one in range(len(at)) if one not in lefts)]
    spans = [_span(place, name, one in lefts) for one, (place, name) in enumerate(zip(at, names, strict=True))]
    rows: dict[int, int] = {}
    for one in order:
        rows[one] = _row(at[one], spans[one], [(spans[other], row) for other, row in rows.items()])
    return [(one in lefts, rows[one]) for one in range(len(at))]


def _span(place: float, name: str, left: bool) -> Span:
    length = GAP + columns(name) * COLUMN
    return (place - length, place) if left else (place, place + length)


def _row(place: float, span: Span, taken: Sequence[tuple[Span, int]]) -> int:
    """The first row in which a name covers no other and its line ends below all names that it would cross."""
    crossed = [row for (start, end), row in taken if start < place < end]
    covered = {row for (start, end), row in taken if start < span[1] and span[0] < end}
    row = max(crossed, default=-1) + 1
    while row in covered:
        row += 1
    return row


Values = NDArray[np.float64]
LEFT_MM, RIGHT_MM, FOOT_MM, AXES_MM = 14.0, 4.0, 10.0, 56.0
FEWEST_BARS, MOST_BARS = 8, 48
HEADROOM = 1.34
TOP, ROW = 0.96, 0.07
"""Height of the highest name, and from one row of names to the next, as shares of the drawing's."""
POINTS_PER_MM = 72.0 / 25.4
FAR = 1.0
"""How far beyond the middle nine tenths the axis goes, as a share of their width."""
MOST_POINTS = 300
FIRST = 8
"""Draws before which a running estimate says nothing."""


@dataclass(frozen=True)
class Mark:
    """A level in a histogram."""

    at: float
    """Where."""
    label: str
    """What it is."""
    limit: bool = False
    """Whether it is a limit that somebody set."""


def spread_figure(values: Values, marks: list[Mark], title: str, words: Language) -> "Figure":
    """Histogram of all draws."""
    figure = canvas(AXES_MM + FOOT_MM + 3.0)
    axes = place(figure, LEFT_MM, FOOT_MM, PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM, AXES_MM)
    low, high = span(values, marks)
    bars = int(np.clip(2 * np.sqrt(values.size), FEWEST_BARS, MOST_BARS))
    counts, edges = np.histogram(values, bars, (low, high))
    shares = 100 * counts / values.size
    boxes(axes, edges[:-1], 0.0, np.diff(edges) * 0.94, shares, BLUE)
    axes.set_xlim(low, high)
    axes.set_ylim(0.0, float(shares.max()) * HEADROOM or 1.0)
    _marks(axes, marks)
    numbers(axes, "x", words.ticks, 8, QUARTERS, grid=False)
    numbers(axes, "y", lambda shares: [f"{share:g} %" for share in shares], 4)
    named(axes, "x", title)
    return figure


def span(values: Values, marks: list[Mark]) -> tuple[float, float]:
    """Ends of the axis: nearly all draws and all marks, but no far outliers, which would crush the rest."""
    low, middle, high = (float(end) for end in np.quantile(values, [0.05, 0.5, 0.95]))
    reach = FAR * max(high - low, 0.02 * abs(middle))
    ends = [max(low - reach, float(values.min())), min(high + reach, float(values.max()))]
    limits = [*ends, *(mark.at for mark in marks)]
    room = 0.03 * (max(limits) - min(limits)) or 0.1 * abs(middle) or 1.0
    return min(limits) - room, max(limits) + room


def _marks(axes: "Axes", marks: list[Mark]) -> None:
    """Lines with their names, none of which is crossed by another line."""
    low, high = axes.get_xlim()
    width = (PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM) * POINTS_PER_MM
    marks = sorted(marks, key=lambda mark: mark.at)
    at = [(mark.at - low) / (high - low) * width for mark in marks]
    for mark, (left, row) in zip(marks, flags(at, [mark.label for mark in marks], width), strict=True):
        colour, height = RED if mark.limit else INK, max(TOP - row * ROW, ROW)
        axes.axvline(mark.at, ymax=height + ROW / 2, color=colour, linewidth=0.9, linestyle=(0, (3, 2)))
        note = axes.annotate(
            mark.label, (mark.at, height), (-GAP if left else GAP, 0), ("data", "axes fraction"),
            textcoords="offset points", ha="right" if left else "left", va="center",
        )  # fmt: skip
        note.set(color=colour, bbox={"facecolor": "white", "pad": 0.6, "linewidth": 0})


def settling_figure(values: Values, normal: float, title: str, words: Language) -> "Figure":
    """Running mean with its interval, and running quantiles, by number of draws."""
    figure = canvas(46.0 + FOOT_MM + 8.0)
    axes = place(figure, LEFT_MM, FOOT_MM, PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM, 46.0)
    counts = np.unique(np.linspace(min(FIRST, values.size), values.size, min(MOST_POINTS, values.size)).astype(int))
    means = np.cumsum(values)[counts - 1] / counts
    squares = np.cumsum(values**2)[counts - 1] / counts
    half = normal * np.sqrt(np.maximum(squares - means**2, 0.0) / counts)
    quantiles = np.array([np.quantile(values[:count], [0.05, 0.5, 0.95]) for count in counts])
    axes.fill_between(counts, means - half, means + half, color=BLUE, alpha=0.25, linewidth=0)
    axes.plot(counts, means, color=BLUE, label=words("many.mean"))
    for column, (name, style) in enumerate((("p05", ":"), ("p50", "-."), ("p95", "--"))):
        axes.plot(counts, quantiles[:, column], style, color=ORANGE, label=name)
    axes.set_xlim(float(counts[0]), float(max(counts[-1], counts[0] + 1)))
    numbers(axes, "x", words.ticks, 8, grid=False)
    numbers(axes, "y", words.ticks, 5, QUARTERS)
    named(axes, "x", words("many.draws"))
    axes.set_title(title)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.02), ncols=4, labelcolor=SOFT)
    return figure
