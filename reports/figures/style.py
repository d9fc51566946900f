"""How every figure looks: one palette, one typeface, sizes in millimetres as printed."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.documents.fonts import FAMILY, font_files

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MM_PER_INCH = 25.4
PAGE_WIDTH_MM = 170.0
"""Width of the text on a page, and so of a figure."""
PNG_DPI = 160

BLUE, ORANGE, RED, PLUM, GREY, VIOLET = "#5790fc", "#f89c20", "#e42536", "#964a8b", "#9c9ca1", "#7a21dd"
"""Petroff's six colours, chosen for readers with any colour vision (arXiv:2107.02270); their greys differ, too."""
CYCLE = (BLUE, ORANGE, PLUM, RED, GREY, VIOLET)
INK, SOFT, RULE, GRID = "#16202e", "#5b6675", "#d5dae1", "#e8ebef"

CATEGORY_COLOURS = {"hardware": BLUE, "energy": ORANGE, "maintenance": PLUM}
ENERGY_COLOURS = {"gpu": BLUE, "host": VIOLET, "storage": GREY, "network": PLUM, "cooling": ORANGE, "losses": RED}

_RC: dict[str, Any] = {
    "font.family": [FAMILY],
    "font.size": 7.5,
    "text.color": INK,
    "text.parse_math": False,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 4,
    "axes.titley": 1.0,
    "lines.linewidth": 1.0,
    "lines.solid_capstyle": "round",
    "patch.linewidth": 0.0,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.handlelength": 1.2,
    "legend.handletextpad": 0.5,
    "legend.columnspacing": 1.2,
    "legend.borderaxespad": 0.0,
    "savefig.facecolor": "none",
    "savefig.pad_inches": 0.0,
    "svg.fonttype": "none",
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
}


@dataclass(frozen=True)
class Drawing:
    """A figure, finished."""

    svg: str
    """As scalable text."""
    png: bytes
    """As dots, where they were asked for."""


@contextmanager
def house_style(name: str) -> Iterator[None]:
    """Draw as the house does; `name` keeps the inner names of one drawing apart from those of another."""
    import matplotlib
    from matplotlib import font_manager

    style: Any = {**_RC, "svg.hashsalt": name}
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for file in font_files():
        if str(file) not in known:
            font_manager.fontManager.addfont(str(file))
    with matplotlib.rc_context(style):
        yield


def canvas(height_mm: float, width_mm: float = PAGE_WIDTH_MM) -> "Figure":
    """An empty figure of that size."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))


def place(figure: "Figure", left: float, bottom: float, width: float, height: float) -> "Axes":
    """Axes at a place [mm] counted from the lower left corner, with base lines and no ticks of their own."""
    from matplotlib.lines import Line2D

    across, up = (float(size) * MM_PER_INCH for size in figure.get_size_inches())
    axes = figure.add_axes((left / across, bottom / up, width / across, height / up))
    axes.set_axis_off()
    base = Line2D((0, 0, 1), (1, 0, 0), color=RULE, linewidth=0.6, transform=axes.transAxes, clip_on=False)
    axes.add_artist(base)
    return axes


def boxes(axes: "Axes", left: Any, bottom: Any, width: Any, height: Any, colours: Any, label: str = "") -> None:
    """Filled rectangles as one collection; limits are the caller's affair, which matplotlib takes long to find."""
    from matplotlib.collections import PolyCollection

    sides = np.broadcast_arrays(*(np.asarray(side, dtype=float) for side in (left, bottom, width, height)))
    x, y, w, h = (np.atleast_1d(side) for side in sides)
    corners = np.stack([np.stack([x, x + w, x + w, x]), np.stack([y, y, y + h, y + h])]).transpose(2, 1, 0)
    axes.add_collection(PolyCollection(list(corners), facecolors=colours, linewidths=0, label=label), autolim=False)


def area(axes: "Axes", at: Any, low: Any, high: Any, colour: str, label: str) -> None:
    """The area between two curves, with a thin white edge that parts it from its neighbours."""
    from matplotlib.collections import PolyCollection

    outline = np.column_stack([np.concatenate([at, at[::-1]]), np.concatenate([low, high[::-1]])])
    filled = PolyCollection([outline], facecolors=colour, edgecolors="white", linewidths=0.25, label=label)
    axes.add_collection(filled, autolim=False)


def steps(edges: Any, values: Any) -> tuple[Any, Any]:
    """Corners of a curve that keeps each value from one edge to the next."""
    return np.repeat(edges, 2)[1:-1], np.repeat(values, 2)


def drawn(figure: "Figure", png: bool = False) -> Drawing:
    """The finished figure; equal figures give equal bytes."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return Drawing(text.getvalue(), _dots(figure) if png else b"")


def _dots(figure: "Figure") -> bytes:
    dots = io.BytesIO()
    figure.savefig(dots, format="png", dpi=PNG_DPI, facecolor="white", metadata={"Software": None})
    return dots.getvalue()
