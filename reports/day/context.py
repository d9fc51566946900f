"""What every section of a day's report is given."""

from dataclasses import dataclass
from typing import Any

from reports.documents.language import Language
from reports.figures.clock import Clock
from reports.figures.queue import Sketcher
from sim.core.units import SECONDS_PER_DAY
from sim.day import DayResult


@dataclass(frozen=True)
class Day:
    """A day to be reported on."""

    result: DayResult
    """What was simulated."""
    numbers: dict[str, Any]
    """Its result.json."""
    words: Language
    """The language."""
    sketcher: Sketcher
    """Who draws."""

    @property
    def span(self) -> str:
        """How long it lasted, inside a phrase: "the day", or "30 min"."""
        return self.words("day.whole") if self.is_whole else self.words.duration(self.numbers["duration_s"])

    @property
    def is_whole(self) -> bool:
        """Whether it lasted 24 hours."""
        return bool(self.numbers["duration_s"] == SECONDS_PER_DAY)

    @property
    def clock(self) -> Clock:
        """Its times."""
        trace = self.result.traces.utilisation
        return Clock(self.result.scenario.day.start_s, float(trace.minute_s.sum()), int(trace.minute_s.size))
