"""What is not known for sure: distributions as inverse functions of a uniform number, for any design to use."""

from itertools import pairwise
from typing import Annotated, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, model_validator

from sim.catalogue.parameter import Frozen

Uniforms = NDArray[np.float64]
Positive = Annotated[FiniteFloat, Field(gt=0)]
MOST_SHOWN = 6
"""Values of a list that are written out for people."""


def _ordered(*named: tuple[str, float]) -> None:
    """Refuse numbers that do not rise."""
    for (name, value), (next_name, next_value) in pairwise(named):
        if value > next_value:
            raise ValueError(f"{name} {value:g} is above {next_name} {next_value:g}")


class Uniform(Frozen):
    """Any number of a range is as likely as any other."""

    distribution: Literal["uniform"]
    """Kind."""
    low: FiniteFloat
    """Smallest value."""
    high: FiniteFloat
    """Largest value."""

    @model_validator(mode="after")
    def _check(self) -> "Uniform":
        _ordered(("low", self.low), ("high", self.high))
        return self

    def ppf(self, u: Uniforms) -> Any:
        """Value of each probability: low + u (high - low)."""
        return self.low + u * (self.high - self.low)


class Normal(Frozen):
    """The bell curve."""

    distribution: Literal["normal"]
    """Kind."""
    mean: FiniteFloat
    """Mean."""
    sd: Positive
    """Standard deviation."""

    def ppf(self, u: Uniforms) -> Any:
        """Value of each probability."""
        from scipy.special import ndtri

        return self.mean + self.sd * ndtri(u)


class Lognormal(Frozen):
    """A number whose logarithm is normal: errors are factors."""

    distribution: Literal["lognormal"]
    """Kind."""
    median: Positive
    """Median."""
    sigma: Positive
    """Standard deviation of the natural logarithm: two thirds lie within a factor of exp(sigma)."""

    def ppf(self, u: Uniforms) -> Any:
        """Value of each probability."""
        from scipy.special import ndtri

        return self.median * np.exp(self.sigma * ndtri(u))


class Triangular(Frozen):
    """A range and the likeliest value, joined by straight lines."""

    distribution: Literal["triangular"]
    """Kind."""
    low: FiniteFloat
    """Smallest value."""
    mode: FiniteFloat
    """Likeliest value."""
    high: FiniteFloat
    """Largest value."""

    @model_validator(mode="after")
    def _check(self) -> "Triangular":
        _ordered(("low", self.low), ("mode", self.mode), ("high", self.high))
        return self

    def ppf(self, u: Uniforms) -> Any:
        """Value of each probability."""
        width = self.high - self.low
        rising = np.sqrt(u * width * (self.mode - self.low))
        falling = np.sqrt((1.0 - u) * width * (self.high - self.mode))
        return np.where(u * width < self.mode - self.low, self.low + rising, self.high - falling)


class Pert(Frozen):
    """A range and the likeliest value, joined by a smooth curve: beta, of mean (low + 4 mode + high)/6."""

    distribution: Literal["pert"]
    """Kind."""
    low: FiniteFloat
    """Smallest value."""
    mode: FiniteFloat
    """Likeliest value."""
    high: FiniteFloat
    """Largest value."""

    @model_validator(mode="after")
    def _check(self) -> "Pert":
        _ordered(("low", self.low), ("mode", self.mode), ("high", self.high))
        return self

    def ppf(self, u: Uniforms) -> Any:
        """Value of each probability: beta with parameters 1 + 4 (mode - low)/width and 1 + 4 (high - mode)/width."""
        from scipy.special import betaincinv

        width = self.high - self.low
        if not width:
            return np.full_like(u, self.low)
        weight = 4.0 / width  # the definition of PERT
        shapes = 1.0 + weight * (self.mode - self.low), 1.0 + weight * (self.high - self.mode)
        return self.low + width * betaincinv(*shapes, u)


class Truncated(Frozen):
    """The bell curve between two ends."""

    distribution: Literal["truncated"]
    """Kind."""
    mean: FiniteFloat
    """Mean before it is cut."""
    sd: Positive
    """Standard deviation before it is cut."""
    low: FiniteFloat
    """Smallest value."""
    high: FiniteFloat
    """Largest value."""

    @model_validator(mode="after")
    def _check(self) -> "Truncated":
        _ordered(("low", self.low), ("high", self.high))
        _, below, above = self._lower_side()
        if below == above and self.low < self.high:
            raise ValueError(f"nothing of the bell curve lies between low {self.low:g} and high {self.high:g}")
        return self

    def _lower_side(self) -> tuple[float, float, float]:
        """The curve mirrored, with sign -1, where it is cut above its mean: near 1 probabilities are too coarse.

        And the probabilities of its two ends.
        """
        from scipy.special import ndtr

        sign = -1.0 if self.low > self.mean else 1.0
        below, above = sorted(float(ndtr(sign * (end - self.mean) / self.sd)) for end in (self.low, self.high))
        return sign, below, above

    def ppf(self, u: Uniforms) -> Any:
        """Value of each probability."""
        from scipy.special import ndtri

        sign, below, above = self._lower_side()
        share = u if sign > 0 else 1 - u
        return np.clip(self.mean + sign * self.sd * ndtri(below + share * (above - below)), self.low, self.high)


class Discrete(Frozen):
    """One of several values: numbers, words or whatever the path can hold."""

    distribution: Literal["discrete"]
    """Kind."""
    values: Annotated[tuple[Any, ...], Field(min_length=1)]
    """The values."""
    weights: tuple[Annotated[FiniteFloat, Field(ge=0)], ...] | None = None
    """How likely each is, by ratio; equally where none are given."""

    @model_validator(mode="after")
    def _check(self) -> "Discrete":
        if self.weights is not None and len(self.weights) != len(self.values):
            raise ValueError(f"{len(self.values)} values have {len(self.weights)} weights")
        if self.weights is not None and not sum(self.weights):
            raise ValueError("the weights are all zero")
        return self

    @property
    def is_ranked(self) -> bool:
        """Whether the values are numbers, of which one is more than another."""
        return all(isinstance(value, int | float) and not isinstance(value, bool) for value in self.values)

    def ppf(self, u: Uniforms) -> Any:
        """Value of each probability: numbers from the smallest on, all else in the order of the values."""
        weights = np.ones(len(self.values)) if self.weights is None else np.array(self.weights)
        values = np.empty(len(self.values), object)
        values[:] = self.values
        if self.is_ranked:
            order = np.argsort(np.array(self.values, np.float64), kind="stable")
            weights, values = weights[order], values[order]
        ends = np.cumsum(weights)[:-1] / weights.sum()
        return values[np.searchsorted(ends, u, side="right")]


class Empirical(Frozen):
    """What was observed: quantiles are interpolated between the observations, so that their mean is kept."""

    distribution: Literal["empirical"]
    """Kind."""
    values: Annotated[tuple[FiniteFloat, ...], Field(min_length=2)]
    """Observations, in any order."""

    def ppf(self, u: Uniforms) -> Any:
        """Value of each probability; the i-th of n observations stands for that of (i - 1/2)/n."""
        return np.quantile(np.array(self.values), u, method="hazen")


Distribution = Annotated[
    Uniform | Normal | Lognormal | Triangular | Pert | Truncated | Discrete | Empirical,
    Field(discriminator="distribution"),
]
DISTRIBUTIONS: tuple[type[Frozen], ...] = get_args(get_args(Distribution)[0])
"""All of them."""


def in_words(distribution: Any) -> str:
    """A distribution for people: its kind and its numbers.

    >>> in_words(Uniform(distribution="uniform", low=1, high=2.5))
    'uniform: low 1, high 2.5'
    """
    numbers = distribution.model_dump(exclude={"distribution"}, exclude_none=True)
    return f"{distribution.distribution}: " + ", ".join(f"{name} {_short(value)}" for name, value in numbers.items())


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if not isinstance(value, tuple):
        return str(value)
    return " | ".join(map(_short, value)) if len(value) <= MOST_SHOWN else f"{len(value)} of them"
