"""How the day went: small multiples over its clock, and the latencies of its requests.

What broke, and what power it took.
"""

import math
from collections import Counter
from collections.abc import Iterable

from reports.day.context import Day
from reports.day.facility_events import happenings_blocks
from reports.documents.blocks import Column, Heading, Paragraph, Section, Series, Table
from reports.documents.wording import failed_part
from reports.figures.latency import histograms, latency_figure
from reports.figures.multiples import day_page
from reports.figures.panels import Panel, day_panels, energy_kwh_by_hour
from reports.figures.servers import MOST_ROWS, energy_figure, outages_figure
from sim.core.states import EventKind
from sim.core.units import SECONDS_PER_HOUR
from sim.traces.digest import METRICS
from sim.traces.events import Event

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


GRAMS_PER_KILOGRAM = 1e3
KILOGRAMS_PER_TONNE = 1e3
COMPONENTS = ("gpu", "host", "storage", "network", "cooling", "losses", "total")


def failures_section(day: Day) -> Section:
    """Failures and repairs."""
    words, failures = day.words, day.result.traces.events.of(EventKind.FAILED)
    if not failures:
        return Section(words("breakdown.title"), (Paragraph(words("breakdown.none")), *happenings_blocks(day)))
    shown = min(len(failures), MOST_ROWS)
    kind = "caption" if shown == len(failures) else "caption_longest"
    caption = words(f"breakdown.{kind}", shown=words.count(shown), all=words.count(len(failures)))
    plot = day.sketcher.plot("failures", caption, outages_figure, failures, day.clock, words)
    blocks = (Paragraph(_lead(day, failures), "lead"), _parts(day, failures), plot, *happenings_blocks(day))
    return Section(words("breakdown.title"), blocks)


def _lead(day: Day, failures: list[Event]) -> str:
    words, fleet = day.words, day.numbers["fleet"]
    return words(
        "breakdown.lead",
        failures=words.count(fleet["failures"]),
        down=words.duration(math.fsum(event.duration_s for event in failures)),
        share=words.percent(1.0 - fleet["availability"], 3),
        labour=words.duration(math.fsum(event.labour_s for event in failures)),
        requeued=words.count(sum(event.requeued for event in failures)),
        lost=words.count(sum(event.lost for event in failures)),
    )


def _hours(times_s: Iterable[float]) -> float:
    return math.fsum(times_s) / SECONDS_PER_HOUR


def _parts(day: Day, failures: list[Event]) -> Table:
    words = day.words
    counts = Counter(event.part for event in failures)
    parts = sorted(counts, key=lambda part: (-counts[part], part))
    rows = [(failed_part(part, words), *_counts(day, [e for e in failures if e.part == part])) for part in parts]
    rows.append((words("breakdown.all"), *_counts(day, failures)))
    heads = [words(f"breakdown.{name}") for name in ("failures", "down", "mean", "labour", "requeued", "lost")]
    columns = (Column(words("breakdown.part"), right=False, share=1.0), *map(Column, heads))
    return Table(columns, tuple(rows), strong=(len(rows) - 1,), caption=words("breakdown.table_caption"))


def _counts(day: Day, failures: list[Event]) -> tuple[str, ...]:
    words, down_h = day.words, _hours(event.duration_s for event in failures)
    return (
        words.count(len(failures)),
        words.number(down_h, 1),
        words.number(down_h / len(failures), 2),
        words.number(_hours(event.labour_s for event in failures), 1),
        words.count(sum(event.requeued for event in failures)),
        words.count(sum(event.lost for event in failures)),
    )


def energy_section(day: Day) -> Section:
    """Energy by component and hour, and the carbon it stands for."""
    words, numbers = day.words, day.numbers
    total_kwh = numbers["energy_kwh"]["total"]
    carbon_kg = numbers["carbon_kg"]
    intensity = GRAMS_PER_KILOGRAM * carbon_kg / total_kwh if total_kwh else 0.0
    values = {
        "span": day.span,
        "total": words.number(total_kwh, 1),
        "pue": words.number(numbers["pue"], 3),
        "wh": words.figures(numbers["wh_per_request"], 3),
        "intensity": words.figures(intensity, 3),
        "carbon": _carbon(day, carbon_kg),
    }
    lead = words("power.lead_idle" if numbers["wh_per_request"] is None else "power.lead", **values)
    hourly = energy_kwh_by_hour(day.result)
    plot = day.sketcher.plot("energy", words("power.caption"), energy_figure, hourly, day.clock, words)
    return Section(words("power.title"), (Paragraph(lead, "lead"), _components(day, intensity), plot))


def _carbon(day: Day, kilograms: float) -> str:
    if kilograms >= KILOGRAMS_PER_TONNE:
        return day.words("number.t", digits=day.words.figures(kilograms / KILOGRAMS_PER_TONNE))
    return day.words("number.kg", digits=day.words.figures(kilograms))


def _components(day: Day, intensity: float) -> Table:
    words, energy = day.words, day.numbers["energy_kwh"]
    rows = [
        (
            words(f"energy.{name}"),
            words.number(energy[name], 1),
            words.percent(energy[name] / energy["total"] if energy["total"] else None),
            words.figures(energy[name] * intensity / GRAMS_PER_KILOGRAM),
        )
        for name in COMPONENTS
    ]
    heads = [words(f"power.{name}") for name in ("kwh", "share", "carbon")]
    columns = (Column(words("power.component"), right=False, share=1.0), *map(Column, heads))
    return Table(columns, tuple(rows), strong=(len(rows) - 1,), caption=words("power.table_caption"))
