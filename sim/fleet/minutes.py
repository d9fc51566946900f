"""A sheet of numbers by minute, filled a minute at a time and read a column at a time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Minutes = NDArray[np.float64]


class MinuteSheet:
    """Named columns with a number for every minute of a run."""

    def __init__(self, names: Sequence[str], minutes: int) -> None:
        self._table = np.zeros((len(names), minutes))
        self.columns: dict[str, Minutes] = dict(zip(names, self._table, strict=True))
        """Every column, as it is filled."""

    def write(self, minute: int, values: Sequence[float]) -> None:
        """Fill in a minute, in the order of the names: at once, for a call costs more than writing."""
        self._table[:, minute] = values
