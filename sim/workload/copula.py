"""A Gaussian copula: ties a second uniform number to a first one by a given rank correlation."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError

Uniform = NDArray[np.float32]

CELLS = 65_536
"""Cells of the tables of the normal distribution."""
LARGEST_Z = 6.0
"""End of the table of the normal distribution function: beyond it lies less than a request in a hundred million."""
BELOW_ONE = np.nextafter(np.float32(1), np.float32(0))


@dataclass(frozen=True)
class Copula:
    """The normal distribution in tables, and the Pearson correlation of its two variables."""

    pearson: float
    """Correlation of the two normal variables."""
    normal: NDArray[np.float32]
    """Normal quantile at the middle of each cell of probability; shape (CELLS,)."""
    uniform: NDArray[np.float32]
    """Normal probability at the middle of each cell between -LARGEST_Z and LARGEST_Z; shape (CELLS,)."""


def gaussian_copula(rank_correlation: float) -> Copula | None:
    """The copula of a Spearman correlation rho, with Pearson's r = 2 sin(pi rho / 6); None where rho is 0."""
    if not -1 <= rank_correlation <= 1:
        raise InputError(f"a rank correlation lies between -1 and 1, not at {rank_correlation:g}")
    if not rank_correlation:
        return None
    from scipy.special import ndtr, ndtri

    middle = (np.arange(CELLS) + 1 / 2) / CELLS
    uniform = np.minimum(ndtr((2 * middle - 1) * LARGEST_Z).astype(np.float32), BELOW_ONE)
    return Copula(2 * math.sin(math.pi * rank_correlation / 6), ndtri(middle).astype(np.float32), uniform)


def tie(copula: Copula | None, first: Uniform, second: Uniform) -> Uniform:
    """The second uniform, correlated with the first; itself where there is no copula. Shapes (n,)."""
    if copula is None:
        return second
    from sim.workload import drawing

    tied = np.empty(second.size, np.float32)
    own = np.float32(math.sqrt(max(0.0, 1 - copula.pearson**2)))
    scale = np.float32(CELLS / (2 * LARGEST_Z))
    drawing.tie(copula.normal, copula.uniform, own, np.float32(copula.pearson), scale, first, second, tied)
    return tied
