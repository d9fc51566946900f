"""The machinery around the servers: cooling, power, breakdown and repair, put together and led through the day."""

from collections.abc import Sequence
from dataclasses import dataclass

import simpy

from sim.catalogue import Catalogue
from sim.fleet.breakdown import Breakdowns
from sim.fleet.census import PoolBook
from sim.fleet.climate import Climate, Hall, Speeds
from sim.fleet.cooling_units import CoolingUnits
from sim.fleet.feed import Feed
from sim.fleet.weather import weather_of
from sim.plant.cooling import Outdoors
from sim.plant.inlet import fan_ratio, leakage_ratio
from sim.scenario.schema import Scenario
from sim.streams import Streams
from sim.traces.events import EventLog
from sim.traces.utilisation import PlantMinutes


@dataclass(frozen=True)
class PlantOfRun:
    """All of it on one clock."""

    scenario: Scenario
    """What was asked."""
    streams: Streams
    """Where its chances come from."""
    books: Sequence[PoolBook]
    """The pools that it serves."""
    climate: Climate
    """The hall."""
    units: CoolingUnits
    """Its cooling's machinery."""
    feed: Feed
    """Its power."""
    speeds: Speeds
    """How fast its servers may run."""
    breakdowns: Sequence[Breakdowns]
    """Failures by pool; none where they are switched off."""

    def start(self, end_s: float) -> None:
        """Begin all that happens by itself."""
        failures = self.scenario.plant.failures
        self.units.start(end_s, self.streams, failures.multiplier * failures.enabled)
        for breakdowns in self.breakdowns:
            breakdowns.start(end_s)

    def mark(self, minute: int, now_s: float, length_s: float, it_j: float) -> None:
        """Cool and feed a minute that has ended."""
        cooling_j = self.climate.mark(minute, now_s, length_s, it_j)
        self.feed.mark(minute, length_s, it_j, cooling_j)

    def control(self, now_s: float, length_s: float) -> None:
        """Let warmth and a weak feed slow servers, and warm air change what they draw, from now on."""
        inlet_c = sum(self.climate.inlet_c) / len(self.climate.inlet_c)
        for book in self.books:
            book.gpu_ratio = leakage_ratio(self.climate.hall.thermals, inlet_c)
            book.host_ratio = fan_ratio(self.climate.hall.thermals, inlet_c)
        for pool, speed in self.feed.caps(length_s).items():
            self.speeds.set_capped(pool, speed)
        if self.scenario.plant.climate.enabled:
            self.speeds.set_warm(self.climate.speeds())
        self.speeds.apply(now_s)

    def close(self, end_s: float) -> None:
        """Note what the end of the day cuts short."""
        self.units.close(end_s)
        for breakdowns in self.breakdowns:
            breakdowns.close(end_s)

    def minutes(self) -> PlantMinutes:
        """The trace of the plant."""
        return PlantMinutes(**self.climate.columns, **self.feed.columns)


def build_plant(
    env: simpy.Environment,
    scenario: Scenario,
    catalogue: Catalogue,
    books: Sequence[PoolBook],
    streams: Streams,
    log: EventLog,
    minutes: int,
) -> PlantOfRun:
    """The plant that a scenario asks for."""
    chosen, hall = scenario.plant, hall_of(scenario, catalogue)
    weather = weather_of(scenario, catalogue.pick("sites", chosen.site), streams)
    units = CoolingUnits(env, chosen.climate, hall.plant, log)
    way = catalogue.pick("delivery", chosen.delivery.kind)
    return PlantOfRun(
        scenario,
        streams,
        books,
        climate=Climate(hall, weather, units, minutes),
        units=units,
        feed=Feed(way, chosen.delivery, books, hall.thermals.least_speed_fraction.value, minutes),
        speeds=Speeds(books, hall.zones, log),
        breakdowns=_breakdowns(env, scenario, catalogue, books, streams, log),
    )


def hall_of(scenario: Scenario, catalogue: Catalogue) -> Hall:
    """The hall that holds a scenario's pools."""
    chosen, site = scenario.plant.climate, catalogue.pick("sites", scenario.plant.site)
    plant = catalogue.pick("cooling", chosen.cooling)
    return Hall(
        plant=plant,
        chiller=catalogue.pick("chillers", plant.chiller),
        thermals=catalogue.pick("thermals", chosen.thermals),
        sizing=Outdoors(site.design_dry_bulb_c.value, site.design_wet_bulb_c.value),
        nameplate_w=nameplate_w(scenario, catalogue),
        units=chosen.units,
        zones=chosen.zones,
    )


def nameplate_w(scenario: Scenario, catalogue: Catalogue) -> float:
    """Most power that all servers of a scenario may draw [W]."""
    pools = scenario.fleet.pools.values()
    return sum(pool.servers * catalogue.pick("servers", pool.server).nameplate_w.value for pool in pools)


def _breakdowns(
    env: simpy.Environment,
    scenario: Scenario,
    catalogue: Catalogue,
    books: Sequence[PoolBook],
    streams: Streams,
    log: EventLog,
) -> list[Breakdowns]:
    chosen = scenario.plant.failures
    if not chosen.enabled:
        return []
    hazard = catalogue.pick("hazards", chosen.hazard)
    technicians = simpy.Resource(env, chosen.technicians)
    return [Breakdowns(env, book, hazard, chosen.multiplier, technicians, streams, log) for book in books]
