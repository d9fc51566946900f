"""Burstiness: a rate that jumps between gamma distributed levels, and the gaps between requests that follow from it.

The rate is the plain one times a factor G, drawn anew every `step` from a gamma distribution of mean 1 and shape k.
Given the factors, arrivals are a Poisson process, so the unit exponentials of the plain day serve this one, too. With m
expected requests a step, the coefficient of variation of the gaps follows in closed form (Palm's formula for the
stationary process): cv^2 = 2 F - 1, where F is the mean time from a random instant to the next request, in mean gaps,

    F = (1/m) int_0^m A(r) dr + A(m)^2 / (m (1 - q)),    A(r) = int_0^r (1 + s/k)^-k ds,    q = (1 + m/k)^-k.
"""

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from sim.core.streams import Streams

Real = NDArray[np.float64]

LARGEST_SHAPE = 1e9
"""Shape beyond which a gamma distribution is taken as a single value."""
SMALLEST_SHAPE = 1e-7
GRID = 48
"""Numbers of requests a step for which the shape is solved; between them its logarithm is interpolated."""
HALVINGS = 60
"""Halvings of the bracket of the shape's logarithm."""
FEWEST_A_STEP = 1e-6
"""Expected requests a step below which the shape is no longer told apart."""


def gap_cv(shape: Real, a_step: Real) -> Real:
    """Coefficient of variation of the gaps, for gamma factors of a shape and so many expected requests a step.

    Shapes (n,). Many requests a step tend to sqrt((k + 1)/(k - 1)), few to 1.

    >>> gap_cv(np.array([1.25, 1.25]), np.array([1e7, 1e-6])).round(2).tolist()
    [2.96, 1.0]
    """
    from scipy.special import boxcox

    x = 1 + a_step / shape
    whole = shape * boxcox(x, 1 - shape)
    partial = a_step * whole - shape**2 * (boxcox(x, 2 - shape) - boxcox(x, 1 - shape))
    some = -np.expm1(-shape * np.log1p(a_step / shape))
    forward = partial / a_step + whole**2 / (a_step * some)
    return np.asarray(np.sqrt(np.maximum(2 * forward - 1, 0)))


def shape_of(cv: float, a_step: Real) -> Real:
    """The gamma shape whose gaps have a coefficient of variation above one, for each number of requests a step."""
    amounts = np.maximum(a_step, FEWEST_A_STEP)
    grid = np.geomspace(amounts.min(), max(amounts.max(), 2 * amounts.min()), GRID)
    low, high = np.full(GRID, np.log(SMALLEST_SHAPE)), np.full(GRID, np.log(LARGEST_SHAPE))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        burstier = gap_cv(np.exp(middle), grid) > cv
        low, high = np.where(burstier, middle, low), np.where(burstier, high, middle)
    return np.asarray(np.exp(np.interp(np.log(amounts), np.log(grid), (low + high) / 2)))


def gamma_factors(shape: Real, uniform: Real) -> Real:
    """Factors of mean one, by the inverse of the gamma distribution; shapes (n,)."""
    from scipy.special import gammaincinv

    return np.asarray(gammaincinv(shape, uniform) / shape)


def bursts(cv: float, a_step: Real, streams: Streams, name: str = "bursts", *indices: int) -> Real:
    """The factor of each step of a day for gaps of a given CV; 1 where it is a Poisson process; shape (steps,)."""
    if cv <= 1 or not a_step.size:
        return np.ones(a_step.size)
    return gamma_factors(shape_of(cv, a_step), streams.rng(name, *indices).random(a_step.size))


def wandering(spread: float, correlation_steps: float, steps: int, streams: Streams) -> Real:
    """A gamma distributed factor of mean one with standard deviation `spread` that forgets itself in so many steps.

    A Gaussian autoregression of first order goes through the inverse gamma distribution; shape (steps,).
    """
    from scipy.special import ndtr, ndtri

    if not spread:
        return np.ones(steps)
    keep = float(np.exp(-1 / correlation_steps))
    fresh = ndtri(streams.rng("drift").random(steps))
    fresh[1:] *= np.sqrt(1 - keep**2)
    normal = np.array(list(accumulate(fresh.tolist(), lambda before, new: keep * before + new)))
    return gamma_factors(np.full(steps, spread**-2.0), ndtr(normal))
