"""What the model calls things, in the words of a language."""

import re

from reports.language import Language
from reports.plain import plain

_OF = re.compile(r"^(?P<part>.+?) of (?P<pool>.+) \((?P<kind>.+)\)$", re.DOTALL)
_HALL = re.compile(r"^(?P<part>.+) of the hall$")


def component(name: str, words: Language) -> str:
    """A ledger's component: "gpus of main (H100 SXM)", "cooling of the hall"."""
    pool, hall = _OF.match(name), _HALL.match(name)
    if pool:
        part, rest = part_name(pool["part"], words), {"pool": plain(pool["pool"]), "kind": plain(pool["kind"])}
        return words("component.of", part=part, **rest)
    if hall:
        return words("component.hall", part=part_name(hall["part"], words))
    return part_name(name, words)


def part_name(part: str, words: Language) -> str:
    """A part as ledger lines name it."""
    return words.known(f"component.{part}", plain(part))


def part_of(name: str) -> str:
    """The part that a ledger's component names, without pool or hall.

    >>> part_of("gpus of main (H100 SXM)"), part_of("cooling of the hall")
    ('gpus', 'cooling')
    """
    match = _OF.match(name) or _HALL.match(name)
    return match["part"] if match else name


def unit(name: str, words: Language) -> str:
    """A unit of quantities."""
    return words.known(f"unit.{name}", name)


def distribution(text: str, words: Language) -> str:
    """A distribution as a study tells it: "pert: low 1, mode 2, high 4"."""
    kind, colon, numbers = text.partition(": ")
    if not colon or not words.has(f"distribution.{kind}"):
        return plain(text)
    told = [_parameter(part, words) for part in numbers.split(", ")]
    return words("distribution", kind=words(f"distribution.{kind}"), numbers=words("number.comma").join(told))


def _parameter(text: str, words: Language) -> str:
    name, _, value = text.partition(" ")
    return f"{words.known(f'parameter.{name}', plain(name))} {plain(value)}"
