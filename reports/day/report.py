"""A day's report: the sections in the order of their weight for whoever decides."""

from typing import Any

from reports.day.context import Day
from reports.day.cost import article_section, cost_section
from reports.day.cover import answer, cards, facts
from reports.day.evidence import claims_section, range_section
from reports.day.method import again_section, method_section
from reports.day.operations import course_section, energy_section, failures_section, latency_section
from reports.day.price_ranges import price_ranges
from reports.day.uses import uses_section
from reports.documents.blocks import Report
from reports.documents.plain_text import plain
from reports.figures.queue import Sketcher
from sim.day import DayResult


def day_report(result: DayResult, numbers: dict[str, Any], sketcher: Sketcher) -> Report:
    """The report of a simulated day from its result and its result.json."""
    words = sketcher.words
    day = Day(result, numbers, words, sketcher)
    ranges = price_ranges(result)
    sections = [
        cost_section(day),
        uses_section(day),
        range_section(day, ranges),
        course_section(day),
        latency_section(day),
        failures_section(day),
        energy_section(day),
        article_section(day),
        claims_section(day),
        method_section(day),
        again_section(day),
    ]
    return Report(
        language=words.code,
        title=plain(result.scenario.name) or words("day.scenario"),
        kicker=words("day.kicker") if day.is_whole else words("day.kicker_other", span=day.span),
        question=plain(result.scenario.description),
        answer=answer(day, ranges),
        cards=cards(day),
        facts=facts(day),
        sections=tuple(section for section in sections if section is not None),
        footer=words("page.made_by", version=plain(str(numbers["version"]))),
        words={key: words(f"page.{key}") for key in ("contents", "time", "zoom", "reset")},
    )
