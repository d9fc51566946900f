"""The lines of a trace, plain or gzipped, and what to do about those that cannot be replayed.

Every complaint is one line, `file:row: what is wrong; what to do`, where row is the line number in the file.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.documents import open_plain
from sim.errors import TraceError

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
