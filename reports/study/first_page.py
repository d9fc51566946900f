"""The first page of a study: key figures, how far the outcome reaches, and what was run."""

import numpy as np

from reports.documents.blocks import Card, Cards
from reports.documents.plain_text import plain
from reports.study.study_context import Many, input_value, leaf
from sim.studies.statistics.goals import goal_results

MOST_OVERRIDES = 8


def monte_carlo_cards(many: Many) -> Cards:
    """Middle, high end and mean, and how often goals are missed."""
    words, told = many.words, many.main_result
    shown = (("middle", told["quantiles"]["p50"]), ("high", told["quantiles"]["p95"]), ("mean", told["mean"]))
    cards = [
        Card(words(f"many.card_{name}"), many.brief(many.main, row["estimate"]), many.brief_interval(many.main, row))
        for name, row in shown
    ]
    for goal in goal_results(many.summary)[:3]:
        missed = words.percent(goal.missed["estimate"])
        cards.append(Card(words("many.card_missed", name=plain(goal.name)), missed, many.percents(goal.missed)))
    return Cards(tuple(cards))


def driver_cards(many: Many) -> Cards:
    """The main outcome and its span, and of how many runs and inputs they speak."""
    words, cells = many.words, many.summary["cells"]
    middle, low, high = _span(many)
    span = words("number.range", low=many.brief(many.main, low), high=many.brief(many.main, high))
    failed = words("many.card_cells_note", failed=words.count(cells["failed"]))
    return Cards(
        (
            Card(many.name(many.main), many.brief(many.main, middle), words("none") if low is None else span),
            Card(words("many.card_cells"), words.count(cells["done"]), failed),
            Card(words("many.card_inputs"), words.count(len(many.summary["inputs"]))),
        )
    )


def reach(many: Many) -> tuple[str, ...]:
    """What the main outcome is, and between which ends it moved."""
    middle, low, high = _span(many)
    if middle is None or low is None or high is None:
        return ()
    key = "reach_tornado" if many.result.kind == "tornado" else "reach"
    told = {name: many.brief(many.main, value) for name, value in (("middle", middle), ("low", low), ("high", high))}
    runs = many.words.count(many.summary["cells"]["done"])
    return (many.about(f"many.{key}", many.main, runs=runs, **told),)


def _span(many: Many) -> tuple[float | None, float | None, float | None]:
    """Middle and ends of the main outcome: of a tornado at all medians and over its bars, else over all runs."""
    if many.result.kind == "tornado":
        told = many.main_result
        ends = [bar[end] for bar in told["bars"] for end in ("at_low", "at_high") if bar[end] is not None]
        return told["base"], min(ends, default=None), max(ends, default=None)
    values = many.table[many.main].to_numpy(np.float64)
    values = values[np.isfinite(values)]
    return (float(values.mean()), float(values.min()), float(values.max())) if values.size else (None, None, None)


def fraction_sentences(many: Many) -> tuple[str, ...]:
    """What a part of a fleet does to the luck of a day, where only a part is simulated."""
    told, words = many.summary["fleet_fraction"], many.words
    if told is None:
        return ()
    factor = words.trimmed(1 / told["realised"], 3)
    return (words(f"many.fraction_{told['repairs']}", asked=plain(str(told["asked"])), factor=factor),)


def facts(many: Many) -> tuple[tuple[str, str], ...]:
    """What was run."""
    words, summary, kind = many.words, many.summary, many.result.kind
    whose = "batch" if kind == "batch" else "study"
    days = many.counted(
        f"many.{'same' if summary['days'] == 'shared' else 'own'}_days_{whose}", summary["replications"]
    )
    rows = [
        (words("many.base_scenario"), plain(summary["scenario"])),
        (words("many.duration"), words.duration(summary["duration_s"])),
        *_overrides(many),
        (words("day.hash"), str(summary["scenario_hash"])),
        *([(words("many.draws"), words.count(summary["draws"]))] if kind != "batch" else []),
        (words("many.days"), days),
        (words("many.confidence"), words.percent(summary["confidence"], 0)),
        (words("day.seed"), str(summary["seed"])),
        (words("day.version"), plain(str(summary["version"]))),
        (words("again.title"), f"run_sim.py {whose} study.yaml"),
    ]
    return tuple(rows)


def _overrides(many: Many) -> list[tuple[str, str]]:
    """What the question changed in its base day."""
    words, told = many.words, many.summary["overrides"]
    shown = [f"{leaf(path)} = {input_value(path, value, words)}" for path, value in list(told.items())[:MOST_OVERRIDES]]
    left = len(told) - len(shown)
    shown += [many.counted("many.more_overrides", left)] if left else []
    return [(words("many.overrides"), words("number.semicolon").join(shown))] if shown else []
