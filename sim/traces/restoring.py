"""Traces back from the tables they were written as; what has no such table, or not its columns, is a ValueError."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.traces.digest import METRICS, TOKENS, Digest
from sim.traces.events import Event, EventLog
from sim.traces.request import Outcome
from sim.traces.utilisation import PlantMinutes, PoolMinutes, UtilisationTrace

if TYPE_CHECKING:
    import pandas as pd


def utilisation_of(table: "pd.DataFrame") -> UtilisationTrace:
    """The utilisation that `UtilisationTrace.table` was made from."""
    frames = [frame for _, frame in table.groupby("pool", sort=False)]
    if not frames:
        raise ValueError("it has no rows")
    plant = PlantMinutes(**{field.name: _column(frames[0], field.name) for field in fields(PlantMinutes)})
    return UtilisationTrace(_column(frames[0], "minute_s"), tuple(_pool(frame) for frame in frames), plant)


def _pool(frame: "pd.DataFrame") -> PoolMinutes:
    return PoolMinutes(**{field.name: _value(frame, field.name, field.type) for field in fields(PoolMinutes)})


def _value(frame: "pd.DataFrame", name: str, kind: Any) -> Any:
    """A field of a pool: one for all minutes where it is a name or a count, else its column."""
    return kind(_column(frame, name)[0]) if kind in (str, int, float) else _column(frame, name)


def _column(frame: "pd.DataFrame", name: str) -> Any:
    if name not in frame:
        raise ValueError(f"it has no column {name}")
    return frame[name].to_numpy()


def events_of(table: "pd.DataFrame") -> EventLog:
    """The log that `EventLog.table` was made from, by time."""
    columns = [_column(table, name).tolist() for name in Event._fields]
    return EventLog([Event(*row) for row in zip(*columns, strict=True)])


def digest_of(table: "pd.DataFrame", histogram: "pd.DataFrame") -> Digest:
    """The digest that `Digest.table` and `Digest.histogram` were made from."""
    use_cases = tuple(table["use_case"].unique().tolist())
    digest = Digest.empty(use_cases, len(table) // max(len(use_cases), 1))
    for index, outcome in enumerate(Outcome):
        _fill(digest.outcomes[:, :, index], table, outcome.name.lower())
    for index, name in enumerate(TOKENS):
        _fill(digest.tokens[:, :, index], table, f"{name}_tokens")
    for index, metric in enumerate(METRICS):
        _fill(digest.ticks[:, :, index], table, f"{metric}_ticks")
        digest.maxima[:, index] = _column(table, f"{metric}_max").reshape(digest.outcomes.shape[:2])[:, 0]
    places = (_places(histogram, "use_case", use_cases), _column(histogram, "hour"))
    digest.bins[(*places, _places(histogram, "metric", METRICS), _column(histogram, "bin"))] = histogram["requests"]
    return digest


def _fill(counts: Any, table: "pd.DataFrame", name: str) -> None:
    counts[:] = _column(table, name).reshape(counts.shape)


def _places(table: "pd.DataFrame", name: str, known: tuple[str, ...]) -> Any:
    """Index of each name of a column."""
    index: Mapping[str, int] = {key: place for place, key in enumerate(known)}
    return np.asarray([index[key] for key in _column(table, name)], dtype=np.int64)
