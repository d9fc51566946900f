"""Points of the unit cube for Monte Carlo: random, Latin hypercube or scrambled Sobol'; and how columns are tied.

Designs of sensitivity studies: which points of the unit cube are run, and for whom.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.core.streams import Streams

Points = NDArray[np.float64]
"""Probabilities: a row a draw, a column an input."""
Spread = Literal["random", "latin_hypercube", "sobol"]

BLOCKS = 8
"""Least independent parts of a stratified design: their differences tell how sure its means are."""


def blocks_of(draws: int, spread: Spread) -> int:
    """Independent parts that a design of so many draws is made of; each draw of a random one is a part of its own."""
    if spread == "random":
        return draws
    return next((blocks for blocks in range(BLOCKS, 2 * BLOCKS) if draws % blocks == 0 and draws >= 2 * blocks), 1)


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
    """Reorder columns so that their rank correlations are near a matrix (Iman and Conover 1982).

    The values of every column stay as they are; only who meets whom changes; columns that go with no other stay where
    they are. `correlation` is that of the columns' normal scores (`pearson`), positive definite.
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata

    draws, tied = len(points), tied_columns(correlation)
    scores = ndtri(np.arange(1, draws + 1) / (draws + 1))
    rng = streams.rng("correlation")
    free = np.column_stack([rng.permutation(scores) for _ in tied])
    now = np.linalg.cholesky(np.corrcoef(free, rowvar=False))
    wanted = np.linalg.cholesky(correlation[np.ix_(tied, tied)]) @ np.linalg.inv(now)
    order = rankdata(free @ wanted.T, method="ordinal", axis=0).astype(np.int64) - 1
    out = points.copy()
    out[:, tied] = np.take_along_axis(np.sort(points[:, tied], axis=0), order, axis=0)
    return out


def tied_columns(correlation: NDArray[np.float64]) -> NDArray[np.intp]:
    """Columns that go with another."""
    return np.flatnonzero((correlation != 0).sum(axis=1) > 1)


def pearson(rank: NDArray[np.float64]) -> NDArray[np.float64]:
    """The correlation of normal scores whose rank correlation (Spearman's) is given: 2 sin(pi rank/6).

    >>> pearson(np.array([0.0, 0.5, 1.0])).round(6).tolist()
    [0.0, 0.517638, 1.0]
    """
    return np.asarray(2 * np.sin(np.pi * rank / 6))


LEVELS = 4
"""Morris: levels of the grid on which trajectories walk."""
TRIM = 0.005
"""Morris: probability left out at either end, where some distributions are infinite."""
MIDDLE = 0.5


def problem(paths: list[str]) -> dict[str, Any]:
    """What SALib calls a problem: inputs that are probabilities."""
    names = [f"x{index}" for index in range(len(paths))]
    return {"num_vars": len(paths), "names": names, "bounds": [[0.0, 1.0]] * len(paths)}


def tornado_points(inputs: int, ends: tuple[float, float]) -> Points:
    """All inputs at their medians, then each one at its low end and at its high end: shape (1 + 2 inputs, inputs)."""
    points = np.full((1 + 2 * inputs, inputs), MIDDLE)
    for index in range(inputs):
        points[1 + 2 * index, index], points[2 + 2 * index, index] = ends
    return points


def morris_grid(trajectories: int, paths: list[str], streams: Streams) -> Points:
    """Trajectories that change one input at a time: shape (trajectories * (inputs + 1), inputs), on the grid."""
    from SALib.sample import morris

    seed = int(streams.rng("morris").integers(2**31))
    return np.asarray(morris.sample(problem(paths), trajectories, num_levels=LEVELS, seed=seed))


def sobol_points(base_samples: int, inputs: int, streams: Streams) -> Points:
    """Saltelli's design, base_samples times (A, A with each column from B in turn, B), as SALib orders it."""
    from scipy.stats import qmc

    points = qmc.Sobol(2 * inputs, rng=streams.rng("sobol")).random_base2(base_samples.bit_length() - 1)
    a, b = points[:, :inputs], points[:, inputs:]
    mixed = [np.where(np.arange(inputs) == index, b, a) for index in range(inputs)]
    return np.stack([a, *mixed, b], axis=1).reshape(-1, inputs)


def design(kind: str, draws: int, paths: list[str], ends: tuple[float, float], streams: Streams) -> Points:
    """The points of a sensitivity study."""
    if kind == "tornado":
        return tornado_points(len(paths), ends)
    if kind == "morris":
        return TRIM + (1.0 - 2.0 * TRIM) * morris_grid(draws, paths, streams)
    if kind == "sobol":
        return sobol_points(draws, len(paths), streams)
    return spread_points(draws, len(paths), "latin_hypercube", streams)
