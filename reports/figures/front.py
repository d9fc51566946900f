"""Cost against latency, a dot a variant, and the front of those that nobody beats in both."""

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from reports.figures.names import Names
from reports.figures.rules import QUARTERS, Which, factors, named, numbers
from reports.figures.style import BLUE, GREY, INK, PAGE_WIDTH_MM, SOFT, canvas, place
from reports.language import Language
from reports.many.front import Point
from reports.plain import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Place = tuple[float, float]
LEFT_MM, AXES_MM, FOOT_MM = 18.0, 82.0, 12.0
LONGEST_NAME = 26
FAR = 8.0
"""Where the largest is so many times the smallest, an axis counts factors."""
ROOM = 0.12
MOST_NAMES = 24


def front_figure(
    points: list[Point],
    best: list[Point],
    short: Mapping[str, str],
    titles: tuple[str, str],
    scales: tuple[float, float],
    words: Language,
) -> "Figure":
    """Dots with their short names; the line goes through the front."""
    figure = canvas(AXES_MM + FOOT_MM + 4.0)
    axes = place(figure, LEFT_MM, FOOT_MM, PAGE_WIDTH_MM - LEFT_MM - 6.0, AXES_MM)
    across = [point.cost * scales[0] for point in points]
    up = [point.latency * scales[1] for point in points]
    line = [(point.cost * scales[0], point.latency * scales[1]) for point in best]
    corners = _corners(line)
    axes.plot(*zip(*corners, strict=True), color=BLUE, linewidth=1.0, zorder=1)
    colours = [BLUE if point in best else GREY for point in points]
    axes.scatter(across, up, s=[34 if point in best else 22 for point in points], c=colours, zorder=2, linewidths=0)
    _axis(axes, "x", across, words)
    _axis(axes, "y", up, words)
    named(axes, "x", titles[0])
    named(axes, "y", titles[1])
    _names(axes, points, best, short, scales, corners)
    return figure


def _corners(line: list[Place]) -> list[Place]:
    """The steps that lead from each point of the front to the next."""
    steps = [place for (_, up), (across, higher) in pairwise(line) for place in ((across, up), (across, higher))]
    return [*line[:1], *steps]


def _axis(axes: "Axes", which: Which, values: list[float], words: Language) -> None:
    low, high = min(values), max(values)
    limit = axes.set_xlim if which == "x" else axes.set_ylim
    if low > 0 and high / low > FAR:
        (axes.set_xscale if which == "x" else axes.set_yscale)("log")
        room = (high / low) ** ROOM
        limit(low / room, high * room)
        factors(axes, which, words.factors)
    else:
        room = (high - low) * ROOM or abs(high) * ROOM or 1.0
        limit(low - room, high + room)
        numbers(axes, which, words.ticks, 6, QUARTERS)


def _names(
    axes: "Axes",
    points: list[Point],
    best: list[Point],
    short: Mapping[str, str],
    scales: tuple[float, float],
    corners: list[Place],
) -> None:
    """A name beside each dot where there is room; of very many variants those of the front."""
    named = points if len(points) <= MOST_NAMES else best
    names = Names(axes)
    for point in points:
        names.keep_free(point.cost * scales[0], point.latency * scales[1])
    for start, end in pairwise(corners):
        names.keep_line_free(start, end)
    for point in sorted(named, key=lambda p: (p not in best, p.cost, p.latency)):
        text = shorten(short[point.name], LONGEST_NAME)
        names.write(point.cost * scales[0], point.latency * scales[1], text, INK if point in best else SOFT)
