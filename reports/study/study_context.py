"""Inputs of a study as people read them: their names, and their values with units.

What every section of a batch's or study's report is given: outcomes with their names, units and values.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reports.documents.language import MILLISECONDS, POWERS, Language
from reports.documents.plain_text import plain
from reports.figures.queue import Sketcher
from sim.core.units import SECONDS_PER_DAY, SECONDS_PER_MINUTE, unit_of
from sim.studies import StudyResult
from sim.studies.statistics.goals import GoalResult

if TYPE_CHECKING:
    import pandas as pd

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

    >>> from reports.documents.language import language
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


Values = NDArray[np.float64]
LATENCY = ("ttft_s", "tpot_s", "e2e_s", "queue_s")
SHARES_OF_ONE = ("availability", "utilisation", "fraction")
ENDS = ("low", "high")
DURATION = "day.duration_s"
WHOLE_DOLLARS_FROM = 100.0
BRIEF = 4
"""Figures that count in an amount on the first page."""


@dataclass(frozen=True)
class Many:
    """A batch or study to be reported on."""

    result: StudyResult
    """What was studied."""
    words: Language
    """The language."""
    sketcher: Sketcher
    """Who draws."""
    columns: dict[str, Values] = field(default_factory=dict)
    """Columns of the table that have been asked for."""

    @property
    def summary(self) -> dict[str, Any]:
        """What summary.json holds."""
        return self.result.summary

    @property
    def main(self) -> str:
        """The outcome that matters most."""
        return str(self.summary["outcomes"][0])

    @property
    def main_result(self) -> Any:
        """What follows for the main outcome."""
        return self.summary["results"][self.main]

    @cached_property
    def table(self) -> "pd.DataFrame":
        """Outcomes of finished cells, by variant or draw."""
        group = "variant" if self.result.kind == "batch" else "draw"
        wanted = list(dict.fromkeys([group, "replication", "status", *self.summary["outcomes"]]))
        frame = self.result.table(wanted)
        return frame[frame["status"] == "done"]

    def limit(self, goal: GoalResult) -> str:
        """What a goal asks: an outcome of at most, or at least, so much."""
        outcome, limit = self.inside(goal.outcome), self.value(goal.outcome, goal.limit)
        return self.words(f"many.{goal.side}", outcome=outcome, limit=limit)

    def by_day(self, outcome: str) -> dict[str, tuple[float, ...]]:
        """An outcome of a batch's variants on each of its random days, the same for all; NaN where it is not known."""
        frame = self.result.table(["variant", "replication", "status", outcome])
        done = frame.assign(**{outcome: frame[outcome].where(frame["status"] == "done")})
        days = done.sort_values("replication").groupby("variant", sort=False)[outcome]
        return {str(name): tuple(float(value) for value in values) for name, values in days}

    @cached_property
    def lasting(self) -> str:
        """What a cost or an energy is that of: the day, or as many minutes of it as are simulated."""
        summary = self.summary
        changes = [path for variant in summary.get("variants", ()) for path in variant["changes"]]
        if DURATION in [*changes, *(one["path"] for one in summary.get("inputs", ()))]:
            return self.words("many.time_simulated")
        seconds = summary["duration_s"]
        return self.words("many.the_day") if seconds == SECONDS_PER_DAY else self.words.duration(seconds)

    def counted(self, key: str, number: float, **values: object) -> str:
        """A phrase about a number of things, in its singular where it has one and there is one thing."""
        alone = f"{key}_one"
        key = alone if number == 1 and self.words.has(alone) else key
        return self.words(key, count=self.words.count(number), **values)

    def name(self, outcome: str) -> str:
        """An outcome's name."""
        words = self.words
        if words.has(f"outcome.{outcome}"):
            return words(f"outcome.{outcome}", lasting=self.lasting)
        group, *rest = outcome.split(".")
        if group == "latency" and len(rest) == len(("metric", "statistic")) and rest[0] in LATENCY:
            statistic = words.known(f"waits.{rest[1]}", rest[1])
            return words("outcome.latency", metric=words(f"brief.{rest[0]}"), statistic=statistic.lower())
        return plain(outcome)

    def inside(self, outcome: str) -> str:
        """An outcome's name inside a sentence: a small letter first, unless it is an abbreviation."""
        name = self.name(outcome)
        return name[:1].lower() + name[1:] if name[1:2].islower() else name

    def about(self, key: str, outcome: str, **values: object) -> str:
        """A phrase about an outcome, whose name has a capital where it begins the phrase."""
        begins = self.words.phrases[key].startswith("{outcome}")
        return self.words(key, outcome=self.name(outcome) if begins else self.inside(outcome), **values)

    def unit(self, outcome: str) -> str:
        """The unit that an outcome's axis counts."""
        if self._is_fraction(outcome):
            return "%"
        told = str(self.summary["units"].get(outcome, "1"))
        return "" if told == "1" else self.words.known(f"quantity.{told}", told)

    def is_money(self, outcome: str) -> bool:
        """Whether an outcome counts dollars."""
        return str(self.summary["units"].get(outcome)).startswith("USD")

    def titled(self, outcome: str) -> str:
        """An outcome's name with its unit."""
        unit = self.unit(outcome)
        return f"{self.name(outcome)}, {unit}" if unit else self.name(outcome)

    def scale(self, outcome: str) -> float:
        """What an outcome is multiplied by on an axis."""
        return 100.0 if self._is_fraction(outcome) else 1.0

    def _is_fraction(self, outcome: str) -> bool:
        return str(self.summary["units"].get(outcome, "1")) == "1" and outcome.endswith(SHARES_OF_ONE)

    def value(self, outcome: str, value: float | None, signed: bool = False) -> str:
        """A value of an outcome with its unit."""
        words = self.words
        if value is None or not math.isfinite(value):
            return words("none")
        if self.is_money(outcome):
            return words.money(value, signed)
        if self._is_fraction(outcome):
            return words.percent(value, 3, signed)
        if self.summary["units"].get(outcome) == "s":
            return self._time(value, signed)
        unit = self.unit(outcome)
        number = ("+" if signed and value > 0 else "") + words.figures(value)
        return words("number.quantity", number=number, unit=unit) if unit else number

    def _time(self, seconds: float, signed: bool) -> str:
        size = self.words.time(abs(seconds))
        if size == self.words.time(0.0):
            return self.words("number.ms", digits="0")
        return self.words.minus(size) if seconds < 0 else "+" + size if signed else size

    def brief(self, outcome: str, value: float | None) -> str:
        """A value for the first page: of an amount of money no more figures than anybody remembers."""
        words = self.words
        if value is None or not math.isfinite(value) or not self.is_money(outcome) or abs(value) < WHOLE_DOLLARS_FROM:
            return self.value(outcome, value)
        rounded = float(f"{value:.{BRIEF - 1}e}")
        large = abs(rounded) >= POWERS[words.code][-1]
        digits = words.large(abs(rounded)) if large else words.number(abs(rounded), 0)
        size = words("number.usd", digits=digits)
        return words.minus(size) if rounded < 0 else size

    def give_or_take(self, outcome: str, told: dict[str, Any]) -> str:
        """An estimate and half its interval, to two figures and in the same unit."""
        words, value = self.words, told["estimate"]
        if value is None or told["low"] is None or told["high"] is None:
            return self.value(outcome, value)
        half = (told["high"] - told["low"]) / 2
        money, seconds = self.is_money(outcome), self.summary["units"].get(outcome) == "s"
        unit = self.unit(outcome)
        if money or seconds or self._is_fraction(outcome) or not unit:
            return words("many.give_or_take", value=self.value(outcome, value), half=self._half(outcome, value, half))
        number = words("many.give_or_take", value=words.figures(value), half=words.figures(half, 2))
        return words("number.quantity", number=number, unit=unit)

    def _half(self, outcome: str, value: float, half: float) -> str:
        words = self.words
        if self.summary["units"].get(outcome) == "s":
            brief = abs(value) < 1
            digits = words.figures(half * MILLISECONDS if brief else half, 2)
            return words("number.ms" if brief else "number.s", digits=digits)
        if self.is_money(outcome):
            return words("number.usd", digits=words.figures(half, 2))
        if self._is_fraction(outcome):
            return words("number.percent", digits=words.figures(100 * half, 2))
        return words.figures(half, 2)

    def interval(self, outcome: str, told: dict[str, Any] | None, signed: bool = False) -> str:
        """An interval of an outcome's values."""
        if told is None or told["low"] is None or told["high"] is None:
            return self.words("none")
        low, high = (self.value(outcome, told[end], signed) for end in ENDS)
        return self.words("number.range", low=low, high=high)

    def brief_interval(self, outcome: str, told: dict[str, Any] | None) -> str:
        """An interval for the first page."""
        if told is None or told["low"] is None or told["high"] is None:
            return self.words("none")
        low, high = (self.brief(outcome, told[end]) for end in ENDS)
        return self.words("number.range", low=low, high=high)

    def percents(self, told: dict[str, Any] | None, decimals: int = 1) -> str:
        """An interval of a probability or a share."""
        if told is None or told["low"] is None or told["high"] is None:
            return self.words("none")
        low, high = (self.words.percent(told[end], decimals) for end in ENDS)
        return self.words("number.range", low=low, high=high)
