"""Demand: the expected number of requests since the start of the simulated day, whose slope is the request rate.

Drawn requests: a Poisson process whose rate follows the day, made by a change of time.

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

from sim.core.errors import InputError
from sim.core.streams import Streams
from sim.core.units import HOURS_PER_DAY, MINUTES_PER_HOUR, SECONDS_PER_MINUTE
from sim.workload.lengths import LengthTables, Tokens, Uniform, draw_lengths
from sim.workload.requests import Requests

Expected = NDArray[np.float64]

MINUTES_PER_DAY = HOURS_PER_DAY * MINUTES_PER_HOUR


@dataclass(frozen=True)
class Rate:
    """A request rate that is constant between knots, held as its integral."""

    time_s: NDArray[np.float64]
    """Knots after the start of the day: 0, every local minute mark, the end; more where the rate jumps; shape (k,)."""
    cumulative: Expected
    """Expected requests before each knot; shape (k,)."""

    @property
    def total(self) -> float:
        """Expected requests of the whole simulated time."""
        return float(self.cumulative[-1])

    def before(self, time_s: NDArray[np.float64]) -> Expected:
        """Expected requests before times after the start of the day [s]; same shape."""
        return np.interp(time_s, self.time_s, self.cumulative)

    def expected(self, start_s: float, stop_s: float) -> float:
        """Expected requests between two times after the start of the day."""
        before, after = self.before(np.array((start_s, stop_s)))
        return float(after - before)

    def arrivals(self, before: float, gaps: Expected) -> tuple[NDArray[np.float64], float]:
        """When requests arrive [s] between which so many are expected, after so many `before`; and all these, summed.

        Shape (n,), or fewer where the rate ends.

        >>> Rate(np.array([0.0, 60.0]), np.array([0.0, 3.0])).arrivals(0.5, np.array([0.5, 1.5, 1.0]))
        (array([20., 50.]), 3.5)
        """
        from sim.workload import drawing

        arrival_s = np.empty(gaps.size)
        arrived, expected = drawing.follow(before, gaps, self.cumulative, self.time_s, arrival_s)
        return arrival_s[:arrived], expected


def shape_by_minute(weights: Sequence[float]) -> Expected:
    """Share of a day's requests in each of its minutes, from a shape of equal parts, midnight first; shape (1440,).

    Within a part the rate follows straight lines between the centres of the parts, round the clock, scaled so that
    every part holds exactly its share.

    >>> shares = shape_by_minute([1.0, 3.0])
    >>> round(float(shares[:720].sum()), 12), round(float(shares.sum()), 12)
    (0.25, 1.0)
    """
    parts = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(parts).all() or (parts < 0).any() or not parts.any():
        raise InputError("the weights of a daily shape must be finite, not negative, and not all zero")
    if parts.size > MINUTES_PER_DAY:
        raise InputError(f"a daily shape has {parts.size} weights, more than a day has minutes")
    minutes = (np.arange(MINUTES_PER_DAY) + 1 / 2) / MINUTES_PER_DAY
    centres = (np.arange(parts.size) + 1 / 2) / parts.size
    smooth = np.interp(minutes, centres, parts, period=1)
    part = (minutes * parts.size).astype(np.intp)
    held = np.bincount(part, smooth, parts.size)
    scale = np.divide(parts / parts.sum(), held, out=np.zeros_like(parts), where=held > 0)
    return np.asarray(smooth * scale[part])


def local_minutes(start_s: float, duration_s: float) -> NDArray[np.int64]:
    """Numbers of the local minutes, from midnight of the first day, that the simulated time touches; shape (m,)."""
    first, last = start_s // SECONDS_PER_MINUTE, np.ceil((start_s + duration_s) / SECONDS_PER_MINUTE)
    return np.arange(int(first), int(last))


def rate_of(by_minute: Expected, start_s: float, duration_s: float) -> Rate:
    """The rate from the expected requests of each local minute that the simulated time touches; shape (m,).

    >>> rate = rate_of(np.array([6.0, 12.0, 6.0]), start_s=30.0, duration_s=120.0)
    >>> rate.total, rate.expected(0.0, 30.0)
    (18.0, 3.0)
    """
    marks_s = local_minutes(start_s, duration_s)[1:] * SECONDS_PER_MINUTE - start_s
    time_s = np.concatenate(([0.0], marks_s, [duration_s]))
    counts = by_minute * (np.diff(time_s) / SECONDS_PER_MINUTE)
    return Rate(time_s, np.concatenate(([0.0], np.cumsum(counts))))


def stepped(rate: Rate, step_s: float, factors: NDArray[np.float64]) -> Rate:
    """The rate times a factor that changes every `step_s` seconds after the start of the day; shape (steps,).

    >>> stepped(rate_of(np.array([6.0]), 0.0, 60.0), 30.0, np.array([1.0, 3.0])).cumulative.tolist()
    [0.0, 3.0, 12.0]
    """
    marks_s = np.arange(1, factors.size) * step_s
    time_s = np.union1d(rate.time_s, marks_s[marks_s < rate.time_s[-1]])
    middle_s = (time_s[1:] + time_s[:-1]) / 2
    step = np.minimum((middle_s / step_s).astype(np.intp), factors.size - 1)
    counts = np.diff(rate.before(time_s)) * factors[step]
    return Rate(time_s, np.concatenate(([0.0], np.cumsum(counts))))


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
