"""What every section of a batch's or study's report is given."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reports.language import Language
from reports.plain import plain
from reports.sketching import Sketcher
from sim.studies import StudyResult

if TYPE_CHECKING:
    import pandas as pd

Values = NDArray[np.float64]
LATENCY = ("ttft_s", "tpot_s", "e2e_s", "queue_s")
FRACTIONS = ("availability", "utilisation", "fraction")
ENDS = ("low", "high")
HUGE = 1e9


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

    def name(self, outcome: str) -> str:
        """An outcome's name."""
        words = self.words
        if words.has(f"outcome.{outcome}"):
            return words(f"outcome.{outcome}")
        group, *rest = outcome.split(".")
        if group == "latency" and len(rest) == len(("metric", "statistic")) and rest[0] in LATENCY:
            statistic = words.known(f"waits.{rest[1]}", rest[1])
            return words("outcome.latency", metric=words(f"brief.{rest[0]}"), statistic=statistic.lower())
        return plain(outcome)

    def inside(self, outcome: str) -> str:
        """An outcome's name inside a sentence: a small letter first, unless it is an abbreviation."""
        name = self.name(outcome)
        return name[:1].lower() + name[1:] if name[1:2].islower() else name

    def unit(self, outcome: str) -> str:
        """The unit that an outcome's axis counts."""
        if self._is_fraction(outcome):
            return "%"
        told = str(self.summary["units"].get(outcome, "1"))
        return "" if told == "1" else told

    def titled(self, outcome: str) -> str:
        """An outcome's name with its unit."""
        unit = self.unit(outcome)
        return f"{self.name(outcome)}, {unit}" if unit else self.name(outcome)

    def scale(self, outcome: str) -> float:
        """What an outcome is multiplied by on an axis."""
        return 100.0 if self._is_fraction(outcome) else 1.0

    def _is_fraction(self, outcome: str) -> bool:
        return str(self.summary["units"].get(outcome, "1")) == "1" and outcome.endswith(FRACTIONS)

    def value(self, outcome: str, value: float | None, signed: bool = False) -> str:
        """A value of an outcome with its unit."""
        words, unit = self.words, self.unit(outcome)
        if value is None or not math.isfinite(value):
            return words("none")
        sign = "+" if signed and value > 0 else ""
        if unit.startswith("USD"):
            return words.money(value, signed)
        if unit == "%":
            return words.percent(value, 3, signed)
        if unit == "s":
            return sign + (words.time(value) if value >= 0 else words.minus(words.time(-value)))
        return sign + words.figures(value) + (f" {unit}" if unit else "")

    def end(self, value: Any) -> str:
        """An end of an input's range: a number, or the text of a choice."""
        if not isinstance(value, int | float):
            return plain(str(value))
        return self.words.trimmed(value) if abs(value) < HUGE else f"{value:.4g}"

    def interval(self, outcome: str, told: dict[str, Any] | None, signed: bool = False) -> str:
        """An interval of an outcome's values."""
        if told is None or told["low"] is None or told["high"] is None:
            return self.words("none")
        low, high = (self.value(outcome, told[end], signed) for end in ENDS)
        return self.words("number.range", low=low, high=high)

    def percents(self, told: dict[str, Any] | None, decimals: int = 1) -> str:
        """An interval of a probability or a share."""
        if told is None or told["low"] is None or told["high"] is None:
            return self.words("none")
        low, high = (self.words.percent(told[end], decimals) for end in ENDS)
        return self.words("number.range", low=low, high=high)


def leaf(path: str, parts: int = 2) -> str:
    """The end of a dotted path, which tells inputs apart.

    >>> leaf("facts.servers.dgx_a100.gpu_usd")
    'dgx_a100.gpu_usd'
    """
    return plain(".".join(path.split(".")[-parts:]))
