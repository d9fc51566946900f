"""Digest: what is remembered of requests when they are too many to keep: exact counts and sums, fine histograms.

A value falls into a bin by the exponent and the first seven bits of the mantissa of its float64: 128 bins an octave, so
that a quantile is known within 0.4 %. Sums are integers of 2**-24 s, so that no order of adding changes a bit.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.states import TOKENS
from sim.core.units import SECONDS_PER_HOUR
from sim.traces.requests import Outcome, RequestTrace

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

METRICS = ("ttft_s", "tpot_s", "e2e_s", "queue_s")
QUANTILES = {"p50": 0.50, "p90": 0.90, "p99": 0.99}

MANTISSA_BITS = 7
OCTAVES = 40
BINS = (OCTAVES << MANTISSA_BITS) + 1
SHIFT = 52 - MANTISSA_BITS
SMALLEST_S = 2.0 ** (-OCTAVES // 2)
FIRST_KEY = int(np.float64(SMALLEST_S).view(np.int64)) >> SHIFT
TICKS_PER_S = 2.0**24


def bins_of(values: Floats) -> Counts:
    """Bin of each value [s]; bin 0 holds all below a microsecond, the last one all beyond twelve days.

    >>> bins_of(np.array([0.0, 1.0])).tolist()
    [0, 2561]
    """
    keys = (values.view(np.int64) >> SHIFT) - FIRST_KEY + 1
    return np.asarray(np.clip(keys, 0, BINS - 1), dtype=np.int64)


def bin_edges() -> Floats:
    """Lower edge of each bin, and the upper edge of the last: shape (BINS + 1,)."""
    keys = np.arange(BINS, dtype=np.int64) + FIRST_KEY
    return np.concatenate([[0.0], (keys << SHIFT).view(np.float64)])


@dataclass(frozen=True)
class Digest:
    """Finished requests by use case and hour of arrival, and the fate of all requests."""

    use_cases: tuple[str, ...]
    """Names of the use cases."""
    bins: Counts
    """Finished requests: shape (use cases, hours, metrics, bins)."""
    ticks: Counts
    """Sums of the metrics in 2**-24 s: shape (use cases, hours, metrics)."""
    maxima: Floats
    """Largest values: shape (use cases, metrics)."""
    outcomes: Counts
    """Requests by outcome: shape (use cases, hours, outcomes)."""
    tokens: Counts
    """Tokens of finished requests, those of the prompt that were cached among them: (use cases, hours, TOKENS)."""

    @classmethod
    def empty(cls, use_cases: tuple[str, ...], hours: int) -> "Digest":
        """A digest of nothing."""
        cases = len(use_cases)
        return cls(
            use_cases,
            np.zeros((cases, hours, len(METRICS), BINS), np.int64),
            np.zeros((cases, hours, len(METRICS)), np.int64),
            np.zeros((cases, len(METRICS))),
            np.zeros((cases, hours, len(Outcome)), np.int64),
            np.zeros((cases, hours, len(TOKENS)), np.int64),
        )

    def like(self) -> "Digest":
        """A digest of nothing, of the same shape."""
        return Digest.empty(self.use_cases, self.outcomes.shape[1])

    def absorb(self, other: "Digest") -> None:
        """Add what another digest has counted; the order of such sums changes nothing."""
        for name in ("bins", "ticks", "outcomes", "tokens"):
            mine = getattr(self, name)
            mine += getattr(other, name)
        np.maximum(self.maxima, other.maxima, out=self.maxima)

    def add(self, trace: RequestTrace) -> None:
        """Count every request of a trace."""
        hours = self.outcomes.shape[1]
        hour = np.minimum((trace.arrival_s / SECONDS_PER_HOUR).astype(np.int64), hours - 1)
        use_case = trace.use_case.astype(np.int64)
        np.add.at(self.outcomes, (use_case, hour, trace.outcome), 1)
        done = trace.outcome == Outcome.FINISHED
        case, hour = use_case[done], hour[done]
        for kind, name in enumerate(TOKENS):
            np.add.at(self.tokens, (case, hour, kind), getattr(trace, f"{name}_tokens")[done])
        for index, values in enumerate(latencies(trace, done)):
            known = ~np.isnan(values)
            self._measure(case[known], hour[known], index, values[known])

    def _measure(self, case: Counts, hour: Counts, metric: int, values: Floats) -> None:
        column = np.full(values.size, metric)
        np.add.at(self.bins, (case, hour, column, bins_of(values)), 1)
        np.add.at(self.ticks, (case, hour, column), np.rint(values * TICKS_PER_S).astype(np.int64))
        np.maximum.at(self.maxima, (case, column), values)

    def count(self, outcome: Outcome) -> int:
        """Requests that ended so."""
        return int(self.outcomes[..., outcome].sum())

    @property
    def arrived(self) -> int:
        """All requests."""
        return int(self.outcomes.sum())

    def quantile(self, metric: str, probability: float) -> float:
        """A quantile over all use cases and hours [s], interpolated inside its bin; NaN when nothing finished."""
        index = METRICS.index(metric)
        counts = self.bins[:, :, index].sum(axis=(0, 1))
        cumulative = np.concatenate([[0], np.cumsum(counts)])
        if cumulative[-1] == 0:
            return float("nan")
        value = float(np.interp(probability * cumulative[-1], cumulative, bin_edges()))
        return min(value, float(self.maxima[:, index].max())) if value > SMALLEST_S else 0.0

    def mean(self, metric: str) -> float:
        """The mean over all use cases and hours [s]."""
        index = METRICS.index(metric)
        counted = int(self.bins[:, :, index].sum())
        total = sum(map(int, self.ticks[:, :, index].ravel()))
        return total / TICKS_PER_S / counted if counted else float("nan")

    def summary(self, metric: str) -> dict[str, float]:
        """Mean, quantiles and maximum of a metric [s]."""
        index = METRICS.index(metric)
        quantiles = {name: self.quantile(metric, probability) for name, probability in QUANTILES.items()}
        largest = float(self.maxima[:, index].max()) if self.bins[:, :, index].any() else float("nan")
        return {"mean": self.mean(metric), **quantiles, "max": largest}

    def table(self) -> "pd.DataFrame":
        """One row a use case and hour of arrival: fates, tokens, sums of the metrics, maxima of the use case [s]."""
        import pandas as pd

        cases, hours = self.outcomes.shape[:2]
        frame = pd.DataFrame({"use_case": np.repeat(self.use_cases, hours), "hour": np.tile(np.arange(hours), cases)})
        for outcome in Outcome:
            frame[outcome.name.lower()] = self.outcomes[..., outcome].ravel()
        for index, name in enumerate(TOKENS):
            frame[f"{name}_tokens"] = self.tokens[..., index].ravel()
        for index, metric in enumerate(METRICS):
            frame[f"{metric}_ticks"] = self.ticks[..., index].ravel()
            frame[f"{metric}_max"] = np.repeat(self.maxima[:, index], hours)
        return frame

    def histogram(self) -> "pd.DataFrame":
        """One row a use case, hour of arrival, metric and bin that holds a request, with the bin's edges [s]."""
        import pandas as pd

        case, hour, metric, place = np.nonzero(self.bins)
        edges_s = bin_edges()
        return pd.DataFrame(
            {
                "use_case": np.asarray(self.use_cases, dtype=object)[case],
                "hour": hour,
                "metric": np.asarray(METRICS, dtype=object)[metric],
                "bin": place,
                "from_s": edges_s[place],
                "to_s": edges_s[place + 1],
                "requests": self.bins[case, hour, metric, place],
            }
        )


def latencies(trace: RequestTrace, done: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, Floats]:
    """TTFT, TPOT, end-to-end and queueing times of finished requests [s], in the order of METRICS.

    TPOT = (end-to-end - TTFT) / (output tokens - 1), undefined (NaN) for answers of one token.
    """
    arrival_s, first_s, finish_s = trace.arrival_s[done], trace.first_token_s[done], trace.finish_s[done]
    gaps = trace.output_tokens[done].astype(np.float64) - 1.0
    tpot_s = np.divide(finish_s - first_s, gaps, out=np.full(gaps.size, np.nan), where=gaps > 0)
    return first_s - arrival_s, tpot_s, finish_s - arrival_s, trace.start_s[done] - arrival_s
