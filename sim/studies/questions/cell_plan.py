"""A plan: every cell of a batch or study, numbered; which cells share a simulated day, and in which parts they run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from sim.day import EngineName
from sim.scenario.schema import Scenario
from sim.studies.questions.inputs import Input, is_price
from sim.studies.questions.schema import Batch, Study
from sim.studies.sampling.designs import Points

CELLS_A_PART = 1000
"""Most cells of one part file: those that share a simulated day."""


class Cell(NamedTuple):
    """One row of the table to be."""

    number: int
    """Place in the table, from zero."""
    changes: dict[str, Any]
    """Dotted paths to values."""


class Part(NamedTuple):
    """Cells that are run and kept together; all of one simulated day."""

    number: int
    """Place among the parts, from zero."""
    cells: list[int]
    """Numbers of its cells."""
    day: int
    """Number of the simulated day they share."""
    replication: int
    """Which random day it is."""


@dataclass(frozen=True)
class Variants:
    """Rows that are written out: named variants."""

    names: tuple[str, ...]
    """Their names."""
    changes: tuple[dict[str, Any], ...]
    """What each sets otherwise."""
    shown: Mapping[str, Sequence[Any]]
    """Path to the value of each variant, for the table."""

    label = "variant"

    def __len__(self) -> int:
        return len(self.names)

    def row(self, index: int) -> dict[str, Any]:
        """Changes of a variant."""
        return self.changes[index]


@dataclass(frozen=True)
class Draws:
    """Rows that are drawn: points of the unit cube and the values they stand for."""

    inputs: tuple[Input, ...]
    """The inputs."""
    points: Points
    """Probabilities: a row a draw, a column an input."""
    shown: Mapping[str, list[Any]]
    """Path to the value in each draw."""

    label = "draw"

    def __len__(self) -> int:
        return len(self.points)

    def row(self, index: int) -> dict[str, Any]:
        """Changes of a draw."""
        return {path: values[index] for path, values in self.shown.items()}


@dataclass(frozen=True)
class Plan:
    """All that is to be run."""

    question: Batch | Study
    """What was asked, fully resolved."""
    base: Scenario
    """The base day, of the full fleet."""
    rows: Variants | Draws
    """The variants or draws, in order."""
    days: str
    """shared: all rows meet the same random days; own: each row has days of its own."""
    engine: EngineName
    """How batching is simulated."""

    @property
    def kind(self) -> str:
        """What sort of question it is."""
        return "batch" if isinstance(self.question, Batch) else self.question.kind

    @property
    def replications(self) -> int:
        """Random days a row."""
        return self.question.replications

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.rows) * self.replications

    @property
    def main(self) -> str:
        """The main outcome."""
        return self.question.outcomes[0]

    @property
    def fraction(self) -> Fraction | None:
        """The part of the fleet that is simulated."""
        return self.question.fleet_fraction

    def cell(self, number: int) -> Cell:
        """A cell by its number."""
        return Cell(number, self.rows.row(number // self.replications))

    def rounds(self) -> list[int]:
        """Cells after which a look is taken whether enough is known; the last is the number of all."""
        stop = getattr(self.question, "stop", None)
        looks, at = [], stop.at_least if stop else len(self.rows)
        while at < len(self.rows):
            looks.append(at * self.replications)
            at *= 2
        return [*looks, self.cells]

    def parts(self) -> Iterator[Part]:
        """Parts in the order in which they run, round after round."""
        number, days = 0, self._days()
        for first, end in pairwise([0, *self.rounds()]):
            of_day: dict[int, list[int]] = {}
            for cell in range(first, end):
                of_day.setdefault(days[cell], []).append(cell)
            for day, cells in of_day.items():
                for start in range(0, len(cells), CELLS_A_PART):
                    yield Part(number, cells[start : start + CELLS_A_PART], day, self._replication(cells[0]))
                    number += 1

    def _days(self) -> list[int]:
        """Number of the simulated day of every cell: that of the first cell whose day is the same but for prices."""
        if self.days == "own":
            return list(range(self.cells))
        known: dict[Any, int] = {}
        seen: list[int] = []
        for row in range(len(self.rows)):
            changes = {path: value for path, value in self.rows.row(row).items() if not is_price(path)}
            for replication in range(self.replications):
                seen.append(known.setdefault((repr(changes), replication), len(seen)))
        return seen

    def _replication(self, cell: int) -> int:
        """Which random day a cell meets."""
        return cell if self.days == "own" else cell % self.replications
