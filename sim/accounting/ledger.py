"""The ledger: what the day cost, line by line, each line with its reason and its sources.

An item: a line of the ledger before its sentence is put into words.

A ledger of words takes far longer to write than to reckon. Items are reckoned once a price vector, with a number or an
array of draws in each price; `told` makes the line of the ledger, which only a person reads.
"""

import math
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, get_args

from sim.accounting.amounts import sum_of
from sim.catalogue.catalogue import SCENARIO_SOURCE
from sim.core.errors import InvariantError
from sim.core.units import TOKENS_PER_MILLION

if TYPE_CHECKING:
    import pandas as pd

Category = Literal["hardware", "energy", "maintenance"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
Driver = Literal["capacity", "energy", "failures", "spare"]
"""What of the day a line follows: server-time, energy, what failed, or nothing that runs."""


@dataclass(frozen=True)
class Line:
    """One entry of the ledger."""

    category: Category
    """Part of the cost it belongs to."""
    component: str
    """What was paid for, and in which pool; once a category."""
    quantity: float
    """How much of it."""
    unit: str
    """Unit of the quantity."""
    unit_price_usd: float
    """Price of one unit."""
    amount_usd: float
    """Quantity times unit price."""
    basis: str
    """How it was reckoned, in one sentence."""
    sources: tuple[str, ...]
    """Ids of the sources that its prices rest on."""
    pool: str = ""
    """Pool it belongs to; empty for the hall."""
    driver: Driver = "capacity"
    """What of the day it follows."""


@dataclass(frozen=True)
class CostLedger:
    """All lines of a day, and what the day served."""

    lines: tuple[Line, ...]
    """Entries, in the order of categories and pools."""
    requests: int
    """Requests finished."""
    prompt_tokens: int
    """Prompt tokens of the finished requests."""
    output_tokens: int
    """Output tokens of the finished requests."""

    @property
    def total_usd(self) -> float:
        """Sum of all lines, correctly rounded, so that their order does not matter."""
        total: float = sum_of(line.amount_usd for line in self.lines)
        return total

    @property
    def usd_per_request(self) -> float:
        """Total over finished requests; not a number where none finished."""
        return self.total_usd / self.requests if self.requests else math.nan

    @property
    def usd_per_million_output_tokens(self) -> float:
        """Total over millions of output tokens; not a number where none were made."""
        return per_million(self.total_usd, self.output_tokens)

    def by(self, key: Literal["category", "component"]) -> dict[str, float]:
        """Dollars by category or by component; a component's purchase, energy and parts come together."""
        amounts: dict[str, list[float]] = {name: [] for name in CATEGORIES} if key == "category" else {}
        for line in self.lines:
            amounts.setdefault(getattr(line, key), []).append(line.amount_usd)
        return {name: sum_of(parts) for name, parts in amounts.items()}

    def table(self) -> "pd.DataFrame":
        """One row a line; sources are joined by a space."""
        import pandas as pd

        names = [column.name for column in fields(Line)]
        rows = [[getattr(line, name) for name in names] for line in self.lines]
        return pd.DataFrame(rows, columns=names).assign(sources=[" ".join(line.sources) for line in self.lines])


def per_million(usd: float, tokens: int) -> float:
    """Dollars per million tokens; not a number where there are none.

    >>> per_million(3.0, 1_500_000)
    2.0
    """
    return usd / tokens * TOKENS_PER_MILLION if tokens else math.nan


def line_of(
    category: Category, component: str, quantity: float, unit: str, usd: float, basis: str, sources: tuple[str, ...]
) -> Line:
    """A line whose amount [USD] is its quantity times the price `usd` of a unit.

    >>> line_of("hardware", "gpus", 2.0, "GPU-day", 3.0, "Rent.", ("scenario",)).amount_usd
    6.0
    """
    return Line(category, component, quantity, unit, usd, quantity * usd, basis, sources)


def check_ledger(ledger: CostLedger, sources: Collection[str]) -> None:
    """Raise InvariantError unless the ledger adds up and every source is "scenario" or one of `sources`."""
    problems = [*_broken_sums(ledger), *_repeated(ledger.lines)]
    for line in ledger.lines:
        problems += _broken_line(line, sources)
    if problems:
        raise InvariantError("the ledger does not hold: " + "; ".join(problems))


def _broken_sums(ledger: CostLedger) -> list[str]:
    """Totals by category and by component must be the total, but for rounding of the gross amount."""
    gross_usd = math.fsum(abs(line.amount_usd) for line in ledger.lines)
    rounding_usd = gross_usd * sys.float_info.epsilon * (1 + len(ledger.lines))
    sums = {key: math.fsum(ledger.by(key).values()) for key in ("category", "component")}
    return [
        f"the sum by {key} is {total_usd} USD, the total {ledger.total_usd} USD"
        for key, total_usd in sums.items()
        if not abs(total_usd - ledger.total_usd) <= rounding_usd
    ]


def _repeated(lines: tuple[Line, ...]) -> list[str]:
    counts = Counter((line.category, line.component) for line in lines)
    return [f"{category} of {component} is booked {n} times" for (category, component), n in counts.items() if n > 1]


def _broken_line(line: Line, sources: Collection[str]) -> list[str]:
    unknown = [source for source in line.sources if source != SCENARIO_SOURCE and source not in sources]
    problems = [f"has the unknown source {source}" for source in unknown]
    if not line.sources:
        problems.append("has no source")
    if line.category not in CATEGORIES:
        problems.append("is of no known category")
    if not (math.isfinite(line.amount_usd) and math.isclose(line.amount_usd, line.quantity * line.unit_price_usd)):
        problems.append(f"is {line.amount_usd} USD, not {line.quantity} x {line.unit_price_usd} USD")
    return [f"{line.category} of {line.component} {problem}" for problem in problems]


@dataclass(frozen=True, eq=False, slots=True)
class Item:
    """What a line says, reckoned."""

    category: Category
    """Part of the cost it belongs to."""
    component: str
    """What was paid for."""
    pool: str
    """Pool it belongs to; empty for the hall."""
    driver: Driver
    """What of the day it follows."""
    quantity: float
    """How much of it."""
    unit: str
    """Unit of the quantity."""
    unit_price_usd: float
    """Price of one unit."""
    sources: tuple[str, ...]
    """Ids of the sources that its prices rest on."""
    basis: str
    """How it was reckoned, with places for numbers."""
    numbers: tuple[Any, ...] = ()
    """The numbers for those places."""

    @property
    def amount_usd(self) -> float:
        """Quantity times unit price."""
        return self.quantity * self.unit_price_usd

    def told(self) -> Line:
        """The line of the ledger."""
        basis = self.basis.format(*self.numbers) if self.numbers else self.basis
        return self._line(float(self.quantity), float(self.unit_price_usd), float(self.amount_usd), basis)

    def untold(self) -> Line:
        """The same without its sentence; its numbers may be arrays."""
        return self._line(self.quantity, self.unit_price_usd, self.amount_usd, "")

    def _line(self, quantity: float, price_usd: float, amount_usd: float, basis: str) -> Line:
        paid = (self.category, self.component, quantity, self.unit, price_usd, amount_usd)
        return Line(*paid, basis, self.sources, self.pool, self.driver)
