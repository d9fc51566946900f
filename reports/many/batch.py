"""A batch's report: its answer, and variants side by side."""

import math
from typing import Any

from reports.blocks import Card, Cards, Column, Heading, Paragraph, Section, Table
from reports.figures.intervals import Estimate, Row, interval_figure
from reports.language import MINUS
from reports.many.busy import busy_sentences, busy_table
from reports.many.choosing import Choice, choose, front_sentence, variant_name
from reports.many.context import Many
from reports.many.front import Point
from reports.many.keeping import keeping_sentences, keeping_table
from reports.many.naming import leaf
from reports.plain import plain

OUTCOMES_IN_A_TABLE = 4
MOST_FIGURES = 3
JOINER = "\N{WORD JOINER}"
"""Keeps a minus on the line of its dollars."""
HUGE_CUT = 1e6
"""From here on nobody asks how much smaller a variance is."""


def batch_answer(choice: Choice) -> tuple[str, ...]:
    """Which variant is best by the main outcome, against the base."""
    many, words = choice.many, choice.many.words
    told = {name: row["mean"]["estimate"] for name, row in many.main_result["variants"].items()}
    known = {name: value for name, value in told.items() if value is not None}
    if not known:
        return (words("many.nothing"),)
    best, base = min(known, key=lambda name: known[name]), many.summary["base"]
    values = {"outcome": many.inside(many.main), "best": plain(best), "value": many.brief(many.main, known[best])}
    if best == base or base not in known:
        first = words("many.base_is_lowest", **values)
    else:
        first = words("many.lowest", base=plain(base), difference=_difference(many, best), **values)
    kept = keeping_sentences(many)
    return (first, *kept, *_ties(many, best, known), front_sentence(choice), *busy_sentences(many))


def _ties(many: Many, best: str, known: dict[str, float]) -> tuple[str, ...]:
    """Who cannot be told from the best by the main outcome."""
    others = many.by_day(many.main)
    first = Point(best, known[best], 0.0, costs=others[best], confidence=many.summary["confidence"])
    tied = [
        plain(name)
        for name, value in known.items()
        if name != best and first.costs_the_same(Point(name, value, 0.0, costs=others[name]))
    ]
    return (many.words("many.tied_with_best", names=many.words.list(tied), best=plain(best)),) if tied else ()


def _difference(many: Many, name: str) -> str:
    """How far a variant lies from the base, with its interval."""
    told = many.main_result["differences"][name]
    change = many.words.percent(told["relative"], signed=True)
    apart = many.value(many.main, told["mean"]["estimate"], signed=True).replace(f"{MINUS}$", f"{MINUS}{JOINER}$")
    interval = many.interval(many.main, told["mean"], signed=True)
    return many.words("many.difference", apart=apart, interval=interval, change=change)


def batch_cards(choice: Choice) -> Cards:
    """What matters of the batch."""
    many, words = choice.many, choice.many.words
    cells, cards = many.summary["cells"], []
    for kind, outcome in (("cost", choice.cost), ("latency", choice.latency)):
        ranked = sorted((getattr(point, kind), point.name) for point in choice.points)
        cards += [
            Card(words("many.card_lowest", outcome=many.inside(outcome)), plain(first), many.brief(outcome, value))
            for value, first in ranked[:1]
        ]
    failed = words("many.card_cells_note", failed=words.count(cells["failed"]))
    return Cards((*cards, Card(words("many.card_cells"), words.count(cells["done"]), failed)))


def batch_sections(choice: Choice) -> list[Section]:
    """All chapters of a batch, in the order of their weight."""
    return [choose(choice), _compare(choice.many), _differences(choice.many)]


def _compare(many: Many) -> Section:
    """Every outcome of every variant, so many outcomes to a table; and what the variants change."""
    words, names = many.words, many.summary["outcomes"]
    width = math.ceil(len(names) / math.ceil(len(names) / OUTCOMES_IN_A_TABLE))
    groups = [names[at : at + width] for at in range(0, len(names), width)]
    tables = [_outcomes(many, group) for group in groups]
    changes = (Heading(words("many.variants")), _variants(many))
    return Section(words("many.compare"), (*keeping_table(many), *tables, *busy_table(many), *changes))


def _outcomes(many: Many, outcomes: list[str]) -> Table:
    words, rows = many.words, []
    for variant in many.summary["variants"]:
        told = [many.summary["results"][name]["variants"][variant["name"]]["mean"] for name in outcomes]
        cells = (many.give_or_take(name, mean) for name, mean in zip(outcomes, told, strict=True))
        rows.append((variant_name(many, variant["name"]), *cells))
    columns = (Column(words("many.variant"), False, 1.0), *(Column(many.name(name), True, 0.8) for name in outcomes))
    caption = words("many.outcomes_caption", days=_days(many), confidence=words.percent(many.summary["confidence"], 0))
    return Table(columns, tuple(rows), strong=(), caption=caption)


def _days(many: Many) -> str:
    return many.counted("many.same_days_batch", many.summary["replications"])


def _variants(many: Many) -> Table:
    words = many.words
    rows = [
        (
            variant_name(many, variant["name"]),
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
                words("none") if cut is None else words("many.huge_cut") if cut > HUGE_CUT else words.figures(cut, 3),
            )
        )
    heads = ("difference_head", "interval", "change", "cut")
    columns = (Column(words("many.variant"), False, 1.0), *(Column(words(f"many.{head}")) for head in heads))
    return Table(
        columns,
        tuple(rows),
        caption=words("many.difference_caption", outcome=many.name(outcome), base=plain(many.summary["base"])),
    )
