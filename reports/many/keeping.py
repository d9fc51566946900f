"""Goals of a batch: which variants keep them on every day, and the one of those to take."""

from typing import Any

from reports.blocks import Column, Table
from reports.many.choosing import variant_name
from reports.many.context import Many
from reports.plain import plain


def keeping_sentences(many: Many) -> tuple[str, ...]:
    """Which variant to take so that every goal is kept; nothing where there are no goals."""
    if not many.summary["goals"]:
        return ()
    name = many.summary["lowest_that_keeps"]
    if name is None:
        return (many.words("many.nobody_keeps"),)
    mean = many.main_result["variants"][name]["mean"]["estimate"]
    values = {"outcome": many.inside(many.main), "name": plain(name), "value": many.brief(many.main, mean)}
    return (many.words("many.lowest_that_keeps", **values),)


def keeping_table(many: Many) -> list[Any]:
    """How often every variant misses every goal."""
    words, goals = many.words, many.summary["goals"]
    if not goals:
        return []
    rows = [
        (variant_name(many, variant["name"]), *(_missed(many, goal["missed"][variant["name"]]) for goal in goals))
        for variant in many.summary["variants"]
    ]
    heads = (f"{plain(goal['name'])}: {many.limit(goal)}" for goal in goals)
    columns = (Column(words("many.variant"), False, 1.0), *(Column(head, True, 1.0) for head in heads))
    caption = words("many.keeping_caption", confidence=words.percent(many.summary["confidence"], 0))
    return [Table(columns, tuple(rows), caption=caption)]


def _missed(many: Many, told: dict[str, Any]) -> str:
    return f"{many.words.percent(told['estimate'])} ({many.percents(told)})"
