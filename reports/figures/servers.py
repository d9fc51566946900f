"""Energy by component and hour, and what the price of an hour was.

Failures and repairs on the clock: who was down, when and for how long.
"""

from typing import TYPE_CHECKING

import numpy as np

from reports.documents.language import Language
from reports.documents.wording import failed_part
from reports.figures.axes import QUARTERS, named, numbers, rule
from reports.figures.clock import Clock, Values
from reports.figures.style import ENERGY_COLOURS, GREY, INK, ORANGE, PLUM, RED, SOFT, VIOLET, boxes, canvas, place
from sim.core.units import SECONDS_PER_HOUR
from sim.traces.events import Event

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENERGY_LEFT_MM, ENERGY_RIGHT_MM, AXES_MM = 12.0, 3.0, 40.0
GAP = 0.08
HEADROOM = 1.05


def energy_figure(parts: dict[str, Values], clock: Clock, words: Language) -> "Figure":
    """Energy of each hour [kWh], stacked by component; `parts` has a number an hour."""
    figure = canvas(AXES_MM + 14.0)
    axes = place(figure, ENERGY_LEFT_MM, 6.0, 170.0 - ENERGY_LEFT_MM - ENERGY_RIGHT_MM, AXES_MM)
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


PART_COLOURS = {"gpu": RED, "host": VIOLET, "network": ORANGE, "software": PLUM}
MOST_ROWS = 40
BAR = 0.7
SHORTEST = 500
"""A bar is as long as this part of the day, or longer, to be seen."""
LEFT_MM, RIGHT_MM = 24.0, 3.0
TALLEST_MM, ROW_MM = 76.0, 4.5


def outages_figure(failures: list[Event], clock: Clock, words: Language) -> "Figure":
    """A bar an outage, over the day; the longest ones where there are very many."""
    longest = sorted(failures, key=lambda event: (-event.duration_s, event.at_s))[:MOST_ROWS]
    shown = sorted(longest, key=lambda event: (event.at_s, event.pool, event.server))
    height = min(TALLEST_MM, max(3, len(shown)) * ROW_MM)
    figure = canvas(height + 13.0)
    axes = place(figure, LEFT_MM, 6.0, 170.0 - LEFT_MM - RIGHT_MM, height)
    starts = np.array([event.at_s for event in shown]) + clock.start_s
    lengths = np.array([event.duration_s for event in shown])
    colours = [PART_COLOURS.get(event.part, GREY) for event in shown]
    boxes(axes, starts, np.arange(len(shown)) - BAR / 2, np.maximum(lengths, clock.duration_s / SHORTEST), BAR, colours)
    many = height / len(shown) < 3.0
    names = [words("failures.server", number=event.server + 1) for event in shown]
    axes.set_ylim(max(len(shown), 3) - 0.4, -0.6)
    if many:
        named(axes, "y", words("failures.servers"))
    else:
        rule(axes, "y", range(len(shown)), names, color=INK)
    clock.draw(axes, grid=True)
    _legend(figure, [event.part for event in shown], words)
    return figure


def _legend(figure: "Figure", parts: list[str], words: Language) -> None:
    from matplotlib.patches import Patch

    names = [name for name in PART_COLOURS if name in parts] + sorted(set(parts) - set(PART_COLOURS))
    entries = [Patch(color=PART_COLOURS.get(name, GREY), label=failed_part(name, words)) for name in names]
    figure.legend(handles=entries, loc="upper left", bbox_to_anchor=(LEFT_MM / 170.0, 1.0), ncols=6)
