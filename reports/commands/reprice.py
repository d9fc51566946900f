"""A saved day at other prices: read, priced again, written beside, and told."""

import shutil
from pathlib import Path
from typing import Any

from rich.text import Text

from reports.commands.run import Stopwatch
from reports.terminal.console import tell
from reports.terminal.tables import plain_table
from sim.catalogue import read_catalogue
from sim.core.errors import InputError
from sim.day import DayResult
from sim.files.staging import workshop
from sim.result_json import summary
from sim.saving import DAY_FILES, default_folder, finish, load_result
from sim.scenario.paths import parse_assignment
from sim.scenario.reading import read_scenario
from sim.studies.questions.inputs import is_price

REQUESTS = "requests.parquet"


def reprice_day(folder: Path, changes: list[str], out: Path | None, results: Path) -> None:
    """Price the day in a folder again with `path=value` changes, which must all be prices, and write it to another."""
    if out is not None and out.resolve() == folder.resolve():
        raise InputError(f"--out {out}: is the day that is to be priced again; name another folder")
    watch, catalogue = Stopwatch(), read_catalogue()
    for change in changes:
        _check_price(change)
    before = load_result(folder, catalogue)
    scenario = read_scenario(str(folder / "scenario.yaml"), changes, catalogue=catalogue)
    after = before.reprice(scenario.prices, scenario.facts)
    target = out or default_folder(results, scenario.name, scenario)
    with workshop(target, DAY_FILES) as unfinished:
        if (folder / REQUESTS).exists():
            shutil.copyfile(folder / REQUESTS, unfinished / REQUESTS)
        finish(after, unfinished, target, watch.record())
    tell(*_told(before, after), Text(f"\nwritten to {target}", style="dim", no_wrap=True, overflow="ignore"))


def _check_price(change: str) -> None:
    path, _ = parse_assignment(change)
    if not is_price(path):
        raise InputError(f"--set {change}: changes the day itself, not its prices: run it again with this change")


def _told(before: DayResult, after: DayResult) -> list[Any]:
    """Both ledgers by category, and what a request and a million output tokens cost."""
    was, now = summary(before), summary(after)
    table = plain_table("cost", "was USD", "is USD", "change")
    for name in ("hardware", "energy", "maintenance", "total"):
        table.add_row(name, *_compared(was["cost_usd"][name], now["cost_usd"][name], ",.2f"))
    for name, words in (("usd_per_request", "a request"), ("usd_per_million_output_tokens", "a million output tokens")):
        if now[name] is not None:
            table.add_row(words, *_compared(was[name], now[name], ",.6g"))
    return [Text(f"{after.scenario.name}, priced again\n", style="bold"), table]


def _compared(was: float, now: float, form: str) -> tuple[str, str, str]:
    return format(was, form), format(now, form), f"{now / was - 1:+.1%}" if was else "-"
