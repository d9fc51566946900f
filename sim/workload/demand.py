"""Demand: the expected number of requests since the start of the simulated day, whose slope is the request rate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.units import HOURS_PER_DAY, MINUTES_PER_HOUR, SECONDS_PER_MINUTE

Expected = NDArray[np.float64]

MINUTES_PER_DAY = HOURS_PER_DAY * MINUTES_PER_HOUR


@dataclass(frozen=True)
class Rate:
    """A request rate that is constant between knots, held as its integral."""

    time_s: NDArray[np.float64]
    """Knots after the start of the day: 0, every local minute mark, the end; more where the rate jumps; shape (k,)."""
    cumulative: Expected
    """Expected requests before each knot; shape (k,)."""

    @property
    def total(self) -> float:
        """Expected requests of the whole simulated time."""
        return float(self.cumulative[-1])

    def before(self, time_s: NDArray[np.float64]) -> Expected:
        """Expected requests before times after the start of the day [s]; same shape."""
        return np.interp(time_s, self.time_s, self.cumulative)

    def expected(self, start_s: float, stop_s: float) -> float:
        """Expected requests between two times after the start of the day."""
        before, after = self.before(np.array((start_s, stop_s)))
        return float(after - before)

    def arrivals(self, before: float, gaps: Expected) -> tuple[NDArray[np.float64], float]:
        """When requests arrive [s] between which so many are expected, after so many `before`; and all these, summed.

        Shape (n,), or fewer where the rate ends.

        >>> Rate(np.array([0.0, 60.0]), np.array([0.0, 3.0])).arrivals(0.5, np.array([0.5, 1.5, 1.0]))
        (array([20., 50.]), 3.5)
        """
        from sim.workload import drawing

        arrival_s = np.empty(gaps.size)
        arrived, expected = drawing.follow(before, gaps, self.cumulative, self.time_s, arrival_s)
        return arrival_s[:arrived], expected


def shape_by_minute(weights: Sequence[float]) -> Expected:
    """Share of a day's requests in each of its minutes, from a shape of equal parts, midnight first; shape (1440,).

    Within a part the rate follows straight lines between the centres of the parts, round the clock, scaled so that
    every part holds exactly its share.

    >>> shares = shape_by_minute([1.0, 3.0])
    >>> round(float(shares[:720].sum()), 12), round(float(shares.sum()), 12)
    (0.25, 1.0)
    """
    parts = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(parts).all() or (parts < 0).any() or not parts.any():
        raise InputError("the weights of a daily shape must be finite, not negative, and not all zero")
    if parts.size > MINUTES_PER_DAY:
        raise InputError(f"a daily shape has {parts.size} weights, more than a day has minutes")
    minutes = (np.arange(MINUTES_PER_DAY) + 1 / 2) / MINUTES_PER_DAY
    centres = (np.arange(parts.size) + 1 / 2) / parts.size
    smooth = np.interp(minutes, centres, parts, period=1)
    part = (minutes * parts.size).astype(np.intp)
    held = np.bincount(part, smooth, parts.size)
    scale = np.divide(parts / parts.sum(), held, out=np.zeros_like(parts), where=held > 0)
    return np.asarray(smooth * scale[part])


def local_minutes(start_s: float, duration_s: float) -> NDArray[np.int64]:
    """Numbers of the local minutes, from midnight of the first day, that the simulated time touches; shape (m,)."""
    first, last = start_s // SECONDS_PER_MINUTE, np.ceil((start_s + duration_s) / SECONDS_PER_MINUTE)
    return np.arange(int(first), int(last))


def rate_of(by_minute: Expected, start_s: float, duration_s: float) -> Rate:
    """The rate from the expected requests of each local minute that the simulated time touches; shape (m,).

    >>> rate = rate_of(np.array([6.0, 12.0, 6.0]), start_s=30.0, duration_s=120.0)
    >>> rate.total, rate.expected(0.0, 30.0)
    (18.0, 3.0)
    """
    marks_s = local_minutes(start_s, duration_s)[1:] * SECONDS_PER_MINUTE - start_s
    time_s = np.concatenate(([0.0], marks_s, [duration_s]))
    counts = by_minute * (np.diff(time_s) / SECONDS_PER_MINUTE)
    return Rate(time_s, np.concatenate(([0.0], np.cumsum(counts))))


def stepped(rate: Rate, step_s: float, factors: NDArray[np.float64]) -> Rate:
    """The rate times a factor that changes every `step_s` seconds after the start of the day; shape (steps,).

    >>> stepped(rate_of(np.array([6.0]), 0.0, 60.0), 30.0, np.array([1.0, 3.0])).cumulative.tolist()
    [0.0, 3.0, 12.0]
    """
    marks_s = np.arange(1, factors.size) * step_s
    time_s = np.union1d(rate.time_s, marks_s[marks_s < rate.time_s[-1]])
    middle_s = (time_s[1:] + time_s[:-1]) / 2
    step = np.minimum((middle_s / step_s).astype(np.intp), factors.size - 1)
    counts = np.diff(rate.before(time_s)) * factors[step]
    return Rate(time_s, np.concatenate(([0.0], np.cumsum(counts))))
