"""Energy by quarter of an hour of the local clock, added up as a tariff asks for it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.accounting.prices import Steps
from sim.core.units import (
    HOURS_PER_DAY,
    JOULES_PER_KWH,
    QUARTERS_PER_DAY,
    QUARTERS_PER_HOUR,
    SECONDS_PER_MINUTE,
    SECONDS_PER_QUARTER,
)
from sim.traces.minutes import Minutes


def quarter_of_minute(start_s: float, minutes: int) -> NDArray[np.int64]:
    """Quarter of an hour in which each minute begins: floor((start_s + 60 i) / 900), start_s [s after midnight].

    >>> quarter_of_minute(840.0, 3).tolist()
    [0, 1, 1]
    """
    begin_s = start_s + SECONDS_PER_MINUTE * np.arange(minutes)
    return np.asarray(np.floor(begin_s / SECONDS_PER_QUARTER), dtype=np.int64)


def sums_by(places: NDArray[np.int64], amounts: NDArray[np.float64], size: int = 0) -> NDArray[np.float64]:
    """Amounts added up by place.

    >>> sums_by(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 0.0, 5.0]
    """
    return np.asarray(np.bincount(places, amounts, size), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class EnergyUse:
    """What something drew."""

    quarter_kwh: NDArray[np.float64]
    """Energy of each quarter that the day touches."""
    first_quarter: int
    """The first of them, counted from midnight."""

    @cached_property
    def total_kwh(self) -> float:
        """All of it."""
        return float(self.quarter_kwh.sum())

    @cached_property
    def steps_kwh(self) -> dict[Steps, NDArray[np.float64]]:
        """By local hour, by local quarter, and by clock hour since the one in which the day starts."""
        quarter = self.first_quarter + np.arange(self.quarter_kwh.size)
        hour = quarter // QUARTERS_PER_HOUR
        since = hour - self.first_quarter // QUARTERS_PER_HOUR
        return {
            "hour": sums_by(hour % HOURS_PER_DAY, self.quarter_kwh, HOURS_PER_DAY),
            "quarter": sums_by(quarter % QUARTERS_PER_DAY, self.quarter_kwh, QUARTERS_PER_DAY),
            "series": sums_by(since, self.quarter_kwh),
        }

    def times(self, shares: NDArray[np.float64] | float) -> "EnergyUse":
        """A share of it, quarter by quarter."""
        return EnergyUse(self.quarter_kwh * shares, self.first_quarter)


def energy_use(energy_j: Minutes, start_s: float) -> EnergyUse:
    """Energy by minute [J] of a day that starts at start_s [s after midnight], by quarter of an hour [kWh].

    >>> energy_use(np.array([3.6e6, 7.2e6]), 840.0).quarter_kwh.tolist()
    [1.0, 2.0]
    """
    quarter = quarter_of_minute(start_s, energy_j.size)
    by_quarter_j = sums_by(quarter - quarter[0], energy_j)
    return EnergyUse(by_quarter_j / JOULES_PER_KWH, int(quarter[0]))


def added(parts: list[EnergyUse]) -> EnergyUse:
    """The sum of what several things drew on one day; their order does not change a bit of it."""
    return EnergyUse(np.sort([part.quarter_kwh for part in parts], axis=0).sum(axis=0), parts[0].first_quarter)
