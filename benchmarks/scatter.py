"""Scatter plots of VALIDATION.md: what was predicted against what was measured, on logarithmic axes."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reports.figures.style import CYCLE, PAGE_WIDTH_MM, SOFT, canvas, drawn, house_style, place

FOLDER = "validation"
"""Where the pictures lie, beside VALIDATION.md."""
COLOURS = 32
"""Colours of a picture, so that its file is small."""
MARKERS = "os^Dvx"
COLUMNS = 2
SIDE_MM, LEFT_MM, GAP_MM, TITLE_MM, FOOT_MM = 65.0, 18.0, 20.0, 7.0, 10.0

Rows = Sequence[Mapping[str, Any]]


def pairs_of(rows: Rows, predicted: str, name: str, factor: str) -> dict[str, np.ndarray]:
    """Measured and predicted numbers by the level of a factor."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        both = row.get(name), row.get(predicted)
        if all(isinstance(value, int | float) and np.isfinite(value) and value > 0 for value in both):
            found.setdefault(str(row.get(factor)), []).append(both)
    return {level: np.array(found[level]) for level in sorted(found)}


def _panel(axes: Any, title: str, points: dict[str, np.ndarray]) -> None:
    every = np.concatenate(list(points.values()))
    axes.set_axis_on()
    low, high = every.min() / 1.3, every.max() * 1.3
    axes.plot([low, high], [low, high], color=SOFT, linewidth=0.8)
    for factor in (0.5, 2.0):
        axes.plot([low, high], [low * factor, high * factor], color=SOFT, linewidth=0.5, linestyle=":")
    for number, (level, both) in enumerate(points.items()):
        look = {"s": 5, "alpha": 0.6, "linewidths": 0, "color": CYCLE[number % len(CYCLE)]}
        axes.scatter(both[:, 0], both[:, 1], marker=MARKERS[number % len(MARKERS)], label=level, **look)
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), title=title)
    axes.set(xlabel="measured", ylabel="predicted")
    axes.spines[:].set(visible=False)  # a base line and an upright one stand there already
    axes.minorticks_off()
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,g}")
    if len(points) > 1:
        axes.legend(loc="upper left", markerscale=2.0)


def picture(kind: str, rows: Rows, measured: Mapping[str, str], factor: str) -> bytes:
    """One panel for each predicted quantity; points are told apart by a factor's colour and mark."""
    from PIL import Image

    shown = {name: pairs_of(rows, predicted, name, factor) for predicted, name in measured.items()}
    down = -(-len(shown) // COLUMNS)
    tall = SIDE_MM + TITLE_MM + FOOT_MM
    with house_style(kind):
        figure = canvas(down * tall, PAGE_WIDTH_MM)
        for number, (name, points) in enumerate(shown.items()):
            across, below = number % COLUMNS, number // COLUMNS
            left, bottom = LEFT_MM + across * (SIDE_MM + GAP_MM), (down - 1 - below) * tall + FOOT_MM
            _panel(place(figure, left, bottom, SIDE_MM, SIDE_MM), name, points)
        dots = drawn(figure, png=True).png
    small = io.BytesIO()
    Image.open(io.BytesIO(dots)).quantize(COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def write_picture(page: Path, kind: str, rows: Rows, measured: Mapping[str, str], factor: str) -> str:
    """Draw a kind's picture beside the page and say how the page shows it."""
    target = page.parent / FOLDER / f"{kind}.png"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(picture(kind, rows, measured, factor))
    return f"![{kind}: predicted against measured]({FOLDER}/{target.name})\n"
