"""What a person may choose of drawn demand: its level, its hours, its calendar, its zones and its bursts.

What a person may choose of the workload: drawn demand or a trace, and the kinds of request.
"""

import datetime
import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.quantities import Choice, Count, Fraction, Name, NonNegative, Positive

SHARES_TOLERANCE = 1e-6
"""How far shares may sum from one."""


def check_shares(shares: dict[str, float], what: str) -> None:
    """Refuse shares that do not sum to one."""
    total = math.fsum(shares.values())
    if abs(total - 1.0) > SHARES_TOLERANCE:
        raise ValueError(f"the shares of {what} sum to {total:g}, not to 1")


class Zone(Choice):
    """Users of one time zone."""

    share: Fraction
    """Share of the users; the shares of all zones sum to one."""
    utc_offset_h: Annotated[float, Field(ge=-12, le=14)]
    """Their local time less UTC."""


class Surge(Choice):
    """A flash crowd: demand multiplied for a while. An outage elsewhere holds and ends; a launch rises and decays."""

    start_s: NonNegative
    """Local time at which it begins, after the midnight of the first day; beyond 24 h it lies on a later one."""
    factor: NonNegative = 2.0
    """Demand at its height, relative to what it would be."""
    rise_s: NonNegative = 60.0
    """How long it takes to rise."""
    hold_s: NonNegative = 3600.0
    """How long it stays at its height."""
    decay_s: NonNegative = 0.0
    """Time in which what is left of it falls to 1/e; zero: it ends at once."""


class Drift(Choice):
    """A slow wandering of demand about its shape, over minutes and hours."""

    spread_fraction: Annotated[float, Field(ge=0, le=2)] = 0.0
    """Standard deviation of the factor about 1; it is gamma distributed."""
    correlation_s: Positive = 3600.0
    """Time after which the correlation of the factor with itself has fallen to 1/e."""


class Burstiness(Choice):
    """Bursts: the rate jumps between gamma distributed levels."""

    gap_cv: Annotated[float, Field(ge=1, le=100)] = 1.0
    """Coefficient of variation of the gaps between arrivals (of conversations: their openings); 1 is Poisson."""
    correlation_s: Annotated[float, Field(ge=0.01, le=86_400)] = 1.0
    """How long the rate keeps a level until the next is drawn."""
    clients: Name | None = None
    """Catalogue name of a population of clients, each with a share and a gap CV of its own, in place of `gap_cv`."""


class Demand(Choice):
    """Arrivals drawn from a rate over the day."""

    requests_per_day: NonNegative = 50_000.0
    """Expected requests of 24 hours, before week, growth and surges."""
    shape: Name = "burstgpt_hourly"
    """Catalogue name of the daily shape, in the local time of the users."""
    week: Name | None = None
    """Catalogue name of the days of a week, relative to their mean; none: all days are equal."""
    growth_fraction_per_year: Annotated[float, Field(gt=-1, le=1000)] = 0.0
    """Growth of demand in a year, compounded."""
    counted_on: datetime.date | None = None
    """Date for which `requests_per_day` holds, where demand grows; none: the day itself."""
    surges: dict[Name, Surge] = Field(default={})
    """Flash crowds by name."""
    zones: dict[Name, Zone] = Field(default={})
    """Time zones of the users by name; none: all live by the clock of the site."""
    drift: Drift = Drift()
    """Slow wandering about the shape."""
    burstiness: Burstiness = Burstiness()
    """Bursts within minutes."""

    @model_validator(mode="after")
    def _shares(self) -> "Demand":
        if self.zones:
            check_shares({name: zone.share for name, zone in self.zones.items()}, "zones")
        return self


Layout = Literal["azure_2023", "azure_2024", "burstgpt", "mooncake", "servegen"]


class Trace(Choice):
    """Arrivals replayed from a file."""

    path: Name | None = None
    """File of the layout, plain or gzipped; relative paths are taken from the working folder."""
    layout: Layout = "azure_2023"
    """Azure's columns (or arrival_s, input_tokens, output_tokens), BurstGPT's, Mooncake's lines or columns; or
    ServeGen's rates, from which arrivals are drawn, with the lengths of the use case."""
    use_case: Name | None = None
    """Use case the requests belong to; the first one when none is named."""
    model: Name | None = None
    """ServeGen: the model whose rates are meant; needed where the file holds several."""
    skip_s: NonNegative = 0.0
    """Time of the trace left out at its start."""
    speed: Positive = 1.0
    """How much faster than it was the trace is played."""
    volume: Annotated[float, Field(gt=0, le=10_000)] = 1.0
    """Requests for each one of the trace, window by window; bursts keep their form."""
    skip_bad_rows: bool = False
    """Count rows that cannot be replayed and go on, where else the first would end the run."""


class Conversation(Choice):
    """How a use case goes on after its first question: open loop, by stated times, whatever the fleet does."""

    turns: Annotated[float, Field(ge=1, le=1000)] = 3.0
    """Mean number of turns before the longest are cut; their number is geometric."""
    max_turns: Annotated[int, Field(ge=1, le=1000)] = 50
    """Most turns of a conversation."""
    think_s: NonNegative = 60.0
    """Mean time that a user thinks and writes; exponential."""
    answer_s: NonNegative = 15.0
    """Time that a turn's answer and its reading are taken to last, before thinking begins."""
    context_tokens: Count = 32_768
    """Longest history sent along; beyond it the oldest part is dropped, and with it the cached prefix."""


class UseCase(Choice):
    """A kind of request."""

    share: Fraction = 1.0
    """Share of all requests; the shares of all use cases sum to one."""
    lengths: Name = "servegen_m_mid"
    """Catalogue name of its prompt and output lengths; of what each turn adds, in a conversation."""
    shape: Name | None = None
    """Catalogue name of its daily shape, where it differs from that of the demand."""
    patience_s: Positive | None = None
    """How long a user waits for service to begin before leaving; none: for ever."""
    conversation: Conversation | None = None
    """How it goes on; none: every request stands alone."""


class Workload(Choice):
    """What is asked of the fleet: drawn demand, or a trace."""

    demand: Demand = Demand()
    """Drawn arrivals, used when no trace is given."""
    trace: Trace | None = None
    """Replayed arrivals and lengths."""
    use_cases: dict[Name, UseCase] = Field(default={"chat": UseCase()}, min_length=1)
    """Kinds of request by name."""

    @model_validator(mode="after")
    def _shares(self) -> "Workload":
        check_shares({name: case.share for name, case in self.use_cases.items()}, "use_cases")
        return self
