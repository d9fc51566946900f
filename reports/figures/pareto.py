"""Names beside dots that cover neither dots nor one another.

Cost against latency, a dot a variant, and the front of those that nobody beats in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from reports.documents.language import Language
from reports.documents.plain_text import columns, shorten
from reports.figures.axes import QUARTERS, Which, factors, named, numbers
from reports.figures.style import BLUE, GREY, INK, PAGE_WIDTH_MM, SOFT, canvas, place
from sim.studies.statistics.dominance import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Box = tuple[float, float, float, float]
"""Left, bottom, right and top [points]."""
POINTS_PER_INCH = 72.0
COLUMN, HEIGHT, DOT, NEAR = 4.0, 9.0, 4.0, 5.0
"""Width of a column of text, height of a line, half a dot, and the way from a dot to its name [points]."""


@dataclass
class Names:
    """Places of one drawing that are taken; grows name by name."""

    axes: "Axes"
    """Where they stand."""
    taken: list[Box] = field(default_factory=list)
    """What is covered."""

    def keep_free(self, x: float, y: float) -> None:
        """No name may cover this dot."""
        across, up = self._at(x, y)
        self.taken.append((across - DOT, up - DOT, across + DOT, up + DOT))

    def keep_line_free(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """No name may cover this line, which runs level or upright."""
        (left, low), (right, high) = self._at(*start), self._at(*end)
        self.taken.append((min(left, right) - 1, min(low, high) - 1, max(left, right) + 1, max(low, high) + 1))

    def write(self, x: float, y: float, text: str, colour: str) -> bool:
        """Write a name beside a dot: right, left, above or below; not at all where there is no room."""
        across, up = self._at(x, y)
        width = columns(text) * COLUMN
        for right, above in (
            (NEAR, 0.0),
            (-NEAR - width, 0.0),
            (-width / 2, HEIGHT),
            (-width / 2, -HEIGHT),
            (NEAR, HEIGHT),
        ):
            box = (across + right, up + above - HEIGHT / 2, across + right + width, up + above + HEIGHT / 2)
            if self._is_free(box):
                self.taken.append(box)
                note = self.axes.annotate(text, (x, y), (right, above), textcoords="offset points", va="center")
                note.set(color=colour, bbox={"facecolor": "white", "pad": 0.6, "linewidth": 0})
                return True
        return False

    def _at(self, x: float, y: float) -> tuple[float, float]:
        across, up = self.axes.transData.transform((x, y)) * POINTS_PER_INCH / self.axes.figure.dpi
        return float(across), float(up)

    def _is_free(self, box: Box) -> bool:
        frame = self.axes.get_window_extent()
        scale = POINTS_PER_INCH / self.axes.figure.dpi
        inside = frame.x0 * scale <= box[0] and box[2] <= frame.x1 * scale
        inside = inside and frame.y0 * scale <= box[1] and box[3] <= frame.y1 * scale
        return inside and not any(_overlap(box, other) for other in self.taken)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


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
