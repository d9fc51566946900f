"""Which input moves an outcome: tornado, Morris' elementary effects, Sobol' indices, PAWN (the last three by SALib)."""

import math
from typing import Any

import numpy as np

from sim.core.streams import Streams
from sim.studies.sampling.designs import LEVELS, TRIM, Points, problem
from sim.studies.statistics.estimates import Values
from sim.studies.statistics.results import Interval

RESAMPLES = 200
"""Bootstrap samples of an index."""
PAWN_RESAMPLES = 30
"""Bootstrap samples of PAWN's median, which is dearer."""
SLICES = 10
"""PAWN: parts into which each input's range is cut."""
TAIL_FROM = 0.9
"""PAWN: the quantile of an outcome from which on is its tail."""
DUMMIES = 20
"""Inputs without any effect, the largest of which tells what chance does to a tail."""

Results = dict[str, Any]


def tornado(values: Values, inputs: list[tuple[str, list[Any]]]) -> Results:
    """Bars of an outcome, the longest first; `values` one a draw, `inputs` paths with their values in each draw."""
    bars = [
        {
            "path": path,
            "low_input": told[1 + 2 * index],
            "high_input": told[2 + 2 * index],
            "at_low": float(values[1 + 2 * index]),
            "at_high": float(values[2 + 2 * index]),
        }
        for index, (path, told) in enumerate(inputs)
    ]
    base = float(values[0])
    return {"base": base, "bars": sorted(bars, key=lambda bar: _longest_first(bar_length(bar, base)))}


def _longest_first(length: float) -> float:
    return -length if math.isfinite(length) else math.inf


def bar_length(bar: Results, base: float | None) -> float:
    """How far a tornado's bar reaches, from its ends or from the base where that lies beyond both.

    >>> bar_length({"at_low": 2.0, "at_high": 2.5}, base=4.0)
    2.0
    """
    ends = [bar["at_low"], bar["at_high"]]
    ends += [base] if base is not None and math.isfinite(base) else []
    return float(max(ends) - min(ends)) if math.isfinite(sum(ends)) else math.nan


def morris(values: Values, points: Points, paths: list[str], confidence: float, streams: Streams) -> Results:
    """Mean, mean size and spread of elementary effects [outcome's unit a width of the input], by trajectory."""
    from SALib.analyze import morris as salib

    y, x = _whole(len(paths) + 1, values, points)
    if _is_flat(y):
        return {"indices": [_morris_row(path, 0.0, (0.0, 0.0), 0.0) for path in paths]}
    grid = np.rint((x - TRIM) / (1 - 2 * TRIM) * (LEVELS - 1)) / (LEVELS - 1)
    found = salib.analyze(
        problem(paths), grid, y, num_resamples=RESAMPLES, conf_level=confidence, num_levels=LEVELS, seed=_seed(streams)
    )
    columns = zip(paths, found["mu"], found["mu_star"], found["mu_star_conf"], found["sigma"], strict=True)
    rows = [_morris_row(path, mu, (star, half), sigma) for path, mu, star, half, sigma in columns]
    return {"indices": sorted(rows, key=lambda row: -row["mu_star"]["estimate"])}


def _morris_row(path: str, mu: float, star: tuple[float, float], sigma: float) -> Results:
    return {"path": path, "mu": float(mu), "mu_star": _interval(*star), "sigma": float(sigma)}


def sobol(values: Values, paths: list[str], confidence: float, streams: Streams) -> Results:
    """First-order and total indices: shares of the outcome's variance, with bootstrap intervals."""
    from SALib.analyze import sobol as salib

    (y,) = _whole(len(paths) + 2, values)
    told: Results = {
        "mean": float(y.mean()) if y.size else math.nan,
        "sd": float(y.std(ddof=1)) if y.size else math.nan,
    }
    if _is_flat(y):
        return told | {"indices": [_sobol_row(path, (0.0, 0.0), (0.0, 0.0)) for path in paths]}
    found = salib.analyze(
        problem(paths), y, calc_second_order=False, num_resamples=RESAMPLES, conf_level=confidence, seed=_seed(streams)
    )
    columns = zip(paths, found["S1"], found["S1_conf"], found["ST"], found["ST_conf"], strict=True)
    rows = [_sobol_row(path, (first, half), (total, width)) for path, first, half, total, width in columns]
    return told | {"indices": sorted(rows, key=lambda row: -row["total"]["estimate"])}


def _sobol_row(path: str, first: tuple[float, float], total: tuple[float, float]) -> Results:
    return {"path": path, "first": _interval(*first), "total": _interval(*total)}


def pawn(values: Values, points: Points, paths: list[str], confidence: float, streams: Streams) -> Results:
    """How far an input moves the distribution of an outcome, and its highest tenth: Kolmogorov's distance by slices."""
    y, x = _whole(1, values, points)
    rng = streams.rng("pawn")
    x = np.column_stack([x, rng.random(len(x))])
    names = [*paths, "dummy"]
    if _is_flat(y) or len(y) < SLICES * 2:
        nothing = [_pawn_row(path, np.zeros(4), np.zeros(2), 0.0) for path in paths]
        return {"indices": nothing, "dummy": 0.0, "dummy_tail": 0.0}
    found = _pawn(names, x, y)
    again = [rng.integers(len(y), size=len(y)) for _ in range(PAWN_RESAMPLES)]
    medians = np.array([_pawn(names, x[sample], y[sample])[1] for sample in again])
    ends = _centred(medians, found[1], confidence)
    rows = [_pawn_row(path, found[:, index], ends[:, index], _tail(x[:, index], y)) for index, path in enumerate(paths)]
    rows.sort(key=lambda row: -row["median"]["estimate"])
    chance = max(_tail(rng.random(len(y)), y) for _ in range(DUMMIES))
    return {"indices": rows, "dummy": float(found[1, -1]), "dummy_tail": chance}


def _tail(x: Values, y: Values) -> float:
    """The largest distance, in an outcome's tail, between its distribution in a slice of an input and that in all.

    A median over slices does not see an input of which one end alone makes a tail.
    """
    beyond = np.sort(y[y >= np.quantile(y, TAIL_FROM)])
    whole = np.searchsorted(np.sort(y), beyond, side="left") / len(y)
    distances = [
        np.abs(np.searchsorted(np.sort(part), beyond, side="left") / len(part) - whole).max()
        for part in np.array_split(y[np.argsort(x, kind="stable")], SLICES)
    ]
    return float(max(distances))


def _pawn(names: list[str], x: Points, y: Values) -> Values:
    """Minimum, median, mean and maximum by input: shape (4, inputs)."""
    from SALib.analyze import pawn as salib

    found = salib.analyze(problem(names), x, y, S=SLICES)
    return np.array([found[name] for name in ("minimum", "median", "mean", "maximum")])


def _centred(samples: Values, estimates: Values, confidence: float) -> Values:
    """Ends of intervals by column: quantiles of the samples, moved by how far their middle lies from the estimate.

    A sample drawn again holds the same draws twice, which makes steps of its distribution larger: every distance grows.
    """
    tail = (1 - confidence) / 2
    low, middle, high = np.quantile(samples, [tail, 0.5, 1 - tail], axis=0)
    ends: Values = np.clip(np.array([low, high]) - middle + estimates, 0.0, 1.0)
    return ends


def _pawn_row(path: str, found: Values, ends: Values, tail: float) -> Results:
    minimum, median, mean, maximum = (float(value) for value in found)
    told = Interval(median, float(ends[0]), float(ends[1]))
    return {"path": path, "median": told._asdict(), "minimum": minimum, "mean": mean, "maximum": maximum, "tail": tail}


def _whole(block: int, values: Values, *others: Points) -> list[Any]:
    """Values, and rows of the others, of those blocks of draws in which nothing is missing."""
    kept = np.repeat(np.isfinite(values.reshape(-1, block)).all(axis=1), block)
    return [values[kept], *(other[kept] for other in others)]


def _is_flat(values: Values) -> bool:
    return values.size < 2 or float(np.ptp(values)) == 0.0


def _interval(estimate: float, half: float) -> dict[str, float]:
    return Interval(float(estimate), float(estimate - half), float(estimate + half))._asdict()


def _seed(streams: Streams) -> int:
    return int(streams.rng("bootstrap").integers(2**31))
