"""Every exception of the model.

SimError
├── InputError                what the user gave is wrong: one message, exit status 2
│   ├── ProblemsError         one or more problems, all told at once
│   │   ├── ScenarioError     a scenario, batch or study file
│   │   ├── CatalogueError    a catalogue file: a claim without a source, an unknown name
│   │   ├── PointsError       a file of measured points
│   │   └── FitError          a model that does not fit its memory, a plant that cannot carry any heat
│   ├── TraceError            a request trace that cannot be replayed
│   ├── WeatherError          a weather file that does not hold a year of possible hours
│   └── OutputError           a folder that cannot be written, a result that cannot be read
└── DefectError               ours: exit status 1
    └── InvariantError        a conservation law of the run does not hold

Messages repeat what a person wrote: names, paths, values. Each is told on one line whatever these hold.
"""

import unicodedata
from collections.abc import Sequence

_BREAKS = ("Cc", "Cs", "Zl", "Zp")
"""Categories of characters that end a line, steer a terminal or cannot be written."""
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
"""Controls that turn the direction of what follows."""
LONGEST_MESSAGE = 1000
"""Characters of one message; what is longer loses its middle, for its ends say where and what."""


def one_line(text: str) -> str:
    """A text on one line of bounded length: controls are written as escapes.

    >>> one_line("a\\nb\\u202ec")
    'a\\\\nb\\\\u202ec'
    """
    if len(text) > LONGEST_MESSAGE:
        half = LONGEST_MESSAGE // 2
        text = f"{text[:half]} ... {text[-half:]}"
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    steers = unicodedata.category(character) in _BREAKS or unicodedata.bidirectional(character) in _TURNS
    return character.encode("unicode_escape").decode() if steers else character


class SimError(Exception):
    """Root of all that this package raises on purpose."""


class InputError(SimError):
    """The user's input is wrong; the message says what, where and how to mend it."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class ProblemsError(InputError):
    """All problems at once, in the order of their lines."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(map(one_line, problems))
        Exception.__init__(self, self.problems)

    def __str__(self) -> str:
        """A line a problem."""
        return "\n".join(self.problems)


class ScenarioError(ProblemsError):
    """A scenario, batch or study cannot be understood."""


class CatalogueError(ProblemsError):
    """A catalogue entry is missing, malformed, or claims a number without a source."""


class PointsError(ProblemsError):
    """A file of measured points cannot be understood."""


class TraceError(InputError):
    """A request trace cannot be replayed."""


class WeatherError(InputError):
    """A weather file that does not hold a year of possible hours."""


class FitError(ProblemsError):
    """A model leaves no room for a KV cache on the GPUs it was given, or chillers carry nothing where they are."""


class OutputError(InputError):
    """A result cannot be written or read."""


class DefectError(SimError):
    """The model contradicts itself: our fault, never the user's."""


class InvariantError(DefectError):
    """A conservation law does not hold after a run."""
