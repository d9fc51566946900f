"""Carrying out a plan: parts are handed to workers and kept as they come back; what is kept is not done again."""

import json
from collections import Counter, deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.scenario.identity import as_yaml, canonical
from sim.studies.questions.cell_plan import Part, Plan
from sim.studies.questions.schema import Study
from sim.studies.running.cells import Order, price_cells, run_cells, simulate_day
from sim.studies.running.columns import DONE, Columns, failed, outcome_table, write_parquet
from sim.studies.running.fraction_bias import measure_bias
from sim.studies.running.store import CELLS, RESOLVED, Store, as_json, finished_whole, open_store, write_whole
from sim.studies.running.workers import Workers
from sim.studies.statistics.estimates import Values, mean
from sim.studies.statistics.results import OUTCOMES, SUMMARY, Interval, StudyResult
from sim.studies.statistics.summary import setting_of, summarise

AHEAD = 3
"""Parts handed out for each worker, so that none waits for us."""
BIAS = "bias.json"
SCENARIO = "scenario.yaml"


@dataclass(frozen=True)
class State:
    """How far a study is."""

    done: int
    """Cells finished, failed ones among them."""
    planned: int
    """Cells in all."""
    failed: int
    """Cells that failed."""
    found: int
    """Cells that an earlier run had finished."""
    estimate: Callable[[], Interval | None]
    """Mean of the main outcome so far; None for questions that have no such thing."""


Tell = Callable[[State], None]


def carry_out(
    plan: Plan, folder: Path, workers: Workers, resume: bool = False, tell: Tell | None = None, bias: bool = False
) -> StudyResult:
    """Run all cells of a plan that its folder does not hold yet, and write the table and the summary.

    `bias` measures a fraction of a fleet against the whole of it, too.
    """
    with _opened(plan, folder, resume) as store:
        write_whole(folder / SCENARIO, canonical(plan.base))
        write_whole(folder / RESOLVED, resolved(plan))
        cells = _run(plan, store, workers, tell or (lambda state: None))
        if bias and plan.fraction is not None and not (folder / CELLS / BIAS).exists():
            write_whole(folder / CELLS / BIAS, as_json(measure_bias(plan, workers)))
        return _finish(plan, store, cells)


def claim(plan: Plan, folder: Path, resume: bool = False) -> None:
    """Make sure that a folder is free for a plan, before workers are started for it."""
    with _opened(plan, folder, resume):
        pass


def _opened(plan: Plan, folder: Path, resume: bool) -> AbstractContextManager[Store]:
    return open_store(folder, resolved(plan) + canonical(plan.base) + plan.engine, resume)


def resolved(plan: Plan) -> str:
    """A batch or study file that asks the same, every figure of the catalogue written out, beside its scenario."""
    data = plan.question.model_dump(mode="json", exclude={"overrides", "seed", "facts"}, exclude_none=True)
    if isinstance(plan.question, Study):
        inputs = getattr(plan.rows, "inputs", ())
        data["uncertain"] = {one.path: one.distribution.model_dump(mode="json", exclude_none=True) for one in inputs}
    return as_yaml(data | {"scenario": SCENARIO})


def _run(plan: Plan, store: Store, workers: Workers, tell: Tell) -> int:
    """Run what is left, look after look; the number of cells after which enough is known."""
    finished, parts = store.finished(), list(plan.parts())
    run = _Run(plan, store, workers, [part for part in parts if part.number not in finished], tell)
    looks = plan.rounds()
    for before, end in zip([0, *looks], looks, strict=False):
        run.until(end)
        if before and end < plan.cells and _enough(plan, store, before) and _enough(plan, store, end):
            return end
    return plan.cells


class _Run:
    """A plan under way."""

    def __init__(self, plan: Plan, store: Store, workers: Workers, todo: list[Part], tell: Tell) -> None:
        self.plan, self.store, self.workers, self.tell = plan, store, workers, tell
        self.order = Order(plan.base, plan.engine, plan.fraction)
        self.todo = deque(todo)
        self.uses = Counter(part.day for part in todo)
        """Parts of each day that are still to be handed out."""
        self.days: dict[int, Any] = {}
        """Simulated days that several parts share."""
        left = {cell for part in todo for cell in part.cells}
        self.main = np.full(plan.cells, np.nan)
        """Main outcome of every cell that is known."""
        known = [(cell, status, value) for cell, status, value in store.known() if cell not in left]
        for cell, _, value in known:
            self.main[cell] = np.nan if value is None else value
        self.found = self.done = len(known)
        self.failed = sum(status != DONE for _, status, _ in known)

    def until(self, end: int) -> None:
        """Run all parts of cells before `end`."""
        running: dict[Any, Part] = {}
        self._report()
        while running or self._has_before(end):
            while self._has_before(end) and len(running) < AHEAD * self.workers.count:
                part = self.todo.popleft()
                task = self._hand_out(part)
                running[task] = part
                self.workers.watch(task)
            task, answer = self.workers.next()
            self._keep(running.pop(task), answer)

    def _has_before(self, end: int) -> bool:
        return bool(self.todo) and self.todo[0].cells[0] < end

    def _hand_out(self, part: Part) -> Any:
        """Give a part to the workers; a day that several parts share is simulated by one of them for all."""
        cells = [self.plan.cell(number) for number in part.cells]
        self.uses[part.day] -= 1
        if part.day not in self.days and not self.uses[part.day]:
            return self.workers.submit(run_cells, self.order, cells, part.replication)
        if part.day not in self.days:
            self.days[part.day] = self.workers.submit(simulate_day, self.order, cells[0], part.replication)
        day = self.days[part.day] if self.uses[part.day] else self.days.pop(part.day)
        return self.workers.submit(price_cells, self.order, day, cells)

    def _keep(self, part: Part, answer: Columns | BaseException) -> None:
        lost = isinstance(answer, BaseException)
        columns = answer if isinstance(answer, Columns) else failed(part.cells, f"its worker was lost: {answer}")
        self.store.keep(part.number, columns, self.plan.main, lost)
        self.main[columns.cells] = columns.column(self.plan.main, np.nan)
        self.done += len(columns.cells)
        self.failed += sum(message != "" for message in columns.messages)
        self._report()

    def _report(self) -> None:
        self.tell(State(self.done, self.plan.cells, self.failed, self.found, self._estimate))

    def _estimate(self) -> Interval | None:
        """Mean of the main outcome over what is known; of its base in a batch; none where draws are no sample."""
        values = self.main.reshape(-1, self.plan.replications)
        if isinstance(self.plan.question, Study) and self.plan.kind in ("monte_carlo", "pawn"):
            known = values[np.isfinite(values).any(axis=1)]
            return mean(known, setting_of(self.plan, self.plan.question, max(len(known), 1)))
        return None


def _enough(plan: Plan, store: Store, cells: int) -> bool:
    """Whether the mean that a study waits for is known well enough from its first cells.

    A study ends when two looks in a row say so: a single one is often too early where seldom something large happens.
    """
    question = plan.question
    if not isinstance(question, Study) or question.stop is None:
        return False
    values = _column(store, question.stop.outcome or plan.main, cells).reshape(-1, plan.replications)
    found = mean(values, setting_of(plan, question, len(values)))
    return found.high - found.low <= 2 * question.stop.relative_half_width * abs(found.estimate)


def _column(store: Store, name: str, cells: int) -> Values:
    """An outcome of the first cells."""
    values = np.full(cells, np.nan)
    for part in store.parts():
        places = np.array(part.cells)
        values[places[places < cells]] = np.array(part.column(name, np.nan))[places < cells]
    return values


def _finish(plan: Plan, store: Store, cells: int) -> StudyResult:
    """Write the table and what follows from it."""
    frame = outcome_table(plan, store.parts(), cells)
    summary = summarise(plan, frame, _bias(store.folder))
    with finished_whole(store.folder / OUTCOMES) as unfinished:
        write_parquet(frame, unfinished)
    write_whole(store.folder / SUMMARY, as_json(summary))
    return StudyResult(store.folder, summary)


def _bias(folder: Path) -> Any:
    """The bias of the fraction, where it was measured."""
    path = folder / CELLS / BIAS
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
