"""Variants side by side: each one's mean over random days, and its difference to the base on the same days."""

import math
from typing import Any

import numpy as np

from sim.studies.estimates import Setting, Values, mean, spread
from sim.studies.results import Interval


def compare(values: Values, names: list[str], base: str, confidence: float) -> dict[str, Any]:
    """Results of one outcome: values of shape (variants, days), where a column is the same random day for all."""
    reference = values[names.index(base)]
    each = {name: _level(row, confidence) for name, row in zip(names, values, strict=True)}
    others = {name: row for name, row in zip(names, values, strict=True) if name != base}
    return {
        "variants": each,
        "differences": {name: _difference(row, reference, confidence) for name, row in others.items()},
    }


def _over_days(days: Values, confidence: float) -> Interval:
    """Mean over independent days."""
    return mean(days.reshape(-1, 1), Setting(confidence, len(days), shared=False))


def _level(days: Values, confidence: float) -> dict[str, Any]:
    return {"mean": _over_days(days, confidence)._asdict(), "sd": spread(days)}


def _difference(days: Values, reference: Values, confidence: float) -> dict[str, Any]:
    found = _over_days(days - reference, confidence)
    both = np.isfinite(days) & np.isfinite(reference)
    level = float(reference[both].mean()) if both.any() else math.nan
    relative = found.estimate / level if level else math.nan
    return {"mean": found._asdict(), "relative": relative, "variance_cut": variance_cut(days, reference)}


def variance_cut(days: Values, reference: Values) -> float:
    """How many times larger the variance of the difference would be if the two had independent days.

    (var x + var y) / var(x - y); not a number with a single day, or where nothing varies.
    """
    both = np.isfinite(days) & np.isfinite(reference)
    if both.sum() < 2:
        return math.nan
    x, y = days[both], reference[both]
    paired = float((x - y).var(ddof=1))
    return float(x.var(ddof=1) + y.var(ddof=1)) / paired if paired else math.nan
