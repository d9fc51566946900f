"""How the day went: small multiples over its clock, and the latencies of its requests."""

import math

from reports.blocks import Column, Heading, Paragraph, Section, Series, Table
from reports.day.context import Day
from reports.figures.latency import histograms, latency_figure
from reports.figures.multiples import day_page
from reports.figures.panels import Panel, day_panels
from sim.traces.digest import METRICS

COLUMNS = ("mean", "p50", "p90", "p99", "max")
FATES = (
    *("arrived", "finished", "refused", "lost", "in_flight"),
    *("too_long", "abandoned", "requeued", "preempted", "left_out", "skipped_rows"),
)
ALWAYS_TOLD = 5
"""Fates that stand in the table even where nobody met them."""
FIGURES = 5
"""Figures that count in a curve's value on the page."""


def course_section(day: Day) -> Section:
    """The day in one page, and its curves for the page that can be looked into."""
    words = day.words
    panels = day_panels(day.result, words)
    caption = [words("course.caption")] + [words("course.marks")] * any(panel.marks_s for panel in panels)
    plot = day.sketcher.plot("day", words.sentences(caption), day_page, panels, day.clock, words)
    return Section(words("course.title"), (plot, *(_series(panel) for panel in panels)), new_page=True)


def _series(panel: Panel) -> Series:
    return Series(
        panel.title,
        panel.unit,
        tuple(curve.label or panel.title for curve in panel.curves),
        tuple(curve.colour for curve in panel.curves),
        tuple(float(at) for at in panel.edges_s[:-1]),
        tuple(tuple(_short(float(value)) for value in curve.values) for curve in panel.curves),
        panel.stacked,
    )


def _short(value: float) -> float | None:
    return float(f"{value:.{FIGURES}g}") if math.isfinite(value) else None


def latency_section(day: Day) -> Section:
    """How long requests took, and what became of them."""
    words, latency = day.words, day.numbers["latency"]
    fates = (Heading(words("waits.requests")), _fates(day))
    if latency["ttft_s"]["p50"] is None:
        return Section(words("waits.title"), (Paragraph(words("waits.lead_none"), "lead"), *fates))
    times = {name: words.time(latency["ttft_s"][name]) for name in ("p50", "p99")}
    lead = words("waits.lead", tpot=words.time(latency["tpot_s"]["mean"]), **times)
    bars = histograms(day.result.traces.digest)
    plot = day.sketcher.plot("latency", words("waits.caption"), latency_figure, bars, latency, words)
    return Section(words("waits.title"), (Paragraph(lead, "lead"), _latency(day), plot, *fates), new_page=True)


def _latency(day: Day) -> Table:
    words = day.words
    rows = [
        (words(f"latency.{metric}"), *(words.time(day.numbers["latency"][metric][name]) for name in COLUMNS))
        for metric in METRICS
    ]
    heads = [words("waits.mean"), "p50", "p90", "p99", words("waits.max")]
    columns = (Column(words("waits.metric"), right=False, share=1.0), *map(Column, heads))
    return Table(columns, tuple(rows), caption=words("waits.table_caption"))


def _fates(day: Day) -> Table:
    words, counts = day.words, day.numbers["requests"]
    shown = [name for index, name in enumerate(FATES) if index < ALWAYS_TOLD or counts.get(name)]
    rows = [
        (words(f"waits.{name}"), words.count(counts[name]), _share(day, counts[name], name in FATES[:ALWAYS_TOLD]))
        for name in shown
    ]
    columns = (Column(words("waits.fate"), right=False, share=1.0), Column(words("waits.number")), Column("%"))
    return Table(columns, tuple(rows))


def _share(day: Day, count: int, of_all: bool) -> str:
    arrived = day.numbers["requests"]["arrived"]
    return day.words.percent(count / arrived, 3) if of_all and arrived else ""
