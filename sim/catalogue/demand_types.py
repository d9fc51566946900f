"""What the catalogue says of demand: daily shapes, weeks, clients, lengths."""

from pydantic import model_validator

from sim.catalogue.entry import Entry
from sim.catalogue.facts import Fact, Series


class Shape(Entry):
    """How demand is spread over a day."""

    weight: Series
    """Demand by equal parts of a local day, midnight first; only ratios matter."""


class Week(Entry):
    """How demand differs from day to day."""

    weight: Series
    """Demand of each of the seven days, Monday first; only ratios matter."""


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
