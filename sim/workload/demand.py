"""Demand: the expected number of requests since the start of the simulated day, whose slope is the request rate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.units import HOURS_PER_DAY, MINUTES_PER_HOUR, SECONDS_PER_DAY, SECONDS_PER_MINUTE

MINUTES_PER_DAY = HOURS_PER_DAY * MINUTES_PER_HOUR


@dataclass(frozen=True)
class Rate:
    """A request rate that is constant between knots, held as its integral."""

    time_s: NDArray[np.float64]
    """Knots after the start of the day: 0, every local minute mark, the end; shape (k,)."""
    cumulative: NDArray[np.float64]
    """Expected requests before each knot; shape (k,)."""

    @property
    def total(self) -> float:
        """Expected requests of the whole simulated time."""
        return float(self.cumulative[-1])

    def expected(self, start_s: float, stop_s: float) -> float:
        """Expected requests between two times after the start of the day."""
        before, after = np.interp((start_s, stop_s), self.time_s, self.cumulative)
        return float(after - before)

    def time_of(self, cumulative: NDArray[np.float64]) -> NDArray[np.float64]:
        """When so many requests are expected to have arrived [s]; same shape as `cumulative`."""
        return np.interp(cumulative, self.cumulative, self.time_s)


def daily_rate(weights: Sequence[float], requests_per_day: float, start_s: float, duration_s: float) -> Rate:
    """The rate from a daily shape of equal parts, local midnight first, scaled to `requests_per_day` over 24 hours.

    The rate is linear between the centres of the parts, round the clock, and constant within a local minute. The day
    begins at local time `start_s` [s] and lasts `duration_s` [s], which may exceed 24 hours.

    >>> rate = daily_rate([1.0, 3.0], requests_per_day=1000.0, start_s=0.0, duration_s=86_400.0)
    >>> rate.total, round(rate.expected(0.0, 43_200.0), 6)
    (1000.0, 375.0)
    """
    daily = _cumulative_by_minute(weights) * requests_per_day
    time_s = _knots(start_s, duration_s)
    cumulative = _over_days(daily, start_s + time_s)
    return Rate(time_s, cumulative - cumulative[0])


def _cumulative_by_minute(weights: Sequence[float]) -> NDArray[np.float64]:
    """Share of a day's requests before each of its minute marks, from 0 to 1; shape (1441,)."""
    shares = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(shares).all() or (shares < 0).any() or not shares.any():
        raise InputError("the weights of a daily shape must be finite, not negative, and not all zero")
    centres = (np.arange(shares.size) + 1 / 2) / shares.size
    minutes = (np.arange(MINUTES_PER_DAY) + 1 / 2) / MINUTES_PER_DAY
    cumulative = np.cumsum(np.interp(minutes, centres, shares, period=1))
    return np.append(0.0, cumulative / cumulative[-1])


def _knots(start_s: float, duration_s: float) -> NDArray[np.float64]:
    """Zero, the local minute marks inside the simulated time, and its end [s after the start]; shape (k,)."""
    first, last = start_s // SECONDS_PER_MINUTE + 1, np.ceil((start_s + duration_s) / SECONDS_PER_MINUTE)
    marks_s = np.arange(first, last) * SECONDS_PER_MINUTE - start_s
    inside = marks_s[(marks_s > 0) & (marks_s < duration_s)]
    return np.concatenate(([0.0], inside, [duration_s]))


def _over_days(daily: NDArray[np.float64], local_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cumulative of one day, repeated day after day, at local times [s] after the first midnight."""
    days, of_day_s = np.divmod(local_s, SECONDS_PER_DAY)
    marks_s = np.arange(daily.size) * SECONDS_PER_MINUTE
    cumulative: NDArray[np.float64] = days * daily[-1] + np.interp(of_day_s, marks_s, daily)
    return cumulative
