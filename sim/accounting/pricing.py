"""Pricing: a ledger as a pure function of what happened and of what things cost.

Prices of many draws at once: an array, one number a draw, in place of the number at a dotted path.

Totals by category and hour of the clock: energy when it was drawn, repairs when they began, the rest evenly.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from sim.accounting.energy import energy_lines, quarter_usd
from sim.accounting.energy_use import sums_by
from sim.accounting.hardware import hardware_lines
from sim.accounting.inventory import Inventory
from sim.accounting.ledger import CATEGORIES, CostLedger, Line
from sim.accounting.maintenance import maintenance_lines
from sim.accounting.prices import ResolvedPrices
from sim.accounting.usage import Repairs, Served, Usage, measure
from sim.catalogue.catalogue import SCENARIO_SOURCE, Catalogue, with_facts
from sim.catalogue.parameter import Fact
from sim.core.errors import ScenarioError
from sim.core.units import HOURS_PER_DAY, QUARTERS_PER_HOUR
from sim.scenario.paths import split
from sim.scenario.prices import Equipment
from sim.scenario.schema import Scenario
from sim.traces.events import EventLog
from sim.traces.minutes import UtilisationTrace

if TYPE_CHECKING:
    import pandas as pd


def price(
    utilisation: UtilisationTrace, events: EventLog, inventory: Inventory, prices: ResolvedPrices, served: Served
) -> CostLedger:
    """The ledger of a simulated day; to price one day many times, `measure` it once and `charge` what it used."""
    return charge(measure(utilisation, events, inventory, served), prices)


def charge(usage: Usage, prices: ResolvedPrices) -> CostLedger:
    """The ledger of what a day used up: the same lines in the same order whatever the events are.

    Where prices hold arrays, one number a draw, so do the amounts.
    """
    served = usage.served
    return CostLedger(tuple(_lines(usage, prices)), served.requests, served.prompt_tokens, served.output_tokens)


def _lines(usage: Usage, prices: ResolvedPrices) -> Iterator[Line]:
    """Everything that is paid for, category by category."""
    for pool in usage.pools:
        yield from hardware_lines(pool, usage.inventory.duration_days, prices)
    yield from energy_lines(usage, prices)
    yield from maintenance_lines(usage, prices)


PriceDraws = Mapping[str, NDArray[np.float64]]
"""Dotted path of a price, and its draws."""


def with_draws(scenario: Scenario, catalogue: Catalogue, draws: PriceDraws) -> tuple[Scenario, Catalogue]:
    """A scenario and a catalogue that hold arrays at some paths: not to be written, simulated or compared.

    Paths are those of numbers under `prices` or, of a claim, `facts.KIND.ENTRY.FIELD`. The smallest and the largest
    draw of each are validated as any scenario is; what is between them is then in order, too.
    """
    for extreme in (np.min, np.max):
        with_facts(catalogue, scenario.replace({path: float(extreme(values)) for path, values in draws.items()}).facts)
    prices, kinds = scenario.prices, dict[str, dict[str, Any]]()
    for path, values in draws.items():
        section, *keys = map(str, split(path))
        if section == "prices":
            prices = _put(prices, keys, values)
        elif section == "facts":
            kind, entry, field = keys
            entries = kinds.setdefault(kind, dict(catalogue.entries(kind)))
            entries[entry] = _put(entries[entry], [field], values)
        else:
            raise ScenarioError([f"{path}: changes the day itself, not its prices"])
    return scenario.model_copy(update={"prices": prices}), replace(catalogue, **kinds)


def _put(inside: Any, keys: list[str], values: NDArray[np.float64]) -> Any:
    """The same data with an array at a path, unvalidated."""
    if not keys:
        return _claim(inside, values) if isinstance(inside, Fact) else values
    key, rest = keys[0], keys[1:]
    if isinstance(inside, BaseModel):
        return inside.model_copy(update={key: _put(getattr(inside, key), rest, values)})
    return {**inside, key: _put(inside.get(key, Equipment()), rest, values)}


def _claim(fact: Fact, values: NDArray[np.float64]) -> Fact:
    return fact.model_copy(update={"value": values, "source": SCENARIO_SOURCE})


Hours = NDArray[np.float64]


def hourly(ledger: CostLedger, usage: Usage, prices: ResolvedPrices) -> "pd.DataFrame":
    """One row a clock hour that the day touches: local hour, its length, dollars by category."""
    import pandas as pd

    length_h = _by_hour(usage.quarter_h, usage)
    drawn = _by_hour(quarter_usd(usage.paid_for(frozenset(prices.rents)).feed, prices.electricity), usage)
    even = length_h / length_h.sum()
    sums = {name: np.zeros(length_h.size) for name in CATEGORIES}
    for line in ledger.lines:
        if line.unit != "kWh":
            sums[line.category] += line.amount_usd * _when(line, usage, even)
    first = usage.first_quarter // QUARTERS_PER_HOUR
    local_hour = (first + np.arange(length_h.size)) % HOURS_PER_DAY
    sums["energy"] += drawn
    frame = pd.DataFrame({"local_hour": local_hour, "length_h": length_h})
    return frame.assign(**sums, total=sum(sums.values()))


def _by_hour(quarters: Hours, usage: Usage) -> Hours:
    """Quarters of an hour added up by clock hour since the one in which the day starts."""
    starts = usage.first_quarter % QUARTERS_PER_HOUR
    hour = (starts + np.arange(quarters.size)) // QUARTERS_PER_HOUR
    return sums_by(hour, quarters)


def _when(line: Line, usage: Usage, even: Hours) -> Hours:
    """Parts of a line by hour: repairs when a technician began, all else evenly."""
    repairs: dict[str, Repairs] = {pool.pool.name: pool.repairs for pool in usage.pools}
    repairs[""] = usage.repairs
    begun_h = repairs[line.pool].hour_labour_h
    if line.driver != "failures" or not math.fsum(begun_h):
        return even
    return np.asarray(np.resize(begun_h, even.size) / begun_h.sum(), dtype=np.float64)
