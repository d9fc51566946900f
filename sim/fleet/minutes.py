"""The minutes of a run: when they end, and a sheet of numbers, filled a minute at a time and read by column."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.units import SECONDS_PER_MINUTE

Minutes = NDArray[np.float64]


def minute_ends_s(end_s: float) -> Minutes:
    """When the minutes of a run end: after full minutes, and where the run does.

    >>> minute_ends_s(150.0).tolist()
    [60.0, 120.0, 150.0]
    """
    return np.minimum(np.arange(1, np.ceil(end_s / SECONDS_PER_MINUTE) + 1) * SECONDS_PER_MINUTE, end_s)


class MinuteSheet:
    """Named columns with a number for every minute of a run."""

    def __init__(self, names: Sequence[str], minutes: int) -> None:
        self._table = np.zeros((len(names), minutes))
        self.columns: dict[str, Minutes] = dict(zip(names, self._table, strict=True))
        """Every column, as it is filled."""

    def write(self, minute: int, values: Sequence[float]) -> None:
        """Fill in a minute, in the order of the names: at once, for a call costs more than writing."""
        self._table[:, minute] = values
