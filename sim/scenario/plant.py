"""What a person may choose of repair: who is there, what lies in store, which servers stand by, what is serviced.

What a person may choose of the plant: the site, its weather, cooling and power, failures and repair.
"""

from itertools import combinations
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from sim.core.units import SECONDS_PER_DAY, clock
from sim.files.diagnostics import InsideError
from sim.scenario.quantities import Choice, Count, Fraction, Name, NonNegative, Positive, Years

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


MOST_MACHINES = 1000
"""Chillers or zones of one hall: each is followed by itself."""
Machines = Annotated[int, Field(ge=1, le=MOST_MACHINES)]
Departure = Annotated[float, Field(ge=-5, le=5)]


class Failures(Choice):
    """Whether and how servers break."""

    enabled: bool = True
    """Whether servers break at all."""
    hazard: Name = "llama_3"
    """Catalogue name of the failure rates."""
    multiplier: Annotated[float, Field(ge=0, le=10_000_000)] = 1.0
    """Factor on all rates, those of chillers too, for stress tests."""
    age_years: Years = 1.0
    """Age of the servers' parts, which matters where infant mortality and wear do."""
    servers_per_rack: Count = 4
    """Servers that go down together when a rack's switch or power fails."""
    technicians: Count = 2
    """Hands on site round the clock, where no shifts are given; a failure beyond them waits."""


class Weather(Choice):
    """The weather outside."""

    path: Name | None = None
    """A year of hours: an EPW file, or a CSV, plain or gzipped, with utc (or date and time_lst), drybulb_c and rh_pct.
    None: the site's typical day of the month."""
    station: Name | None = None
    """Whose rows count where the file's column `site` names several."""
    departure: Departure = 0.0
    """How far the typical day lies above its mean, in standard deviations of the month's days."""
    drawn: bool = False
    """Whether each day's departure is drawn, from a normal distribution about that."""


class Trip(Choice):
    """A stated failure of cooling."""

    what: Literal["chillers", "zone"] = "chillers"
    """Chillers of the plant, or the air handlers of one zone."""
    at_s: NonNegative
    """When, after the start of the day."""
    duration_s: Positive
    """How long it lasts."""
    units: Count = 1
    """How many chillers."""
    zone: Count = 1
    """Which zone, counted from one."""


class Climate(Choice):
    """Cooling of the hall."""

    cooling: Name = "chiller_tower"
    """Catalogue name of the cooling plant."""
    enabled: bool = True
    """Whether warm air slows servers down and switches them off; cooling energy counts either way."""
    thermals: Name = "air_a2"
    """Catalogue name of what warm air does to servers."""
    units: Machines = 4
    """Chillers that carry the design load together."""
    spare_units: Annotated[int, Field(ge=0, le=MOST_MACHINES)] = 1
    """Chillers beyond those."""
    unit_failures: bool = True
    """Whether chillers break by chance, where servers do."""
    zones: Machines = 1
    """Equal parts of the hall with air handlers of their own."""
    trips: dict[Name, Trip] = Field(default={})
    """Failures of cooling at stated times, by name."""
    weather: Weather = Weather()
    """The weather outside."""

    @model_validator(mode="after")
    def _there_are_so_many(self) -> "Climate":
        for name, trip in self.trips.items():
            there = self.zones if trip.what == "zone" else self.units + self.spare_units
            asked = trip.zone if trip.what == "zone" else trip.units
            if asked > there:
                what = f"asks for {'zone' if trip.what == 'zone' else 'chillers:'} {asked}, but there are {there}"
                raise InsideError([(("trips", name), what)])
        return self


class Outage(Choice):
    """A stated loss of the grid."""

    at_s: NonNegative
    """When, after the start of the day."""
    duration_s: Positive
    """How long it lasts."""


class Delivery(Choice):
    """The way of power from the grid to the servers."""

    kind: Name = "double_conversion"
    """Catalogue name of UPS, transformers and generators."""
    feed_w: Positive | None = None
    """Most power that the site may draw; servers are slowed beyond it. None: whatever is asked."""
    floors: dict[Name, Fraction] = Field(default={})
    """Pools that may be slowed for that, the first first, each down to this share of its GPUs' power; all pools alike,
    without a floor, where none is named."""
    ride_through_s: NonNegative = 300.0
    """How long the batteries carry the servers' nameplate power."""
    generators: bool = True
    """Whether generators take over."""
    random_outages: bool = True
    """Whether the grid fails by chance."""
    outages: dict[Name, Outage] = Field(default={})
    """Losses of the grid at stated times, by name."""


class Plant(Choice):
    """The place and the machinery around the servers."""

    RENAMED: ClassVar = {"efficiency": "fleet.pools.POOL.software"}

    site: Name = "virginia"
    """Catalogue name of the site."""
    climate: Climate = Climate()
    """Cooling."""
    delivery: Delivery = Delivery()
    """Power."""
    failures: Failures = Failures()
    """What breaks."""
    repair: Repair = Repair()
    """How it is mended, and what is serviced before it breaks."""
