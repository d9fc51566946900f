"""Rules around a drawing: its grid, marks and numbers, as a handful of artists.

Matplotlib's own ticks are five artists each and took most of a report's time; a drawing here has its axis switched off.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from reports.figures.style import GRID, RULE, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Which = Literal["x", "y"]
Write = Callable[[Sequence[float]], list[str]]
MARK, PAD, LINE = 2.0, 3.5, 9.0
"""Length of a mark, way from an axis to its numbers, height of a line of text [points]."""
POINTS_PER_INCH = 72.0
BELOW_DATA = 0.5
"""Order of drawing of what lies under curves and bars."""
TENTHS = (1.0, 2.0, 5.0, 10.0)
QUARTERS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Round steps of an axis."""
CLOSE = 1e-9
MANY_DECADES = 2.0
MOST_DECADES = 7


def rule(
    axes: "Axes", which: Which, at: Sequence[float], texts: Sequence[str], grid: bool = False, **look: Any
) -> None:
    """Mark places of an axis and write beside them; those outside the drawing are left out."""
    told = dict(zip(at, texts, strict=True))
    seen = _inside(axes, which, at)
    if grid:
        _lines(axes, which, seen, (0.0, 1.0), GRID, 0.5)
    if which == "x":
        _lines(axes, which, seen, (-MARK / _height(axes), 0.0), RULE, 0.6)
    for place in seen:
        _write(axes, which, place, told[place], look)


def numbers(
    axes: "Axes",
    which: Which,
    write: Write,
    most: int,
    steps: Sequence[float] = TENTHS,
    grid: bool = True,
    whole: bool = False,
) -> None:
    """Mark round numbers at equal distances, whole ones only where it is asked for."""
    from matplotlib.ticker import MaxNLocator

    at = MaxNLocator(most, steps=steps, integer=whole, min_n_ticks=1 if whole else 2).tick_values(
        *sorted(_limits(axes, which))
    )
    seen = _inside(axes, which, [float(place) for place in at])
    rule(axes, which, seen, write(seen), grid)


def factors(axes: "Axes", which: Which, write: Write, decades: float = MANY_DECADES, grid: bool = True) -> None:
    """Mark powers of ten of a logarithmic axis, and twice and five times them where it spans few decades."""
    low, high = _limits(axes, which)
    first, last = (int(np.floor(np.log10(end))) for end in (low, high))
    inner = (1.0,) if np.log10(high / low) > decades else (1.0, 2.0, 5.0)
    powers = range(first, last + 1, 1 + (last - first) // MOST_DECADES)
    at = [step * 10.0**power for power in powers for step in inner]
    rule(axes, which, at, write(at), grid)


def named(axes: "Axes", which: Which, title: str) -> None:
    """Write what an axis counts: under its numbers, or upright at the drawing's left edge."""
    if which == "x":
        far = (MARK + PAD + LINE + PAD) / _height(axes)
        axes.text(0.5, -far, title, transform=axes.transAxes, ha="center", va="top", color=SOFT)
        return
    middle = axes.get_position().y0 + axes.get_position().height / 2
    axes.figure.text(0.0, middle, title, rotation=90, ha="left", va="center", color=SOFT)


def _limits(axes: "Axes", which: Which) -> tuple[float, float]:
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    return float(low), float(high)


def _inside(axes: "Axes", which: Which, at: Sequence[float]) -> list[float]:
    """Places that the drawing holds."""
    low, high = sorted(_limits(axes, which))
    slack = CLOSE * (high - low)
    return [place for place in at if low - slack <= place <= high + slack]


def _height(axes: "Axes") -> float:
    """Of the drawing [points]."""
    return float(axes.get_position().height * axes.figure.bbox.height / axes.figure.dpi * POINTS_PER_INCH)


def _lines(axes: "Axes", which: Which, at: list[float], ends: tuple[float, float], colour: str, width: float) -> None:
    from matplotlib.collections import LineCollection

    if which == "x":
        segments, transform = [((place, ends[0]), (place, ends[1])) for place in at], axes.get_xaxis_transform()
    else:
        segments, transform = [((ends[0], place), (ends[1], place)) for place in at], axes.get_yaxis_transform()
    lines = LineCollection(segments, colors=colour, linewidths=width, transform=transform, zorder=BELOW_DATA)
    lines.set_clip_on(False)
    axes.add_collection(lines, autolim=False)


def _write(axes: "Axes", which: Which, place: float, text: str, look: dict[str, Any]) -> None:
    from matplotlib.transforms import ScaledTranslation

    inches = axes.figure.dpi_scale_trans
    if which == "x":
        shift = ScaledTranslation(0.0, -(MARK + PAD) / POINTS_PER_INCH, inches)
        where: dict[str, Any] = {"x": place, "y": 0.0, "ha": "center", "va": "top"}
        transform = axes.get_xaxis_transform() + shift
    else:
        shift = ScaledTranslation(-PAD / POINTS_PER_INCH, 0.0, inches)
        where = {"x": 0.0, "y": place, "ha": "right", "va": "center_baseline"}
        transform = axes.get_yaxis_transform() + shift
    axes.text(s=text, transform=transform, **where, **({"color": SOFT} | look))
