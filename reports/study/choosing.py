"""What a batch lets one choose from: cost against latency, and why each variant is worth a thought or not."""

import math
import statistics
from dataclasses import dataclass
from typing import Any

from reports.documents.blocks import Paragraph, Points, Section
from reports.documents.plain_text import columns, plain
from reports.figures.pareto import LONGEST_NAME, front_figure
from reports.study.study_context import Many, leaf
from sim.studies.statistics.dominance import Point, beaten_by, front

MOST_POINTS = 12
DEAR, SLOW = "cost_usd.total", "latency.ttft_s.p99"
"""Outcomes that stand for cost and for latency where the batch asks for none of theirs."""


@dataclass(frozen=True)
class Choice:
    """What the batch lets one choose from."""

    many: Many
    """The batch."""
    cost: str
    """The outcome that stands for cost."""
    latency: str
    """The outcome that stands for latency."""
    points: list[Point]
    """Variants that have both."""

    @property
    def best(self) -> list[Point]:
        """Those that nobody beats in both."""
        return front(self.points)

    @property
    def short(self) -> dict[str, str]:
        """Names for a drawing: the values of the axes where the names are longer."""
        variants, axes = self.many.summary["variants"], list(self.many.summary["axes"])
        names = {variant["name"]: plain(variant["name"]) for variant in variants}
        told = {
            variant["name"]: ", ".join(plain(str(variant["changes"].get(path, ""))) for path in axes)
            for variant in variants
        }
        long = any(columns(name) > LONGEST_NAME for name in names.values())
        return told if axes and long and len(set(told.values())) == len(told) else names


def choice_of(many: Many) -> Choice:
    """Cost and latency of every variant, from the batch's own outcomes where it asks for them."""
    names, units = many.summary["outcomes"], many.summary["units"]
    cost = next((name for name in names if str(units.get(name)).startswith("USD")), DEAR)
    latency = next((name for name in names if units.get(name) == "s"), SLOW)
    costs, latencies = many.by_day(cost), many.by_day(latency)
    points = [
        Point(
            name,
            _mean(costs[name]),
            _mean(latencies[name]),
            costs[name],
            latencies[name],
            many.summary["confidence"],
        )
        for name in (variant["name"] for variant in many.summary["variants"])
    ]
    return Choice(many, cost, latency, [p for p in points if math.isfinite(p.cost) and math.isfinite(p.latency)])


def _mean(days: tuple[float, ...]) -> float:
    known = [value for value in days if math.isfinite(value)]
    return statistics.fmean(known) if known else math.nan


def front_sentence(choice: Choice) -> str:
    """Who is worth a thought: those that nobody beats in both."""
    many, words = choice.many, choice.many.words
    names = [plain(point.name) for point in choice.best]
    axes = {"cost": many.inside(choice.cost), "latency": many.inside(choice.latency)}
    if not names:
        return words("many.no_front", **axes)
    if len(names) == 1:
        return words("many.one_best", name=names[0], **axes)
    return words("many.front", names=words.list(names), count=len(names), all=len(choice.points), **axes)


def choose(choice: Choice) -> Section:
    """The chapter that says what to choose and why."""
    many, words = choice.many, choice.many.words
    blocks: list[Any] = [Paragraph(front_sentence(choice), "lead")]
    if choice.points:
        titles = (many.titled(choice.cost), many.titled(choice.latency))
        scales = (many.scale(choice.cost), many.scale(choice.latency))
        caption = words("many.front_caption", cost=many.inside(choice.cost), latency=many.name(choice.latency))
        if choice.short[choice.points[0].name] != plain(choice.points[0].name):
            caption += words("many.front_labels", names=words.list([leaf(path, 1) for path in many.summary["axes"]]))
        values = (choice.points, choice.best, choice.short, titles, scales, words)
        front = many.sketcher.plot("front", caption, front_figure, *values)
        blocks += [front, Points(tuple(_advice(choice)))]
    return Section(words("many.choose"), tuple(blocks), new_page=True)


def _advice(choice: Choice) -> list[str]:
    """A sentence a variant: why it stands on the front, or who beats it."""
    told = [_on_front(choice, index) for index in range(len(choice.best))]
    beaten = [(point, beaten_by(point, choice.points)) for point in choice.points]
    told += [_beaten(choice, point, other) for point, other in beaten if other is not None]
    if len(told) <= MOST_POINTS:
        return told
    return [*told[:MOST_POINTS], choice.many.words("many.more", count=len(told) - MOST_POINTS)]


def _on_front(choice: Choice, index: int) -> str:
    many, words, point = choice.many, choice.many.words, choice.best[index]
    values = {"cost": many.value(choice.cost, point.cost), "latency": many.value(choice.latency, point.latency)}
    if index == 0:
        return words("many.cheapest", name=plain(point.name), **values)
    before = choice.best[index - 1]
    if point.costs_the_same(before) and point.takes_the_same(before):
        return words("many.tied", name=plain(point.name), before=plain(before.name), **values)
    dearer = words.percent(point.cost / before.cost - 1 if before.cost else None)
    quicker = words.percent(1 - point.latency / before.latency if before.latency else None)
    return words(
        "many.step", name=plain(point.name), before=plain(before.name), dearer=dearer, quicker=quicker, **values
    )


def _beaten(choice: Choice, point: Point, other: Point) -> str:
    """What a variant that is beaten costs more and takes longer, as far as that can be told apart."""
    words = choice.many.words
    excess = {
        "dearer": words.percent(point.cost / other.cost - 1 if other.cost else None),
        "slower": words.percent(point.latency / other.latency - 1 if other.latency else None),
    }
    tie = "_at_a_cost" if point.costs_the_same(other) else "_in_a_time" if point.takes_the_same(other) else ""
    return words(f"many.beaten{tie}", name=plain(point.name), other=plain(other.name), **excess)


def variant_name(many: Many, name: str) -> str:
    """A variant's name; the base is called so."""
    return many.words("many.base_of", name=plain(name)) if name == many.summary["base"] else plain(name)
