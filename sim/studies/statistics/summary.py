"""summary.json: what follows from the table of outcomes, by kind of question. MODEL.md says what each key means.

Variants side by side: each one's mean over random days, and its difference to the base on the same days.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.streams import Streams
from sim.core.version import __version__
from sim.scenario.identity import scenario_hash
from sim.studies.questions.cell_plan import Draws, Plan, Variants
from sim.studies.questions.inputs import Input
from sim.studies.questions.outcomes import unit
from sim.studies.questions.schema import Batch, Question, Study
from sim.studies.sampling.designs import blocks_of
from sim.studies.sampling.distributions import in_words
from sim.studies.statistics import sensitivity
from sim.studies.statistics.estimates import (
    Setting,
    Values,
    mean,
    quantile,
    rank_noise,
    spread,
    tail_mean,
    variance_of,
)
from sim.studies.statistics.goals import batch_goals, study_goal
from sim.studies.statistics.results import FORMAT, Interval

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = {"p05": 0.05, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
TAILS = {"p90": 0.9, "p95": 0.95}
SHOWN = {"low": 0.05, "central": 0.5, "high": 0.95}
MOST_FAILED = 100


def summarise(plan: Plan, frame: "pd.DataFrame", bias: Any = None) -> dict[str, Any]:
    """Everything of a finished batch or study, as plain data."""
    told = _what(plan, frame, bias)
    told |= _batch(plan, frame) if isinstance(plan.question, Batch) else _study(plan, plan.question, frame)
    plain: dict[str, Any] = _plain(told)
    return plain


def _what(plan: Plan, frame: "pd.DataFrame", bias: Any) -> dict[str, Any]:
    """What was asked, and of how many cells something came."""
    question, failed = plan.question, frame[frame["status"] == "failed"]
    return {
        "format": FORMAT,
        "kind": plan.kind,
        "name": question.name,
        "description": question.description,
        "scenario": plan.base.name,
        "scenario_hash": scenario_hash(plan.base),
        "overrides": dict(question.overrides),
        "duration_s": plan.base.day.duration_s,
        "seed": plan.base.seed,
        "version": __version__,
        "confidence": question.confidence,
        "replications": plan.replications,
        "days": plan.days,
        "cells": {"planned": plan.cells, "done": len(frame) - len(failed), "failed": len(failed)},
        "failed": [
            {"cell": cell, "label": label, "replication": day, "message": message}
            for cell, label, day, message in failed[["cell", plan.rows.label, "replication", "message"]]
            .head(MOST_FAILED)
            .itertuples(index=False)
        ],
        "fleet_fraction": _fraction(plan, bias),
        "outcomes": list(question.outcomes),
        "units": {name: unit(name) for name in _named(question)},
    }


def _named(question: Question) -> list[str]:
    """Every outcome that a question names, once."""
    return list(dict.fromkeys([*question.outcomes, *(goal.outcome for goal in question.goals.values())]))


def _fraction(plan: Plan, bias: Any) -> dict[str, Any] | None:
    from sim.studies.running.fraction import fails_like_the_whole, shrink

    if plan.fraction is None:
        return None
    repairs = "whole" if fails_like_the_whole(plan.base) else "grown"
    return {
        "asked": str(plan.fraction),
        "realised": 1 / shrink(plan.base, plan.fraction)[1],
        "repairs": repairs,
        "bias": bias,
    }


def values_of(frame: "pd.DataFrame", name: str, replications: int) -> Values:
    """An outcome as an array of shape (rows, replications); NaN where it is undefined, failed or not there at all."""
    if name not in frame:
        return np.full((len(frame) // replications, replications), np.nan)
    return frame[name].to_numpy(np.float64).reshape(-1, replications)


def _batch(plan: Plan, frame: "pd.DataFrame") -> dict[str, Any]:
    question, rows = plan.question, plan.rows
    assert isinstance(question, Batch) and isinstance(rows, Variants)
    names, base = list(rows.names), question.base or rows.names[0]
    results = {
        name: compare(values_of(frame, name, plan.replications), names, base, question.confidence)
        for name in question.outcomes
    }
    variants = [{"name": name, "changes": changes} for name, changes in zip(names, rows.changes, strict=True)]
    told = {"base": base, "axes": dict(question.axes), "variants": variants, "results": results}
    return told | _kept(plan, question, names, frame)


def _kept(plan: Plan, question: Batch, names: list[str], frame: "pd.DataFrame") -> dict[str, Any]:
    setting = Setting(question.confidence, plan.replications, shared=False)
    days = {goal.outcome: values_of(frame, goal.outcome, plan.replications) for goal in question.goals.values()}
    main = values_of(frame, plan.main, plan.replications).mean(axis=1)
    return batch_goals(question.goals, names, days, main, setting)


def _study(plan: Plan, question: Study, frame: "pd.DataFrame") -> dict[str, Any]:
    rows = plan.rows
    assert isinstance(rows, Draws)
    told: dict[str, Any] = {
        "inputs": [_input(one) for one in rows.inputs],
        "correlations": [{"between": list(one.between), "rank": one.rank} for one in question.correlations],
        "draws": len(frame) // plan.replications,
    }
    arrays = {name: values_of(frame, name, plan.replications) for name in question.outcomes}
    if question.kind == "monte_carlo":
        return told | _monte_carlo(plan, question, rows, frame)
    return told | {"results": {name: _sensitivity(plan, question, rows, values) for name, values in arrays.items()}}


def _input(one: Input) -> dict[str, Any]:
    ends = one.distribution.ppf(np.array(list(SHOWN.values()))).tolist()
    text = {"distribution": one.distribution.distribution, "text": in_words(one.distribution)}
    return {"path": one.path, **text, **dict(zip(SHOWN, ends, strict=True)), "source": one.source}


def setting_of(plan: Plan, question: Study, draws: int) -> Setting:
    """What intervals have to know of a Monte Carlo study's first draws."""
    tied = bool(question.correlations) or draws < len(plan.rows)
    blocks = draws if tied else blocks_of(draws, question.points)
    worth = draws - 1 if question.points == "latin_hypercube" else 0  # Owen 1997: n draws are worth n - 1 at least
    return Setting(question.confidence, blocks if blocks > 1 else draws, plan.days == "shared", worth)


def _monte_carlo(plan: Plan, question: Study, rows: Draws, frame: "pd.DataFrame") -> dict[str, Any]:
    draws = len(frame) // plan.replications
    setting, streams = setting_of(plan, question, draws), Streams(plan.base.seed)
    stopped = {"draws": draws, "because": _because(question)} if draws < len(rows) else None
    arrays = {name: values_of(frame, name, plan.replications) for name in question.outcomes}
    results = {name: _distribution(values, setting, streams) for name, values in arrays.items()}
    for name, values in arrays.items():
        results[name]["rank_correlations"] = _rank_correlations(values, rows)
        known = int(np.isfinite(values.mean(axis=1)).sum())
        results[name]["rank_noise"] = rank_noise(known, len(rows.inputs), question.confidence)
    goals = [
        study_goal(name, goal, values_of(frame, goal.outcome, plan.replications), setting)
        for name, goal in question.goals.items()
    ]
    return {"points": question.points, "stopped": stopped, "goals": goals, "results": results}


def _because(question: Study) -> str:
    assert question.stop is not None
    outcome = question.stop.outcome or question.outcomes[0]
    width = question.stop.relative_half_width
    return f"twice in a row the mean of {outcome} was known within {width:.3g} of itself"


def _distribution(values: Values, setting: Setting, streams: Streams) -> dict[str, Any]:
    """Mean, spread, quantiles, tails and the sources of variance of one outcome."""
    return {
        "mean": mean(values, setting)._asdict(),
        "sd": spread(values),
        "quantiles": {name: quantile(values, at, setting)._asdict() for name, at in QUANTILES.items()},
        "cvar": {name: tail_mean(values, at, setting)._asdict() for name, at in TAILS.items()},
        "variance": variance_of(values, setting, streams),
    }


def _rank_correlations(values: Values, rows: Draws) -> dict[str, float]:
    """Spearman's correlation of each input with an outcome, over the draws in which the outcome is known."""
    y = values.mean(axis=1)
    known = np.isfinite(y)
    y, points = y[known], rows.points[: len(values)][known]
    if len(y) < 2 or not np.ptp(y):
        return {one.path: math.nan for one in rows.inputs}
    ranks, of_y = _ranks(points), _ranks(y)[:, 0]
    return {
        one.path: float(np.corrcoef(ranks[:, index], of_y)[0, 1]) if np.ptp(ranks[:, index]) else math.nan
        for index, one in enumerate(rows.inputs)
    }


def _ranks(values: Values) -> Values:
    """Rank of every value in its column; equal ones share the mean of theirs."""
    import pandas as pd

    ranks: Values = pd.DataFrame(values).rank().to_numpy()
    return ranks


def _sensitivity(plan: Plan, question: Study, rows: Draws, values: Values) -> dict[str, Any]:
    paths, streams = [one.path for one in rows.inputs], Streams(plan.base.seed)
    y, level = values.mean(axis=1), question.confidence
    if question.kind == "tornado":
        return sensitivity.tornado(y, [(path, list(told)) for path, told in rows.shown.items()])
    if question.kind == "morris":
        return sensitivity.morris(y, rows.points, paths, level, streams)
    if question.kind == "sobol":
        return sensitivity.sobol(y, paths, level, streams)
    return sensitivity.pawn(y, rows.points, paths, level, streams)


def _plain(value: Any) -> Any:
    """JSON has neither NaN nor tuples nor numpy's numbers: undefined numbers become None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def compare(values: Values, names: list[str], base: str, confidence: float) -> dict[str, Any]:
    """Results of one outcome: values of shape (variants, days), where a column is the same random day for all."""
    reference = values[names.index(base)]
    each = {name: _level(row, confidence) for name, row in zip(names, values, strict=True)}
    others = {name: row for name, row in zip(names, values, strict=True) if name != base}
    return {
        "variants": each,
        "differences": {name: _difference(row, reference, confidence) for name, row in others.items()},
    }


def _over_days(days: Values, confidence: float) -> Interval:
    """Mean over independent days."""
    return mean(days.reshape(-1, 1), Setting(confidence, len(days), shared=False))


def _level(days: Values, confidence: float) -> dict[str, Any]:
    return {"mean": _over_days(days, confidence)._asdict(), "sd": spread(days)}


def _difference(days: Values, reference: Values, confidence: float) -> dict[str, Any]:
    found = _over_days(days - reference, confidence)
    both = np.isfinite(days) & np.isfinite(reference)
    level = float(reference[both].mean()) if both.any() else math.nan
    relative = found.estimate / level if level else math.nan
    return {"mean": found._asdict(), "relative": relative, "variance_cut": variance_cut(days, reference)}


def variance_cut(days: Values, reference: Values) -> float:
    """How many times larger the variance of the difference would be if the two had independent days.

    (var x + var y) / var(x - y); not a number with a single day, or where nothing varies.
    """
    both = np.isfinite(days) & np.isfinite(reference)
    if both.sum() < 2:
        return math.nan
    x, y = days[both], reference[both]
    paired = float((x - y).var(ddof=1))
    return float(x.var(ddof=1) + y.var(ddof=1)) / paired if paired else math.nan
