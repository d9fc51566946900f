"""Counting a workload as it passes: requests by ten minutes, the gaps between them, and how long they are.

Sums are numpy's own, not products of linear algebra, whose last digits depend on the number of its threads.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.workload.requests import Requests

Counts = NDArray[np.int64]
Real = NDArray[np.float64]

MOST_PAIRS = 200_000
"""Requests kept, at most, to see how prompt and answer go together."""
FIELDS = ("prompt_tokens", "output_tokens")


@dataclass(frozen=True)
class WindowCounts:
    """What is counted by window."""

    requests: Counts
    """Requests of each use case; shape (windows, cases)."""
    tokens: Counts
    """Prompt tokens, output tokens, and prompt tokens that an endless prefix cache would find; shape (windows, 3)."""
    gaps: Real
    """Number, sum [s] and sum of squares [s^2] of the gaps between requests of the window; shape (windows, 3)."""

    @staticmethod
    def empty(windows: int, cases: int) -> "WindowCounts":
        """Nothing counted yet."""
        return WindowCounts(
            np.zeros((windows, cases), np.int64), np.zeros((windows, 3), np.int64), np.zeros((windows, 3))
        )

    @property
    def gap_cv(self) -> Real:
        """Coefficient of variation of the gaps within each window; NaN with less than two of them; shape (windows,)."""
        count, total, squares = self.gaps.T
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / count
            spread = np.sqrt(np.maximum(squares / count - mean**2, 0)) / mean
        return np.asarray(np.where(count > 1, spread, np.nan))


class LengthCounts:
    """How many requests have so many tokens, exactly; memory grows with the longest of them, not with their number."""

    def __init__(self) -> None:
        self._counts: Counts = np.zeros(1, np.int64)

    def add(self, tokens: NDArray[np.int32]) -> None:
        """Count more requests."""
        counts = np.bincount(tokens, minlength=self._counts.size).astype(np.int64)
        counts[: self._counts.size] += self._counts
        self._counts = counts

    @property
    def mean(self) -> float:
        """Mean number of tokens; NaN without requests."""
        counted = int(self._counts.sum())
        return float(self._counts @ np.arange(self._counts.size)) / counted if counted else np.nan

    def quantiles(self, probability: Sequence[float]) -> Real:
        """The smallest numbers of tokens that so large a part of the requests does not exceed; NaN without any."""
        cumulative = np.cumsum(self._counts)
        if not cumulative[-1]:
            return np.full(len(probability), np.nan)
        wanted = np.ceil(np.asarray(probability) * cumulative[-1])
        return np.asarray(np.searchsorted(cumulative, np.maximum(wanted, 1)), np.float64)


class Pairs:
    """Every so many-th prompt with its answer; fewer and fewer of them as more requests pass."""

    def __init__(self) -> None:
        self._every, self._passed = 1, 0
        self._kept = np.empty((0, 3), np.int32)

    def add(self, requests: Requests) -> None:
        """Let requests pass."""
        place = np.arange(-self._passed % self._every, requests.size, self._every)
        columns = (requests.use_case, requests.prompt_tokens, requests.output_tokens)
        self._kept = np.concatenate((self._kept, np.stack([c[place].astype(np.int32) for c in columns], axis=1)))
        self._passed += requests.size
        while len(self._kept) > MOST_PAIRS:
            self._kept, self._every = self._kept[::2], 2 * self._every

    def rank_correlation(self, case: int) -> float:
        """Spearman's correlation of prompt and output tokens of a use case; NaN where one of them never varies."""
        from scipy.stats import rankdata

        _, prompt, output = self._kept[self._kept[:, 0] == case].T
        if len(prompt) < 2 or np.ptp(prompt) == 0 or np.ptp(output) == 0:
            return float("nan")
        first, second = (ranks - ranks.mean() for ranks in (rankdata(prompt), rankdata(output)))
        both = math.sqrt(float(np.square(first).sum()) * float(np.square(second).sum()))
        return float((first * second).sum()) / both


class Tally:
    """All that is counted of a day."""

    def __init__(self, window_s: float, windows: int, cases: int) -> None:
        self.window_s = window_s
        self.windows = WindowCounts.empty(windows, cases)
        self.lengths = [{field: LengthCounts() for field in FIELDS} for _ in range(cases)]
        self.pairs = Pairs()
        self._last_s = -np.inf

    def add(self, window: int, requests: Requests) -> None:
        """Count requests of a window, in order of arrival."""
        if not requests.size:
            return
        cached = requests.cached_tokens
        self.windows.requests[window] += np.bincount(requests.use_case, minlength=len(self.lengths))
        for place, tokens in enumerate((requests.prompt_tokens, requests.output_tokens, cached)):
            self.windows.tokens[window, place] += tokens.sum(dtype=np.int64)
        within = self._last_s >= window * self.window_s
        gaps_s = np.diff(requests.arrival_s, prepend=self._last_s) if within else np.diff(requests.arrival_s)
        self.windows.gaps[window] += (gaps_s.size, gaps_s.sum(), np.square(gaps_s).sum())
        self._last_s = float(requests.arrival_s[-1])
        self._add_lengths(requests)

    def _add_lengths(self, requests: Requests) -> None:
        self.pairs.add(requests)
        for case, lengths in enumerate(self.lengths):
            part = requests if len(self.lengths) == 1 else requests.where(requests.use_case == case)
            for field, counts in lengths.items():
                counts.add(getattr(part, field))
