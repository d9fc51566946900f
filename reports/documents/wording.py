"""What the model calls things, in the words of a language."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from reports.documents.language import Language
from reports.documents.plain_text import plain

if TYPE_CHECKING:
    from sim.accounting.ledger import Line

CENT, THOUSAND = 0.01, 1e3
QUANTITIES = ("low", "high", "mode", "median", "mean", "sd")
"""Parameters of distributions in the unit of what is distributed."""
NUMBER = re.compile(r"-?[\d.]+(e[+-]?\d+)?")
SCOPES = {"facility": "entry.hall", "rented": "entry.rented_hall"}


def component(line: "Line", words: Language) -> str:
    """A line's component and scope: "gpus of main (H100 SXM)", "cooling of the hall"."""
    part, scope = part_name(line.component, words), line.scope
    if scope.kind == "pool":
        return words("entry.of", part=part, pool=plain(scope.pool), kind=plain(scope.equipment))
    return words(SCOPES[scope.kind], part=part) if scope.kind in SCOPES else part


def part_name(part: str, words: Language) -> str:
    """A part as ledger lines name it."""
    return words.known(f"component.{part}", plain(part))


def failed_part(part: str, words: Language) -> str:
    """The part at fault in a failure."""
    return words.known(f"part.{part}", plain(part)) if part else words("part")


def unit(name: str, words: Language) -> str:
    """A unit of quantities."""
    return words.known(f"unit.{name}", name)


def quantity_unit(name: str, words: Language) -> str:
    """The unit of a figure, each of its parts in the language: "USD/kW-month", "词元/秒"."""
    return re.sub("[A-Za-z0-9]+", lambda part: words.known(f"symbol.{part[0]}", part[0]), name)


def is_tiny(usd: float | None) -> bool:
    """Whether an amount is too small to be told for one request."""
    return usd is not None and 0 < abs(usd) < CENT


def thousand_requests(usd: float, words: Language) -> str:
    """What a thousand requests cost at so much for each."""
    return words.money(usd * THOUSAND)


def each_request(usd: float | None, words: Language) -> str:
    """What a request costs, or a thousand of them where one costs less than a cent."""
    if usd is not None and is_tiny(usd):
        return words("each.thousand", usd=thousand_requests(usd, words))
    return words("each.request", usd=words.money(usd))


def distribution(text: str, words: Language, write: Callable[[float], str] | None = None) -> str:
    """A distribution as a study tells it, "pert: low 1, mode 2, high 4", its quantities written as one wants them."""
    kind, colon, numbers = text.partition(": ")
    if not colon or not words.has(f"distribution.{kind}"):
        return plain(text)
    told = [_parameter(part, words, write) for part in numbers.split(", ")]
    return words("distribution", kind=words(f"distribution.{kind}"), numbers=words("number.comma").join(told))


def _parameter(text: str, words: Language, write: Callable[[float], str] | None) -> str:
    name, _, value = text.partition(" ")
    told = write(float(value)) if write and name in QUANTITIES and NUMBER.fullmatch(value) else plain(value)
    return f"{words.known(f'parameter.{name}', plain(name))} {told}"
