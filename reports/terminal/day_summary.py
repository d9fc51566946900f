"""What the command line shows of a day: the answer first, then what it is made of."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.terminal.tables import labelled, plain_table
from sim.core.units import SECONDS_PER_HOUR, SECONDS_PER_MINUTE

MILLISECONDS = 1e3
CENT = 0.01
HALF_HOUR_S = SECONDS_PER_HOUR / 2
ROUND_WH = 100
LATENCY_NAMES = {
    "ttft_s": "time to first token",
    "tpot_s": "time per output token",
    "e2e_s": "whole request",
    "queue_s": "queueing",
}


def day_summary(numbers: dict[str, Any], where: str) -> RenderableType:
    """The summary of a day from the numbers of its result.json."""
    tables: list[RenderableType] = [_latency(numbers), _energy(numbers), Group(_cost(numbers), _uses(numbers))]
    tables.append(_tokens(numbers))
    if len(numbers["use_cases"]) > 1:
        tables.append(_use_cases(numbers))
    if "article_usd" in numbers:
        tables.append(_article(numbers))
    parts = [part for table in tables for part in (Text(), table)]
    written = Text(f"\nwritten to {where}", style="dim", no_wrap=True, overflow="ignore")
    return Group(_headline(numbers), _requests(numbers), _fleet(numbers), *parts, written)


def _headline(numbers: dict[str, Any]) -> Text:
    text = Text()
    text.append(f"{numbers['scenario']}\n", style="bold")
    text.append(f"{duration(numbers['duration_s'])} cost ")
    text.append(f"${numbers['cost_usd']['total']:,.2f}", style="bold green")
    text.append(
        f"   {_money(numbers['usd_per_request'])} a request"
        f"   {_money(numbers['usd_per_million_output_tokens'])} a million output tokens\n"
    )
    return text


def _requests(numbers: dict[str, Any]) -> Table:
    counts = numbers["requests"]
    words = [f"{counts['arrived']:,} arrived", f"{counts['finished']:,} finished"]
    words += [
        f"{counts[name]:,} {name.replace('_', ' ')}"
        for name in ("refused", "lost", "in_flight", "requeued")
        if counts[name]
    ]
    notes = {
        "too_long": "of the refused were longer than the context or the whole KV cache",
        "abandoned": "of the lost left before service began",
        "preempted": "preemptions for want of KV cache",
        "left_out": "requests of the trace lie beyond the end of the day",
        "skipped_rows": "bad rows of the trace were skipped",
    }
    told = [("", f"{counts[name]:,} {note}") for name, note in notes.items() if counts[name]]
    return labelled(("requests", ", ".join(words)), *told)


def _latency(numbers: dict[str, Any]) -> Table:
    table = plain_table("latency", "mean", "p50", "p90", "p99", "max")
    for metric, name in LATENCY_NAMES.items():
        row = numbers["latency"][metric]
        table.add_row(name, *(_time(row[column]) for column in ("mean", "p50", "p90", "p99", "max")))
    return table


def _fleet(numbers: dict[str, Any]) -> Table:
    fleet = numbers["fleet"]
    size = f"{counted(fleet['servers'], 'server')}, {counted(fleet['gpus'], 'GPU')}"
    work = f"{fleet['mean_utilisation']:.1%} busy, mean batch {fleet['mean_batch']:.1f}"
    state = f"{counted(fleet['failures'], 'failure')}, {fleet['availability']:.3%} available"
    hall = f"PUE {_number(numbers['pue'], '.3f')}, WUE {_number(numbers['wue_l_per_kwh'], '.2f')} L/kWh"
    wh = f"{energy_of(numbers['wh_per_request'])} Wh a request"
    return labelled(("fleet", f"{size}, {work}"), ("", state), ("", f"{hall}, {wh}"))


def _energy(numbers: dict[str, Any]) -> Table:
    energy = numbers["energy_kwh"]
    table = plain_table("energy", "GPUs", "hosts", "storage", "network", "cooling", "losses", "total")
    names = ("gpu", "host", "storage", "network", "cooling", "losses", "total")
    table.add_row("kWh", *(f"{energy[name]:,.1f}" for name in names))
    table.add_row("share", *(f"{energy[name] / energy['total']:.1%}" if energy["total"] else "-" for name in names))
    return table


def _cost(numbers: dict[str, Any]) -> Table:
    table = plain_table("cost", "USD", "share")
    costs = numbers["cost_usd"]
    for name in ("hardware", "energy", "maintenance", "total"):
        share = costs[name] / costs["total"] if costs["total"] else 0.0
        table.add_row(name, f"{costs[name]:,.2f}", f"{share:.1%}", style="bold" if name == "total" else "")
    return table


def _uses(numbers: dict[str, Any]) -> Table:
    """What the dollars went to, without what took none."""
    uses = {name: usd for name, usd in numbers["cost_by_use_usd"].items() if abs(usd) >= CENT}
    return labelled(("of it", ", ".join(f"{name} {usd:,.2f}" for name, usd in uses.items())), style="dim")


def _tokens(numbers: dict[str, Any]) -> Table:
    """Dollars of the time at work, and of the whole day with what was idle, failed or spare."""
    table, costs = plain_table("a million tokens", "prompt", "output"), numbers["usd_per_million_tokens"]
    for basis, name in (("used", "time at work"), ("allocated", "whole day")):
        table.add_row(name, *(_money(costs[kind][basis]) for kind in ("prompt", "output")))
    return table


def _use_cases(numbers: dict[str, Any]) -> Table:
    table = plain_table("use case", "requests", "USD", "a request", "a million output tokens")
    for name, case in numbers["use_cases"].items():
        each = (_money(case[key]) for key in ("usd_per_request", "usd_per_million_output_tokens"))
        table.add_row(name, f"{case['requests']:,}", f"{case['allocated_usd']:,.2f}", *each)
    return table


def _article(numbers: dict[str, Any]) -> Table:
    table = plain_table("from the article to the ledger", "change USD", "total USD")
    for step in numbers["article_steps"]:
        table.add_row(step["name"], f"{step['change_usd']:+,.2f}", f"{step['total_usd']:,.2f}")
    return table


def duration(seconds: float) -> str:
    """As 24 h, 10 min or 90 s: the largest unit in which it is written shortly."""
    if seconds % SECONDS_PER_MINUTE:
        return f"{seconds:,.10g} s"
    return (
        f"{seconds / SECONDS_PER_HOUR:,g} h" if seconds % HALF_HOUR_S == 0 else f"{seconds / SECONDS_PER_MINUTE:,g} min"
    )


def counted(number: int, thing: str) -> str:
    """A number of things: one server, two servers."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def energy_of(watt_hours: float | None) -> str:
    """To three digits or to the watt-hour, whichever says more."""
    if watt_hours is None:
        return "-"
    return f"{watt_hours:,.0f}" if watt_hours >= ROUND_WH else f"{watt_hours:.3g}"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:,.2f} s" if seconds >= 1.0 else f"{seconds * MILLISECONDS:,.1f} ms"


def _money(usd: float | None) -> str:
    if usd is None:
        return "-"
    return f"${usd:,.2f}" if abs(usd) >= 1.0 else f"${usd:.4g}"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
