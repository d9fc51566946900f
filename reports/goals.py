"""Goals of a batch or study in the terminal: how often each is missed, and which variant keeps them all."""

from typing import Any

from rich.console import RenderableType
from rich.text import Text

from reports.numbers import interval, percent
from reports.tables import plain_table


def goal_tables(summary: dict[str, Any]) -> list[RenderableType]:
    """What a summary tells of goals; nothing where there are none."""
    if not summary.get("goals"):
        return []
    if summary["kind"] == "batch":
        return _kept_goals(summary)
    table = plain_table("goal", "limit", "missed", "interval")
    for goal in summary["goals"]:
        missed = goal["missed"]
        label = Text(f"{goal['name']}: {goal['outcome']}")
        table.add_row(label, _limit(goal), percent(missed["estimate"]), interval(missed, percent))
    return [Text(), table]


def _kept_goals(summary: dict[str, Any]) -> list[RenderableType]:
    """On how many of its days each variant of a batch misses each goal, and which to take."""
    goals = summary["goals"]
    table = plain_table("missed on", *(_labelled(goal) for goal in goals))
    for variant in summary["results"][summary["outcomes"][0]]["variants"]:
        cells = (_missed(goal["missed"][variant]) for goal in goals)
        table.add_row(Text(variant), *cells)
    lowest, main = summary["lowest_that_keeps"], summary["outcomes"][0]
    kept = f"on every day all goals are kept, and {main} is lowest, by: {lowest}"
    told = "no variant keeps all goals on every day" if lowest is None else kept
    return [Text(), table, Text(f"\n{told}", style="bold")]


def _missed(told: dict[str, Any]) -> str:
    return "-" if told["estimate"] is None else f"{percent(told['estimate'])} ({interval(told, percent)})"


def _labelled(goal: dict[str, Any]) -> str:
    """A goal's name and its limit."""
    return f"{goal['name']} {_limit(goal)}"


def _limit(goal: dict[str, Any]) -> str:
    return f"<= {goal['at_most']:,.6g}" if "at_most" in goal else f">= {goal['at_least']:,.6g}"
