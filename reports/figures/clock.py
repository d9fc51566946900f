"""The axis of a day: local time, and minutes gathered so that a curve has no more points than a page can show."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reports.figures.axes import rule
from sim.core.units import HOURS_PER_DAY, SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Values = NDArray[np.float64]
MOST_POINTS = 288
"""A point every five minutes of a day."""
STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 7200, 14400)
MOST_TICKS = 7


@dataclass(frozen=True)
class Clock:
    """Times of a day's points."""

    start_s: float
    """Local time of the day's start after midnight."""
    duration_s: float
    """Its length."""
    minutes: int
    """Minutes of the day."""

    @property
    def gathered(self) -> int:
        """Minutes to a point."""
        return -(-self.minutes // MOST_POINTS)

    def sums(self, values: Values) -> Values:
        """Values by minute added up to points."""
        edges = np.arange(0, self.minutes, self.gathered)
        return np.asarray(np.add.reduceat(values, edges)) if values.size else values

    def lengths_s(self, minute_s: Values) -> Values:
        """Length of each point's stretch of time [s]."""
        return self.sums(minute_s)

    def means(self, values: Values, minute_s: Values) -> Values:
        """Means over time of values by minute."""
        return self.sums(values * minute_s) / self.sums(minute_s)

    @property
    def at_s(self) -> Values:
        """Local time at which each point's stretch begins; what ends the last one comes at the end."""
        starts = np.arange(0, self.minutes, self.gathered) * SECONDS_PER_MINUTE
        return self.start_s + np.append(starts, self.duration_s)

    def draw(self, axes: "Axes", labels: bool = True, grid: bool = False) -> None:
        """Mark local times below the axes."""
        first, last = self.start_s, self.start_s + self.duration_s
        step = next((s for s in STEPS_MIN if self.duration_s / (60 * s) <= MOST_TICKS), STEPS_MIN[-1]) * 60
        ticks = np.arange(np.ceil(first / step) * step, last + 1.0, step)
        axes.set_xlim(first, last)
        texts = [clock_text(tick, self.duration_s) if labels else "" for tick in ticks]
        rule(axes, "x", ticks.tolist(), texts, grid)


def clock_text(at_s: float, duration_s: float) -> str:
    """What a clock shows; with the day's number, from 1, where there are several days.

    >>> clock_text(66_600.0, 3600.0), clock_text(108_000.0, 172_800.0)
    ('18:30', '2/06:00')
    """
    day, rest_s = divmod(round(at_s), round(SECONDS_PER_DAY))
    hours, minutes = divmod(rest_s // round(SECONDS_PER_MINUTE), 60)
    if duration_s <= SECONDS_PER_DAY:
        return f"{hours if hours or not at_s or day == 0 else HOURS_PER_DAY:02d}:{minutes:02d}"
    return f"{day + 1:.0f}/{hours:02d}:{minutes:02d}"


def hours_of(duration_s: float) -> int:
    """Hours that a day has begun."""
    return int(np.ceil(duration_s / SECONDS_PER_HOUR))
