"""Speaking to whoever sits at the command line: results on stdout, progress on stderr."""

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console, RenderableType
from rich.progress import Progress
from rich.text import Text

from sim.core.errors import OutputError

WIDTH_OF_FILES = 200
LONGEST_NAME = 40


def tell(*parts: RenderableType) -> None:
    """Print on stdout. A reader who has had enough (`| head`) is no error; a disk that is full is."""
    if sys.stdout is None:  # closed by the shell
        return
    try:
        sys.stdout.write(_writable(_rendered(parts), sys.stdout.encoding or "utf-8"))
        sys.stdout.flush()
    except OSError as error:
        _give_up(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"standard output: cannot be written: {error.strerror}") from None


def tell_files(files: Iterable[Path]) -> None:
    """Name what was written, a line each."""
    tell(*(Text(str(file), no_wrap=True, overflow="ignore") for file in files))


def _rendered(parts: Iterable[RenderableType]) -> str:
    """What a console shows; for a file or a pipe without colours, nor folded to the width of some terminal."""
    file, terminal = io.StringIO(), sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    console = Console(file=file, force_terminal=terminal, width=width(), highlight=False, markup=False, emoji=False)
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip(' ')}\n" for line in file.getvalue().splitlines())


def _writable(text: str, encoding: str) -> str:
    """A text with escapes for what an encoding lacks, as for parts of a path that are no text."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def width() -> int:
    """Columns to write in."""
    return shutil.get_terminal_size().columns if sys.stdout and sys.stdout.isatty() else WIDTH_OF_FILES


def say(message: str) -> None:
    """Print a line on stderr; where nobody reads it, the work goes on."""
    try:
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    """Send what is still to come nowhere, or Python would try once more at its end and exit with 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def progress_bar(name: str, duration_s: float) -> Iterator[Callable[[float], None]]:
    """A live bar on a terminal, a line every tenth of the day elsewhere; both on stderr."""
    if not sys.stderr.isatty():
        yield _progress_lines(duration_s)
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name[:LONGEST_NAME].replace("[", "("), total=duration_s)
        yield lambda now_s: bar.update(task, completed=now_s)


def _progress_lines(duration_s: float) -> Callable[[float], None]:
    told = 0

    def tell(now_s: float) -> None:
        nonlocal told
        tenth = int(10 * now_s / duration_s)
        if tenth > told:
            told = tenth
            say(f"simulated {10 * tenth} %")

    return tell
