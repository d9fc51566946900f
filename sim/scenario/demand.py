"""What a person may choose of drawn demand: its level, its hours, its calendar, its zones and its bursts."""

import datetime
import math
from typing import Annotated

from pydantic import Field, model_validator

from sim.scenario.choice import Choice, Fraction, Name, NonNegative, Positive

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
