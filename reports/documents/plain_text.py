"""Text that people chose, made fit to be set: nothing in it acts as markup, turns lines round or has no glyph."""

import unicodedata

from reports.documents.fonts import characters

UNKNOWN = "□"
"""Stands for a character that the typeface does not have."""
ELLIPSIS = "…"
SPACES = ("Zs", "Zl", "Zp")
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me")
"""Categories that leave no mark of their own; controls of the direction of writing are among them."""


def plain(text: str) -> str:
    """One line of text that can be set as it stands: no controls, white space folded, □ for what has no glyph.

    >>> plain("a\\u202eb\\x00c \\n d")
    'abc d'
    """
    known = characters()
    shown = (_shown(character, known) for character in unicodedata.normalize("NFC", text))
    return " ".join("".join(shown).split())


def _shown(character: str, known: frozenset[int]) -> str:
    category = unicodedata.category(character)
    if character.isspace() or category in SPACES:
        return " "
    if category in UNSEEN:
        return ""
    return character if ord(character) in known else UNKNOWN


def shorten(text: str, longest: int) -> str:
    """The text, or its beginning and an ellipsis, in at most `longest` characters; a wide one counts twice.

    >>> shorten("a name that goes on", 12)
    'a name that…'
    """
    if columns(text) <= longest:
        return text
    kept = text
    while columns(kept) > longest - 1:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def columns(text: str) -> int:
    """Width of a text in columns: two for each wide character, as Chinese ones are.

    >>> columns("ab费用")
    6
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
