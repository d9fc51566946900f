"""Mixtures of experts: how many of them a batch touches."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def expert_fraction_touched(tokens: Floats, experts: float, active: float) -> Floats:
    """Share of a layer's experts that at least one of `tokens` [token] uses, when each picks `active` of `experts`.

    1 - (1 - active / experts) ** tokens: choices taken as independent and even (balanced router).

    >>> float(expert_fraction_touched(np.array([4.0]), 8, 2)[0])
    0.68359375
    """
    return np.asarray(1.0 - (1.0 - active / experts) ** tokens)
