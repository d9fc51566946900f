"""What every section of a day's report is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reports.blocks import Plot
from reports.figures.clock import Clock
from reports.figures.style import Drawing, drawn, house_style
from reports.language import Language
from sim.day import DayResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Sketcher:
    """Draws figures in the house's style and keeps them."""

    words: Language
    """Language of their labels."""
    png: bool = False
    """Whether they are wanted as dots, too."""
    drawings: dict[str, Drawing] = field(default_factory=dict)
    """What has been drawn, by name."""

    def plot(self, name: str, caption: str, draw: Callable[[], "Figure"]) -> Plot:
        """A figure with its caption."""
        with house_style(name):
            self.drawings[name] = drawn(draw(), self.png)
        return Plot(name, self.drawings[name].svg, caption, alt=caption)


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
    def clock(self) -> Clock:
        """Its times."""
        trace = self.result.traces.utilisation
        return Clock(self.result.scenario.day.start_s, float(trace.minute_s.sum()), int(trace.minute_s.size))
