"""Efficiencies fitted to measurements: few numbers, each physically possible, by robust least squares."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.catalogue import Catalogue, with_facts

Floats = NDArray[np.float64]
Key = TypeVar("Key")
Item = TypeVar("Item")

ROBUST_AT = 0.15
"""Relative error from which a point weighs less than its square: some runs are not what their columns say."""
MOST_STEPS = 25
"""Steps after which a search has come near enough: what is left changes no error in its second digit."""
PRIOR_SPREAD = 1.0
"""Spread, in natural logarithms, of what an efficiency may be before any measurement; few points outweigh it."""


@dataclass(frozen=True)
class Knob:
    """One efficiency that a fit may turn."""

    kind: str
    """Kind of the catalogue: generations or efficiencies."""
    entries: tuple[str, ...]
    """Names of the entries; where there are several, they share the number."""
    field: str
    """Which of its numbers."""
    low: float
    """Least value that is physically possible."""
    high: float
    """Greatest value."""

    @property
    def path(self) -> str:
        """Where it stands in the catalogue."""
        return f"{self.kind}.{'|'.join(self.entries)}.{self.field}"


@dataclass(frozen=True)
class Observed:
    """Measured numbers, and the law that should give them."""

    measured: Floats
    """What was measured."""
    law: Callable[[Catalogue], Floats]
    """The same by a catalogue's efficiencies."""
    weight: float = 1.0
    """How much a point counts."""


@dataclass(frozen=True)
class Fitted:
    """What a fit found."""

    knobs: tuple[Knob, ...]
    """What was turned."""
    value: Floats
    """Where to."""
    points: int
    """Measured numbers that it was fitted to."""
    error_fraction: Floats
    """Relative error of each, predicted over measured less one."""

    @property
    def overrides(self) -> dict[str, dict[str, dict[str, float]]]:
        """The values as facts of a scenario."""
        return as_facts(self.knobs, self.value)


def start_of(knob: Knob, book: Catalogue) -> float:
    """Where a fit begins: the catalogue's value; a software's own efficiency begins at the middle of its range."""
    fact = getattr(book.pick(knob.kind, knob.entries[0]), knob.field)
    value = fact.value if fact is not None else float(np.sqrt(knob.low * knob.high))
    return float(np.clip(value, knob.low * (1 + 1e-9), knob.high * (1 - 1e-9)))


def as_facts(knobs: Sequence[Knob], values: Floats) -> dict[str, dict[str, dict[str, float]]]:
    """Values of knobs as facts that a scenario could set: kind, entry, field, number."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for knob, value in zip(knobs, values.tolist(), strict=True):
        for entry in knob.entries:
            found.setdefault(knob.kind, {}).setdefault(entry, {})[knob.field] = value
    return found


def errors_of(observed: Sequence[Observed], book: Catalogue) -> Floats:
    """Relative errors of all points."""
    return np.concatenate([part.law(book) / part.measured - 1.0 for part in observed])


def fit(observed: Sequence[Observed], knobs: Sequence[Knob], book: Catalogue) -> Fitted:
    """Turn knobs until the laws give what was measured, as nearly as a robust loss of relative errors asks.

    Residuals are ln(predicted / measured); the loss is soft L1, quadratic up to ROBUST_AT. Bounds keep each efficiency
    physically possible; a weak prior holds where the points say nothing.
    """
    from scipy.optimize import least_squares

    low, high = (np.log([getattr(knob, end) for knob in knobs]) for end in ("low", "high"))
    start = np.log([start_of(knob, book) for knob in knobs])
    weight = np.sqrt(np.concatenate([np.full(len(part.measured), part.weight) for part in observed]))

    def residuals(position: Floats) -> Floats:
        relative = np.log1p(errors_of(observed, with_facts(book, as_facts(knobs, np.exp(position)))))
        return np.concatenate([weight * relative, (position - start) / PRIOR_SPREAD * ROBUST_AT])

    robust = {"loss": "soft_l1", "f_scale": ROBUST_AT, "x_scale": "jac", "max_nfev": MOST_STEPS}
    found = least_squares(residuals, start, bounds=(low, high), **robust)
    values = np.exp(found.x)
    errors = errors_of(observed, with_facts(book, as_facts(knobs, values)))
    return Fitted(tuple(knobs), values, len(errors), errors)


def grouped(items: Sequence[tuple[Key, Item]]) -> Mapping[Key, list[Item]]:
    """Items by key, in order of first appearance."""
    groups: dict[Key, list[Item]] = {}
    for key, item in items:
        groups.setdefault(key, []).append(item)
    return groups
