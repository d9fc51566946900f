"""Points of the unit cube for Monte Carlo: random, Latin hypercube or scrambled Sobol'; and how columns are tied."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.streams import Streams

Points = NDArray[np.float64]
"""Probabilities: a row a draw, a column an input."""
Spread = Literal["random", "latin_hypercube", "sobol"]

BLOCKS = 8
"""Independent parts of a stratified design: their differences tell how sure its means are."""


def blocks_of(draws: int, spread: Spread) -> int:
    """Independent parts that a design of so many draws is made of; each draw of a random one is a part of its own."""
    if spread == "random":
        return draws
    return BLOCKS if draws % BLOCKS == 0 and draws >= BLOCKS * 2 else 1


def spread_points(draws: int, inputs: int, spread: Spread, streams: Streams) -> Points:
    """Draws in the unit cube; Latin hypercubes and Sobol' points come in blocks, each scrambled on its own."""
    blocks = 1 if spread == "random" else blocks_of(draws, spread)
    parts = [_block(draws // blocks, inputs, spread, streams, block) for block in range(blocks)]
    return np.concatenate(parts)


def _block(draws: int, inputs: int, spread: Spread, streams: Streams, block: int) -> Points:
    rng = streams.rng(f"points {spread}", block)
    if spread == "random":
        return rng.random((draws, inputs))
    from scipy.stats import qmc

    if spread == "sobol":
        points = qmc.Sobol(inputs, rng=rng).random_base2(draws.bit_length() - 1)
    else:
        points = qmc.LatinHypercube(inputs, rng=rng).random(draws)
    return rng.permutation(np.asarray(points))  # so that any first part of a block is a fair sample


def tie(points: Points, correlation: NDArray[np.float64], streams: Streams) -> Points:
    """Reorder each column so that the columns' rank correlations are near a matrix (Iman and Conover 1982).

    The values of every column stay as they are; only who meets whom changes. `correlation` must be positive definite.
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata

    draws, inputs = points.shape
    if draws <= inputs:
        return points
    scores = ndtri(np.arange(1, draws + 1) / (draws + 1))
    rng = streams.rng("correlation")
    free = np.column_stack([rng.permutation(scores) for _ in range(inputs)])
    now = np.linalg.cholesky(np.corrcoef(free, rowvar=False))
    wanted = np.linalg.cholesky(correlation) @ np.linalg.inv(now)
    order = rankdata(free @ wanted.T, method="ordinal", axis=0).astype(np.int64) - 1
    return np.take_along_axis(np.sort(points, axis=0), order, axis=0)
