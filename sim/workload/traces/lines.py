"""The lines of a trace, plain or gzipped, and what to do about those that cannot be replayed.

Every complaint is one line, `file:row: what is wrong; what to do`, where row is the line number in the file.

Many plain lines of CSV at once, by pandas; whatever is odd about one of them is left to a closer look.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import TraceError
from sim.files.documents import open_plain
from sim.workload.traces.formats import Columns

if TYPE_CHECKING:
    import pandas as pd

GZIP_MAGIC = b"\x1f\x8b"


class Complaints:
    """What is wrong with a file: the first complaint ends the reading, unless bad rows are to be skipped."""

    def __init__(self, file: Path, skip: bool) -> None:
        self.file, self.skip = file, skip
        self.skipped_rows = 0
        """Rows that were left out."""

    def fatal(self, row: int, what: str, remedy: str) -> TraceError:
        """A complaint that no skipping helps against."""
        return TraceError(f"{self.file}:{row}: {what}; {remedy}")

    def about(self, row: int, what: str, remedy: str, rows: int = 1) -> None:
        """Complain about a row, the first of so many: raise, or count them."""
        if not self.skip:
            raise self.fatal(row, what, f"{remedy}, or skip such rows with --skip-bad-rows")
        self.skipped_rows += rows


@contextmanager
def opened(file: Path) -> Iterator[Iterable[bytes]]:
    """The lines of a file as bytes, unpacked where its first bytes say that it is gzipped."""
    try:
        stream = open_plain(file)
    except FileNotFoundError:
        raise TraceError(f"{file}: there is no such file (from {Path.cwd()}); set workload.trace.path") from None
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise TraceError(f"{file}: cannot be read: {what}; set workload.trace.path") from None
    with stream:
        packed = stream.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
        yield gzip.GzipFile(fileobj=stream) if packed else stream


def text_lines(stream: Iterable[bytes], complaints: Complaints) -> Iterator[str]:
    """Lines of text; a byte order mark before the first is dropped. What cannot be unpacked ends them."""
    row = 0
    try:
        for row, line in enumerate(stream, 1):
            yield line.decode("utf-8-sig" if row == 1 else "utf-8", "replace" if complaints.skip else "strict")
    except UnicodeDecodeError:
        complaints.about(row, "is not UTF-8 text", "save the trace in UTF-8, plain or gzipped")
    except EOFError:
        complaints.about(row + 1, "the gzipped file ends too early", "fetch or compress it again")
    except (OSError, zlib.error) as error:
        complaints.about(row + 1, f"cannot be unpacked or read ({error})", "fetch or compress it again")


QUOTE = '"'


def read_plainly(lines: list[str], places: list[int], columns: Columns) -> tuple[NDArray[np.float64], ...] | None:
    r"""The columns at some places as numbers, timestamps in microseconds since 1970; shapes (n,).

    None unless each line is one row without quotes whose cells are all numbers, or timestamps, as they should be.

    >>> from sim.workload.traces.formats import OURS
    >>> read_plainly(["0,7,1\n", "1.5,8,2\n"], [0, 1, 2], OURS)[0].tolist()
    [0.0, 1.5]
    >>> read_plainly(["0,7,1\n", "1.5,many,2\n"], [0, 1, 2], OURS) is None
    True
    """
    import pandas as pd

    text = "".join(lines)
    if QUOTE in text:
        return None
    first, *others = places
    kinds: Any = {first: str} | dict.fromkeys(others, np.float64)
    stream = StringIO(text)
    try:
        table = pd.read_csv(stream, header=None, usecols=places, dtype=kinds, skipinitialspace=True, na_filter=False)
        time = _microseconds(table[first]) if columns.stamped else np.array(list(map(float, table[first])))
    except ValueError:
        return None
    numbers = (time, *(table[place].to_numpy(np.float64) for place in others))
    whole = len(table) == len(lines) and not any(np.isnan(column).any() for column in numbers)
    return numbers if whole else None


def _microseconds(stamps: "pd.Series[Any]") -> NDArray[np.float64]:
    """Microseconds since 1970 of ISO timestamps, in UTC where they name no zone; shape (n,)."""
    import pandas as pd

    times = pd.to_datetime(stamps, format="ISO8601", utc=True).dt.tz_localize(None)
    return times.to_numpy("datetime64[us]").astype(np.int64).astype(np.float64)
