"""How the numbers came about, what they leave out, and how to get them again."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reports.day.context import Day
from reports.documents.blocks import Column, Heading, Paragraph, Points, Section, Table
from reports.documents.plain_text import plain
from reports.documents.wording import part_name
from sim.accounting.ledger import Line

POINTS = ("simulated", "priced", "checked", "one", "laws", "out")
UNPRICED = ("tax", "software", "demand", "carbon", "water")
"""Parts that a scenario, or the price book, may leave at a price of zero."""
FIGURES = 6


def method_section(day: Day) -> Section:
    """Method and limits."""
    words = day.words
    told = [words(f"method.{name}") for name in POINTS]
    named = dict.fromkeys(part_name(line.component, words) for line in day.result.ledger.lines if _is_free(line))
    if named:
        told.append(words("method.free", parts=words.list(list(named))))
    return Section(words("method.title"), (Points(tuple(told)),))


def _is_free(line: Line) -> bool:
    """Whether something was used, or could have been, that has a price of zero unless one is set."""
    return line.component in UNPRICED and not line.unit_price_usd


def again_section(day: Day) -> Section:
    """The command that makes the result anew, and all its numbers."""
    words, scenario = day.words, day.result.scenario
    command = f"run_sim.py run scenario.yaml --seed {scenario.seed} --engine {day.result.engine}"
    facts = [
        ("seed", str(scenario.seed)),
        ("engine", day.result.engine),
        ("version", plain(str(day.numbers["version"]))),
        ("hash", str(day.numbers["scenario_hash"])),
    ]
    rows = tuple((words(f"day.{name}"), value) for name, value in facts)
    run = Table((Column("", right=False), Column("", right=False, share=1.0)), rows)
    blocks = (Paragraph(words("again.lead")), Paragraph(command, "code"), run, Heading(words("again.numbers")))
    return Section(words("again.title"), (*blocks, numbers_table(day.numbers, day)))


def numbers_table(numbers: Mapping[str, Any], day: Day) -> Table:
    """Every number of a result, by its dotted key."""
    words = day.words
    rows = tuple((plain(key), figure(value)) for key, value in flat(numbers))
    columns = (Column(words("again.key"), right=False, share=1.5, code=True), Column(words("again.value"), share=1.0))
    return Table(columns, rows, caption=words("again.caption"), halves=True)


def figure(value: Any) -> str:
    """A value as the table prints it: whole numbers whole, others to six figures.

    >>> figure(3617), figure(0.00925612345), figure(None)
    ('3617', '0.00925612', 'null')
    """
    if isinstance(value, float):
        return f"{value:.{FIGURES}g}"
    return "null" if value is None else plain(str(value))


def flat(value: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values; items of lists are numbered from 0."""
    if isinstance(value, Mapping):
        inside: Iterable[tuple[str, Any]] = value.items()
    elif isinstance(value, list):
        inside = ((str(index), item) for index, item in enumerate(value))
    else:
        yield above, value
        return
    for key, inner in inside:
        yield from flat(inner, f"{above}.{key}" if above else key)
