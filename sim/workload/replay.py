"""Replay: request traces in public formats, read whole and checked row by row.

Every complaint is one line, `file:row: what is wrong; what to do`, where row is the line number in the file.
"""

import csv
import difflib
import gzip
import math
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import TraceError
from sim.workload.requests import Requests

Row = tuple[int, list[str]]
Column = NDArray[np.float64]

OURS = ("arrival_s", "input_tokens", "output_tokens")
AZURE = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
GZIP_MAGIC = b"\x1f\x8b"
ROWS_AT_ONCE = 65_536
SHOWN_CHARACTERS = 60
LARGEST_TOKENS = np.iinfo(np.int32).max
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECONDS_PER_MICROSECOND = 1e-6


@dataclass(frozen=True)
class Replay:
    """What a trace holds."""

    requests: Requests
    """The requests that arrive within the day."""
    left_out: int
    """How many arrive later."""


class _Table(NamedTuple):
    """Three columns of numbers and the line of the file that each row was read from; shapes (n,)."""

    line: NDArray[np.int64]
    time: Column
    prompt_tokens: Column
    output_tokens: Column


def read_azure_2023(path: Path | str, duration_s: float = math.inf, use_case: int = 0) -> Replay:
    """Read a CSV file, plain or gzipped, with a time, prompt tokens and output tokens a row.

    The columns are `arrival_s, input_tokens, output_tokens`, or the original `TIMESTAMP, ContextTokens,
    GeneratedTokens`, whose timestamps become seconds after the first. Others are ignored. Requests at or after
    `duration_s` are left out and counted. TraceError names the row of whatever cannot be replayed.
    """
    file = Path(path)
    with _opened(file) as stream:
        rows = _rows(file, _lines(file, stream))
        header = next(rows, (1, []))[1]
        names = _named(file, header)
        table = _read_table(file, rows, names, tuple(map(header.index, names)))
    arrival_s = _checked_times(file, table, names[0])
    prompt = _checked_tokens(file, table, names[1], table.prompt_tokens)
    output = _checked_tokens(file, table, names[2], table.output_tokens)
    requests = Requests.uncached(arrival_s, np.full(arrival_s.size, use_case, np.int16), prompt, output)
    within = requests.between(0.0, duration_s)
    return Replay(within, requests.size - within.size)


def _error(file: Path, row: int, what: str, remedy: str) -> TraceError:
    return TraceError(f"{file}:{row}: {what}; {remedy}")


@contextmanager
def _opened(file: Path) -> Iterator[Iterable[bytes]]:
    """The lines of a file as bytes, unpacked where its first bytes say that it is gzipped."""
    try:
        stream = file.open("rb")
    except FileNotFoundError:
        raise TraceError(f"{file}: there is no such file (from {Path.cwd()}); set workload.trace.path") from None
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise TraceError(f"{file}: cannot be read: {what}; set workload.trace.path") from None
    with stream:
        packed = stream.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
        yield gzip.GzipFile(fileobj=stream) if packed else stream


def _lines(file: Path, stream: Iterable[bytes]) -> Iterator[str]:
    """Lines of text; a byte order mark before the first is dropped."""
    row = 0
    try:
        for row, line in enumerate(stream, 1):
            yield line.decode("utf-8-sig" if row == 1 else "utf-8")
    except UnicodeDecodeError:
        raise _error(file, row, "is not UTF-8 text", "save the trace as CSV in UTF-8, plain or gzipped") from None
    except EOFError:
        raise _error(file, row + 1, "the gzipped file ends too early", "fetch or compress it again") from None
    except (OSError, zlib.error) as error:
        raise _error(file, row + 1, f"cannot be unpacked or read ({error})", "fetch or compress it again") from None


def _rows(file: Path, lines: Iterator[str]) -> Iterator[Row]:
    """Rows that are not blank, each with the number of its (last) line; names and cells without blanks around them."""
    reader = csv.reader(lines, strict=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        what = f"is not CSV ({error})"
        raise _error(file, reader.line_num, what, "write one request a line, cells between commas") from None


def _named(file: Path, header: list[str]) -> tuple[str, ...]:
    """Which of the two sets of column names the header holds."""
    if not header:
        raise _error(file, 1, "the trace is empty", f"write a header {','.join(OURS)} and a row a request")
    names = max(OURS, AZURE, key=lambda known: len(set(known) & set(header)))
    missing = [name for name in names if name not in header]
    if not missing:
        return names
    found = ",".join(header)[:SHOWN_CHARACTERS]
    what = f"the header {found!r} has no {', '.join(missing)}{_hint(missing, header)}"
    raise _error(file, 1, what, f"name the columns {','.join(OURS)} or {','.join(AZURE)}")


def _hint(missing: list[str], header: list[str]) -> str:
    """Which columns of the header may be the missing ones, in brackets, if any is near."""
    lowered = {cell.lower(): cell for cell in header}
    near = {name: difflib.get_close_matches(name.lower(), lowered, n=1) for name in missing}
    pairs = [f"{name} for {lowered[cells[0]]}" for name, cells in near.items() if cells]
    return f" (did you mean {', '.join(pairs)}?)" if pairs else ""


def _read_table(file: Path, rows: Iterator[Row], names: tuple[str, ...], places: tuple[int, ...]) -> _Table:
    """All rows as numbers, converted in batches so that the text never fills the memory."""
    readers = (_timestamp_us if names == AZURE else float, float, float)
    parts: list[_Table] = []
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        columns = [_column(file, batch, *column) for column in zip(names, places, readers, strict=True)]
        parts.append(_Table(np.array([line for line, _ in batch]), *columns))
    if not parts:
        raise _error(file, 1, "the trace has a header and no requests", "write a row a request")
    return _Table(*map(np.concatenate, zip(*parts, strict=True)))


def _column(file: Path, batch: list[Row], name: str, place: int, read: Callable[[str], float]) -> Column:
    """One column of a batch as numbers; the first cell that is none is named."""
    try:
        return np.array([read(cells[place]) for _, cells in batch], np.float64)
    except (ValueError, IndexError, OverflowError):
        raise next(filter(None, (_unread(file, row, name, place, read) for row in batch))) from None


def _unread(file: Path, row: Row, name: str, place: int, read: Callable[[str], float]) -> TraceError | None:
    line, cells = row
    try:
        read(cells[place])
    except IndexError:
        return _error(file, line, f"has {len(cells)} cells and none for {name}", "complete or delete the row")
    except (ValueError, OverflowError):
        kind = "a number" if read is float else "a timestamp"
        what = f"{name} is {cells[place][:SHOWN_CHARACTERS]!r}, not {kind}"
        return _error(file, line, what, "correct or delete the row")
    return None


def _timestamp_us(text: str) -> float:
    """Microseconds since 1970 of an ISO timestamp, in UTC where it names no zone; exact in a float."""
    stamp = datetime.fromisoformat(text)
    return ((stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND


def _checked_times(file: Path, table: _Table, name: str) -> Column:
    """Arrival times [s], finite, not negative, never decreasing."""
    time_s = table.time if name in OURS else (table.time - table.time[0]) * SECONDS_PER_MICROSECOND
    _refuse(file, table, ~np.isfinite(time_s), name, time_s, "not a finite time", "correct or delete the row")
    falls = np.append(False, np.diff(time_s) < 0)
    _refuse(file, table, falls, name, time_s, "before the row above", "sort the trace by arrival")
    _refuse(file, table, time_s < 0, name, time_s, "negative", "count seconds from the start of the day")
    return time_s


def _checked_tokens(file: Path, table: _Table, name: str, tokens: Column) -> NDArray[np.int32]:
    """Whole tokens, at least 1."""
    remedy = "correct or delete the row"
    _refuse(file, table, ~np.isfinite(tokens), name, tokens, "not a finite number", remedy)
    _refuse(file, table, tokens < 1, name, tokens, "less than 1 token", remedy)
    _refuse(file, table, tokens > LARGEST_TOKENS, name, tokens, f"more than {LARGEST_TOKENS} tokens", remedy)
    _refuse(file, table, tokens != np.rint(tokens), name, tokens, "not a whole number", remedy)
    return tokens.astype(np.int32)


def _refuse(
    file: Path, table: _Table, bad: NDArray[np.bool_], name: str, values: Column, what: str, remedy: str
) -> None:
    """Raise for the first bad row, if there is one."""
    if bad.any():
        first = int(np.argmax(bad))
        raise _error(file, int(table.line[first]), f"{name} is {values[first]:.15g}, {what}", remedy)
