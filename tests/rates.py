"""Rates for tests of the workload: plain days, without a scenario around them."""

import numpy as np

from sim.workload.demand.arrivals import MINUTES_PER_DAY, Mix, Rate, local_minutes, rate_of, shape_by_minute
from sim.workload.lengths import LengthTables


def daily_rate(weights, requests_per_day: float, start_s: float, duration_s: float) -> Rate:
    """The rate of a day that repeats: so many requests in 24 hours, spread by a shape."""
    of_day = local_minutes(start_s, duration_s) % MINUTES_PER_DAY
    return rate_of(requests_per_day * shape_by_minute(weights)[of_day], start_s, duration_s)


def steady_mix(shares: tuple[float, ...], tables: list[LengthTables]) -> Mix:
    """Use cases whose shares are the same all day."""
    return Mix(np.array(shares)[:, np.newaxis], tables)
