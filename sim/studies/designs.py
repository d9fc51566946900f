"""Designs of sensitivity studies: which points of the unit cube are run, and for whom."""

from typing import Any

import numpy as np

from sim.streams import Streams
from sim.studies.points import Points, spread_points

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
