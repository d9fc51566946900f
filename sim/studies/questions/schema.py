"""What a person writes to ask a question of many days: the schemas of batch and study files."""

import re
from fractions import Fraction
from math import prod
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from sim.catalogue.parameter import Frozen
from sim.files.diagnostics import InsideError
from sim.scenario.quantities import Name
from sim.studies.sampling.distributions import Distribution

Count = Annotated[int, Field(ge=1, le=1_000_000)]
MOST_VARIANTS = 10_000
"""Of a batch: each is tried before any is run."""
Changes = dict[str, Any]
"""Dotted paths to values."""
Share = Annotated[float, Field(gt=0, lt=1)]


def _part(value: Any) -> Any:
    """A part of the whole, written as 1/64 or as a number."""
    if isinstance(value, str) and not re.fullmatch(r"\s*\d+\s*/\s*\d+\s*|[\d.]+", value):
        raise ValueError(f"{value!r} is not a part of a fleet such as 1/64")
    try:
        part = Fraction(value.replace(" ", "")) if isinstance(value, str) else Fraction(value).limit_denominator()
    except (ValueError, TypeError, ZeroDivisionError):
        raise ValueError(f"{value!r} is not a part of a fleet such as 1/64") from None
    if not 0 < part <= 1:
        raise ValueError(f"must be above 0 and at most 1, not {value}")
    return part


Part = Annotated[Fraction, BeforeValidator(_part), PlainSerializer(str)]


class Goal(Frozen):
    """What should hold: a budget, a latency."""

    outcome: str
    """Number of result.json by its dotted name."""
    at_most: float | None = None
    """Largest value that is well."""
    at_least: float | None = None
    """Smallest value that is well."""

    @property
    def limit(self) -> dict[str, float]:
        """The one of the two that is given, by its name."""
        return {name: value for name in ("at_most", "at_least") if (value := getattr(self, name)) is not None}

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("needs either at_most or at_least")
        return self


class Question(Frozen):
    """What batches and studies have in common."""

    name: Name
    """Name for people."""
    description: str = ""
    """What question it answers."""
    scenario: Name = "support_chatbot"
    """The base day: a shipped name, or a file (relative to this one)."""
    overrides: Changes = Field(default={})
    """Dotted paths to values, set in the base day."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    """Seed of all random streams; the base day's where none is given."""
    replications: Count = 1
    """Random days for each variant or draw."""
    outcomes: tuple[str, ...] = Field(
        default=("cost_usd.total", "usd_per_million_output_tokens", "energy_kwh.total", "latency.ttft_s.p99"),
        min_length=1,
    )
    """Numbers of result.json by their dotted names; the first is the main one."""
    confidence: Share = 0.9
    """Level of all intervals."""
    goals: dict[Name, Goal] = Field(default={})
    """What should hold, by name: in a batch, on every random day of a variant; in a study, in Monte Carlo's draws."""
    fleet_fraction: Part | None = None
    """Study this part of the fleet under this part of the demand."""


class Batch(Question):
    """Scenarios side by side."""

    axes: dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(default={})
    """Dotted paths to lists of values."""
    combine: Literal["cartesian", "listed"] = "cartesian"
    """Every combination of the axes, or first with first, second with second, ..."""
    variants: dict[Name, Changes] = Field(default={})
    """Named variants: dotted paths to values; with axes, each is combined with all of them."""
    base: Name | None = None
    """The variant that the others are compared with; the first where none is named."""

    @model_validator(mode="after")
    def _has_variants(self) -> Self:
        if not self.axes and not self.variants:
            raise ValueError("has neither axes nor variants: nothing is compared")
        many = prod(len(values) for values in self.axes.values()) if self.combine == "cartesian" else 1
        if many > MOST_VARIANTS:
            what = f"the axes come to {many:,} variants; take at most {MOST_VARIANTS:,}, or ask a study"
            raise InsideError([(("axes",), what)])
        if self.combine == "listed" and len({len(values) for values in self.axes.values()}) > 1:
            lengths = ", ".join(f"{path} {len(values)}" for path, values in self.axes.items())
            raise InsideError([(("axes",), f"listed axes must be equally long ({lengths})")])
        return self


class FactsChosen(Frozen):
    """Every figure of the catalogue that the base day uses and whose range is known."""

    distribution: Literal["pert", "triangular", "uniform"] = "pert"
    """How a figure is spread over its range."""
    only: tuple[str, ...] = ()
    """Paths, or beginnings of paths, that are taken, as in facts.prices; all where none is named."""
    without: tuple[str, ...] = ()
    """Paths, or beginnings of paths, that are left out."""


class Correlation(Frozen):
    """Two uncertain inputs that go together."""

    between: Annotated[tuple[str, str], Field()]
    """Their paths."""
    rank: Annotated[float, Field(ge=-1, le=1)]
    """Their rank correlation (Spearman's)."""


class Stop(Frozen):
    """When a Monte Carlo study knows enough."""

    outcome: str | None = None
    """Whose mean; the main outcome's where none is named."""
    relative_half_width: Share = 0.01
    """Half the interval of the mean, over the mean."""
    at_least: Count = 64
    """Draws before the first look; each further look comes after twice as many."""


class Study(Question):
    """One day under uncertainty."""

    kind: Literal["monte_carlo", "tornado", "morris", "sobol", "pawn"] = "monte_carlo"
    """What is asked: the distribution of outcomes, or which input moves them."""
    uncertain: dict[str, Distribution] = Field(default={})
    """Dotted paths to distributions; or the word facts, for all figures of the catalogue with a known range."""
    facts: FactsChosen | None = None
    """Take those figures, too, and how."""
    correlations: tuple[Correlation, ...] = ()
    """Inputs that go together."""
    draws: Count = 1000
    """Draws of the inputs; trajectories for morris, base samples for sobol (a power of two)."""
    points: Literal["random", "latin_hypercube", "sobol"] = "random"
    """How the draws are spread."""
    days: Literal["own", "shared"] | None = None
    """Whether each draw has random days of its own or all share theirs; shared where only prices are uncertain."""
    ends: Annotated[tuple[Share, Share], Field()] = (0.05, 0.95)
    """Tornado: the two quantiles at which each input is put."""
    stop: Stop | None = None
    """When to stop before all draws are done."""

    @model_validator(mode="before")
    @classmethod
    def _all_facts(cls, data: Any) -> Any:
        """`uncertain: facts` is short for `facts: {}`."""
        asked = isinstance(data, dict) and data.get("uncertain") == "facts"
        return {"facts": {}} | data | {"uncertain": {}} if asked else data

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not self.uncertain and self.facts is None:
            raise ValueError("has no uncertain inputs: give paths with distributions, or `uncertain: facts`")
        if self.ends[0] >= self.ends[1]:
            what = f"the low quantile {self.ends[0]:g} is not below the high one {self.ends[1]:g}"
            raise InsideError([(("ends",), what)])
        if self.kind != "monte_carlo":
            self._check_sensitivity()
        elif self.points == "sobol":
            _check_power_of_two(self.draws)
        return self

    def _check_sensitivity(self) -> None:
        """What only Monte Carlo has."""
        given = {"correlations": self.correlations, "goals": self.goals, "stop": self.stop}
        for name, value in given.items():
            if value:
                what = f"a {self.kind} study has none; they belong to kind monte_carlo"
                raise InsideError([((name,), what)])
        if self.days == "own":
            what = f"a {self.kind} study compares draws on the same random days: leave it out"
            raise InsideError([(("days",), what)])
        if self.kind == "sobol":
            _check_power_of_two(self.draws)


def _check_power_of_two(draws: int) -> None:
    """Sobol' points are only balanced in powers of two."""
    if draws & (draws - 1):
        below = 1 << (draws.bit_length() - 1)
        what = f"Sobol' points come in powers of two: {below} or {2 * below}, not {draws}"
        raise InsideError([(("draws",), what)])
