"""The day in one page: small multiples over one clock."""

from typing import TYPE_CHECKING

import numpy as np

from reports.documents.language import Language
from reports.documents.plain_text import columns
from reports.figures.axes import QUARTERS, factors, numbers
from reports.figures.clock import Clock, Values
from reports.figures.panels import Panel
from reports.figures.style import PAGE_WIDTH_MM, RED, SOFT, area, canvas, place, steps

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES_MM, PITCH_MM = 27.0, 36.5
LABELS_MM, LEGEND_MM = 3.5, 3.5
"""What a row takes more for time labels below it, and for a legend on a line of its own."""
COLUMN_MM, HANDLE_MM = 1.5, 7.0
"""Width of a column of text, and of what stands around each name of a legend."""
TITLE_PAD = 4.0
POINTS_PER_MM = 72.0 / 25.4
LEFT_MM, RIGHT_MM, GAP_MM, BELOW_MM, FOOT_MM = 11.0, 4.0, 14.0, 5.0, 2.0
STYLES = ("-", "--", ":", "-.", "-", "--")
"""Curves of one panel differ in stroke as well as in colour."""
MOST_MARKS = 150
MOST_STEPS = 48
HEADROOM = 1.12
NARROW = 5.0
"""An axis of factors that spans less than this has ticks at equal distances."""
WIDE = 4
"""A panel with so many curves takes a row of its own."""


def day_page(panels: list[Panel], clock: Clock, words: Language) -> "Figure":
    """All panels, two to a row; one with many curves across both columns."""
    rows = _rows(panels)
    crowded = [any(_is_crowded(panel, _width(row)) for panel in row) for row in rows]
    labelled = [below is None or len(row) != len(below) for row, below in zip(rows, [*rows[1:], None], strict=True)]
    extra = [LEGEND_MM * legend + LABELS_MM * labels for legend, labels in zip(crowded, labelled, strict=True)]
    top = len(rows) * PITCH_MM + sum(extra) - LABELS_MM + BELOW_MM
    figure = canvas(top)
    for row, legend, labels in zip(rows, crowded, labelled, strict=True):
        top -= PITCH_MM + LEGEND_MM * legend
        for column, panel in enumerate(row):
            left = LEFT_MM + column * (_width(row) + GAP_MM)
            axes = place(figure, left, top + FOOT_MM, _width(row), AXES_MM)
            draw_panel(axes, panel, words, legend)
            clock.draw(axes, labels=labels)
        top -= LABELS_MM * labels
    return figure


def _width(row: list[Panel]) -> float:
    """Of each panel in a row [mm]."""
    return (PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM - (len(row) - 1) * GAP_MM) / len(row)


def _is_crowded(panel: Panel, width: float) -> bool:
    """Whether title and legend would not fit on one line of that width [mm]."""
    names = [curve.label for curve in panel.curves if curve.label]
    legend = sum(columns(name) * COLUMN_MM + HANDLE_MM for name in names)
    return bool(names) and columns(_title(panel)) * COLUMN_MM + legend > width


def _title(panel: Panel) -> str:
    return f"{panel.title}, {panel.unit}" if panel.unit else panel.title


def _rows(panels: list[Panel]) -> list[list[Panel]]:
    rows: list[list[Panel]] = []
    for panel in panels:
        if len(panel.curves) >= WIDE or not rows or len(rows[-1]) > 1 or len(rows[-1][0].curves) >= WIDE:
            rows.append([panel])
        else:
            rows[-1].append(panel)
    return rows


def draw_panel(axes: "Axes", panel: Panel, words: Language, legend_below: bool = False) -> None:
    """One panel: its curves, its axis, its legend beside the title or on a line below it."""
    axes.set_title(_title(panel), pad=TITLE_PAD + legend_below * LEGEND_MM * POINTS_PER_MM)
    if panel.stacked:
        _stack(axes, panel)
    else:
        _lines(axes, panel)
    _limit(axes, panel)
    if panel.logarithmic and _has_values(panel):
        _logarithmic(axes, panel, words)
    else:
        numbers(axes, "y", words.ticks, 4, QUARTERS, whole=panel.whole or panel.is_empty)
    if panel.marks_s:
        _marks(axes, panel)
    if panel.is_empty:
        axes.text(0.5, 0.5, panel.nothing, transform=axes.transAxes, ha="center", va="center", color=SOFT)
    elif any(curve.label for curve in panel.curves):
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(panel.curves), borderpad=0.2)


def _has_values(panel: Panel) -> bool:
    return any(np.isfinite(curve.values).any() and np.nanmax(curve.values) > 0 for curve in panel.curves)


def _points(panel: Panel, values: Values) -> tuple[Values, Values]:
    """Where a curve goes: steps where its stretches are few, through their middles where they are many."""
    if values.size <= MOST_STEPS:
        return steps(panel.edges_s, values)
    return (panel.edges_s[:-1] + panel.edges_s[1:]) / 2, values


def _lines(axes: "Axes", panel: Panel) -> None:
    for curve, style in zip(panel.curves, STYLES, strict=False):
        axes.plot(*_points(panel, curve.values), style, color=curve.colour, label=curve.label or None)


def _stack(axes: "Axes", panel: Panel) -> None:
    base = np.zeros(panel.edges_s.size - 1)
    for curve in panel.curves:
        top = base + np.nan_to_num(curve.values)
        (at, low), (_, high) = _points(panel, base), _points(panel, top)
        area(axes, at, low, high, curve.colour, curve.label)
        base = top


def _limit(axes: "Axes", panel: Panel) -> None:
    rows = np.array([curve.values for curve in panel.curves])
    known = rows[np.isfinite(rows)]
    if panel.lowest is None or not known.size:
        return
    tops = np.nansum(rows, axis=0) if panel.stacked else known
    top = float(tops.max())
    room = (max(top, 1.0) if panel.whole else top - panel.lowest) * HEADROOM
    axes.set_ylim(panel.lowest, panel.lowest + (room if room > 0 else 1.0))


def _logarithmic(axes: "Axes", panel: Panel, words: Language) -> None:
    values = np.concatenate([curve.values[np.isfinite(curve.values) & (curve.values > 0)] for curve in panel.curves])
    low, high = float(values.min()) / 1.3, float(values.max()) * 1.3
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    if high / low < NARROW:
        numbers(axes, "y", words.ticks, 3)
    else:
        factors(axes, "y", words.factors)


def _marks(axes: "Axes", panel: Panel) -> None:
    """Failures as small triangles at the top; of very many, as many as can be told apart."""
    marks = np.sort(panel.marks_s)
    slots = np.floor((marks - panel.edges_s[0]) / (panel.edges_s[-1] - panel.edges_s[0]) * MOST_MARKS)
    kept = marks[np.unique(slots, return_index=True)[1]]
    place = axes.get_xaxis_transform()
    axes.plot(kept, np.full(kept.size, 0.96), "v", color=RED, markersize=2.2, transform=place, clip_on=False)
