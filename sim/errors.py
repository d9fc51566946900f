"""Every exception of the model.

SimError
├── InputError                what the user gave is wrong: one message, exit status 2
│   ├── ProblemsError         a file with one or more problems, all told at once
│   │   ├── ScenarioError     a scenario, batch or study file
│   │   └── CatalogueError    a catalogue file: a claim without a source, an unknown name
│   ├── TraceError            a request trace that cannot be replayed
│   ├── WeatherError          a weather file that does not hold a year of possible hours
│   ├── FitError              a model that does not fit the memory it was given
│   └── OutputError           a folder that cannot be written, a result that cannot be read
└── DefectError               ours: exit status 1
    └── InvariantError        a conservation law of the run does not hold
"""

from collections.abc import Sequence


class SimError(Exception):
    """Root of all that this package raises on purpose."""


class InputError(SimError):
    """The user's input is wrong; the message says what, where and how to mend it."""


class ProblemsError(InputError):
    """All problems of one file, in the order of their lines."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ScenarioError(ProblemsError):
    """A scenario, batch or study cannot be understood."""


class CatalogueError(ProblemsError):
    """A catalogue entry is missing, malformed, or claims a number without a source."""


class TraceError(InputError):
    """A request trace cannot be replayed."""


class WeatherError(InputError):
    """A weather file that does not hold a year of possible hours."""


class FitError(InputError):
    """A model's weights leave no room for a KV cache on the GPUs it was given."""


class OutputError(InputError):
    """A result cannot be written or read."""


class DefectError(SimError):
    """The model contradicts itself: our fault, never the user's."""


class InvariantError(DefectError):
    """A conservation law does not hold after a run."""
