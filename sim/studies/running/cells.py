"""What workers do: simulate a day, price it as often as is asked, and hand back columns. A failure is an answer too.

Cells of one day that differ in numbers only are priced at once, as arrays; all others, and those whose numbers an array
cannot stand for, one by one. Both ways ask the same ledger.
"""

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property, partial
from math import isfinite
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.catalogue import Catalogue, read_catalogue
from sim.core.compile_cache import is_warm
from sim.core.errors import InputError
from sim.core.version import __version__
from sim.day import DayResult, EngineName, run
from sim.result_json import money, summary
from sim.scenario.identity import scenario_hash, scenario_hashes
from sim.scenario.schema import Scenario
from sim.studies.questions.cell_plan import Cell
from sim.studies.questions.inputs import is_price
from sim.studies.questions.outcomes import Numbers, flat, grown, is_number
from sim.studies.running.columns import Columns, Failure, by_column, failed, joined
from sim.studies.running.fraction import mended_by_share, shrink

HASH = "scenario_hash"
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
    changes: dict[str, Any]
    """What it was simulated with: all but prices."""
    larger: float
    """How many times larger the full fleet is."""

    @cached_property
    def priceless(self) -> Numbers:
        """Those of the numbers that no price changes; found out when the day is priced again, which most never are."""
        changed = {HASH, *money(self.result)}
        return {name: value for name, value in self.numbers.items() if name.partition(".")[0] not in changed}


@cache
def the_catalogue() -> Catalogue:
    """The package's catalogue, read once a process; it is frozen."""
    return read_catalogue()


def version_here() -> str:
    """The version that a process runs."""
    return __version__


def prepare(engine: str) -> str:
    """Make a worker ready: catalogue read, engine compiled. Returns the version that it runs."""
    the_catalogue()
    if engine == "compiled":
        from sim.serving.warmup import warm_up

        if not is_warm():
            warm_up()
    gc.freeze()  # what has been read stays: searching it for garbage again and again takes a tenth of each day
    return __version__


def simulate_day(order: Order, cell: Cell, replication: int) -> Day | Failure:
    """Simulate the day of a cell."""
    return _try(partial(_simulate, order, cell, replication))


def _simulate(order: Order, cell: Cell, replication: int) -> Day:
    changes = {path: value for path, value in cell.changes.items() if not is_price(path)}
    whole = order.base.replace(changes)
    scenario, larger = shrink(whole, order.fleet_fraction)
    result = run(scenario, engine=order.engine, catalogue=the_catalogue(), replication=replication)
    result, counted = mended_by_share(result, whole, larger, replication)
    return Day(result, grown(flat(summary(result)), larger) | counted, changes, larger)


def price_cells(order: Order, day: Day | Failure, cells: list[Cell]) -> Columns:
    """Rows of cells that share a simulated day, not always in their order."""
    if isinstance(day, Failure):
        return failed([cell.number for cell in cells], day.message)
    return joined([_price_alike(order, day, alike) for alike in _groups(cells)])


def run_cells(order: Order, cells: list[Cell], replication: int) -> Columns:
    """Rows of all cells that share a day: simulated once, priced for each."""
    return price_cells(order, simulate_day(order, cells[0], replication), cells)


def _groups(cells: list[Cell]) -> Iterable[list[Cell]]:
    """Cells that set the same, but for numbers."""
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        fixed = {path: None if is_number(value) else value for path, value in cell.changes.items()}
        groups.setdefault(repr(fixed), []).append(cell)
    return groups.values()


def _price_alike(order: Order, day: Day, cells: list[Cell]) -> Columns:
    """Rows of cells that differ in numbers only."""
    if len(cells) > 1:
        try:
            return _price_draws(order, day, cells)
        except (InputError, TypeError, ValueError):  # a draw is refused, or more is asked of a number than an array can
            pass
    return by_column([cell.number for cell in cells], [_try(partial(_price, order, day, cell)) for cell in cells])


def _price(order: Order, day: Day, cell: Cell) -> Numbers:
    if cell.changes == day.changes:
        return day.numbers
    scenario = order.base.replace(cell.changes)
    result = day.result.reprice(scenario.prices, scenario.facts)
    return day.priceless | {HASH: scenario_hash(result.scenario)} | grown(flat(money(result)), day.larger)


def _price_draws(order: Order, day: Day, cells: list[Cell]) -> Columns:
    """The same of many cells at once."""
    changes = cells[0].changes
    draws = {
        path: np.array([cell.changes[path] for cell in cells], np.float64)
        for path, value in changes.items()
        if is_price(path) and is_number(value)
    }
    scenario = order.base.replace(changes)
    result = day.result.reprice(scenario.prices, scenario.facts)
    found = grown(flat(money(result.reprice_draws(draws))), day.larger)
    each: dict[str, list[Any]] = {HASH: scenario_hashes(result.scenario, draws)} if draws else {}
    each |= {name: _listed(value) for name, value in found.items() if isinstance(value, np.ndarray)}
    every = day.priceless | {HASH: scenario_hash(result.scenario)} | found
    same = {name: value for name, value in every.items() if name not in each}
    return Columns([cell.number for cell in cells], [""] * len(cells), same, each)


def _listed(values: NDArray[np.float64]) -> list[float | None]:
    """Numbers as a table holds them: None where undefined."""
    return [value if isfinite(value) else None for value in values.tolist()]


def _try(work: Callable[[], Answer]) -> Answer | Failure:
    """The answer, or what went wrong: one bad cell must not end a study."""
    try:
        return work()
    except InputError as error:
        return Failure(" ".join(str(error).split()))
    except Exception as error:
        return Failure(f"a defect of the program: {type(error).__name__}: {' '.join(str(error).split())}")
