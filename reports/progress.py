"""Progress of a batch or study on stderr: a live bar on a terminal, a line every tenth of the cells elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from reports.console import LONGEST_NAME, say
from sim.studies.running import State

REFRESH_S = 0.5
"""How often the running estimate is reckoned and shown."""
TENTHS = 10


@contextmanager
def study_progress(name: str, unit: str) -> Iterator[Callable[[State], None]]:
    """What a study is to tell how far it is; `unit` is that of its main outcome."""
    clock = Clock()
    if not sys.stderr.isatty():
        yield _Lines(clock, unit).tell
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name[:LONGEST_NAME].replace("[", "("), words="starting workers")
        shown_s = 0.0

        def tell(state: State) -> None:
            nonlocal shown_s
            now_s = time.monotonic()
            if now_s - shown_s > REFRESH_S or state.done == state.planned:
                shown_s = now_s
                bar.update(task, total=state.planned, completed=state.done, words=in_words(state, clock, unit))

        yield tell


class _Lines:
    """A line every tenth."""

    def __init__(self, clock: "Clock", unit: str) -> None:
        self.clock, self.unit, self.told = clock, unit, 0

    def tell(self, state: State) -> None:
        """Say how far it is, if a tenth has passed."""
        tenth = TENTHS * state.done // max(state.planned, 1)
        if tenth > self.told:
            self.told = tenth
            say(in_words(state, self.clock, self.unit))


class Clock:
    """Time since the first cell was asked for."""

    def __init__(self) -> None:
        self.begun_s = time.monotonic()

    def rate_per_s(self, state: State) -> float:
        """Cells a second of this run."""
        return (state.done - state.found) / max(time.monotonic() - self.begun_s, sys.float_info.min)


def in_words(state: State, clock: Clock, unit: str) -> str:
    """Cells, rate, time left and the running estimate."""
    words = [f"{state.done:,} of {state.planned:,} cells"]
    words += [f"{state.failed:,} failed"] if state.failed else []
    rate = clock.rate_per_s(state)
    if rate and state.done < state.planned:
        words += [f"{rate:,.3g} a second", f"{_time((state.planned - state.done) / rate)} left"]
    estimate = state.estimate()
    if estimate is not None and estimate.high - estimate.low >= 0:
        words.append(f"mean {estimate.estimate:,.6g} ± {(estimate.high - estimate.low) / 2:,.3g} {unit}")
    return ", ".join(words)


def _time(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
