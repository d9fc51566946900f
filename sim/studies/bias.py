"""What a fraction of a fleet gets wrong: the base day of the whole fleet beside that of the fraction."""

from sim.errors import InputError
from sim.studies.cells import Order, run_cells
from sim.studies.columns import Columns
from sim.studies.plan import Cell, Plan
from sim.studies.workers import Workers


def measure_bias(plan: Plan, workers: Workers) -> dict[str, dict[str, float | None]]:
    """By outcome: the base day of the full fleet, of the fraction (grown to the full), and how far that is off."""
    orders = [Order(plan.base, plan.engine, part) for part in (None, plan.fraction)]
    tasks = [workers.submit(run_cells, order, [Cell(0, {})], 0) for order in orders]
    for task in tasks:
        workers.watch(task)
    answers = dict(workers.next() for _ in tasks)
    full, fraction = (_numbers(answers[task]) for task in tasks)
    return {name: _compared(full.same.get(name), fraction.same.get(name)) for name in plan.question.outcomes}


def _numbers(answer: Columns | BaseException) -> Columns:
    if isinstance(answer, Columns) and not answer.messages[0]:
        return answer
    why = answer.messages[0] if isinstance(answer, Columns) else str(answer)
    raise InputError(f"the bias of the fleet's fraction cannot be measured: {why}")


def _compared(full: float | None, fraction: float | None) -> dict[str, float | None]:
    relative = fraction / full - 1 if full and fraction is not None else None
    return {"full": full, "fraction": fraction, "relative": relative}
