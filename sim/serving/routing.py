"""Random choices of the router, made beforehand: a counter-based hash of request and attempt, keyed by a stream's salt.

A choice depends on nothing but the request's number, its attempt and the salt, so it is the same for any window, thread
or engine, and a retry draws anew without disturbing anyone else.
"""

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
LOW_HALF = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def mix(state: Keys) -> Keys:
    """Scramble 64-bit counters into random-looking keys (the finaliser of SplitMix64: Steele, Lea and Flood 2014)."""
    state = (state ^ (state >> np.uint64(30))) * MIX_1
    state = (state ^ (state >> np.uint64(27))) * MIX_2
    return np.asarray(state ^ (state >> np.uint64(31)), dtype=np.uint64)


def routing_keys(salt: int, numbers: NDArray[np.int64], attempts: NDArray[np.int64]) -> Keys:
    """One key a request and attempt: shapes (requests,) in, (requests,) out."""
    counter = (numbers.astype(np.uint64) << np.uint64(8)) + attempts.astype(np.uint64)
    return mix(mix(counter * GOLDEN + np.uint64(salt)) + GOLDEN)


def halves(keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two 32-bit keys in each 64-bit key: the first and the second candidate of power-of-two routing."""
    return (keys >> HALF).astype(np.int64), (keys & LOW_HALF).astype(np.int64)
