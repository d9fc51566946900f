"""Drawn requests: a Poisson process whose rate follows the day, made by a change of time.

Unit exponentials, summed, are the arrival times of a process of rate 1; the inverse of the cumulative rate turns them
into times of the day. All draws come in numbered blocks, each from its own streams, so that a request is the same
whatever windows a caller asks for. The sum of a block starts from that of the block before: at 200 million requests a
float still resolves 3e-8 of the mean gap between two of them, far below a microsecond.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.streams import Streams
from sim.units import SECONDS_PER_MINUTE
from sim.workload.copula import Uniform
from sim.workload.demand import MINUTES_PER_DAY, Rate
from sim.workload.requests import Requests
from sim.workload.tokens import LengthTables, Tokens, draw_lengths

BLOCK = 65_536
"""Requests of a block: its columns stay within a core's cache."""


@dataclass(frozen=True)
class Mix:
    """The kinds of request and how often each comes."""

    shares: NDArray[np.float64]
    """Share of each use case, by minute of the local day or of the whole of it; shape (cases, 1440) or (cases, 1)."""
    lengths: Sequence[LengthTables]
    """Lengths of each use case."""
    start_s: float = 0.0
    """Local time at which requests begin, after a midnight."""

    @cached_property
    def thresholds(self) -> NDArray[np.float32]:
        """Uniforms from which on a request belongs to the next use case; shape (cases - 1, 1440) or (cases - 1, 1)."""
        return np.cumsum(self.shares, axis=0)[:-1].astype(np.float32)


def blocks(rate: Rate, mix: Mix, streams: Streams) -> Iterator[Requests]:
    """All requests in order of arrival, block after block; only the last one holds fewer than BLOCK.

    There is none where nobody asks: a study looks at such a day for the names of its numbers, and need not wait for the
    machine code of drawing.
    """
    before = 0.0
    for block in itertools.count() if rate.total > 0 else ():
        arrival_s, before = rate.arrivals(before, streams.rng("arrivals", block).standard_exponential(BLOCK))
        yield requests_at(arrival_s, mix, streams, block)
        if arrival_s.size < BLOCK:
            return


def requests_at(arrival_s: NDArray[np.float64], mix: Mix, streams: Streams, block: int) -> Requests:
    """The requests of one block: what arrives at each time; shape (n,)."""
    use_case = _use_cases(mix, arrival_s, streams, block)
    prompt, output = (uniforms(streams, name, arrival_s.size, block) for name in ("prompt", "output"))
    return Requests.uncached(arrival_s, use_case, *lengths_of(mix.lengths, use_case, prompt, output))


def uniforms(streams: Streams, name: str, size: int, *indices: int) -> Uniform:
    """The first `size` uniforms of a stream."""
    return streams.rng(name, *indices).random(size, dtype=np.float32)


def _use_cases(mix: Mix, arrival_s: NDArray[np.float64], streams: Streams, block: int) -> NDArray[np.int16]:
    """Index of the use case of each request; drawn only where there is a choice; shape (n,)."""
    use_case = np.zeros(arrival_s.size, np.int16)
    if len(mix.thresholds):
        uniform = uniforms(streams, "use_case", arrival_s.size, block)
        minute = _minute_of_day(mix.start_s + arrival_s) if mix.shares.shape[1] > 1 else np.zeros(1, np.intp)
        for threshold in mix.thresholds:
            use_case += uniform >= threshold.take(minute)
    return use_case


def _minute_of_day(local_s: NDArray[np.float64]) -> NDArray[np.intp]:
    return (local_s / SECONDS_PER_MINUTE).astype(np.intp) % MINUTES_PER_DAY


def lengths_of(
    tables: Sequence[LengthTables], use_case: NDArray[np.int16], prompt: Uniform, output: Uniform
) -> tuple[Tokens, Tokens]:
    """Prompt and output tokens, each request by the tables of its use case; shapes (n,)."""
    if len(tables) == 1:
        return draw_lengths(tables[0], prompt, output)
    lengths = np.empty(use_case.size, np.int32), np.empty(use_case.size, np.int32)
    for case, table in enumerate(tables):
        where = np.flatnonzero(use_case == case)
        lengths[0][where], lengths[1][where] = draw_lengths(table, prompt.take(where), output.take(where))
    return lengths


class Windows:
    """Requests handed out in windows of time, each request once."""

    def __init__(self, blocks: Iterator[Requests]) -> None:
        self._blocks = blocks
        self._rest = Requests.empty()

    def take(self, until_s: float) -> Requests:
        """All requests not yet taken that arrive before `until_s`."""
        taken: list[Requests] = []
        block: Requests | None = self._rest
        while block is not None and (not block.size or block.arrival_s[-1] < until_s):
            taken.append(block)
            block = next(self._blocks, None)
        rest = block if block is not None else Requests.empty()
        self._rest = rest.between(until_s, np.inf)
        return Requests.concatenate([*taken, rest.between(-np.inf, until_s)])
