"""How long requests took: one histogram a metric, with the quantiles that the tables print."""

from typing import TYPE_CHECKING, Any

import numpy as np

from reports.documents.language import Language
from reports.figures.axes import factors, numbers
from reports.figures.clock import Values
from reports.figures.style import BLUE, INK, PAGE_WIDTH_MM, boxes, canvas, place
from sim.traces.digest import METRICS, Digest, bin_edges

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Histogram = tuple[Values, Values]
"""Bars, and the edges between which they stand [s]."""
GATHERED = 16
"""Bins of the digest to a bar: eight bars an octave."""
LEFT_MM, RIGHT_MM, GAP_MM, AXES_MM, PITCH_MM = 9.0, 6.0, 14.0, 30.0, 46.0
MARKED = ("p50", "p90", "p99")
HEADROOM = 1.3
FEW_DECADES = 1.8
NAME_SHARE = 0.27
"""Part of the width that the name of a quantile takes."""
TAIL = 1e-4
"""Share of requests that may lie outside the axes at either end."""


def histograms(digest: Digest) -> dict[str, Histogram]:
    """How often each metric took how long, over all use cases and hours."""
    counts = digest.bins.sum(axis=(0, 1))
    return {metric: gathered(counts[METRICS.index(metric)]) for metric in METRICS}


def latency_figure(bars: dict[str, Histogram], latency: dict[str, dict[str, Any]], words: Language) -> "Figure":
    """Histograms of all metrics, two to a row."""
    figure = canvas(2 * PITCH_MM)
    width = (PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM - GAP_MM) / 2
    for index, metric in enumerate(bars):
        row, column = divmod(index, 2)
        axes = place(figure, LEFT_MM + column * (width + GAP_MM), (1 - row) * PITCH_MM + 7.0, width, AXES_MM)
        axes.set_title(words(f"latency.{metric}"))
        _histogram(axes, *bars[metric], latency[metric]["p99"], words)
        _quantiles(axes, latency[metric], words)
    return figure


def _histogram(axes: "Axes", bars: Values, edges: Values, last_s: float | None, words: Language) -> None:
    if bars.any():
        shares, some = 100 * bars / bars.sum(), bars > 0
        boxes(axes, edges[:-1][some], 0.0, np.diff(edges)[some], shares[some], BLUE)
        axes.set_ylim(0.0, float(shares.max()))
        axes.set_xscale("log")
        axes.set_xlim(*_with_room(*_span(bars, edges), last_s))
        factors(axes, "x", words.brief_times, FEW_DECADES, grid=False)


def gathered(counts: Values) -> Histogram:
    """Counts of the digest's fine bins in coarser ones, and their edges [s]; what is below the first bin joins it."""
    inner = counts[1:]
    edges = bin_edges()[1:]
    bars = np.add.reduceat(inner, np.arange(0, inner.size, GATHERED)).astype(np.float64)
    bars[0] += counts[0]
    return bars, edges[::GATHERED] if inner.size % GATHERED == 0 else np.append(edges[:-1:GATHERED], edges[-1])


def _span(bars: Values, edges: Values) -> tuple[float, float]:
    """From the first to the last bar that matters, at least a decade."""
    share = np.cumsum(bars) / bars.sum()
    first = int(np.searchsorted(share, TAIL))
    last = int(np.searchsorted(share, 1.0 - TAIL))
    low, high = float(edges[first]), float(edges[min(last + 1, edges.size - 1)])
    middle, half = np.sqrt(low * high), np.sqrt(10.0)
    return float(min(low, middle / half)), float(max(high, middle * half))


def _with_room(low: float, high: float, last_s: float | None) -> tuple[float, float]:
    """Limits that leave room for the name of the last quantile beside its line."""
    if last_s is None or not low < last_s <= high:
        return low, high
    return low, max(high, low * (last_s / low) ** (1 / (1 - NAME_SHARE)))


def _quantiles(axes: "Axes", row: dict[str, Any], words: Language) -> None:
    """Lines from left to right, each lower than the one before, so that a name at its right meets no other line."""
    low, high = axes.get_xlim()
    axes.set_ylim(0.0, axes.get_ylim()[1] * HEADROOM)
    numbers(axes, "y", lambda shares: [f"{share:g} %" for share in shares], 4)
    for place_, name in zip((0.97, 0.86, 0.75), MARKED, strict=True):
        if row[name] is None or not low <= row[name] <= high:
            continue
        axes.axvline(row[name], color=INK, linewidth=0.7, linestyle=(0, (2, 2)), ymax=place_)
        axes.annotate(
            f"{name} {words.time(row[name])}", (row[name], place_), (3, 0), ("data", "axes fraction"),
            textcoords="offset points", ha="left", va="top", color=INK, fontsize=7,
            bbox={"facecolor": "white", "pad": 0.4, "linewidth": 0},
        )  # fmt: skip
