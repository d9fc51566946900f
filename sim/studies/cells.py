"""What workers do: simulate a day, price it as often as is asked, and hand back columns. A failure is an answer too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import Any, TypeVar

from sim.catalogue import Catalogue, read_catalogue
from sim.day import DayResult, EngineName, run
from sim.errors import InputError
from sim.headlines import money, summary
from sim.scenario.schema import Scenario
from sim.studies.fraction import shrink
from sim.studies.inputs import is_price
from sim.studies.outcomes import Numbers, flat, grown
from sim.studies.plan import Cell
from sim.version import __version__

DONE, FAILED = "done", "failed"
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Order:
    """What all cells of a study have in common; sent to every worker."""

    base: Scenario
    """The base day, of the full fleet."""
    engine: EngineName
    """How batching is simulated."""
    fleet_fraction: Fraction | None
    """The part of the fleet that is simulated."""


@dataclass(frozen=True)
class Day:
    """A simulated day, to be priced."""

    result: DayResult
    """The day."""
    numbers: Numbers
    """Its result.json by dotted names, grown to the full fleet."""
    priceless: Numbers
    """Those of them that no price changes."""
    changes: dict[str, Any]
    """What it was simulated with: all but prices."""
    larger: float
    """How many times larger the full fleet is."""


@dataclass(frozen=True)
class Failure:
    """Why something could not be done."""

    message: str
    """One line."""


@dataclass(frozen=True)
class Columns:
    """Rows of some cells, by column; a column with one value for all of them is kept once."""

    cells: list[int]
    """Numbers of the cells."""
    messages: list[str]
    """Why each failed; empty where it did not."""
    same: Numbers
    """Columns with one value."""
    each: dict[str, list[Any]]
    """All other columns; None where undefined."""

    def column(self, name: str, undefined: Any = None) -> list[Any]:
        """A column, written out, with something in place of None."""
        values = self.each[name] if name in self.each else [self.same.get(name)] * len(self.cells)
        return [undefined if value is None else value for value in values]


@cache
def the_catalogue() -> Catalogue:
    """The package's catalogue, read once a process; it is frozen."""
    return read_catalogue()


def prepare(engine: str) -> str:
    """Make a worker ready: catalogue read, engine compiled. Returns the version that it runs."""
    the_catalogue()
    if engine == "compiled":
        from sim.serving.warming import is_warm, warm_up

        if not is_warm():
            warm_up()
    return __version__


def simulate_day(order: Order, cell: Cell, replication: int) -> Day | Failure:
    """Simulate the day of a cell."""
    return _try(partial(_simulate, order, cell, replication))


def _simulate(order: Order, cell: Cell, replication: int) -> Day:
    changes = {path: value for path, value in cell.changes.items() if not is_price(path)}
    scenario, larger = shrink(order.base.replace(changes), order.fleet_fraction)
    result = run(scenario, engine=order.engine, catalogue=the_catalogue(), replication=replication)
    nested = summary(result)
    changed = money(result)
    priceless = {key: value for key, value in nested.items() if key not in changed}
    return Day(result, grown(flat(nested), larger), grown(flat(priceless), larger), changes, larger)


def price_cells(order: Order, day: Day | Failure, cells: list[Cell]) -> Columns:
    """Rows of cells that share a simulated day."""
    rows = [day if isinstance(day, Failure) else _try(partial(_price, order, day, cell)) for cell in cells]
    return _columns([cell.number for cell in cells], rows)


def run_cells(order: Order, cells: list[Cell], replication: int) -> Columns:
    """Rows of all cells that share a day: simulated once, priced for each."""
    return price_cells(order, simulate_day(order, cells[0], replication), cells)


def _price(order: Order, day: Day, cell: Cell) -> Numbers:
    if cell.changes == day.changes:
        return day.numbers
    scenario = order.base.replace(cell.changes)
    changed = money(day.result.reprice(scenario.prices, scenario.facts))
    return day.priceless | grown(flat(changed), day.larger)


def _try(work: Callable[[], Answer]) -> Answer | Failure:
    """The answer, or what went wrong: one bad cell must not end a study."""
    try:
        return work()
    except InputError as error:
        return Failure(" ".join(str(error).split()))
    except Exception as error:
        return Failure(f"a defect of the program: {type(error).__name__}: {' '.join(str(error).split())}")


def failed(cells: list[int], message: str) -> Columns:
    """Rows of cells that came to nothing."""
    return _columns(cells, [Failure(message)] * len(cells))


def _columns(cells: list[int], rows: Sequence[Numbers | Failure]) -> Columns:
    known = [row for row in rows if not isinstance(row, Failure)]
    names = dict.fromkeys(name for row in known for name in row)
    each = {name: [None if isinstance(row, Failure) else row.get(name) for row in rows] for name in names}
    constant = [name for name, values in each.items() if values.count(values[0]) == len(values)]
    same = {name: each.pop(name)[0] for name in constant}
    messages = [row.message if isinstance(row, Failure) else "" for row in rows]
    return Columns(cells, messages, same, each)
