"""What a person may choose of power states."""

from typing import Literal

from pydantic import model_validator

from sim.scenario.choice import Choice, Count, Fraction, Name, Positive


class Sleep(Choice):
    """Whether servers of a pool sleep while little is asked of it: a simple rule that reacts."""

    enabled: bool = False
    """Whether they do."""
    mode: Literal["asleep", "off"] = "asleep"
    """Asleep they keep some power and only load their model again; off they draw none and boot first."""
    low: Fraction = 0.3
    """Share of time that servers are busy below which some are drained and sleep."""
    high: Fraction = 0.6
    """Share above which some wake."""
    least_servers: Count = 1
    """Servers that never sleep."""
    start: Name = "h100_measured"
    """Catalogue name of how long a server takes to wake."""
    check_s: Positive = 300.0
    """How often the pool is looked at; whole minutes."""

    @model_validator(mode="after")
    def _low_lies_below_high(self) -> "Sleep":
        if self.low >= self.high:
            raise ValueError(f"low, {self.low:g}, must lie below high, {self.high:g}")
        return self
