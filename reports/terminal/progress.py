"""Progress of a batch or study on stderr: a live bar on a terminal, a line every tenth of the cells elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from reports.terminal.console import say
from sim.studies.running.run import State

NO_WORDS = "waiting for the first cells"
REFRESH_S = 0.5
"""How often the running estimate is reckoned and shown."""
TENTHS = 10
MANY = 100
"""A rate whose fraction nobody reads."""
LONGEST_TITLE = 32


@contextmanager
def study_progress(name: str, unit: str) -> Iterator[Callable[[State], None]]:
    """What a study is to tell how far it is; `unit` is that of its main outcome."""
    clock = Clock()
    if not sys.stderr.isatty():
        yield _Lines(clock, unit).tell
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), TextColumn("{task.fields[cells]}"))
    with _TwoLines(*columns, console=Console(stderr=True), transient=True, expand=True) as bar:
        task = bar.add_task(name[:LONGEST_TITLE].replace("[", "("), total=1.0, cells="")
        shown_s = 0.0

        def tell(state: State) -> None:
            nonlocal shown_s
            now_s = time.monotonic()
            if now_s - shown_s > REFRESH_S or state.done == state.planned:
                shown_s, bar.words = now_s, how_it_goes(state, clock, unit) or NO_WORDS * (not state.done)
                bar.update(task, total=state.planned, completed=state.done, cells=cells_done(state))

        yield tell


class _TwoLines(Progress):
    """A bar as wide as the terminal, and beneath it words, which a narrow terminal cuts short."""

    words = "starting workers"

    def get_renderables(self) -> Iterator[RenderableType]:
        """Both lines."""
        yield from super().get_renderables()
        yield Text(self.words, style="dim", no_wrap=True, overflow="ellipsis")


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
    return ", ".join(filter(None, [cells_done(state), how_it_goes(state, clock, unit)]))


def cells_done(state: State) -> str:
    """How many cells of how many, and how many of them failed."""
    failed = f", {state.failed:,} failed" if state.failed else ""
    return f"{state.done:,} of {state.planned:,} cells{failed}"


def how_it_goes(state: State, clock: Clock, unit: str) -> str:
    """Rate, time left and the running estimate."""
    words, rate = list[str](), clock.rate_per_s(state)
    if rate and state.done < state.planned:
        words += [f"{_rate(rate)} a second", f"{_time((state.planned - state.done) / rate)} left"]
    estimate = state.estimate()
    if estimate is not None and estimate.high - estimate.low >= 0:
        words.append(f"mean {estimate.estimate:,.6g} ± {(estimate.high - estimate.low) / 2:,.3g} {unit}")
    return ", ".join(words)


def _rate(per_s: float) -> str:
    return f"{per_s:,.0f}" if per_s >= MANY else f"{per_s:.3g}"


def _time(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
