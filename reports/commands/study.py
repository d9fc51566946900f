"""The commands batch and study: a plan is carried out with a bar, and what came of it is told."""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, current_thread, main_thread
from types import FrameType

from reports.commands.run import Stopwatch
from reports.terminal.console import say, tell
from reports.terminal.progress import study_progress
from reports.terminal.study_summary import failures, study_summary
from sim.core.errors import SimError
from sim.studies.questions.cell_plan import Plan
from sim.studies.questions.outcomes import unit
from sim.studies.running.run import State, carry_out, claim
from sim.studies.running.store import as_json, write_whole
from sim.studies.running.workers import open_workers
from sim.studies.statistics.results import StudyResult

IMPATIENCE_S = 5.0
"""For so long after Ctrl-C no other is heard."""


class StoppedError(SimError):
    """Somebody pressed Ctrl-C; the message says what is saved."""


def conduct(plan: Plan, folder: Path, jobs: int, scheduler: str | None, resume: bool, bias: bool) -> int:
    """Carry out a plan and tell what came of it; the number of cells that failed."""
    claim(plan, folder, resume)
    watch, last = Stopwatch(), State(0, plan.cells, 0, 0, lambda: None)

    def note(state: State) -> None:
        nonlocal last
        last = state
        show(state)
        if interrupted.is_set():
            raise KeyboardInterrupt

    try:
        with (
            _interrupts() as interrupted,
            _silence(),
            study_progress(plan.question.name, unit(plan.main)) as show,
            open_workers(jobs, scheduler, plan.engine) as workers,
        ):
            result = carry_out(plan, folder, workers, resume, note, bias)
            count = workers.count
    except KeyboardInterrupt:
        saved = f"{last.done:,} of {last.planned:,} cells are saved in {folder}"
        raise StoppedError(f"stopped; {saved}; the same command with --resume goes on") from None
    record = watch.record(cells_of_earlier_runs=last.found, workers=count, scheduler=scheduler)
    write_whole(folder / "run.json", as_json(record))
    try:
        return _tell(result)
    except KeyboardInterrupt:
        raise StoppedError(f"stopped; everything is written to {folder}") from None


@contextmanager
def _interrupts() -> Iterator[Event]:
    """Set when Ctrl-C is heard: one that falls into a finalizer ends nothing, as the interpreter has it.

    Those that follow at once are ignored: they would only disturb the closing.
    """
    heard, deaf_until_s = Event(), 0.0

    def hear(_number: int, _frame: FrameType | None) -> None:
        nonlocal deaf_until_s
        heard.set()
        if time.monotonic() >= deaf_until_s:
            deaf_until_s = time.monotonic() + IMPATIENCE_S
            raise KeyboardInterrupt

    if current_thread() is not main_thread():  # which alone hears Ctrl-C
        yield heard
        return
    before = signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _silence() -> Iterator[None]:
    """Nobody logs within: dask would tell of every connection whose other end was killed, or stopped, by a traceback.

    What becomes of the work is told by us.
    """
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _tell(result: StudyResult) -> int:
    """The summary on stdout, and on stderr what failed."""
    tell(study_summary(result.summary, str(result.folder)))
    for line in failures(result.summary):
        say(line)
    return int(result.summary["cells"]["failed"])
