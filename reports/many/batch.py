"""A batch's report: variants side by side, what they trade, and what to choose."""

from dataclasses import dataclass
from typing import Any

from reports.blocks import Card, Cards, Column, Heading, Paragraph, Points, Section, Table
from reports.figures.front import front_figure
from reports.figures.intervals import Estimate, Row, interval_figure
from reports.many.context import Many, leaf
from reports.many.front import Point, beaten_by, front
from reports.plain import plain

OUTCOMES_IN_A_TABLE = 5
MOST_POINTS = 12
DEAR, SLOW = "cost_usd.total", "latency.ttft_s.p99"
"""Outcomes that stand for cost and for latency where the batch asks for none of theirs."""
MOST_FIGURES = 3


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


def choice_of(many: Many) -> Choice:
    """Cost and latency of every variant, from the batch's own outcomes where it asks for them."""
    names, units = many.summary["outcomes"], many.summary["units"]
    cost = next((name for name in names if str(units.get(name)).startswith("USD")), DEAR)
    latency = next((name for name in names if units.get(name) == "s"), SLOW)
    frame = many.result.table(list(dict.fromkeys(["variant", "status", cost, latency])))
    means = frame[frame["status"] == "done"].groupby("variant")[[cost, latency]].mean().dropna()
    order = [variant["name"] for variant in many.summary["variants"]]
    points = [Point(name, *map(float, means.loc[name])) for name in order if name in means.index]
    return Choice(many, cost, latency, points)


def batch_answer(choice: Choice) -> tuple[str, ...]:
    """Which variant is best by the main outcome, against the base."""
    many, words = choice.many, choice.many.words
    told = {name: row["mean"]["estimate"] for name, row in many.main_result["variants"].items()}
    known = {name: value for name, value in told.items() if value is not None}
    if not known:
        return (words("many.nothing"),)
    best, base = min(known, key=lambda name: known[name]), many.summary["base"]
    values = {"outcome": many.inside(many.main), "best": plain(best), "value": many.value(many.main, known[best])}
    if best == base or base not in known:
        first = words("many.base_is_lowest", **values)
    else:
        first = words("many.lowest", base=plain(base), difference=_difference(many, best), **values)
    return first, _front_sentence(choice)


def _difference(many: Many, name: str) -> str:
    """How far a variant lies from the base, with its interval."""
    told = many.main_result["differences"][name]
    change = many.words.percent(told["relative"], signed=True)
    return many.words("many.difference", change=change, interval=many.interval(many.main, told["mean"], signed=True))


def _front_sentence(choice: Choice) -> str:
    many, words = choice.many, choice.many.words
    names = [plain(point.name) for point in choice.best]
    axes = {"cost": many.inside(choice.cost), "latency": many.inside(choice.latency)}
    if not names:
        return words("many.no_front", **axes)
    if len(names) == 1:
        return words("many.one_best", name=names[0], **axes)
    return words("many.front", names=words.list(names), count=len(names), all=len(choice.points), **axes)


def batch_cards(choice: Choice) -> Cards:
    """What matters of the batch."""
    many, words = choice.many, choice.many.words
    cells, cards = many.summary["cells"], []
    for name, kind, outcome in (("cheapest", "cost", choice.cost), ("quickest", "latency", choice.latency)):
        ranked = sorted((getattr(point, kind), point.name) for point in choice.points)
        cards += [
            Card(words(f"many.card_{name}"), plain(first), many.value(outcome, value)) for value, first in ranked[:1]
        ]
    failed = words("many.card_cells_note", failed=words.count(cells["failed"]))
    return Cards((*cards, Card(words("many.card_cells"), words.count(cells["done"]), failed)))


def batch_sections(choice: Choice) -> list[Section]:
    """All chapters of a batch, in the order of their weight."""
    return [_choose(choice), _compare(choice.many), _differences(choice.many)]


def _choose(choice: Choice) -> Section:
    many, words = choice.many, choice.many.words
    blocks: list[Any] = [Paragraph(_front_sentence(choice), "lead")]
    if choice.points:
        titles = (many.titled(choice.cost), many.titled(choice.latency))
        scales = (many.scale(choice.cost), many.scale(choice.latency))
        caption = words("many.front_caption", cost=many.inside(choice.cost), latency=many.name(choice.latency))
        front = many.sketcher.plot("front", caption, front_figure, choice.points, choice.best, titles, scales, words)
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
    dearer = words.percent(point.cost / before.cost - 1 if before.cost else None)
    quicker = words.percent(1 - point.latency / before.latency if before.latency else None)
    return words(
        "many.step", name=plain(point.name), before=plain(before.name), dearer=dearer, quicker=quicker, **values
    )


def _beaten(choice: Choice, point: Point, other: Point) -> str:
    words = choice.many.words
    excess = {
        "dearer": words.percent(point.cost / other.cost - 1 if other.cost else None),
        "slower": words.percent(point.latency / other.latency - 1 if other.latency else None),
    }
    return words("many.beaten", name=plain(point.name), other=plain(other.name), **excess)


def _compare(many: Many) -> Section:
    """Every outcome of every variant, so many outcomes to a table; and what the variants change."""
    words, names = many.words, many.summary["outcomes"]
    groups = [names[at : at + OUTCOMES_IN_A_TABLE] for at in range(0, len(names), OUTCOMES_IN_A_TABLE)]
    tables = [_outcomes(many, group) for group in groups]
    changes = (Heading(words("many.variants")), _variants(many))
    return Section(words("many.compare"), (*tables, *changes))


def _outcomes(many: Many, outcomes: list[str]) -> Table:
    words, rows = many.words, []
    for variant in many.summary["variants"]:
        told = [many.summary["results"][name]["variants"][variant["name"]]["mean"] for name in outcomes]
        rows.append((_variant_name(many, variant["name"]), *_means(many, outcomes, told)))
    columns = (Column(words("many.variant"), False, 1.0), *(Column(many.name(name), True, 0.8) for name in outcomes))
    caption = words("many.outcomes_caption", days=_days(many), confidence=words.percent(many.summary["confidence"], 0))
    return Table(columns, tuple(rows), strong=(), caption=caption)


def _means(many: Many, outcomes: list[str], told: list[dict[str, Any]]) -> list[str]:
    return [many.value(name, mean["estimate"]) for name, mean in zip(outcomes, told, strict=True)]


def _variant_name(many: Many, name: str) -> str:
    return many.words("many.base_of", name=plain(name)) if name == many.summary["base"] else plain(name)


def _days(many: Many) -> str:
    kind = "same_days" if many.summary["days"] == "shared" else "own_days"
    return many.words(f"many.{kind}", count=many.words.count(many.summary["replications"]))


def _variants(many: Many) -> Table:
    words = many.words
    rows = [
        (
            _variant_name(many, variant["name"]),
            "; ".join(f"{leaf(path)} = {plain(str(value))}" for path, value in variant["changes"].items()),
        )
        for variant in many.summary["variants"]
    ]
    return Table((Column(words("many.variant"), False, 0.6), Column(words("many.changes"), False, 1.4)), tuple(rows))


def _differences(many: Many) -> Section:
    words = many.words
    blocks: list[Any] = [Paragraph(words("many.differences_lead", base=plain(many.summary["base"]), days=_days(many)))]
    for index, name in enumerate(many.summary["outcomes"]):
        differences = many.summary["results"][name]["differences"]
        if index < MOST_FIGURES and any(row["relative"] is not None for row in differences.values()):
            blocks.append(_difference_plot(many, name))
    blocks += [_difference_table(many, name) for name in many.summary["outcomes"]]
    return Section(words("many.differences"), tuple(blocks))


def _difference_plot(many: Many, outcome: str) -> Any:
    words, base = many.words, many.summary["base"]
    told = many.summary["results"][outcome]
    of_base = told["variants"][base]["mean"]["estimate"]
    rows = [
        Row(name, (_relative(row["mean"], of_base),), words.percent(row["relative"], signed=True))
        for name, row in told["differences"].items()
        if row["relative"] is not None and row["mean"]["low"] is not None
    ]
    title = words("many.relative", outcome=many.name(outcome), base=plain(base))
    caption = words("many.relative_caption", outcome=many.name(outcome), base=plain(base))
    slot = f"differences_{many.summary['outcomes'].index(outcome) + 1}"
    return many.sketcher.plot(slot, caption, interval_figure, rows, ("",), title, words)


def _relative(told: dict[str, float], base: float) -> Estimate:
    low, high = sorted(100 * told[end] / base for end in ("low", "high"))
    return Estimate(100 * told["estimate"] / base, low, high)


def _difference_table(many: Many, outcome: str) -> Table:
    words, rows = many.words, []
    for name, row in many.summary["results"][outcome]["differences"].items():
        cut = row["variance_cut"]
        rows.append(
            (
                plain(name),
                many.value(outcome, row["mean"]["estimate"], signed=True),
                many.interval(outcome, row["mean"], signed=True),
                words.percent(row["relative"], signed=True),
                words("none") if cut is None else words.figures(cut, 3),
            )
        )
    heads = ("difference_head", "interval", "change", "cut")
    columns = (Column(words("many.variant"), False, 1.0), *(Column(words(f"many.{head}")) for head in heads))
    return Table(
        columns,
        tuple(rows),
        caption=words("many.difference_caption", outcome=many.name(outcome), base=plain(many.summary["base"])),
    )
