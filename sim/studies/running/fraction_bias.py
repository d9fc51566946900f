"""What a fraction of a fleet gets wrong: the base day of the whole fleet beside as many days of the part."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from sim.core.errors import InputError
from sim.studies.questions.cell_plan import Cell, Plan
from sim.studies.running.cells import Order, run_cells
from sim.studies.running.columns import Columns
from sim.studies.running.fraction import shrink
from sim.studies.running.workers import Workers
from sim.studies.statistics.estimates import Setting, mean

MOST_DAYS = 64
"""Days of the part at most; a smaller part than that is measured less surely."""
Compared = dict[str, float | None]


def measure_bias(plan: Plan, workers: Workers) -> dict[str, Compared]:
    """By outcome: the whole fleet's base day, the part's mean day grown to the whole, and how far that is off.

    A day of a small part has its own luck, a broken GPU or none; so one day of it would tell of chance, not of bias.
    """
    days = min(MOST_DAYS, round(shrink(plan.base, plan.fraction)[1]))
    asked = [(None, 0), *((plan.fraction, day) for day in range(days))]
    tasks = [workers.submit(run_cells, Order(plan.base, plan.engine, part), [Cell(0, {})], day) for part, day in asked]
    for task in tasks:
        workers.watch(task)
    answers = dict(workers.next() for _ in tasks)
    full, *parts = (_numbers(answers[task]) for task in tasks)
    names = _with_shares(plan.question.outcomes, [*full.same, *full.each])
    return {name: _compared(name, full, parts, plan.question.confidence) for name in names}


def _with_shares(outcomes: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    """Outcomes, each total followed by what it is the sum of, so that a bias is seen where it arises.

    >>> list(_with_shares(["cost_usd.total", "pue"], ["cost_usd.energy", "cost_usd.hardware", "cost_usd.total", "pue"]))
    ['cost_usd.total', 'cost_usd.energy', 'cost_usd.hardware', 'pue']
    """
    for name in outcomes:
        yield name
        if name.endswith(".total"):
            yield from (one for one in known if one.startswith(name.removesuffix("total")) and one not in outcomes)


def _numbers(answer: Columns | BaseException) -> Columns:
    if isinstance(answer, Columns) and not answer.messages[0]:
        return answer
    why = answer.messages[0] if isinstance(answer, Columns) else str(answer)
    raise InputError(f"the bias of the fleet's fraction cannot be measured: {why}")


def _compared(name: str, full: Columns, parts: list[Columns], confidence: float) -> Compared:
    """One outcome; the whole fleet's day is a draw like all of the part's together, which makes the interval wider."""
    (whole,) = full.column(name)
    days = np.array([one for part in parts for one in part.column(name, np.nan)])
    found = mean(days.reshape(-1, 1), Setting(confidence, len(days), shared=False))
    if not whole or math.isnan(found.estimate):
        return {"full": whole, "fraction": None, "relative": None, "low": None, "high": None}
    relative, half = found.estimate / whole - 1, math.sqrt(2) * (found.high - found.low) / 2 / abs(whole)
    ends = (None, None) if math.isnan(half) else (relative - half, relative + half)
    return {"full": whole, "fraction": found.estimate, "relative": relative, "low": ends[0], "high": ends[1]}
