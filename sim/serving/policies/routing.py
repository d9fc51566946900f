"""Routing policies: how a request finds its replica; and the random numbers that choose, keyed by a stream's salt.

A random choice is a counter-based hash of request and attempt. It depends on nothing but the request's number, its
attempt and the salt, so it is the same for any window, thread or engine, and a retry draws anew without disturbing
anyone else.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sim.core.streams import Keys, mix


class Routing(IntEnum):
    """How a request finds its replica; scenarios write the names in lower case, kernels compare the numbers."""

    ROUND_ROBIN = 0
    RANDOM = 1
    POWER_OF_TWO = 2
    """The less loaded of two replicas drawn at random."""
    LEAST_OUTSTANDING = 3


ROUTINGS = {policy.name.lower(): policy for policy in Routing}
"""Policies as a scenario writes them."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
LOW_HALF = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def routing_keys(salt: int, numbers: NDArray[np.int64], attempts: NDArray[np.int64]) -> Keys:
    """One key a request and attempt: shapes (requests,) in, (requests,) out."""
    counter = (numbers.astype(np.uint64) << np.uint64(8)) + attempts.astype(np.uint64)
    return mix(mix(counter * GOLDEN + np.uint64(salt)) + GOLDEN)


def halves(keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two 32-bit keys in each 64-bit key: the first and the second candidate of power-of-two routing."""
    return (keys >> HALF).astype(np.int64), (keys & LOW_HALF).astype(np.int64)
