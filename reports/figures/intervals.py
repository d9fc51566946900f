"""Estimates with their intervals, a row each: differences between variants, indices of inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.documents.language import Language
from reports.documents.plain_text import plain, shorten
from reports.figures.axes import BELOW_DATA, QUARTERS, named, numbers, rule
from reports.figures.style import BLUE, GRID, INK, ORANGE, PAGE_WIDTH_MM, SOFT, boxes, canvas, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_MM, LEFT_MM, RIGHT_MM, HEAD_MM, FOOT_MM = 6.2, 58.0, 22.0, 6.0, 9.0
LONGEST_LABEL = 36
COLOURS = (BLUE, ORANGE)
BAR = 0.72
"""Height of all bars of a row together, in rows."""


@dataclass(frozen=True)
class Estimate:
    """One estimate."""

    value: float
    """It."""
    low: float
    """Lower end of its interval."""
    high: float
    """Upper end of its interval."""


@dataclass(frozen=True)
class Row:
    """Estimates of one thing."""

    label: str
    """The thing."""
    estimates: tuple[Estimate, ...]
    """One a series."""
    told: str
    """What stands at the end of the row."""


def interval_figure(
    rows: Sequence[Row],
    series: Sequence[str],
    title: str,
    words: Language,
    line: float | None = None,
    band: float | None = None,
) -> "Figure":
    """Bars from zero with whiskers; `line` marks a level that means nothing is there, `band` what chance may reach."""
    figure = canvas(len(rows) * ROW_MM + HEAD_MM + FOOT_MM)
    axes = place(figure, LEFT_MM, FOOT_MM, PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM, len(rows) * ROW_MM)
    height = BAR / len(series)
    for index, name in enumerate(series):
        estimates = [row.estimates[index] for row in rows]
        at = np.arange(len(rows)) - BAR / 2 + (index + 0.5) * height
        values = np.array([estimate.value for estimate in estimates])
        boxes(axes, 0.0, at - height * 0.42, values, height * 0.84, COLOURS[index], name)
        axes.hlines(at, [e.low for e in estimates], [e.high for e in estimates], color=INK, linewidth=0.8)
    if band is not None:
        axes.axvspan(-band, band, color=GRID, linewidth=0, zorder=BELOW_DATA)
    if line is not None:
        axes.axvline(line, color=SOFT, linewidth=0.7, linestyle=(0, (2, 2)))
    _frame(axes, rows, title, words, band or 0.0)
    if len(series) > 1:
        figure.legend(loc="upper left", bbox_to_anchor=(LEFT_MM / PAGE_WIDTH_MM, 1.0), ncols=len(series))
    return figure


def _frame(axes: "Axes", rows: Sequence[Row], title: str, words: Language, band: float) -> None:
    axes.set_ylim(len(rows) - 0.5, -0.5)
    rule(axes, "y", range(len(rows)), [shorten(plain(row.label), LONGEST_LABEL) for row in rows], color=INK)
    ends = [end for row in rows for estimate in row.estimates for end in (estimate.low, estimate.high, estimate.value)]
    low, high = min(-band, *ends), max(band, *ends)
    room = 0.03 * (high - low) or 1.0
    axes.set_xlim(low - (room if low < 0 else 0.0), high + room)
    for index, row in enumerate(rows):
        axes.annotate(row.told, (1, index), (4, 0), ("axes fraction", "data"), textcoords="offset points", va="center")
    axes.axvline(0.0, color=INK, linewidth=0.6)
    numbers(axes, "x", words.ticks, 6, QUARTERS)
    named(axes, "x", title)
