"""Arithmetic of dollars that takes plain numbers or arrays, one number a draw."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

Number = Any
"""A float, or an array with one number a draw."""


def sum_of(parts: Iterable[Number]) -> Number:
    """Sum; of plain numbers correctly rounded, so that their order does not matter.

    >>> sum_of([0.1] * 10), sum_of([1.0, np.array([2.0, 3.0])]).tolist()
    (1.0, [3.0, 4.0])
    """
    known = list(parts)
    return sum(known) if any(isinstance(part, np.ndarray) for part in known) else math.fsum(known)


def ratio(part: Number, whole: Number, otherwise: float = 0.0) -> Number:
    """A part of a whole, or something else where the whole is nothing.

    >>> ratio(1.0, 4.0), ratio(1.0, 0.0), ratio(1.0, np.array([0.0, 2.0])).tolist()
    (0.25, 0.0, [0.0, 0.5])
    """
    if isinstance(whole, np.ndarray):
        return np.where(whole == 0, otherwise, part / np.where(whole == 0, 1.0, whole))
    return part / whole if whole else otherwise
