"""Where the rows of a day's requests go: nowhere, into memory, into a sample, or to disk as they come."""

from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Protocol

import numpy as np

from sim.traces.requests import RequestTrace, Rows, in_order, joined, lots, no_rows, trace_of

EVERY_LOT = 2**64 - 1
SAMPLE_SIZE = 10_000
"""Requests of a sampled trace: enough for a curve, small enough for any tool."""
ROWS_PER_GROUP = 1 << 17
"""Rows written at once: enough to compress well, few enough to hold."""
GROUPS_WAITING = 1
"""Groups that may wait for the disk before the simulation does."""


class Sink(Protocol):
    """Takes rows in the order in which requests end."""

    lot: int
    """Largest lot of the rows wanted now; zero for none."""

    def add(self, rows: Rows) -> None:
        """Take the rows of a minute."""

    def close(self, use_cases: tuple[str, ...]) -> RequestTrace | None:
        """The day is over; the trace, where it is in memory."""


class Nothing:
    """Keeps no request."""

    lot = 0

    def add(self, rows: Rows) -> None:
        """Nothing is kept."""

    def close(self, use_cases: tuple[str, ...]) -> RequestTrace | None:
        """No trace."""
        return None


class Keep:
    """Keeps every request in memory."""

    lot = EVERY_LOT

    def __init__(self) -> None:
        self._parts: list[Rows] = []

    def add(self, rows: Rows) -> None:
        """Keep them."""
        self._parts.append(rows)

    def close(self, use_cases: tuple[str, ...]) -> RequestTrace | None:
        """Every request, by arrival."""
        return trace_of(in_order(self._parts), use_cases)


class Sample:
    """Keeps the requests with the smallest lots: a fixed number, each request with the same chance."""

    def __init__(self, size: int = SAMPLE_SIZE) -> None:
        self.lot = EVERY_LOT
        self._size = size
        self._parts: list[Rows] = []
        self._held = 0

    def add(self, rows: Rows) -> None:
        """Take them, and once they are twice too many, keep the smallest and ask for no others from now on."""
        self._parts.append(rows)
        self._held += rows.size
        if self._held > 2 * self._size:
            self._draw()

    def close(self, use_cases: tuple[str, ...]) -> RequestTrace | None:
        """The sample, by arrival."""
        self._draw()
        return trace_of(in_order(self._parts), use_cases)

    def _draw(self) -> None:
        rows = in_order(self._parts)
        if rows.size > self._size:
            drawn = lots(rows)
            best = np.argpartition(drawn, self._size - 1)[: self._size]
            rows, self.lot = rows[best], int(drawn[best].max())
        self._parts, self._held = [rows], rows.size


class Spill:
    """Writes every request to one parquet file while the day runs; memory does not grow with requests."""

    lot = EVERY_LOT

    def __init__(self, path: Path, use_cases: tuple[str, ...]) -> None:
        import pyarrow.parquet as pq

        self._use_cases = use_cases
        self._parts: list[Rows] = []
        self._waiting = 0
        schema = trace_of(no_rows(), use_cases).arrow().schema
        floats = [field.name for field in schema if str(field.type) == "double"]
        words = [field.name for field in schema if str(field.type).startswith("dictionary")]
        encoding = dict.fromkeys(floats, "BYTE_STREAM_SPLIT")
        self._writer = pq.ParquetWriter(
            path, schema, compression="zstd", compression_level=1, use_dictionary=words, column_encoding=encoding
        )
        self._groups: Queue[Rows | None] = Queue(GROUPS_WAITING)
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._write, daemon=True)
        self._thread.start()

    def add(self, rows: Rows) -> None:
        """Hand them to the writer once they make a group."""
        if self._failure:
            raise self._failure
        self._parts.append(rows)
        self._waiting += rows.size
        if self._waiting >= ROWS_PER_GROUP:
            self._flush()

    def close(self, use_cases: tuple[str, ...]) -> RequestTrace | None:
        """Write what is left; the trace is on disk."""
        self._flush()
        self._groups.put(None)
        self._thread.join()
        self._writer.close()
        if self._failure:
            raise self._failure
        return None

    def _flush(self) -> None:
        self._groups.put(joined(self._parts))
        self._parts, self._waiting = [], 0

    def _write(self) -> None:
        """Sort, encode and write groups until told to stop; a failure is told to the simulation, not lost."""
        while (rows := self._groups.get()) is not None:
            if self._failure is None:
                try:
                    table = trace_of(in_order([rows]), self._use_cases).arrow()
                    self._writer.write_table(table, row_group_size=max(rows.size, 1))
                except Exception as error:
                    self._failure = error


def open_sink(trace: str | Sink) -> Sink:
    """The sink that a word stands for: none, sample or full (in memory)."""
    return SINKS[trace]() if isinstance(trace, str) else trace


SINKS: dict[str, type[Nothing] | type[Keep] | type[Sample]] = {"none": Nothing, "sample": Sample, "full": Keep}
