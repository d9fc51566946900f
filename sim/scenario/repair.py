"""What a person may choose of repair: who is there, what lies in store, which servers stand by, what is serviced."""

from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.explaining import InsideError
from sim.scenario.choice import Choice, Count, Name, Positive
from sim.units import SECONDS_PER_DAY, clock

Part = Literal["gpu", "host", "network"]
NoneOrMore = Annotated[int, Field(ge=0)]
ClockTime = Annotated[float, Field(ge=0, le=SECONDS_PER_DAY)]


class Shift(Choice):
    """Technicians on site between two local times, the same every day."""

    start_s: ClockTime
    """Local time at which it begins, after midnight."""
    end_s: ClockTime
    """Local time at which it ends; before its beginning where it lasts past midnight."""
    technicians: Count = 1
    """How many are there."""

    @property
    def stretches(self) -> list[tuple[float, float]]:
        """The shift as stretches of one day: two where it lasts past midnight."""
        if self.start_s < self.end_s:
            return [(self.start_s, self.end_s)]
        return [(self.start_s, SECONDS_PER_DAY), (0.0, self.end_s)]


class Stock(Choice):
    """Spare parts of a kind in the store."""

    parts: NoneOrMore = 4
    """How many lie there at the start of the day."""
    reorder_at: NoneOrMore = 2
    """New ones are ordered when so few are left, counting those on their way."""
    order: Count = 4
    """How many are ordered at a time."""


class Spares(Choice):
    """Servers of a pool that wait for another to fail."""

    hot: NoneOrMore = 0
    """Running, their model loaded: they serve at once."""
    cold: NoneOrMore = 0
    """Switched off: they start first."""


class Service(Choice):
    """Planned work on the servers of a pool, a few at a time, each drained first: maintenance or a rolling upgrade."""

    pool: Name
    """Which pool."""
    at_s: Annotated[float, Field(ge=0)] = 0.0
    """When the first servers are drained, after the start of the day."""
    until_s: Positive | None = None
    """No server is begun after this time; none: until all are done."""
    servers: Count | None = None
    """How many servers, the first ones; all when none is given."""
    at_once: Count = 1
    """How many are out at a time."""
    work_s: Positive = 1800.0
    """Time a server takes once it is drained, before it restarts."""
    technicians: bool = False
    """Whether the work takes a technician, or is done from afar."""


class Repair(Choice):
    """How failures are mended."""

    shifts: dict[Name, Shift] = Field(default={})
    """When how many technicians are on site; those of `failures` round the clock where none is given."""
    stock: dict[Part, Stock] = Field(default={})
    """Spare parts in the store; of a part not named there are always enough."""
    spares: dict[Name, Spares] = Field(default={})
    """Servers that stand by, by pool; they are among the pool's servers."""
    services: dict[Name, Service] = Field(default={})
    """Planned maintenance and rolling upgrades, by name."""

    @model_validator(mode="after")
    def _shifts_lie_apart(self) -> "Repair":
        for (one, first), (other, second) in combinations(self.shifts.items(), 2):
            for begin_s, end_s in first.stretches:
                if any(begin_s < until_s and from_s < end_s for from_s, until_s in second.stretches):
                    what = (
                        f"{clock(second.start_s)}-{clock(second.end_s)} overlaps with {one}, "
                        f"{clock(first.start_s)}-{clock(first.end_s)}; "
                        "give the time they share a shift of its own with the technicians of both"
                    )
                    raise InsideError([(("shifts", other), what)])
        return self
