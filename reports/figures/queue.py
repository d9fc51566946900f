"""Figures as they are asked for: a report names what is to be drawn, and where; the drawings come beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from reports.documents.blocks import Plot
from reports.documents.language import Language
from reports.figures.style import Drawing, drawn, house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Sketch:
    """A figure that is wanted."""

    name: str
    """Its name, and that of its files."""
    figure: Callable[..., "Figure"]
    """What draws it."""
    values: tuple[Any, ...]
    """What it is drawn from."""
    png: bool
    """Whether it is wanted as dots, too."""

    def drawn(self) -> Drawing:
        """The figure in the house's style."""
        with house_style(self.name):
            return drawn(self.figure(*self.values), self.png)


class Draughtsman(Protocol):
    """Somebody who draws meanwhile."""

    def ask(self, sketch: Sketch) -> None:
        """Have a figure drawn."""

    def drawings(self) -> list[Drawing | None]:
        """All that were asked for, in order; None for what was not to be drawn."""


@dataclass(frozen=True)
class Sketcher:
    """Notes down the figures of one report."""

    words: Language
    """Language of their labels."""
    png: bool = False
    """Whether they are wanted as dots, too."""
    helper: Draughtsman | None = None
    """Who draws them while the report is made; they are drawn at its end otherwise."""
    sketches: list[Sketch] = field(default_factory=list)
    """What is to be drawn."""

    def plot(self, name: str, caption: str, figure: Callable[..., "Figure"], *values: Any) -> Plot:
        """The place of a figure, with its caption."""
        sketch = Sketch(name, figure, values, self.png)
        self.sketches.append(sketch)
        if self.helper is not None:
            self.helper.ask(sketch)
        return Plot(name, caption, alt=caption)

    def drawings(self) -> dict[str, Drawing]:
        """All figures by name; what a helper could not draw is drawn here, where its error is met, too."""
        drawn = [None] * len(self.sketches) if self.helper is None else self.helper.drawings()
        return {sketch.name: drawing or sketch.drawn() for sketch, drawing in zip(self.sketches, drawn, strict=True)}
