"""Names beside dots that cover neither dots nor one another."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.plain import columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
