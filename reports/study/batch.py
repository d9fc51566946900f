"""A batch's report: its answer, and variants side by side.

Whether a batch's variants keep up with their demand: how busy they are, and what becomes of the requests.

Goals of a batch: which variants keep them on every day, and the one of those to take.
"""

import math
from typing import Any

from reports.documents.blocks import Card, Cards, Column, Heading, Paragraph, Section, Table
from reports.documents.language import MINUS
from reports.documents.plain_text import plain
from reports.figures.intervals import Estimate, Row, interval_figure
from reports.study.choosing import Choice, choose, front_sentence, variant_name
from reports.study.study_context import Many, leaf
from sim.studies.statistics.dominance import Point
from sim.studies.statistics.goals import Share, goal_results, misses_by_variant

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


BUSY = "fleet.mean_utilisation"
FATES = ("requests.finished", "requests.refused", "requests.lost", "requests.in_flight")
TURNED_AWAY = ("requests.refused", "requests.lost")
ARRIVED = "requests.arrived"
QUEUE, TTFT = "latency.queue_s.p99", "latency.ttft_s.p99"
WAITING = 0.5
"""Share of the time to first token, at the 99th percentile of both, from which on it is the queue that is felt.

A busy share tells less: a replica that serves one request at a time is as busy as one with a hundred in its batch.
"""
PILED_UP = 0.01
"""Share of all requests from which on those in flight at the end are a queue that grows."""
COLUMNS = (BUSY, ARRIVED, *FATES, QUEUE, TTFT)


def busy_sentences(many: Many) -> tuple[str, ...]:
    """Who is at the limit, so that cost and latency of the day say little of a longer one."""
    names = [plain(name) for name, told in _means(many).items() if _at_the_limit(told)]
    if not names:
        return ()
    values = {"names": many.words.list(names), "waiting": many.words.percent(WAITING, 0)}
    return (many.words("many.at_the_limit" if len(names) > 1 else "many.at_the_limit_one", **values),)


def busy_table(many: Many) -> list[Any]:
    """How busy each variant is and what became of its requests, means over days."""
    words, told = many.words, _means(many)
    rows = [
        (
            plain(name),
            words.percent(means[BUSY]),
            *(words.number(means[fate], 0) for fate in FATES),
            words("many.saturated") if _at_the_limit(means) else "",
        )
        for name, means in told.items()
    ]
    columns = (
        Column(words("many.variant"), False, 1.0),
        Column(many.name(BUSY)),
        *(Column(words(f"many.{fate.rpartition('.')[2]}")) for fate in FATES),
        Column("", False),
    )
    caption = words("many.busy_caption", waiting=words.percent(WAITING, 0), piled=words.percent(PILED_UP, 0))
    return [Table(columns, tuple(rows), caption=caption)] if rows else []


def _means(many: Many) -> dict[str, dict[str, float]]:
    """Means over finished days by variant, in the order of the batch."""
    frame = many.result.table(["variant", "status", *COLUMNS])
    means = frame[frame["status"] == "done"].groupby("variant")[list(COLUMNS)].mean()
    order = [variant["name"] for variant in many.summary["variants"]]
    return {
        name: {str(key): float(value) for key, value in means.loc[name].items()}
        for name in order
        if name in means.index
    }


def _at_the_limit(told: dict[str, float]) -> bool:
    turned_away = any(told[fate] > 0 for fate in TURNED_AWAY)
    piled_up = told["requests.in_flight"] > PILED_UP * told[ARRIVED]
    return turned_away or piled_up or told[QUEUE] > WAITING * told[TTFT]


def keeping_sentences(many: Many) -> tuple[str, ...]:
    """Which variant to take so that every goal is kept; nothing where there are no goals."""
    if not many.summary["goals"]:
        return ()
    name = many.summary["lowest_that_keeps"]
    if name is None:
        return (many.words("many.nobody_keeps"),)
    mean = many.main_result["variants"][name]["mean"]["estimate"]
    values = {"outcome": many.inside(many.main), "name": plain(name), "value": many.brief(many.main, mean)}
    return (many.words("many.lowest_that_keeps", **values),)


def keeping_table(many: Many) -> list[Any]:
    """How often every variant misses every goal."""
    words, goals = many.words, goal_results(many.summary)
    if not goals:
        return []
    rows = [
        (variant_name(many, name), *(_missed(many, missed) for missed in misses))
        for name, misses in misses_by_variant(many.summary)
    ]
    heads = (f"{plain(goal.name)}: {many.limit(goal)}" for goal in goals)
    columns = (Column(words("many.variant"), False, 1.0), *(Column(head, True, 1.0) for head in heads))
    caption = words("many.keeping_caption", confidence=words.percent(many.summary["confidence"], 0))
    return [Table(columns, tuple(rows), caption=caption)]


def _missed(many: Many, missed: Share) -> str:
    return f"{many.words.percent(missed['estimate'])} ({many.percents(missed)})"
