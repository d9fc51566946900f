"""Named random streams: adding one leaves all the others as they were.

A stream is a name and, where one purpose repeats, indices ("arrivals", 17). Two scenarios with the same seed draw the
same numbers for the same names, which is what makes their difference precise (common random numbers).
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


def mix(state: Keys) -> Keys:
    """Scramble 64-bit counters into random-looking keys (the finaliser of SplitMix64: Steele, Lea and Flood 2014).

    >>> mix(np.array([1], np.uint64)).tolist()
    [6238072747940578789]
    """
    state = (state ^ (state >> np.uint64(30))) * MIX_1
    state = (state ^ (state >> np.uint64(27))) * MIX_2
    return np.asarray(state ^ (state >> np.uint64(31)), dtype=np.uint64)


@dataclass(frozen=True)
class Streams:
    """The random streams of one replication of one seed."""

    seed: int
    replication: int = 0

    def rng(self, name: str, *indices: int) -> np.random.Generator:
        """A fresh generator for a name and its indices; the same arguments always give the same numbers.

        >>> a, b = Streams(1).rng("arrivals"), Streams(1).rng("arrivals")
        >>> bool(a.random() == b.random())
        True
        """
        key = (self.replication, zlib.crc32(name.encode()), *indices)
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence(self.seed, spawn_key=key)))

    def salt(self, name: str) -> int:
        """One unsigned 64-bit number of a stream, to key a counter-based choice such as routing."""
        return int(self.rng(name).integers(0, 2**64, dtype=np.uint64))
