"""Traces back from the columns they were written as; what has no such columns is a ValueError."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.states import TOKENS, EventKind
from sim.traces.digest import METRICS, Digest
from sim.traces.events import Event, EventLog
from sim.traces.minutes import PlantMinutes, PoolMinutes, UtilisationTrace
from sim.traces.requests import Outcome

Columns = Mapping[str, NDArray[Any]]
"""A table: its columns by name."""


def columns_of(path: Path) -> Columns:
    """A table's columns as they stand in the file."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        table = file.read()
    return {
        name: _array(column.combine_chunks()) for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _array(column: Any) -> NDArray[Any]:
    """A column as an array: names as objects, what is not known as NaN.

    Arrow's own way to numpy imports pandas, which takes half a second.
    """
    from pyarrow.types import is_primitive

    if not is_primitive(column.type):
        return np.array(column.to_pylist(), dtype=object)
    kind = np.dtype(np.float64 if column.null_count else column.type.to_pandas_dtype())
    if column.null_count or not len(column):
        return np.array(column.to_pylist(), dtype=kind)
    return np.frombuffer(column.buffers()[1], kind, len(column), column.offset * kind.itemsize)


def utilisation_of(table: Columns) -> UtilisationTrace:
    """The utilisation that `UtilisationTrace.table` was made from."""
    pool = _column(table, "pool")
    frames = [_rows(table, pool == name) for name in dict.fromkeys(pool.tolist())]
    if not frames:
        raise ValueError("it has no rows")
    plant = PlantMinutes(**{field.name: _column(frames[0], field.name) for field in fields(PlantMinutes)})
    return UtilisationTrace(_column(frames[0], "minute_s"), tuple(_pool(frame) for frame in frames), plant)


def _rows(table: Columns, some: NDArray[np.bool_]) -> Columns:
    return {name: column[some] for name, column in table.items()}


def _pool(frame: Columns) -> PoolMinutes:
    return PoolMinutes(**{field.name: _value(frame, field.name, field.type) for field in fields(PoolMinutes)})


def _value(frame: Columns, name: str, kind: Any) -> Any:
    """A field of a pool: one for all minutes where it is a name or a count, else its column."""
    return kind(_column(frame, name)[0]) if kind in (str, int, float) else _column(frame, name)


def _column(table: Columns, name: str) -> NDArray[Any]:
    if name not in table:
        raise ValueError(f"it has no column {name}")
    return table[name]


def events_of(table: Columns) -> EventLog:
    """The log that `EventLog.table` was made from, by time."""
    columns = [_column(table, name).tolist() for name in Event._fields]
    columns[Event._fields.index("kind")] = [EventKind(kind) for kind in _column(table, "kind").tolist()]
    return EventLog([Event(*row) for row in zip(*columns, strict=True)])


def digest_of(table: Columns, histogram: Columns) -> Digest:
    """The digest that `Digest.table` and `Digest.histogram` were made from."""
    cases = _column(table, "use_case").tolist()
    use_cases = tuple(dict.fromkeys(cases))
    digest = Digest.empty(use_cases, len(cases) // max(len(use_cases), 1))
    for index, outcome in enumerate(Outcome):
        _fill(digest.outcomes[:, :, index], table, outcome.name.lower())
    for index, name in enumerate(TOKENS):
        _fill(digest.tokens[:, :, index], table, f"{name}_tokens")
    for index, metric in enumerate(METRICS):
        _fill(digest.ticks[:, :, index], table, f"{metric}_ticks")
        digest.maxima[:, index] = _column(table, f"{metric}_max").reshape(digest.outcomes.shape[:2])[:, 0]
    places = (_places(histogram, "use_case", use_cases), _column(histogram, "hour"))
    digest.bins[(*places, _places(histogram, "metric", METRICS), _column(histogram, "bin"))] = _column(
        histogram, "requests"
    )
    return digest


def _fill(counts: Any, table: Columns, name: str) -> None:
    counts[:] = _column(table, name).reshape(counts.shape)


def _places(table: Columns, name: str, known: tuple[str, ...]) -> Any:
    """Index of each name of a column."""
    index: Mapping[str, int] = {key: place for place, key in enumerate(known)}
    return np.asarray([index[key] for key in _column(table, name).tolist()], dtype=np.int64)
