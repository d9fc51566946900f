"""A Monte Carlo study: the outcome as a distribution, its limits, how it settled, and what it goes with."""

import statistics
from typing import Any

import numpy as np

from reports.documents.blocks import Column, Heading, Paragraph, Section, Table
from reports.documents.plain_text import plain, shorten
from reports.figures.distribution import Mark, settling_figure, span, spread_figure
from reports.figures.intervals import Estimate, Row, interval_figure
from reports.study.drivers import drivers
from reports.study.first_page import fraction_sentences
from reports.study.study_context import Many, Values, input_names
from sim.studies.statistics.goals import GoalResult, goal_results

QUANTILES = ("p05", "p10", "p25", "p50", "p75", "p90", "p95", "p99")
MARKED = ("p05", "p50", "p95")
LONGEST_GOAL = 28
MOST_BARS = 14


def draws(many: Many) -> Values:
    """The main outcome of each draw, mean over its random days, in the order of draws."""
    means = many.table.groupby("draw")[many.main].mean().dropna()
    return np.asarray(means.to_numpy(), dtype=np.float64)


def monte_carlo_answer(many: Many) -> tuple[str, ...]:
    """The middle, the nine tenths around it, and the limits."""
    told = many.main_result
    low, middle, high = (many.brief(many.main, told["quantiles"][name]["estimate"]) for name in MARKED)
    first = many.about("many.spread", many.main, low=low, middle=middle, high=high)
    return (first, *(goal_sentence(many, goal) for goal in goal_results(many.summary)[:2]))


def goal_sentence(many: Many, goal: GoalResult) -> str:
    """How likely a limit is missed."""
    return many.words(
        f"many.goal_{goal.side}",
        name=plain(goal.name),
        outcome=many.inside(goal.outcome),
        limit=many.brief(goal.outcome, goal.limit),
        missed=many.words.percent(goal.missed["estimate"]),
        interval=many.percents(goal.missed),
    )


def monte_carlo_sections(many: Many) -> list[Section]:
    """The distribution, how it settled, and what it goes with."""
    return [_spread(many), _drivers(many)]


def _spread(many: Many) -> Section:
    words, values = many.words, draws(many)
    blocks: list[Any] = [Paragraph(sentence, "lead") for sentence in monte_carlo_answer(many)[:1]]
    if values.size:
        scale = many.scale(many.main)
        marks, title = _marks(many), many.titled(many.main)
        caption = _spread_caption(many, scale * values, marks)
        blocks.append(many.sketcher.plot("spread", caption, spread_figure, scale * values, marks, title, words))
    blocks += [Paragraph(sentence, "note") for sentence in fraction_sentences(many)]
    blocks += [_quantiles(many), *_goals(many), *_others(many)]
    if values.size > 1:
        normal = statistics.NormalDist().inv_cdf(0.5 + many.summary["confidence"] / 2)
        told = words("many.settling_caption", confidence=words.percent(many.summary["confidence"], 0))
        blocks += [
            Heading(words("many.settling")),
            Paragraph(_settled(many)),
            many.sketcher.plot("settling", told, settling_figure, scale * values, normal, title, words),
        ]
    return Section(words("many.spread_title"), tuple(blocks), new_page=True)


def _spread_caption(many: Many, values: Values, marks: list[Mark]) -> str:
    low, high = span(values, marks)
    beyond = int(np.count_nonzero((values < low) | (values > high)))
    told = many.about("many.spread_caption", many.main, draws=many.words.count(values.size))
    return f"{told}{many.counted('many.beyond', beyond)}" if beyond else told


def _marks(many: Many) -> list[Mark]:
    scale, told = many.scale(many.main), many.main_result["quantiles"]
    marks = [
        Mark(scale * told[name]["estimate"], f"{name} {many.brief(many.main, told[name]['estimate'])}")
        for name in MARKED
    ]
    for goal in goal_results(many.summary):
        if goal.outcome == many.main:
            label = f"{shorten(plain(goal.name), LONGEST_GOAL)} {many.brief(many.main, goal.limit)}"
            marks.append(Mark(scale * goal.limit, label, limit=True))
    return marks


def _settled(many: Many) -> str:
    words, told = many.words, many.main_result["mean"]
    half = (told["high"] - told["low"]) / 2 if told["low"] is not None else None
    share = words.percent(half / abs(told["estimate"]) if half is not None and told["estimate"] else None, 2)
    mean = many.value(many.main, told["estimate"])
    return words("many.settled", mean=mean, half=share, draws=words.count(many.summary["draws"]))


def _quantiles(many: Many) -> Table:
    words, told = many.words, many.main_result
    rows = [(words("many.mean"), told["mean"])]
    rows += [(name, told["quantiles"][name]) for name in QUANTILES]
    rows += [(words(f"many.cvar_{name}"), told["cvar"][name]) for name in ("p90", "p95")]
    cells = tuple((name, many.value(many.main, row["estimate"]), many.interval(many.main, row)) for name, row in rows)
    columns = (
        Column(words("many.statistic"), False, 1.0),
        Column(words("many.estimate")),
        Column(words("many.interval")),
    )
    confidence = words.percent(many.summary["confidence"], 0)
    return Table(columns, cells, caption=many.about("many.quantiles_caption", many.main, confidence=confidence))


def _goals(many: Many) -> list[Any]:
    words, goals = many.words, goal_results(many.summary)
    if not goals:
        return []
    rows = [
        (plain(goal.name), many.limit(goal), words.percent(goal.missed["estimate"]), many.percents(goal.missed))
        for goal in goals
    ]
    columns = (
        Column(words("many.goal"), False, 0.8),
        Column(words("many.limit"), False, 1.2),
        Column(words("many.missed")),
        Column(words("many.interval")),
    )
    return [Table(columns, tuple(rows), caption=words("many.goals_caption"))]


def _others(many: Many) -> list[Any]:
    """The other outcomes, a row each."""
    words, rows = many.words, []
    for name in many.summary["outcomes"][1:]:
        told = many.summary["results"][name]
        values = [told["mean"]["estimate"], *(told["quantiles"][mark]["estimate"] for mark in MARKED)]
        rows.append((many.name(name), *(many.value(name, value) for value in values)))
    columns = (Column(words("many.outcome"), False, 1.0), Column(words("many.mean")), *map(Column, MARKED))
    return [Table(columns, tuple(rows), caption=words("many.others_caption"))] if rows else []


def _drivers(many: Many) -> Section:
    words, told = many.words, many.main_result
    blocks: list[Any] = [Paragraph(text, "plain" if index else "lead") for index, text in enumerate(drivers(many))]
    blocks += _ranks(many)
    if told["variance"] is not None:
        share = told["variance"]["world_share"]
        blocks.append(
            Paragraph(words("many.variance", share=words.percent(share["estimate"]), interval=many.percents(share)))
        )
    return Section(words("many.drivers"), tuple(blocks))


def _ranks(many: Many) -> list[Any]:
    """Rank correlations, the strongest first, with the band that chance alone would fill."""
    words, told = many.words, many.main_result
    known = [(path, rank) for path, rank in told["rank_correlations"].items() if rank is not None]
    ranked = sorted(known, key=lambda pair: (-abs(pair[1]), pair[0]))[:MOST_BARS]
    if not ranked:
        return []
    labels = input_names([path for path, _ in ranked], words)
    rows = [
        Row(label, (Estimate(rank, rank, rank),), ("+" if rank > 0 else "") + words.number(rank, 2))
        for label, (_, rank) in zip(labels, ranked, strict=True)
    ]
    noise = told["rank_noise"]
    caption = many.about("many.ranks_caption", many.main)
    if noise is not None:
        confidence = words.percent(many.summary["confidence"], 0)
        caption += words("many.ranks_noise", noise=words.number(noise, 2), confidence=confidence)
    values = (rows, ("",), many.about("many.ranks_axis", many.main), words, None, noise)
    return [many.sketcher.plot("ranks", caption, interval_figure, *values)]
