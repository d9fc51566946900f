"""How far predictions are from measurements: medians, ninetieth percentiles and bias, whole and by factor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.calibration.fitting import grouped

Floats = NDArray[np.float64]

NINETIETH = 0.9
ALL = "all"


@dataclass(frozen=True)
class Score:
    """Errors of one predicted column over some rows."""

    column: str
    """Predicted column."""
    factor: str
    """What rows were told apart by."""
    level: str
    """Which of them these are."""
    points: int
    """How many."""
    median_fraction: float
    """Median of absolute relative errors."""
    high_fraction: float
    """Ninetieth percentile of them."""
    bias_fraction: float
    """Median of signed relative errors: above zero where predictions are too large."""


def score(errors: Floats, column: str, factor: str = ALL, level: str = ALL) -> Score:
    """The score of relative errors.

    >>> score(np.array([-0.1, 0.0, 0.3]), "predicted_tpot_ms").median_fraction
    0.1
    """
    size = np.abs(errors)
    return Score(
        column,
        factor,
        level,
        len(errors),
        float(np.median(size)),
        float(np.quantile(size, NINETIETH)),
        float(np.median(errors)),
    )


def scores(rows: Sequence[Mapping[str, Any]], measured: Mapping[str, str], factors: Mapping[str, str]) -> list[Score]:
    """Scores of every predicted column: of all rows, then of each level of each factor."""
    found: list[Score] = []
    for predicted, name in measured.items():
        pairs = [(row, row[predicted] / row[name] - 1.0) for row in rows if _both(row, predicted, name)]
        if not pairs:
            continue
        found.append(score(np.array([error for _, error in pairs]), predicted))
        for factor, column in factors.items():
            levels = grouped([(str(row.get(column, "")), error) for row, error in pairs])
            found += [score(np.array(levels[level]), predicted, factor, level) for level in sorted(levels)]
    return found


def _both(row: Mapping[str, Any], predicted: str, name: str) -> bool:
    """Whether a row has a prediction and a measurement to compare it with."""
    values = row.get(predicted), row.get(name)
    return all(isinstance(value, int | float) and np.isfinite(value) and value > 0 for value in values)
