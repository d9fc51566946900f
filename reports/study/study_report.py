"""The report of a batch or a study."""

from functools import partial
from typing import Any

from reports.documents.blocks import Cards, Column, Paragraph, Points, Report, Section, Table
from reports.documents.language import Language
from reports.documents.plain_text import plain
from reports.documents.wording import distribution
from reports.figures.queue import Sketcher
from reports.study.batch import batch_answer, batch_cards, batch_sections
from reports.study.choosing import choice_of
from reports.study.drivers import drivers
from reports.study.first_page import driver_cards, facts, fraction_sentences, monte_carlo_cards, reach
from reports.study.monte_carlo import monte_carlo_answer, monte_carlo_sections
from reports.study.sensitivity_report import index_section, tornado_section
from reports.study.study_context import Many, input_name, input_value, leaf
from sim.studies import StudyResult

ENDS_OF_RANGE = (("middle", "central"), ("low", "low"), ("high", "high"))
"""Gaps of a phrase, and the keys of an input that fill them."""


def many_report(result: StudyResult, sketcher: Sketcher) -> Report:
    """The report of what lies in a batch's or study's folder."""
    many = Many(result, sketcher.words, sketcher)
    words, summary = many.words, many.summary
    answer, cards, sections = _batch(many) if result.kind == "batch" else _study(many)
    return Report(
        language=words.code,
        title=plain(summary["name"]) or words("day.scenario"),
        kicker=words(f"many.kicker_{result.kind}"),
        question=plain(summary["description"]),
        answer=answer,
        cards=cards,
        facts=facts(many),
        sections=(*sections, *_ends(many)),
        footer=words("page.made_by", version=plain(str(summary["version"]))),
        words={key: words(f"page.{key}") for key in ("contents", "time", "zoom", "reset")},
    )


def _batch(many: Many) -> tuple[tuple[str, ...], Cards, list[Section]]:
    choice = choice_of(many)
    return (*batch_answer(choice), *fraction_sentences(many)), batch_cards(choice), batch_sections(choice)


def _study(many: Many) -> tuple[tuple[str, ...], Cards, list[Section]]:
    if many.result.kind == "monte_carlo":
        answer = (*monte_carlo_answer(many), *fraction_sentences(many))
        return answer, monte_carlo_cards(many), monte_carlo_sections(many)
    section = tornado_section(many) if many.result.kind == "tornado" else index_section(many)
    return (*drivers(many)[:2], *reach(many), *fraction_sentences(many)), driver_cards(many), [section]


def _ends(many: Many) -> list[Section]:
    sections = [] if many.result.kind == "batch" else [_inputs(many)]
    return [*sections, _method(many), *_failed(many)]


def _inputs(many: Many) -> Section:
    words = many.words
    rows = tuple(
        (
            _named(one["path"], words),
            plain(one["path"]),
            distribution(str(one["text"]), words, partial(input_value, one["path"], words=words)),
            _range(one, words),
            plain(str(one["source"] or "")),
        )
        for one in many.summary["inputs"]
    )
    columns = (
        Column(words("many.input"), False, 1.0),
        Column(words("many.path"), False, 0.99, code=True),
        Column(words("many.distribution"), False, 0.9),
        Column(words("many.range_of"), False, 1.0),
        Column(words("claims.source"), False, 0.6),
    )
    return Section(
        words("many.inputs"),
        (Paragraph(words("many.inputs_lead")), Table(columns, rows, caption=words("many.inputs_caption"))),
    )


def _range(one: dict[str, Any], words: Language) -> str:
    """An input's median and the ends of its range."""
    ends = {name: input_value(one["path"], one[key], words) for name, key in ENDS_OF_RANGE}
    return words("many.middle_and_ends", **ends)


def _named(path: str, words: Language) -> str:
    """An input's name, where its path does not say it all."""
    name = input_name(path, words)
    return "" if name == leaf(path) else name


def _method(many: Many) -> Section:
    words, summary = many.words, many.summary
    points = [words(f"many.method_{many.result.kind}"), words("many.method_days"), words("many.method_intervals")]
    points.append(words("many.again"))
    fraction = summary["fleet_fraction"]
    if fraction is not None:
        points.append(
            words("many.fraction", asked=plain(str(fraction["asked"])), realised=words.percent(fraction["realised"], 3))
        )
        for name, told in (fraction["bias"] or {}).items():
            bias = words.percent(told["relative"], 2, signed=True)
            points.append(words("many.bias", outcome=many.name(name), bias=bias))
    if summary.get("stopped"):
        points.append(words("many.stopped", draws=words.count(summary["stopped"]["draws"])))
    return Section(words("method.title"), (Points(tuple(points)),))


def _failed(many: Many) -> list[Section]:
    words, told = many.words, many.summary["failed"]
    if not told:
        return []
    rows = tuple(
        (str(one["cell"]), plain(str(one["label"])), str(one["replication"]), plain(one["message"])) for one in told
    )
    columns = (
        Column(words("many.cell")), Column(words("many.label"), False, 0.5), Column(words("many.replication")),
        Column(words("many.message"), False, 1.5),
    )  # fmt: skip
    lead = words(
        "many.failed_lead",
        failed=words.count(many.summary["cells"]["failed"]),
        planned=words.count(many.summary["cells"]["planned"]),
    )
    return [Section(words("many.failed"), (Paragraph(lead), Table(columns, rows)))]
