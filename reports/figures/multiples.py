"""The day in one page: small multiples over one clock."""

from typing import TYPE_CHECKING

import numpy as np

from reports.figures.clock import Clock, Values
from reports.figures.panels import Panel
from reports.figures.rules import QUARTERS, factors, numbers
from reports.figures.style import PAGE_WIDTH_MM, RED, area, canvas, place, steps
from reports.language import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES_MM, PITCH_MM = 27.0, 36.5
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
    figure = canvas(len(rows) * PITCH_MM + BELOW_MM)
    for index, row in enumerate(rows):
        bottom = BELOW_MM + (len(rows) - 1 - index) * PITCH_MM + FOOT_MM
        width = (PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM - (len(row) - 1) * GAP_MM) / len(row)
        for column, panel in enumerate(row):
            axes = place(figure, LEFT_MM + column * (width + GAP_MM), bottom, width, AXES_MM)
            draw_panel(axes, panel, words)
            clock.draw(axes, labels=index == len(rows) - 1)
    return figure


def _rows(panels: list[Panel]) -> list[list[Panel]]:
    rows: list[list[Panel]] = []
    for panel in panels:
        if len(panel.curves) >= WIDE or not rows or len(rows[-1]) > 1 or len(rows[-1][0].curves) >= WIDE:
            rows.append([panel])
        else:
            rows[-1].append(panel)
    return rows


def draw_panel(axes: "Axes", panel: Panel, words: Language) -> None:
    """One panel: its curves, its axis, its legend beside the title."""
    axes.set_title(f"{panel.title}, {panel.unit}" if panel.unit else panel.title)
    if panel.stacked:
        _stack(axes, panel)
    else:
        _lines(axes, panel)
    _limit(axes, panel)
    if panel.logarithmic and _has_values(panel):
        _logarithmic(axes, panel, words)
    else:
        numbers(axes, "y", words.ticks, 4, QUARTERS)
    if panel.marks_s:
        _marks(axes, panel)
    if any(curve.label for curve in panel.curves):
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
    room = (top - panel.lowest) * HEADROOM
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
