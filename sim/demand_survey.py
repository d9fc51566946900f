"""The demand of a day without serving it: drawn or replayed, counted by ten minutes, and set beside its source."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.catalogue import Catalogue, read_catalogue, with_facts
from sim.core.errors import ScenarioError
from sim.core.streams import Streams
from sim.core.units import SECONDS_PER_MINUTE
from sim.core.version import __version__
from sim.files.documents import dotted, raise_all
from sim.scenario.checking import problems
from sim.scenario.identity import scenario_hash
from sim.scenario.schema import Scenario
from sim.workload.source import Source, open_workload
from sim.workload.tally import FIELDS, Tally

if TYPE_CHECKING:
    import pandas as pd

Real = NDArray[np.float64]

WINDOW_S = 600.0
"""Length of a window: that of the rates that production traces are told by."""
MINUTES = round(WINDOW_S / SECONDS_PER_MINUTE)
LEVELS = (0.1, 0.5, 0.9, 0.99)
"""Quantiles of lengths in demand.json."""
ALL_LEVELS = tuple(percent / 100 for percent in (1, *range(5, 100, 5), 99))
"""Quantiles in the table of lengths."""


@dataclass(frozen=True)
class Survey:
    """A day's demand, counted."""

    scenario: Scenario
    """What was asked."""
    catalogue: Catalogue
    """The claims that lengths and shapes come from."""
    tally: Tally
    """What was counted."""
    expected: Real
    """Mean of the requests of each window over all draws; NaN where a trace is replayed; shape (windows,)."""
    left_out: int
    """Requests of a trace that arrive after the day has ended."""
    skipped_rows: int
    """Rows of a trace that could not be replayed."""

    @property
    def window_s(self) -> Real:
        """Length of each window: the last one may be shorter; shape (windows,)."""
        starts_s = np.arange(self.expected.size) * WINDOW_S
        return np.asarray(np.minimum(WINDOW_S, self.scenario.day.duration_s - starts_s))

    def windows(self) -> "pd.DataFrame":
        """Demand by ten minutes, one row each."""
        import pandas as pd

        counts = self.tally.windows
        cases = {f"requests.{name}": counts.requests[:, i] for i, name in enumerate(self.scenario.workload.use_cases)}
        columns = {
            "start_s": np.arange(self.expected.size) * WINDOW_S,
            "requests": counts.requests.sum(axis=1),
            "requests_expected": self.expected,
            "requests_per_s": counts.requests.sum(axis=1) / self.window_s,
            "gap_cv": counts.gap_cv,
            "prompt_tokens": counts.tokens[:, 0],
            "output_tokens": counts.tokens[:, 1],
            "reusable_tokens": counts.tokens[:, 2],
        }
        return pd.DataFrame({**columns, **cases})

    def lengths(self) -> "pd.DataFrame":
        """Quantiles of the lengths of each use case beside those of its source, one row each."""
        import pandas as pd

        rows = [
            (name, field, level, drawn, source, drawn / source - 1)
            for case, name in enumerate(self.scenario.workload.use_cases)
            for field in FIELDS
            for level, drawn, source in zip(
                ALL_LEVELS,
                self.tally.lengths[case][field].quantiles(ALL_LEVELS).tolist(),
                self._source(name, field, ALL_LEVELS).tolist(),
                strict=True,
            )
        ]
        return pd.DataFrame(rows, columns=["use_case", "field", "probability", "tokens", "source_tokens", "error"])

    def _source(self, name: str, field: str, levels: tuple[float, ...]) -> Real:
        """Quantiles of the table that lengths are drawn from; NaN where they are not, or are added to a history."""
        case, trace = self.scenario.workload.use_cases[name], self.scenario.workload.trace
        grown = case.conversation is not None and field == "prompt_tokens"
        if grown or (trace is not None and trace.layout != "servegen"):
            return np.full(len(levels), np.nan)
        table = self.catalogue.pick("lengths", case.lengths)
        return np.asarray(np.interp(levels, table.probability.value, getattr(table, field).value))

    def summary(self) -> dict[str, Any]:
        """The headline numbers, as plain data; what is undefined is None."""
        counts = self.tally.windows
        requests, (prompt, output, reusable) = counts.requests.sum(axis=1), counts.tokens.sum(axis=0).tolist()
        numbers: dict[str, Any] = {
            "scenario": self.scenario.name,
            "scenario_hash": scenario_hash(self.scenario),
            "seed": self.scenario.seed,
            "version": __version__,
            "start_s": self.scenario.day.start_s,
            "duration_s": self.scenario.day.duration_s,
            "requests": {
                "arrived": int(requests.sum()),
                "expected": _number(float(self.expected.sum())),
                "left_out": self.left_out,
                "skipped_rows": self.skipped_rows,
            },
            "requests_per_s": _rates(requests, self.window_s),
            "gap_cv": _weighted(counts.gap_cv, counts.gaps[:, 0]),
            "tokens": {"prompt": prompt, "output": output, "reusable": reusable},
            "reusable_fraction": reusable / prompt if prompt else None,
            "use_cases": {name: self._case(i, name) for i, name in enumerate(self.scenario.workload.use_cases)},
        }
        return numbers

    def _case(self, case: int, name: str) -> dict[str, Any]:
        requests = self.tally.windows.requests
        arrived, total = int(requests[:, case].sum()), int(requests.sum())
        lengths = {
            field: {"mean": _number(counts.mean)}
            | _quantiles(counts.quantiles((*LEVELS, 1.0)), ("p10", "p50", "p90", "p99", "max"))
            | {"source": _quantiles(self._source(name, field, LEVELS), ("p10", "p50", "p90", "p99"))}
            for field, counts in self.tally.lengths[case].items()
        }
        share = {"requests": arrived, "share": arrived / total if total else None}
        return share | lengths | {"rank_correlation": _number(self.tally.pairs.rank_correlation(case))}


def survey(
    scenario: Scenario, progress: Callable[[float], None] | None = None, catalogue: Catalogue | None = None
) -> Survey:
    """Draw or replay a scenario's day and count it; memory does not grow with the number of requests."""
    catalogue = catalogue or read_catalogue()
    raise_all([f"{dotted(where)}: {what}" for where, what in problems(scenario, catalogue)], ScenarioError)
    catalogue = with_facts(catalogue, scenario.facts)
    source = open_workload(scenario, catalogue, Streams(scenario.seed))
    end_s = scenario.day.duration_s
    tally = Tally(WINDOW_S, ceil(end_s / WINDOW_S), len(scenario.workload.use_cases))
    for minute in range(ceil(end_s / SECONDS_PER_MINUTE)):
        until_s = min((minute + 1) * SECONDS_PER_MINUTE, end_s)
        tally.add(minute // MINUTES, source.take(until_s))
        if progress:
            progress(until_s)
    return Survey(scenario, catalogue, tally, _expected(source, end_s), source.left_out, source.skipped_rows)


def _expected(source: Source, end_s: float) -> Real:
    """Mean requests of each window; shape (windows,)."""
    edges_s = np.minimum(np.arange(ceil(end_s / WINDOW_S) + 1) * WINDOW_S, end_s)
    return np.full(edges_s.size - 1, np.nan) if source.plain is None else np.diff(source.plain.before(edges_s))


def _rates(requests: NDArray[np.int64], window_s: Real) -> dict[str, float | None]:
    """Mean and largest request rate of a window, and how far the one exceeds the other."""
    mean, peak = float(requests.sum() / window_s.sum()), float((requests / window_s).max())
    return {"mean": mean, "peak": peak, "peak_to_mean": peak / mean if mean else None}


def _weighted(values: Real, weights: Real) -> dict[str, float | None]:
    """Mean by weight, and the ends, of the values that are defined."""
    known = np.isfinite(values)
    if not known.any():
        return {"mean": None, "min": None, "max": None}
    known_values = values[known]
    mean = float(np.average(known_values, weights=weights[known]))
    return {"mean": mean, "min": float(known_values.min()), "max": float(known_values.max())}


def _quantiles(values: Real, names: tuple[str, ...]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in zip(names, values.tolist(), strict=True)}


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
