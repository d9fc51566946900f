"""Totals by category and hour of the clock: energy when it was drawn, repairs when they began, the rest evenly."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.accounting.energy import quarter_usd
from sim.accounting.energy_use import sums_by
from sim.accounting.ledger import CATEGORIES, CostLedger, Line
from sim.accounting.prices import ResolvedPrices
from sim.accounting.usage import Repairs, Usage
from sim.units import HOURS_PER_DAY, QUARTERS_PER_HOUR

if TYPE_CHECKING:
    import pandas as pd

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
