"""Replay: request traces in public formats, read as a stream and checked row by row; memory does not grow with them."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.workload.requests import Requests
from sim.workload.traces.formats import (
    BLOCK_TOKENS,
    SHOWN_CHARACTERS,
    Columns,
    NoLayoutError,
    columns_of,
    is_header,
    is_json,
    json_cells,
)
from sim.workload.traces.lines import Complaints, opened, read_plainly, text_lines

Row = tuple[int, list[Any]]
Column = NDArray[np.float64]
Bad = NDArray[np.bool_]

LINES_AT_ONCE = 65_536
LARGEST_TOKENS = np.iinfo(np.int32).max
MIXED = "is a line of JSON in a CSV file: the trace mixes layouts"
CORRECT = "correct or delete the row"
WRONG_TOKENS: tuple[tuple[Callable[[Column], Bad], str], ...] = (
    (lambda tokens: ~np.isfinite(tokens), "not a finite number"),
    (lambda tokens: tokens < 1, "less than 1 token"),
    (lambda tokens: tokens > LARGEST_TOKENS, f"more than {LARGEST_TOKENS} tokens"),
    (lambda tokens: tokens != np.rint(tokens), "not a whole number"),
)
"""What numbers of tokens may not be, and how it is told."""


class _Table(NamedTuple):
    """Rows as numbers, and the line of the file that each was read from; shapes (n,)."""

    line: NDArray[np.int64]
    columns: tuple[Column, ...]
    blocks: list[list[Any]]
    """Ids of each prompt's blocks, or nothing."""

    def where(self, chosen: NDArray[np.bool_]) -> "_Table":
        """The chosen rows."""
        blocks = [ids for ids, taken in zip(self.blocks, chosen.tolist(), strict=True) if taken] if self.blocks else []
        return _Table(self.line[chosen], tuple(column[chosen] for column in self.columns), blocks)


@dataclass
class TraceReader:
    """A trace being read: blocks of requests, in the time of the file [s]."""

    path: Path
    """The file."""
    layout: str = "azure_2023"
    """A name of LAYOUTS."""
    skip_bad_rows: bool = False
    """Whether rows that cannot be replayed are counted and left out."""
    use_case: int = 0
    """Index of the use case of all requests."""
    until_s: float = np.inf
    """Time in the file from which on requests are counted only."""
    left_out: int = 0
    """Requests that came later."""

    def __post_init__(self) -> None:
        self.complaints = Complaints(self.path, self.skip_bad_rows)
        self._first: float | None = None
        self._latest_s = 0.0
        self._lines_read = 0
        self._last_use: dict[Any, float] = {}

    def blocks(self) -> Iterator[Requests]:
        """All requests before `until_s`, block by block."""
        with opened(self.path) as stream:
            lines = text_lines(stream, self.complaints)
            columns, places, lines = self._begin(lines)
            any_row = False
            while batch := list(islice(lines, LINES_AT_ONCE)):
                table = self._table_of(columns, places, batch)
                self._lines_read += len(batch)
                any_row = any_row or bool(table.line.size)
                requests = self._requests(columns, table)
                within = requests.between(-np.inf, self.until_s)
                yield within
                if within.size < requests.size:
                    self.left_out = requests.size - within.size + sum(1 for line in lines if line.strip())
                    return
            if not any_row:
                raise self.complaints.fatal(1, "the trace has a header and no requests", "write a row a request")

    def _begin(self, lines: Iterator[str]) -> tuple[Columns, list[int], Iterator[str]]:
        """How the file is written, where its columns stand, and the lines that hold requests."""
        first = next(lines, "")
        header = [] if is_json(first) else next(self._csv_rows(iter([first])), (1, []))[1]
        if not header and not is_json(first):
            raise self.complaints.fatal(1, "the trace is empty", "begin it with a header, and write a row a request")
        try:
            columns = columns_of(self.layout, first, header)
        except NoLayoutError as error:
            what, _, remedy = str(error).rpartition("; ")
            raise self.complaints.fatal(1, what, remedy) from None
        if columns.lines:
            return columns, [], chain([first], lines)
        self._lines_read = 1
        return columns, [header.index(name) for name in columns.names], lines

    def _table_of(self, columns: Columns, places: list[int], batch: list[str]) -> _Table:
        """Lines as numbers: at once where they are plain, row by row where anything about them needs a closer look."""
        if columns.lines:
            return self._table(columns, list(self._json_rows(batch, columns)))
        numbers = read_plainly(batch, places, columns)
        if numbers is not None:
            return _Table(np.arange(len(batch)) + self._lines_read + 1, numbers, [])
        return self._table(columns, list(self._placed(self._csv_rows(iter(batch)), columns, places)))

    def _csv_rows(self, lines: Iterator[str]) -> Iterator[Row]:
        """Rows that are not blank, each with the number of its (last) line; cells without blanks around them."""
        reader = csv.reader(lines, strict=True)
        while True:
            try:
                for cells in reader:
                    if cells:
                        yield self._lines_read + reader.line_num, [cell.strip() for cell in cells]
                return
            except csv.Error as error:
                remedy = "write one request a line, cells between commas"
                self.complaints.about(self._lines_read + reader.line_num, f"is not CSV ({error})", remedy)

    def _placed(self, rows: Iterator[Row], columns: Columns, places: list[int]) -> Iterator[Row]:
        """The cells of each row that are read, in the order of the columns."""
        longest = max(places)
        for line, cells in rows:
            if len(cells) > longest:
                yield line, [cells[place] for place in places]
            else:
                missing = next(name for name, place in zip(columns.names, places, strict=True) if place >= len(cells))
                self.complaints.about(line, self._too_short(cells, missing), "complete or delete the row")

    def _too_short(self, cells: list[str], missing: str) -> str:
        if is_json(cells[0]):
            return MIXED
        return f"has {len(cells)} cells and none for {missing}"

    def _json_rows(self, lines: list[str], columns: Columns) -> Iterator[Row]:
        for number, line in enumerate(lines, self._lines_read + 1):
            if not line.strip():
                continue
            try:
                yield number, json_cells(line, columns.names)
            except KeyError as error:
                self.complaints.about(number, f"has no {error.args[0]}", "complete or delete the line")
            except (ValueError, AttributeError):
                kind = "is CSV: the trace mixes layouts" if "," in line and not is_json(line) else "is no JSON object"
                self.complaints.about(number, kind, "write one request a line, as {...}")

    def _table(self, columns: Columns, batch: list[Row]) -> _Table:
        """A batch of rows as numbers; a cell that is none is complained of."""
        lines = np.array([line for line, _ in batch])
        good = np.ones(len(batch), np.bool_)
        numbers = [
            self._column(batch, good, name, place, read)
            for place, (name, read) in enumerate(zip(columns.names, columns.readers(), strict=True))
        ]
        blocks = [cells[-1] for _, cells in batch] if columns.lines else []
        return _Table(lines, tuple(numbers), blocks).where(good)

    def _column(
        self, batch: list[Row], good: NDArray[np.bool_], name: str, place: int, read: Callable[[Any], float]
    ) -> Column:
        try:
            return np.array([read(cells[place]) for _, cells in batch], np.float64)
        except (ValueError, TypeError, OverflowError):
            return np.array([self._cell(row, good, index, name, place, read) for index, row in enumerate(batch)])

    def _cell(
        self, row: Row, good: NDArray[np.bool_], index: int, name: str, place: int, read: Callable[[Any], float]
    ) -> float:
        """One cell as a number; if it is none, the row is bad."""
        line, cells = row
        try:
            return read(cells[place])
        except (ValueError, TypeError, OverflowError):
            if good[index]:
                good[index] = False
                self.complaints.about(line, _unread(cells, name, place, read), CORRECT)
            return 0.0

    def _requests(self, columns: Columns, table: _Table) -> Requests:
        """The rows that can be replayed; times come last, so that the time of a bad row says nothing of others."""
        for place, name in enumerate(columns.names[1:3], 1):
            table = self._checked_tokens(table, place, name)
        table = self._checked_times(columns, table)
        time_s, prompt, output = self._seconds(columns, table.columns[0]), *table.columns[1:3]
        tokens = prompt.astype(np.int32), output.astype(np.int32)
        requests = Requests.uncached(time_s, np.full(time_s.size, self.use_case, np.int16), *tokens)
        if columns.lines:
            return self._with_blocks(requests, table.blocks)
        return _with_prefix(requests, table.columns[3]) if len(table.columns) > 3 else requests

    def _seconds(self, columns: Columns, time: Column) -> Column:
        """Times in seconds; timestamps count from the first."""
        if columns.stamped and time.size:
            self._first = float(time[0]) if self._first is None else self._first
            return (time - self._first) * columns.tick_s
        return time * columns.tick_s

    def _checked_times(self, columns: Columns, table: _Table) -> _Table:
        """Rows whose times are finite, not negative and never decrease."""
        name = columns.names[0]
        table = self._without(table, ~np.isfinite(table.columns[0]), name, 0, "not a finite time", CORRECT)
        time_s = self._seconds(columns, table.columns[0])
        so_far = np.maximum.accumulate(np.append(self._latest_s, time_s))
        negative = (time_s < 0) & (np.arange(time_s.size) == 0) if not self._latest_s else np.zeros(time_s.size, bool)
        remedy = "count seconds from the start of the day"
        table = self._without(table, negative, name, 0, "negative", remedy)
        falls = (time_s < so_far[:-1])[~negative]
        table = self._without(table, falls, name, 0, "before the row above", "sort the trace by arrival")
        self._latest_s = float(so_far[-1])
        return table

    def _checked_tokens(self, table: _Table, place: int, name: str) -> _Table:
        """Rows with whole tokens, at least 1."""
        for wrong, what in WRONG_TOKENS:
            table = self._without(table, wrong(table.columns[place]), name, place, what, CORRECT)
        return table

    def _without(self, table: _Table, bad: NDArray[np.bool_], name: str, place: int, what: str, remedy: str) -> _Table:
        """The table without its bad rows, which are complained of."""
        if not bad.any():
            return table
        first = int(np.argmax(bad))
        value = f"{name} is {table.columns[place][first]:.15g}, {what}"
        self.complaints.about(int(table.line[first]), value, remedy, int(bad.sum()))
        return table.where(~bad)

    def _with_blocks(self, requests: Requests, blocks: list[list[Any]]) -> Requests:
        """Prefixes by the leading blocks that were seen before, and when the last of these was used."""
        found = np.zeros(requests.size, np.int64)
        reused_s = np.full(requests.size, np.nan)
        for index, (ids, now_s) in enumerate(zip(blocks, requests.arrival_s.tolist(), strict=True)):
            for count, block in enumerate(ids, 1):
                if block not in self._last_use:
                    break
                found[index], reused_s[index] = count, self._last_use[block]
            self._last_use.update(dict.fromkeys(ids, now_s))
        cached = np.minimum(found * BLOCK_TOKENS, requests.prompt_tokens).astype(np.int32)
        return replace(requests, cached_tokens=cached, reused_s=reused_s)


def _unread(cells: list[Any], name: str, place: int, read: Callable[[Any], float]) -> str:
    if is_header(str(cell) for cell in cells):
        return "is a second header: the trace mixes files"
    if is_json(str(cells[0])):
        return MIXED
    kind = "a number" if read is float else "a timestamp"
    return f"{name} is {str(cells[place])[:SHOWN_CHARACTERS]!r}, not {kind}"


def _with_prefix(requests: Requests, prefix: Column) -> Requests:
    """Prefixes as a column tells them; it does not say when they were last used, which is taken as just before."""
    cached = np.clip(np.nan_to_num(prefix), 0, requests.prompt_tokens).astype(np.int32)
    return replace(requests, cached_tokens=cached, reused_s=np.where(cached > 0, requests.arrival_s, np.nan))
