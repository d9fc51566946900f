"""The ledger: what the day cost, line by line; each line knows how it is calculated and what it rests on."""

import math
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from sim.accounting.amounts import Number, sum_of
from sim.accounting.basis import Basis
from sim.accounting.provenance import Evidence, Known, joined
from sim.catalogue.catalogue import SCENARIO_SOURCE
from sim.core.errors import InvariantError
from sim.core.units import TOKENS_PER_MILLION

if TYPE_CHECKING:
    import pandas as pd

Category = Literal["hardware", "energy", "maintenance"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
Driver = Literal["capacity", "energy", "failures", "spare"]
"""What of the day a line follows: server-time, energy, what failed, or nothing that runs."""


class Component(StrEnum):
    """What is paid for. The value is the word that ledger.csv has for it."""

    SERVERS = "servers"
    GPUS = "gpus"
    CPUS = "cpus"
    MEMORY = "memory"
    STORAGE = "storage"
    NETWORK = "network"
    RACKS = "racks"
    HOSTS = "hosts"
    SPARES = "spares"
    CAPITAL = "capital"
    TAX = "tax"
    FACILITY = "hall"
    COOLING = "cooling"
    LOSSES = "losses"
    DEMAND = "demand"
    CARBON = "carbon"
    WATER = "water"
    CONTRACT = "contract"
    LABOR = "labour"
    VISITS = "visits"
    PLANNED_MAINTENANCE = "planned maintenance"
    CONSUMABLES = "consumables"
    SOFTWARE = "software"
    ROSTER = "roster"


AROUND_EQUIPMENT = frozenset({Component.FACILITY, Component.SPARES, Component.CAPITAL, Component.TAX})
"""Components of hardware that are no equipment."""


class Scope(NamedTuple):
    """Whose line it is: a pool's, the facility's, the facility's for rented pools, or the whole fleet's."""

    kind: Literal["pool", "facility", "rented", "fleet"]
    """Which of these."""
    pool: str = ""
    """Name of the pool; empty for all others."""
    equipment: str = ""
    """Name of the pool's server or GPU for people."""

    def label(self, component: Component) -> str:
        """What ledger.csv calls a component in this scope.

        >>> Scope("pool", "main", "H100 SXM").label(Component.GPUS), FACILITY.label(Component.CARBON)
        ('gpus of main (H100 SXM)', 'carbon of the hall')
        """
        if self.kind == "pool":
            return f"{component} of {self.pool} ({self.equipment})"
        return f"{component}{_ENDINGS[self.kind]}"


_ENDINGS = {"facility": " of the hall", "rented": " of the hall for rented pools", "fleet": ""}
FACILITY, RENTED_FACILITY, FLEET = Scope("facility"), Scope("rented"), Scope("fleet")


@dataclass(frozen=True)
class Line:
    """One entry of the ledger. Its numbers may be arrays, one number a draw, where its prices are."""

    category: Category
    """Part of the cost it belongs to."""
    component: Component
    """What was paid for; once a category and scope."""
    scope: Scope
    """Whose it is."""
    driver: Driver
    """What of the day it follows."""
    quantity: float
    """How much of it."""
    unit: str
    """Unit of the quantity."""
    unit_price_usd: float
    """Price of one unit."""
    amount_usd: float
    """Quantity times unit price."""
    basis: Basis
    """How it is calculated."""
    rests_on: tuple[Known, ...]
    """Every price and parameter that the amount follows."""

    @cached_property
    def _known(self) -> Known:
        return joined(self.rests_on)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Dotted paths of the prices and parameters that it depends on, as `--set` takes them."""
        return self._known.keys

    @property
    def evidence(self) -> Evidence:
        """The weakest of their provenance."""
        return self._known.evidence

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the sources that its prices rest on."""
        return self._known.sources

    @property
    def pool(self) -> str:
        """Pool it belongs to; empty for the facility."""
        return self.scope.pool

    @property
    def label(self) -> str:
        """Component and scope in words: "gpus of main (H100 SXM)"."""
        return self.scope.label(self.component)


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
            name = line.category if key == "category" else line.label
            amounts.setdefault(name, []).append(line.amount_usd)
        return {name: sum_of(parts) for name, parts in amounts.items()}

    def table(self) -> "pd.DataFrame":
        """One row a line, columns as in ledger.csv; several sources or parameters are joined by a space."""
        import pandas as pd

        return pd.DataFrame([_row(line) for line in self.lines], columns=COLUMNS)


COLUMNS = [
    *("category", "component", "quantity", "unit", "unit_price_usd", "amount_usd", "basis", "sources", "pool"),
    *("driver", "scope", "basis_key", "parameters", "evidence"),
]
"""Columns of ledger.csv."""


def _row(line: Line) -> list[Any]:
    paid = [line.quantity, line.unit, line.unit_price_usd, line.amount_usd]
    words = [line.basis.sentence, " ".join(line.sources), line.pool, line.driver, line.scope.kind]
    return [line.category, line.label, *paid, *words, line.basis.key, " ".join(line.parameters), line.evidence]


def per_million(usd: float, tokens: int) -> float:
    """Dollars per million tokens; not a number where there are none.

    >>> per_million(3.0, 1_500_000)
    2.0
    """
    return usd / tokens * TOKENS_PER_MILLION if tokens else math.nan


def line_of(
    category: Category,
    component: Component,
    scope: Scope,
    driver: Driver,
    quantity: Number,
    unit: str,
    unit_price_usd: Number,
    basis: Basis,
    *prices: Known,
) -> Line:
    """A line whose amount is its quantity times the price of a unit.

    Args:
        category: Part of the cost.
        component: What is paid for.
        scope: Whose line it is.
        driver: What of the day it follows.
        quantity: How much, in `unit`; a number or an array of draws.
        unit: Unit of the quantity.
        unit_price_usd: Price of one unit [USD]; a number or an array of draws.
        basis: How it is calculated.
        prices: Every price or parameter that the amount follows; at least one.
    """
    amount_usd = quantity * unit_price_usd
    return Line(category, component, scope, driver, quantity, unit, unit_price_usd, amount_usd, basis, prices)


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
    counts = Counter((line.category, line.label) for line in lines)
    return [f"{category} of {component} is booked {n} times" for (category, component), n in counts.items() if n > 1]


def _broken_line(line: Line, sources: Collection[str]) -> list[str]:
    named = dict.fromkeys(source for price in line.rests_on for source in price.sources)
    unknown = [source for source in named if source != SCENARIO_SOURCE and source not in sources]
    problems = [f"has the unknown source {source}" for source in unknown]
    if not named:
        problems.append("has no source")
    if line.category not in CATEGORIES:
        problems.append("is of no known category")
    if not (math.isfinite(line.amount_usd) and math.isclose(line.amount_usd, line.quantity * line.unit_price_usd)):
        problems.append(f"is {line.amount_usd} USD, not {line.quantity} x {line.unit_price_usd} USD")
    return [f"{line.category} of {line.label} {problem}" for problem in problems]
