"""A second process that draws figures while the first one makes and sets the report's text."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.figures.queue import Sketch
    from reports.figures.style import Drawing


@contextmanager
def drafter() -> Iterator["Drafter | None"]:
    """Whoever draws, to be asked for at the start of a command; None where the same process has to do it.

    That is so without a second processor, on systems that do not tell their processors (forking is unusual there), and
    once numpy has been imported: its threads do not outlive a fork.
    """
    if "numpy" in sys.modules or not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        yield None
        return
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_draw, args=(theirs, ours), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Drafter(ours)
    finally:
        process.terminate()
        process.join()
        ours.close()


class Drafter:
    """The first process's side: asks, and fetches all drawings in the end."""

    def __init__(self, line: Connection) -> None:
        self._line, self._asked = line, 0

    def ask(self, sketch: "Sketch") -> None:
        """Have a figure drawn."""
        self._asked += 1
        with suppress(OSError):
            self._line.send(sketch)

    def drawings(self) -> list["Drawing | None"]:
        """All that were asked for; None for each where the other process has failed."""
        try:
            self._line.send(None)
            return list(self._line.recv())
        except (EOFError, OSError):
            return [None] * self._asked


def _draw(line: Connection, far_end: Connection) -> None:
    """The second process: it sends nothing before it is told that no more figures come, or both might wait to send.

    Ctrl-C is heard by the first one, whose end, however it comes, ends this one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    far_end.close()
    with suppress(EOFError, OSError):
        line.send([_drawing(sketch) for sketch in iter(line.recv, None)])


def _drawing(sketch: "Sketch") -> "Drawing | None":
    try:
        return sketch.drawn()
    except Exception:
        return None
