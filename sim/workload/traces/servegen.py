"""ServeGen's rates: arrivals drawn from the rate of a production service, or of each of its clients, by ten minutes.

Gaps between the requests of one client: gamma or Weibull distributed with a given mean and CV, by inverses.

A stretch of time begins in the middle of a gap: the time to the first request is a uniform part of a gap that was met
with a probability in proportion to its length, so that the expected number of requests is exact from the start.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import TraceError
from sim.core.streams import Streams
from sim.files.documents import did_you_mean
from sim.workload.demand.arrivals import Rate
from sim.workload.traces.formats import SHOWN_CHARACTERS
from sim.workload.traces.lines import Complaints, opened, text_lines
from sim.workload.traces.scaling import WINDOW_S

if TYPE_CHECKING:
    import pandas as pd

RATES = ("model", "t_s", "rate_rps")
CLIENTS = (*RATES, "client", "iat_cv", "iat_family")
NUMBERS = ("t_s", "rate_rps", "client", "iat_cv")
"""Columns that hold numbers."""
ABOVE = {"iat_cv": "above zero"}
"""Which numbers, where zero is none of them."""


@dataclass(frozen=True)
class Rates:
    """The rates of one model, window by window."""

    table: "pd.DataFrame"
    """Columns t_s and rate_rps, and client, iat_cv, iat_family where clients are told apart; in order of time."""
    by_client: bool
    """Whether they are."""
    skipped_rows: int = field(default=0)
    """Rows that were left out."""

    def rate(self, skip_s: float, speed: float, volume: float, duration_s: float) -> Rate:
        """The rate of all clients from `skip_s` on, so many times as fast and as large."""
        edges_s = np.arange(math.ceil(duration_s * speed / WINDOW_S) + 2) * WINDOW_S + skip_s // WINDOW_S * WINDOW_S
        summed = self.table.groupby("t_s").rate_rps.sum().reindex(edges_s[:-1], fill_value=0.0).to_numpy()
        cumulative = np.concatenate(([0.0], np.cumsum(summed * WINDOW_S)))
        time_s = np.concatenate(([0.0], (edges_s - skip_s) / speed, [duration_s]))
        time_s = np.unique(time_s[(time_s >= 0) & (time_s <= duration_s)])
        counted = np.interp(time_s * speed + skip_s, edges_s, cumulative)
        return Rate(time_s, (counted - counted[0]) * volume)

    def arrivals(
        self, skip_s: float, speed: float, volume: float, duration_s: float, streams: Streams
    ) -> Iterator[NDArray[np.float64]]:
        """Times of all clients' requests, window by window, each client with its own family and CV [s]."""
        windows = dict(list(self.table.groupby("t_s")))
        first = int(skip_s // WINDOW_S)
        for number in range(first, math.ceil((skip_s + duration_s * speed) / WINDOW_S)):
            rows = windows.get(number * WINDOW_S)
            columns = [] if rows is None else [rows[name].tolist() for name in CLIENTS[2:]]
            each = [
                arrivals_of(family, cv, rate * volume, WINDOW_S, streams, int(client), number)
                for rate, client, cv, family in zip(*columns, strict=True)
                if rate > 0
            ]
            times = np.sort(np.concatenate(each)) if each else np.empty(0)
            time_s = (times + number * WINDOW_S - skip_s) / speed
            yield time_s[(time_s >= 0) & (time_s < duration_s)]


def read_rates(path: Path, model: str | None, skip_bad_rows: bool) -> Rates:
    """The rates of a model from a file of all of them; TraceError names the row that cannot be used."""
    complaints = Complaints(path, skip_bad_rows)
    table = _table(path, complaints)
    by_client = "client" in table.columns
    models = sorted(table["model"].unique().tolist())
    if model is None and len(models) > 1:
        raise TraceError(f"{path}: holds {', '.join(models)}; name one with workload.trace.model")
    if model is not None and model not in models:
        raise TraceError(f"{path}: has no model {model!r}{did_you_mean(model, models)}; set workload.trace.model")
    chosen = table[table["model"] == (model or models[0])]
    falls = chosen[(chosen.groupby("client") if by_client else chosen)["t_s"].diff() < 0]
    if len(falls):
        complaints.about(int(falls.index[0]), "t_s lies before the row above", "sort the rows by time", len(falls))
        chosen = chosen.drop(falls.index)
    return Rates(chosen.sort_values("t_s", kind="stable"), by_client, complaints.skipped_rows)


def _table(path: Path, complaints: Complaints) -> "pd.DataFrame":
    """All rows that can be read, by the number of their line."""
    import pandas as pd

    with opened(path) as stream:
        rows = _cells(csv.reader(text_lines(stream, complaints)), complaints)
        _, header = next(rows, (1, []))
        names = CLIENTS if "client" in header else RATES
        missing = [name for name in names if name not in header]
        if missing:
            what = f"the header {','.join(header)[:SHOWN_CHARACTERS]!r} has no {', '.join(missing)}"
            raise complaints.fatal(1, what, f"name the columns {','.join(RATES)} or {','.join(CLIENTS)}")
        places = [header.index(name) for name in names]
        good = dict(_rows(rows, names, places, complaints))
    if not good:
        raise complaints.fatal(1, "the trace has a header and no rates", "write a row a window")
    return pd.DataFrame.from_dict(good, orient="index", columns=list(names))


def _cells(reader: Any, complaints: Complaints) -> Iterator[tuple[int, list[str]]]:
    """Cells of each row, with the number of its line."""
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise complaints.fatal(reader.line_num, f"is not CSV ({error})", "write a row a window") from None


def _rows(
    rows: Iterator[tuple[int, list[str]]],
    names: Sequence[str],
    places: Sequence[int],
    complaints: Complaints,
) -> Iterator[tuple[int, list[Any]]]:
    """Rows that can be used, by the number of their line."""
    for line, cells in rows:
        texts = [cells[place].strip() for place in places] if len(cells) > max(places) else []
        values = [_number(text) if name in NUMBERS else text for name, text in zip(names, texts, strict=False)]
        what = _problem(names, texts, values) if texts else f"has {len(cells)} cells and needs {max(places) + 1}"
        if what:
            complaints.about(line, what, "correct or delete the row")
        else:
            yield line, values


def _problem(names: Sequence[str], texts: Sequence[str], values: Sequence[Any]) -> str:
    """What is wrong with a row, or nothing."""
    for name, text, value in zip(names, texts, values, strict=True):
        if name in NUMBERS and not (math.isfinite(value) and value >= 0 and (value or name != "iat_cv")):
            return f"{name} is {text[:SHOWN_CHARACTERS]!r}, not a number {ABOVE.get(name, 'from zero on')}"
        if name == "iat_family" and value not in FAMILIES:
            return f"iat_family is {text[:SHOWN_CHARACTERS]!r}, not {' or '.join(FAMILIES)}"
    return ""


def _number(text: str) -> float:
    """A number, or NaN where the text is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


Real = NDArray[np.float64]

FAMILIES = ("Gamma", "Weibull")
SPARE = 5.0
"""Standard deviations of a count for which gaps are drawn at first."""
HALVINGS = 80


def weibull_shape(cv: float) -> float:
    """The shape c of a Weibull distribution by its CV: cv^2 = Gamma(1 + 2/c) / Gamma(1 + 1/c)^2 - 1.

    >>> round(weibull_shape(1.0), 9), round(weibull_shape(2.0), 4)
    (1.0, 0.5427)
    """
    low, high = math.log(1e-2), math.log(1e3)
    wanted = math.log1p(cv**2)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        part = math.exp(-middle)
        wider = math.lgamma(1 + 2 * part) - 2 * math.lgamma(1 + part) > wanted
        low, high = (middle, high) if wider else (low, middle)
    return math.exp((low + high) / 2)


def gap_quantiles(family: str, cv: float, uniform: Real) -> Real:
    """Gaps of mean one; shape (n,)."""
    from scipy.special import gammaincinv

    if family == "Gamma":
        return np.asarray(gammaincinv(cv**-2, uniform) * cv**2)
    power = 1 / weibull_shape(cv)
    return np.asarray((-np.log1p(-uniform)) ** power / math.gamma(1 + power))


def first_wait(family: str, cv: float, length: float, part: float) -> float:
    """Time to the first request, in mean gaps, from two uniforms: the length of the gap met, and where in it."""
    from scipy.special import gammaincinv

    if family == "Gamma":
        return float(part * gammaincinv(1 + cv**-2, length) * cv**2)
    power = 1 / weibull_shape(cv)
    return float(part * gammaincinv(1 + power, length) ** power / math.gamma(1 + power))


def arrivals_of(family: str, cv: float, rate_per_s: float, lasts_s: float, streams: Streams, *indices: int) -> Real:
    """Times of one client's requests within a stretch of time [s], in order; shape (n,)."""
    rng = streams.rng("client gaps", *indices)
    end = rate_per_s * lasts_s
    at = [np.array([first_wait(family, cv, *rng.random(2).tolist())])]
    while at[-1][-1] < end:
        left = end - float(at[-1][-1])
        gaps = gap_quantiles(family, cv, rng.random(math.ceil(left + SPARE * cv * math.sqrt(left)) + 1))
        at.append(at[-1][-1] + np.cumsum(gaps))
    times = np.concatenate(at)
    return np.asarray(times[: np.searchsorted(times, end)] / rate_per_s)
