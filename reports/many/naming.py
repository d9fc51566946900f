"""Inputs of a study as people read them: their names, and their values with units."""

from collections.abc import Sequence
from typing import Any

from reports.language import MILLISECONDS, POWERS, Language
from reports.plain import plain
from sim.units import SECONDS_PER_MINUTE, unit_of

FRACTIONS = ("_fraction", "_fraction_per_year")
NO_UNIT = ("1", None)
MICROSECONDS = 1e6
LEAF = 2
"""Parts of a path that tell inputs apart."""


def leaf(path: str, parts: int = LEAF) -> str:
    """The end of a dotted path, which tells inputs apart.

    >>> leaf("facts.servers.dgx_a100.gpu_usd")
    'dgx_a100.gpu_usd'
    """
    return plain(".".join(path.split(".")[-parts:]))


def input_name(path: str, words: Language) -> str:
    """What an input is, with the entry of the catalogue that it belongs to; the end of its path where nobody named it.

    >>> from reports.language import language
    >>> input_name("facts.servers.dgx_a100.gpu_usd", language("en"))
    'price of a GPU (dgx_a100)'
    """
    *entries, field = path.split(".")
    if not words.has(f"input.{field}"):
        return leaf(path)
    entry = entries[-1] if path.startswith("facts.") else ""
    return words("input.of", name=words(f"input.{field}"), entry=plain(entry)) if entry else words(f"input.{field}")


def input_names(paths: Sequence[str], words: Language) -> list[str]:
    """Names of inputs side by side: without the entry that each belongs to where that tells none of them apart."""
    brief = [input_name(path.rpartition(".")[2], words) for path in paths]
    return [
        name if brief.count(name) == 1 and words.has(f"input.{path.rpartition('.')[2]}") else input_name(path, words)
        for path, name in zip(paths, brief, strict=True)
    ]


def input_value(path: str, value: Any, words: Language) -> str:
    """A value of an input with its unit: a number, or the text of a choice."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return plain(str(value))
    field = path.rpartition(".")[2]
    unit = unit_of(field)
    if field.endswith(FRACTIONS):
        share = words("number.percent", digits=words.trimmed(100 * value))
        return share if field.endswith(FRACTIONS[0]) else words("input.yearly", share=share)
    if unit == "USD":
        return words.money(value)
    if unit == "s":
        return _time(value, words)
    number = short_number(value, words)
    if unit in NO_UNIT:
        return number
    return words("number.quantity", number=number, unit=words.known(f"quantity.{unit}", str(unit)))


def _time(seconds: float, words: Language) -> str:
    if seconds >= SECONDS_PER_MINUTE:
        return words.duration(seconds)
    if 0 < seconds < 1 / MILLISECONDS:
        return words("number.us", digits=words.trimmed(seconds * MICROSECONDS))
    return words.brief_time(seconds)


def short_number(value: float, words: Language) -> str:
    """A number to four figures, with a word for its size where it is large."""
    return words.large(value) if abs(value) >= POWERS[words.code][-1] else words.trimmed(value)
