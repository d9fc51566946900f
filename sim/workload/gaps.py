"""Gaps between the requests of one client: gamma or Weibull distributed with a given mean and CV, by inverses.

A stretch of time begins in the middle of a gap: the time to the first request is a uniform part of a gap that was met
with a probability in proportion to its length, so that the expected number of requests is exact from the start.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.streams import Streams

Real = NDArray[np.float64]

FAMILIES = ("Gamma", "Weibull")
SPARE = 5.0
"""Standard deviations of a count for which gaps are drawn at first."""
HALVINGS = 80


def weibull_shape(cv: float) -> float:
    """The shape c of a Weibull distribution by its CV: cv^2 = Gamma(1 + 2/c) / Gamma(1 + 1/c)^2 - 1.

    >>> round(weibull_shape(1.0), 9), round(weibull_shape(2.0), 4)
    (1.0, 0.5427)
    """
    low, high = math.log(1e-2), math.log(1e3)
    wanted = math.log1p(cv**2)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        part = math.exp(-middle)
        wider = math.lgamma(1 + 2 * part) - 2 * math.lgamma(1 + part) > wanted
        low, high = (middle, high) if wider else (low, middle)
    return math.exp((low + high) / 2)


def gap_quantiles(family: str, cv: float, uniform: Real) -> Real:
    """Gaps of mean one; shape (n,)."""
    from scipy.special import gammaincinv

    if family == "Gamma":
        return np.asarray(gammaincinv(cv**-2, uniform) * cv**2)
    power = 1 / weibull_shape(cv)
    return np.asarray((-np.log1p(-uniform)) ** power / math.gamma(1 + power))


def first_wait(family: str, cv: float, length: float, part: float) -> float:
    """Time to the first request, in mean gaps, from two uniforms: the length of the gap met, and where in it."""
    from scipy.special import gammaincinv

    if family == "Gamma":
        return float(part * gammaincinv(1 + cv**-2, length) * cv**2)
    power = 1 / weibull_shape(cv)
    return float(part * gammaincinv(1 + power, length) ** power / math.gamma(1 + power))


def arrivals_of(family: str, cv: float, rate_per_s: float, lasts_s: float, streams: Streams, *indices: int) -> Real:
    """Times of one client's requests within a stretch of time [s], in order; shape (n,)."""
    rng = streams.rng("client gaps", *indices)
    end = rate_per_s * lasts_s
    at = [np.array([first_wait(family, cv, *rng.random(2).tolist())])]
    while at[-1][-1] < end:
        left = end - float(at[-1][-1])
        gaps = gap_quantiles(family, cv, rng.random(math.ceil(left + SPARE * cv * math.sqrt(left)) + 1))
        at.append(at[-1][-1] + np.cumsum(gaps))
    times = np.concatenate(at)
    return np.asarray(times[: np.searchsorted(times, end)] / rate_per_s)
