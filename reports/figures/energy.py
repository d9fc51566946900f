"""Energy by component and hour, and what the price of an hour was."""

from typing import TYPE_CHECKING

import numpy as np

from reports.figures.clock import Clock, Values
from reports.figures.rules import QUARTERS, numbers
from reports.figures.style import ENERGY_COLOURS, INK, SOFT, boxes, canvas, place
from reports.language import Language
from sim.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEFT_MM, RIGHT_MM, AXES_MM = 12.0, 3.0, 40.0
GAP = 0.08
HEADROOM = 1.05


def energy_figure(parts: dict[str, Values], clock: Clock, words: Language) -> "Figure":
    """Energy of each hour [kWh], stacked by component; `parts` has a number an hour."""
    figure = canvas(AXES_MM + 14.0)
    axes = place(figure, LEFT_MM, 6.0, 170.0 - LEFT_MM - RIGHT_MM, AXES_MM)
    hours = next(iter(parts.values())).size
    ends = np.minimum(np.arange(1, hours + 1) * SECONDS_PER_HOUR, clock.duration_s)
    starts = clock.start_s + np.arange(hours) * SECONDS_PER_HOUR
    widths = clock.start_s + ends - starts
    base = np.zeros(hours)
    for name, kwh in parts.items():
        left, label = starts + GAP / 2 * widths, words(f"energy.{name}")
        boxes(axes, left, base, (1 - GAP) * widths, kwh, ENERGY_COLOURS[name], label)
        base = base + kwh
    axes.set_ylim(0.0, float(base.max()) * HEADROOM or 1.0)
    numbers(axes, "y", words.ticks, 5, QUARTERS)
    axes.annotate("kWh", (0, 1), (-3, 4), "axes fraction", textcoords="offset points", ha="right", color=SOFT)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=len(parts), labelcolor=INK)
    clock.draw(axes)
    return figure
