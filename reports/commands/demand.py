"""What the command `demand` says on the terminal: the course of the day, its bursts, its lengths."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.commands.run import Stopwatch
from reports.terminal.console import progress_bar, tell, width
from reports.terminal.day_summary import duration
from reports.terminal.tables import labelled, plain_table
from sim.catalogue import Catalogue
from sim.core.units import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE
from sim.demand_survey import survey
from sim.files.staging import workshop
from sim.saving import SURVEY_FILES, finish_survey
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

BARS = " ▁▂▃▄▅▆▇█"
ROWS = 4
"""Lines of the chart of the rate."""
PARTS = 8
"""Rows of the table of the day."""
WIDEST = 72
"""Columns of the chart."""
MARGIN = "  "
LENGTHS = {"prompt_tokens": "prompt", "output_tokens": "answer"}
NOTES = {
    "left_out": "requests of the trace lie beyond the end of the day",
    "skipped_rows": "bad rows of the trace were skipped",
}
TINY = 1e-300
HUNDRED = 100.0
COLUMNS = ("p10", "p50", "p90", "p99")


def draw(day: Scenario, catalogue: Catalogue, folder: Path, watch: Stopwatch) -> None:
    """Survey a day's demand, write it into a folder, and tell what it is."""
    with workshop(folder, SURVEY_FILES) as unfinished:
        begun = time.perf_counter()
        with progress_bar(day.name, day.day.duration_s) as progress:
            counted = survey(day, progress, catalogue)
        finish_survey(counted, unfinished, folder, watch.record(draw_s=round(time.perf_counter() - begun, 3)))
    tell(demand_summary(counted.summary(), counted.windows(), str(folder)))


def demand_summary(numbers: dict[str, Any], windows: "pd.DataFrame", where: str) -> RenderableType:
    """The summary of a survey of demand, from the numbers of its demand.json and its windows."""
    written = Text(f"\nwritten to {where}", style="dim", no_wrap=True, overflow="ignore")
    tables = [part for name in numbers["use_cases"] for part in (Text(), _lengths(numbers, name))]
    return Group(
        _headline(numbers), _facts(numbers), Text(), _chart(windows), Text(), _parts(numbers, windows), *tables, written
    )


def _headline(numbers: dict[str, Any]) -> Text:
    asked = numbers["requests"]
    text = Text()
    text.append(f"{numbers['scenario']}\n", style="bold")
    text.append(f"{asked['arrived']:,} requests", style="bold green")
    expected = "" if asked["expected"] is None else f" ({asked['expected']:,.0f} expected)"
    text.append(f" in {duration(numbers['duration_s'])}{expected}\n")
    return text


def _facts(numbers: dict[str, Any]) -> Table:
    """Rate, bursts and tokens, a line each."""
    rates, cv, tokens = numbers["requests_per_s"], numbers["gap_cv"], numbers["tokens"]
    peak = "" if rates["peak_to_mean"] is None else f": {rates['peak_to_mean']:.2f} times the mean"
    lines = [("rate", f"{_short(rates['mean'])} requests/s, {_short(rates['peak'])} in the fullest ten minutes{peak}")]
    if cv["mean"] is not None:
        lines.append(("gaps", f"CV {cv['mean']:.2f} by ten minutes, from {cv['min']:.2f} to {cv['max']:.2f}"))
    lines.append(("tokens", f"{tokens['prompt']:,} of prompts, {tokens['output']:,} of answers"))
    if numbers["reusable_fraction"]:
        share = f"{numbers['reusable_fraction']:.1%} of prompt tokens came before"
        lines.append(("prefixes", f"{share}: the most that a cache can find"))
    notes = [("", f"{numbers['requests'][name]:,} {note}") for name, note in NOTES.items() if numbers["requests"][name]]
    return labelled(*lines, *notes)


def _chart(windows: "pd.DataFrame") -> Text:
    """The request rate over the day as bars, from zero to its peak."""
    rates = windows["requests_per_s"].to_numpy()
    columns = max(1, min(WIDEST, width() - len(MARGIN)))
    narrow = np.array([part.mean() for part in np.array_split(rates, min(len(rates), columns))])
    wide = np.repeat(narrow, columns // len(narrow))
    eighths = len(BARS) - 1
    heights = np.rint(wide / max(float(wide.max()), TINY) * ROWS * eighths).astype(int)
    lines = (
        "".join(BARS[height] for height in np.clip(heights - row * eighths, 0, eighths).tolist())
        for row in reversed(range(ROWS))
    )
    return Text("\n".join(MARGIN + line for line in lines), style="cyan", no_wrap=True, overflow="crop")


def _parts(numbers: dict[str, Any], windows: "pd.DataFrame") -> Table:
    """The day in a few parts."""
    table = plain_table("from", "requests", "expected", "requests/s", "gap CV", "prompt", "answer")
    for rows in np.array_split(np.arange(len(windows)), min(PARTS, len(windows))):
        part = windows.iloc[rows]
        requests, expected = int(part["requests"].sum()), float(part["requests_expected"].sum(skipna=False))
        table.add_row(
            _clock(numbers["start_s"] + float(part["start_s"].iloc[0])),
            f"{requests:,}",
            "-" if np.isnan(expected) else f"{expected:,.0f}",
            _short(float(part["requests_per_s"].mean())),
            "-" if part["gap_cv"].isna().all() else f"{part['gap_cv'].mean():.2f}",
            *(_short(part[name].sum() / requests) if requests else "-" for name in LENGTHS),
        )
    return table


def _lengths(numbers: dict[str, Any], name: str) -> Table:
    """Lengths of a use case beside those of its source."""
    case = numbers["use_cases"][name]
    share = "" if case["share"] is None else f", {case['share']:.1%}"
    table = plain_table(f"{name}{share}", "mean", *COLUMNS, "max")
    for field, word in LENGTHS.items():
        drawn = case[field]
        table.add_row(f"{word} tokens", *(_short(drawn[key]) for key in ("mean", *COLUMNS, "max")))
        if drawn["source"]["p50"] is not None:
            table.add_row("  source", "", *(_short(drawn["source"][key]) for key in COLUMNS), "", style="dim")
    if case["rank_correlation"] is not None:
        table.add_row("rank correlation", f"{case['rank_correlation']:.2f}")
    return table


def _clock(after_s: float) -> str:
    """A local time after the midnight of the first day, as a clock shows it."""
    days, of_day_s = divmod(after_s, SECONDS_PER_DAY)
    hours, rest_s = divmod(of_day_s, SECONDS_PER_HOUR)
    clock = f"{int(hours):02d}:{int(rest_s // SECONDS_PER_MINUTE):02d}"
    return f"day {int(days) + 1} {clock}" if days else clock


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= HUNDRED else f"{value:,.3g}"
