"""What the catalogue says of demand: daily shapes, weeks, clients, lengths."""

from collections.abc import Sequence
from itertools import pairwise

from pydantic import model_validator

from sim.catalogue.parameter import Entry, Fact, Series
from sim.core.units import DAYS_PER_WEEK

MOST_TOKENS = 2**30
"""Of one prompt or answer: a column of tokens is 32 bits wide, and conversations add to it."""


def table_problem(probability: Sequence[float], tokens: Sequence[float]) -> str:
    """Why two series are no table of quantiles, or nothing.

    >>> table_problem((0, 0.5, 1), (1, 9, 7))
    'the probabilities and the quantiles of a table of lengths never decrease'
    """
    if len(probability) != len(tokens) or len(probability) < 2:
        return f"a table of lengths has {len(probability)} probabilities and {len(tokens)} quantiles"
    if probability[0] != 0 or probability[-1] != 1:
        return "the probabilities of a table of lengths run from 0 to 1"
    if any(after < before for series in (probability, tokens) for before, after in pairwise(series)):
        return "the probabilities and the quantiles of a table of lengths never decrease"
    if tokens[-1] > MOST_TOKENS:
        return (
            f"a table of lengths goes up to {tokens[-1]:.3g} tokens; prompts and answers have at most {MOST_TOKENS:,}"
        )
    return ""


class Shape(Entry):
    """How demand is spread over a day."""

    weight: Series
    """Demand by equal parts of a local day, midnight first; only ratios matter."""


class Week(Entry):
    """How demand differs from day to day."""

    weight: Series
    """Demand of each of the seven days, Monday first; only ratios matter."""

    @model_validator(mode="after")
    def _seven(self) -> "Week":
        weights = self.weight.value
        if len(weights) != DAYS_PER_WEEK or min(weights) < 0 or not any(weights):
            raise ValueError("a week has seven weights, Monday first, none negative and not all zero")
        return self


class Clients(Entry):
    """A population of clients: how large each is, and how bursty."""

    weight: Series
    """Requests of each client, the largest first; only ratios matter."""
    gap_cv: Series
    """Coefficient of variation of the gaps between a client's requests, within ten minutes."""

    @model_validator(mode="after")
    def _pairs(self) -> "Clients":
        if len(self.weight.value) != len(self.gap_cv.value):
            raise ValueError(f"{len(self.weight.value)} weights do not go with {len(self.gap_cv.value)} gap CVs")
        return self


class Lengths(Entry):
    """How long prompts and answers are: quantile tables."""

    probability: Series
    """Cumulative probabilities of the tables, from 0 to 1."""
    prompt_tokens: Series
    """Prompt tokens at those probabilities."""
    output_tokens: Series
    """Output tokens at those probabilities."""
    rank_correlation: Fact
    """Spearman's correlation of prompt and output tokens."""

    @model_validator(mode="after")
    def _quantiles(self) -> "Lengths":
        for tokens in (self.prompt_tokens, self.output_tokens):
            problem = table_problem(self.probability.value, tokens.value)
            if problem:
                raise ValueError(problem)
        return self
