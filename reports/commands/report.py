"""From a folder of results to files of a report: read, make, set, and write all of it or nothing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.documents.blocks import Report
from reports.documents.language import Code, language
from reports.figures.queue import Draughtsman, Sketcher
from sim.core.errors import OutputError
from sim.core.version import __version__
from sim.files.documents import is_file
from sim.files.staging import claim_file, workshop

if TYPE_CHECKING:
    from sim.day import DayResult

DAY, STUDY = "result.json", "summary.json"
NAME = "report.pdf"
FIGURES = "figures"
GROUPS = ("latency", "fleet", "energy_kwh", "cost_usd")
PRINTED = (
    *("scenario_hash", "duration_s", "requests", "tokens", "pue", "wh_per_request"),
    *("usd_per_request", "usd_per_million_output_tokens", *GROUPS),
)
"""Keys of result.json that a report prints by name, and those of them that are groups."""
CLOSENESS = 1e-9
"""Relative difference that rounding may leave between two reckonings of one total."""


@dataclass(frozen=True)
class Order:
    """What is wanted."""

    folder: Path
    """Where the results lie."""
    code: Code = "en"
    """Language."""
    out: Path | None = None
    """The PDF; report.pdf in the folder otherwise."""
    figures: bool = False
    """Whether every figure is wanted as a file of its own."""

    @property
    def pdf(self) -> Path:
        """Where the PDF goes."""
        return self.out or self.folder / NAME


def check_order(order: Order) -> None:
    """Refuse a place that no PDF can have, before any work is done."""
    claim_file(order.pdf)
    if order.pdf.suffix.lower() != ".pdf":
        raise OutputError(f"{order.pdf}: does not end with .pdf")


def make(order: Order, helper: Draughtsman | None = None) -> list[Path]:
    """Make the report of a saved day, batch or study; the files written, the PDF first."""
    check_order(order)
    sketcher = Sketcher(language(order.code), order.figures, helper)
    if is_file(order.folder / DAY):
        return _write(_saved_day(order, sketcher), sketcher, order)
    if is_file(order.folder / STUDY):
        return _write(_saved_study(order, sketcher), sketcher, order)
    raise OutputError(f"{order.folder}: holds no result of a day, batch or study: neither {DAY} nor {STUDY} is there")


def make_of_day(result: "DayResult", numbers: dict[str, Any], order: Order) -> list[Path]:
    """Make the report of a day that has just been simulated."""
    from reports.day.report import day_report

    check_order(order)
    sketcher = Sketcher(language(order.code), order.figures)
    return _write(day_report(result, numbers, sketcher), sketcher, order)


def _saved_day(order: Order, sketcher: Sketcher) -> Report:
    from reports.day.report import day_report
    from sim.catalogue import read_catalogue
    from sim.result_json import summary
    from sim.saving import load_result, read_summary

    numbers = read_summary(order.folder)
    check_version(numbers, order.folder / DAY)
    result = load_result(order.folder, read_catalogue())
    _check_numbers(numbers, summary(result), order.folder)
    return day_report(result, numbers, sketcher)


def _saved_study(order: Order, sketcher: Sketcher) -> Report:
    from reports.study.study_report import many_report
    from sim.studies import load

    result = load(order.folder)
    check_version(result.summary, order.folder / STUDY)
    with readable(order.folder / STUDY):
        return many_report(result, sketcher)


def check_version(numbers: Any, file: Path) -> None:
    """Refuse what a newer version wrote, and what is no result at all."""
    written = str(numbers.get("version", "")) if isinstance(numbers, dict) else ""
    if not written:
        raise OutputError(f"{file}: is damaged: it does not say which version wrote it; run it again")
    if _parts(written) > _parts(__version__):
        raise OutputError(
            f"{file}: was written by version {written}, newer than this one, {__version__}: report it with that version"
        )


def _parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """A result that lacks what its version always has is damaged."""
    try:
        yield
    except (KeyError, TypeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise OutputError(f"{file}: is damaged: {what}; run it again") from error


def _check_numbers(numbers: dict[str, Any], again: dict[str, Any], folder: Path) -> None:
    """The day is summed up anew from its traces: what a report prints must be on disk, with the same total.

    Claims of another catalogue than the one that priced the day would give another total.
    """
    missing = [key for key in PRINTED if key not in numbers]
    missing += [
        f"{key}.{name}" for key in GROUPS if key in numbers for name in again[key] if not _has(numbers[key], name)
    ]
    if missing:
        raise OutputError(f"{folder / DAY}: is damaged: {missing[0]} is missing; run the day again")
    told_usd, total_usd = numbers["cost_usd"]["total"], again["cost_usd"]["total"]
    if abs(total_usd - told_usd) > CLOSENESS * max(abs(total_usd), abs(told_usd)):
        raise OutputError(
            f"{folder}: its total is {told_usd:,.2f} USD, but its day comes to {total_usd:,.2f} USD at the prices of "
            "this program's catalogue; run the day again"
        )


def _has(group: Any, name: str) -> bool:
    return isinstance(group, dict) and name in group


def _write(report: Report, sketcher: Sketcher, order: Order) -> list[Path]:
    """Set everything first, then move it into place."""
    from reports.documents.html import html_page
    from reports.documents.pdf import rehearse, typeset

    if sketcher.helper is not None:
        rehearse(report)
    pdf, drawings = order.pdf, sketcher.drawings()
    svgs = {name: drawing.svg for name, drawing in drawings.items()}
    made = {pdf.name: typeset(report, svgs), pdf.with_suffix(".html").name: html_page(report, svgs).encode()}
    if order.figures:
        for name, drawing in drawings.items():
            made[f"{FIGURES}/{name}.svg"], made[f"{FIGURES}/{name}.png"] = drawing.svg.encode(), drawing.png
    with workshop(pdf.parent) as unfinished:
        return _publish(made, unfinished, pdf.parent)


def _publish(made: dict[str, bytes], unfinished: Path, folder: Path) -> list[Path]:
    for name, data in made.items():
        (unfinished / name).parent.mkdir(exist_ok=True)
        (unfinished / name).write_bytes(data)
    for name in made:
        (folder / name).parent.mkdir(exist_ok=True)
        (unfinished / name).replace(folder / name)
    return [folder / name for name in made]
