"""What a person may choose of the plant: the site, its weather, cooling and power, failures and repair."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.explaining import InsideError
from sim.scenario.choice import Choice, Count, Fraction, Name, NonNegative, Positive, Years
from sim.scenario.repair import Repair

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

    site: Name = "virginia"
    """Catalogue name of the site."""
    efficiency: Name = "serving_2026"
    """Catalogue name of the serving software's efficiencies, or the path of a profile that `calibrate` wrote."""
    climate: Climate = Climate()
    """Cooling."""
    delivery: Delivery = Delivery()
    """Power."""
    failures: Failures = Failures()
    """What breaks."""
    repair: Repair = Repair()
    """How it is mended, and what is serviced before it breaks."""
