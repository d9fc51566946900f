"""Goals of a batch or study: how often each is missed, in summary.json and for whatever shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.studies.questions.schema import Goal
from sim.studies.statistics.estimates import Setting, Values, probability

if TYPE_CHECKING:
    pass

Share = dict[str, Any]
"""A share with its interval: the keys `estimate`, `low` and `high`."""


@dataclass(frozen=True)
class GoalResult:
    """A goal of a summary: its limit, and how often it is missed."""

    name: str
    """Its name in the batch or study."""
    outcome: str
    """Number of result.json that it limits."""
    side: Literal["at_most", "at_least"]
    """Which side of the limit is wanted."""
    limit: float
    """The limit, in the unit of the outcome."""
    missed: dict[str, Any]
    """Share of draws that miss it; in a batch, that of each variant by name."""


def goal_results(summary: Mapping[str, Any]) -> tuple[GoalResult, ...]:
    """The goals of a summary, in their order; nothing where none was given."""
    return tuple(map(_result, summary.get("goals") or ()))


def _result(goal: Mapping[str, Any]) -> GoalResult:
    side: Literal["at_most", "at_least"] = "at_most" if "at_most" in goal else "at_least"
    return GoalResult(goal["name"], goal["outcome"], side, goal[side], goal["missed"])


def misses_by_variant(summary: Mapping[str, Any]) -> list[tuple[str, list[Share]]]:
    """Of a batch: each variant with its share of days that miss each goal, goals in their order."""
    goals = goal_results(summary)
    return [(row["name"], [goal.missed[row["name"]] for goal in goals]) for row in summary["variants"]]


def study_goal(name: str, goal: Goal, values: Values, setting: Setting) -> dict[str, Any]:
    """A goal of a study as summary.json has it.

    Args:
        name: Name of the goal.
        goal: What it limits.
        values: The outcome by draw and random day, shape (draws, replications).
        setting: How its interval is made.
    """
    return _row(name, goal, probability(_misses(goal, values), setting)._asdict())


def batch_goals(
    goals: Mapping[str, Goal], names: Sequence[str], values: Mapping[str, Values], main: Values, setting: Setting
) -> dict[str, Any]:
    """How often each variant misses each goal, and which of those that never do is lowest in the main outcome.

    Args:
        goals: Goals by name.
        names: Variants, in the order of the rows of all values.
        values: Each goal's outcome by its name, by variant and random day, shape (variants, replications).
        main: Mean of the main outcome, shape (variants,).
        setting: How intervals are made.
    """
    rows: list[dict[str, Any]] = []
    keeps = np.isfinite(main)
    for name, goal in goals.items():
        misses = _misses(goal, values[goal.outcome])
        keeps &= (misses == 0).all(axis=1)
        missed = [probability(days.reshape(-1, 1), setting)._asdict() for days in misses]
        rows.append(_row(name, goal, dict(zip(names, missed, strict=True))))
    lowest = names[int(np.where(keeps, main, np.inf).argmin())] if rows and keeps.any() else None
    return {"goals": rows, "lowest_that_keeps": lowest}


def _row(name: str, goal: Goal, missed: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "outcome": goal.outcome, **goal.limit, "missed": missed}


def _misses(goal: Goal, values: Values) -> Values:
    """1 where a goal is missed, 0 where it is kept; not a number where its outcome is not known."""
    bad = values > goal.at_most if goal.at_most is not None else values < (goal.at_least or 0.0)
    return np.where(np.isfinite(values), bad.astype(np.float64), np.nan)
