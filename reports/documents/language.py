"""A language: its phrases, how it writes numbers, and how it says the way in which a line is calculated."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reports.documents.plain_text import plain
from sim.core.units import MINUTES_PER_HOUR, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from sim.accounting.basis import Basis

Code = Literal["en", "zh"]
CODES: tuple[Code, ...] = ("en", "zh")
FOLDER = Path(__file__).parent / "phrases"
MILLISECONDS = 1e3
MILLISECONDS_BELOW_S = 0.9999
WIDE = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
"""Chinese characters and their punctuation, as a regular expression has them between brackets."""
STRAY_SPACE = re.compile(f"(?<=[{WIDE}])[ \N{NO-BREAK SPACE}](?=[{WIDE}])")
LONG_H = 100
"""Hours from which on minutes are not told."""
MINUS = "\N{MINUS SIGN}"
CENTS_FROM_USD = 0.995
"""Amounts from here on are written with cents, smaller ones with figures that count."""
WHOLE_FROM_USD = 99.995
"""Amounts from here on are rounded to whole dollars where figures are few."""
MOST_DECIMALS = 12
FEW = 4
"""Figures that count in a small amount or a plain number."""
POWERS: dict[str, tuple[float, ...]] = {"en": (1e12, 1e9, 1e6), "zh": (1e12, 1e8, 1e4)}
"""Steps of large numbers that have a word: trillion, billion, million; 万亿, 亿, 万."""
AXIS_STEPS: dict[str, tuple[tuple[float, float, str], ...]] = {
    "en": ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")),
    "zh": ((1e8, 1e8, " 亿"), (1e4, 1e4, " 万")),
}
"""Beside an axis: from which number on, what it is divided by, what follows it."""


@dataclass(frozen=True)
class Language:
    """Everything that differs between a report in English and one in Chinese."""

    code: Code
    """Its ISO code."""
    phrases: Mapping[str, str]
    """Phrase by key."""

    def __call__(self, key: str, /, **values: object) -> str:
        """The phrase of that key with its gaps filled; no space is left between two Chinese characters."""
        text = self.phrases[key].format(**values)
        return STRAY_SPACE.sub("", text) if self.code == "zh" else text

    def has(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in self.phrases

    def known(self, key: str, otherwise: str) -> str:
        """The phrase of that key; where there is none, for a word that somebody else made, that word."""
        return self(key) if self.has(key) else otherwise

    def money(self, usd: float | None, signed: bool = False) -> str:
        """An amount of money: cents from a dollar up, four figures below."""
        if usd is None or not math.isfinite(usd):
            return self("none")
        digits = f"{abs(usd):,.2f}" if abs(usd) >= CENTS_FROM_USD or not usd else _figures(abs(usd), FEW)
        return _sign(usd, signed) + self("number.usd", digits=digits)

    def money_to(self, usd: float, decimals: int) -> str:
        """An amount with so many decimals, for columns of amounts."""
        return _sign(usd, False, decimals) + self("number.usd", digits=f"{abs(usd):,.{decimals}f}")

    def money_rounded(self, usd: float | None) -> str:
        """An amount with no more than four figures that count, for sentences and labels."""
        if usd is None or not math.isfinite(usd) or abs(usd) < WHOLE_FROM_USD:
            return self.money(usd)
        spare = math.floor(math.log10(abs(usd))) + 1 - FEW
        rounded = round(abs(usd), -spare) if spare > 0 else abs(usd)
        return _sign(usd, False) + self("number.usd", digits=self.large(rounded))

    def count(self, number: float) -> str:
        """A whole number with its thousands parted."""
        return _sign(number, False) + f"{abs(number):,.0f}"

    def large(self, number: float) -> str:
        """A number with a word for its size where there is one: 195.0 million, 1.950 亿."""
        for step, name in zip(POWERS[self.code], ("trillion", "billion", "million"), strict=True):
            if abs(number) >= step:
                return self(f"number.{name}", digits=_figures(number / step, FEW))
        return self.number(number, 0)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """Numbers along an axis, as short as they can be: one unit and one count of decimals for all but nought."""
        largest = max((abs(value) for value in values), default=0.0)
        found = ((divisor, name) for step, divisor, name in AXIS_STEPS[self.code] if largest >= step)
        divisor, name = next(found, (1.0, ""))
        shown = [f"{abs(value) / divisor:.4g}" for value in values]
        if any("e" in text for text in shown):
            return [_sign(value, False) + text + name for value, text in zip(values, shown, strict=True)]
        decimals = max((len(text.partition(".")[2]) for text in shown), default=0)
        return [
            _sign(value, False) + f"{abs(value) / divisor:.{decimals}f}{name}" if value else "0" for value in values
        ]

    def factors(self, values: Sequence[float]) -> list[str]:
        """Numbers along a logarithmic axis, each in the unit that suits it."""
        return [text for value in values for text in self.ticks([value])]

    def brief_times(self, values: Sequence[float]) -> list[str]:
        """Times along an axis."""
        return [self.brief_time(value) for value in values]

    def number(self, value: float | None, decimals: int) -> str:
        """A number with a fixed count of decimals."""
        if value is None or not math.isfinite(value):
            return self("none")
        return _sign(value, False, decimals) + f"{abs(value):,.{decimals}f}"

    def figures(self, value: float | None, figures: int = FEW) -> str:
        """A number with so many figures that count."""
        if value is None or not math.isfinite(value):
            return self("none")
        return _sign(value, False) + _figures(abs(value), figures)

    def trimmed(self, value: float, figures: int = FEW) -> str:
        """A number to so many figures that count, without noughts at its end."""
        text = self.figures(value, figures)
        return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text

    def sentences(self, parts: Sequence[str]) -> str:
        """Sentences one after the other."""
        return self("number.sentence").join(parts)

    def percent(self, fraction: float | None, decimals: int = 1, signed: bool = False) -> str:
        """A fraction as percent."""
        if fraction is None or not math.isfinite(fraction):
            return self("none")
        sign = _sign(100 * fraction, signed, decimals)
        return sign + self("number.percent", digits=f"{abs(100 * fraction):,.{decimals}f}")

    def time(self, seconds: float | None) -> str:
        """A latency: milliseconds below a second."""
        if seconds is None or not math.isfinite(seconds):
            return self("none")
        if seconds < 1.0:
            return self("number.ms", digits=f"{seconds * MILLISECONDS:,.1f}")
        return self("number.s", digits=f"{seconds:,.2f}")

    def brief_time(self, seconds: float) -> str:
        """A time beside an axis: 20 ms, 5 s."""
        if seconds < MILLISECONDS_BELOW_S:
            return self("number.ms", digits=f"{seconds * MILLISECONDS:.3g}")
        return self("number.s", digits=f"{seconds:,.4g}")

    def duration(self, seconds: float) -> str:
        """A stretch of time: hours and minutes; minutes alone where it is short, hours where it is long."""
        if seconds < SECONDS_PER_HOUR:
            return self("number.min", digits=f"{seconds / SECONDS_PER_MINUTE:,.3g}")
        hours, minutes = divmod(round(seconds / SECONDS_PER_MINUTE), MINUTES_PER_HOUR)
        if hours >= LONG_H or not minutes:
            return self("number.h", digits=f"{round(seconds / SECONDS_PER_HOUR):,}")
        return self("number.h_min", hours=hours, minutes=minutes)

    def date(self, day: date) -> str:
        """A calendar day."""
        return self("number.date", year=day.year, month=self(f"month.{day.month}"), day=day.day)

    def minus(self, text: str) -> str:
        """A quantity, already written, with a minus before it."""
        return f"{MINUS}{text}"

    def list(self, parts: "list[str] | tuple[str, ...]") -> str:
        """Several things in a sentence: a, b and c."""
        if len(parts) < 2:
            return "".join(parts)
        return self("number.and", before=self("number.comma").join(parts[:-1]), last=parts[-1])


def _sign(value: float, signed: bool, decimals: int | None = None) -> str:
    if decimals is not None and not round(value, decimals):
        return ""
    return MINUS if value < 0 else "+" if signed and value > 0 else ""


def _figures(value: float, figures: int) -> str:
    """A number with so many figures that count, never with an exponent in the range of daily use.

    >>> _figures(0.00925612, 4), _figures(1234567.0, 4), _figures(195.008, 4)
    ('0.009256', '1,234,567', '195.0')
    """
    if not value:
        return "0"
    decimals = figures - 1 - math.floor(math.log10(abs(value)))
    if decimals > MOST_DECIMALS:
        return f"{value:.3g}"
    return f"{value:,.{max(decimals, 0)}f}"


@cache
def language(code: Code) -> Language:
    """The language of that code."""
    nested = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    return Language(code, dict(_flat(nested, "")))


def _flat(nested: Mapping[str, object], above: str) -> list[tuple[str, str]]:
    """Dotted keys and their phrases; the empty key inside a group names the group itself."""
    found: list[tuple[str, str]] = []
    for key, value in nested.items():
        path = f"{above}.{key}" if above and key else above or key
        found += _flat(value, path) if isinstance(value, Mapping) else [(path, str(value))]
    return found


def basis_sentence(basis: "Basis", words: Language) -> str:
    """How a line of the ledger is calculated, in a language."""
    sentence = _sentences(words.code).get(basis.key)
    return plain(sentence.format(**basis.written()) if sentence else basis.sentence)


@cache
def _sentences(code: Code) -> dict[str, str]:
    """Sentences by key of a basis; English ones stand with the keys themselves."""
    file = FOLDER / f"basis_{code}.json"
    sentences: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return sentences
