"""The calendar of demand: days of the week, growth from year to year, flash crowds."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.scenario.demand import Demand, Surge
from sim.scenario.schema import Day
from sim.units import DAYS_PER_YEAR, SECONDS_PER_DAY

Factor = NDArray[np.float64]


def factors(day: Day, demand: Demand, week: Sequence[float], local_s: NDArray[np.float64]) -> Factor:
    """What a plain day's demand is multiplied by at local times [s] after the first midnight; shape (n,)."""
    return _weekdays(week, day.date.weekday(), local_s) * _growth(day, demand, local_s) * _surges(demand, local_s)


def _weekdays(week: Sequence[float], first: int, local_s: NDArray[np.float64]) -> Factor:
    """Weights of seven days, Monday first, relative to their mean; one where none are given."""
    if not len(week):
        return np.ones(local_s.size)
    weights = np.asarray(week, np.float64)
    days = (local_s // SECONDS_PER_DAY).astype(np.intp)
    return np.asarray(weights[(first + days) % weights.size] / weights.mean())


def _growth(day: Day, demand: Demand, local_s: NDArray[np.float64]) -> Factor:
    """Compound growth since the date for which the demand was counted."""
    since = day.date - (demand.counted_on or day.date)
    years = (since.days + local_s // SECONDS_PER_DAY) / DAYS_PER_YEAR
    return np.asarray((1 + demand.growth_fraction_per_year) ** years)


def _surges(demand: Demand, local_s: NDArray[np.float64]) -> Factor:
    extra: Iterable[Factor] = ((surge.factor - 1) * height(surge, local_s) for surge in demand.surges.values())
    return np.maximum(sum(extra, np.ones(local_s.size)), 0.0)


def height(surge: Surge, local_s: NDArray[np.float64]) -> Factor:
    """How much of a surge there is, 0 to 1: straight up, level, then an exponential decay; shape (n,).

    >>> surge = Surge(start_s=100.0, factor=3.0, rise_s=100.0, hold_s=100.0, decay_s=100.0)
    >>> height(surge, np.array([50.0, 150.0, 250.0, 400.0])).round(3).tolist()
    [0.0, 0.5, 1.0, 0.368]
    """
    since_s = local_s - surge.start_s
    over_s = since_s - surge.rise_s - surge.hold_s
    risen = np.clip(since_s / surge.rise_s, 0, 1) if surge.rise_s else (since_s >= 0).astype(np.float64)
    left = np.exp(-np.maximum(over_s, 0) / surge.decay_s) if surge.decay_s else (over_s < 0).astype(np.float64)
    return np.asarray(risen * left)
