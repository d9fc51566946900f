"""How a line of the ledger was reckoned, in the words of a language.

The model says it in English, in the ledger's own sentences; a language has patterns for those sentences. What no
pattern knows stays as the model says it.
"""

import json
import re
from functools import cache

from reports.language import FOLDER, Code, Language
from reports.plain import plain


def reckoned(basis: str, words: Language) -> str:
    """The sentence behind a line."""
    for pattern, sentence in _patterns(words.code):
        match = pattern.match(basis)
        if match:
            return plain(match.expand(sentence))
    return plain(basis)


def is_known(basis: str, words: Language) -> bool:
    """Whether the language has words of its own for a sentence."""
    return words.code == "en" or any(pattern.match(basis) for pattern, _ in _patterns(words.code))


@cache
def _patterns(code: Code) -> tuple[tuple[re.Pattern[str], str], ...]:
    file = FOLDER / f"basis_{code}.json"
    if not file.exists():
        return ()
    rows: list[list[str]] = json.loads(file.read_text(encoding="utf-8"))
    return tuple((re.compile(pattern + r"\Z"), sentence) for pattern, sentence in rows)
