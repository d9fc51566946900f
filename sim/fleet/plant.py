"""The machinery around the servers: cooling, power, breakdown and repair, put together and led through the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import simpy

from sim.catalogue import Catalogue
from sim.catalogue.types.facility import Hazard
from sim.core.errors import FitError
from sim.core.streams import Streams
from sim.core.units import SECONDS_PER_YEAR
from sim.fleet.facility.climate import Climate, Hall, Speeds
from sim.fleet.facility.cooling_units import CoolingUnits
from sim.fleet.facility.feed import Feed
from sim.fleet.facility.outages import Outages
from sim.fleet.facility.overheating import Overheating
from sim.fleet.facility.weather import weather_of
from sim.fleet.pool_runtime import PoolEnergy, PoolRuntime
from sim.fleet.reliability.failures import Breakdowns, Exposure
from sim.fleet.reliability.maintenance import PlannedWork
from sim.fleet.reliability.repair import Crew, Reserve, Store, Workshop
from sim.fleet.scaling.threshold import PowerStates
from sim.fleet.servers import Servers
from sim.plant.facility.cooling import Outdoors, conditions
from sim.plant.facility.thermal_limits import fan_ratio, leakage_ratio
from sim.plant.gpu.replica import WEIGHT_BYTES
from sim.scenario.plant import Part, Spares
from sim.scenario.schema import Pool, Scenario
from sim.serving.shards import CelledPool
from sim.traces.events import EventLog
from sim.traces.minutes import Minutes, PlantMinutes, minute_ends_s


@dataclass(frozen=True)
class PoolCare:
    """What happens to the servers of one pool."""

    servers: Servers
    """The pool's servers."""
    overheating: Overheating
    """How hot they may stand."""
    reserve: Reserve
    """Those that wait for another to fail."""
    power_states: PowerStates | None
    """Their sleep, where they may."""
    breakdowns: Breakdowns | None
    """Their failures, where they break."""
    services: Sequence[PlannedWork]
    """Planned work on them."""

    def start(self, spares: Spares, end_s: float) -> None:
        """Begin all that happens by itself."""
        self.reserve.fill(spares.hot, spares.cold)
        for service in self.services:
            service.start()
        if self.breakdowns:
            self.breakdowns.start(end_s)
        if self.power_states:
            self.servers.env.process(self.power_states.run())


@dataclass(frozen=True)
class SpeedControl:
    """Slows servers where air is warm or the feed is weak, and lets warm air change what they draw."""

    climate: Climate
    """The air at their inlets."""
    feed: Feed
    """Their power."""
    speeds: Speeds
    """How fast they may run."""
    overheating: Sequence[Overheating]
    """By pool: when they switch themselves off."""
    energies: Sequence[PoolEnergy]
    """By pool: what they draw."""
    throttles: bool
    """Whether warm air slows them at all."""
    limit_w: float | None
    """What the feed can bring, where that is limited."""

    def apply(self, now_s: float, length_s: float) -> None:
        """Set speeds and what servers draw from now on, after a minute of this length."""
        if self.limit_w is not None:
            caps = self.feed.caps(length_s, self.limit_w, self.climate.cooling_j() / length_s)
            for name, speed in caps.items():
                self.speeds.set_capped(name, speed)
        if self.climate.moved():
            self._warm_up()
        self.speeds.apply(now_s)

    def _warm_up(self) -> None:
        """Servers are slower, off or draw more power by the air at their inlets."""
        climate = self.climate
        if self.throttles:
            self.speeds.set_warm(climate.speeds())
            for pool in self.overheating:
                pool.look(climate.inlet_c)
        climate.weigh([self._weight(zone) for zone in range(climate.hall.zones)])
        mean_c = sum(climate.inlet_c) / len(climate.inlet_c)
        for energy in self.energies:
            energy.gpu_ratio = leakage_ratio(climate.hall.thermals, mean_c)
            energy.host_ratio = fan_ratio(climate.hall.thermals, mean_c)

    def _weight(self, zone: int) -> float:
        """What the servers of a zone weigh in the room's heat: those that run, by the power they may draw."""
        pools = zip(self.overheating, self.energies, strict=True)
        return sum(pool.running(zone) * energy.nameplate_w for pool, energy in pools)


@dataclass(frozen=True)
class PlantOfRun:
    """The machinery of a run on one clock: what starts by itself, and what every minute mark asks of it."""

    scenario: Scenario
    """What was asked."""
    streams: Streams
    """Where its chances come from."""
    climate: Climate
    """Air and cooling."""
    units: CoolingUnits
    """Its cooling's machinery."""
    feed: Feed
    """Its power."""
    outages: Outages
    """Losses of the grid."""
    control: SpeedControl
    """How fast its servers may run."""
    crew: Crew
    """Who repairs."""
    pools: Sequence[PoolCare]
    """What happens to servers, by pool."""

    def start(self, end_s: float) -> None:
        """Begin all that happens by itself."""
        chosen = self.scenario.plant
        self.crew.work(chosen.repair.shifts.values(), self.scenario.day.start_s)
        self.units.start(end_s, self.streams, chosen.failures.multiplier * chosen.failures.enabled)
        self.outages.start(end_s, self.streams)
        for pool in self.pools:
            pool.start(chosen.repair.spares.get(pool.servers.name, Spares()), end_s)

    def mark(self, minute: int, now_s: float, length_s: float, it_j: float) -> None:
        """Cool and feed a minute that has ended."""
        self.climate.mark(minute, now_s, length_s, it_j / length_s)
        self.feed.mark(it_j / length_s)

    def close(self, end_s: float) -> None:
        """Note what the end of the day cuts short."""
        self.units.close(end_s)
        for pool in self.pools:
            pool.servers.close(end_s)

    def minutes(self, minute_s: Minutes) -> PlantMinutes:
        """The trace of the plant, over minutes of these lengths."""
        hall = self.climate.minutes()
        return PlantMinutes(**hall, **self.feed.minutes(minute_s, hall["cooling_j"]))


def build_plant(
    env: simpy.Environment,
    scenario: Scenario,
    catalogue: Catalogue,
    runtimes: Sequence[PoolRuntime],
    streams: Streams,
    log: EventLog,
) -> PlantOfRun:
    """The plant that a scenario asks for."""
    chosen, hall = scenario.plant, hall_of(scenario, catalogue)
    hazard, way = catalogue.pick("hazards", chosen.failures.hazard), catalogue.pick("delivery", chosen.delivery.kind)
    weather = weather_of(scenario, catalogue.pick("sites", chosen.site), streams)
    ends_s = minute_ends_s(scenario.day.duration_s)
    middles_s = ends_s - np.diff(ends_s, prepend=0.0) / 2
    units = CoolingUnits(env, chosen.climate, hall.plant, log)
    feed = Feed(way, chosen.delivery, runtimes, hall.thermals.least_speed_fraction.value)
    pools = [Servers(env, runtime.spec.name, runtime.states, runtime.engine, log) for runtime in runtimes]
    shop = workshop(env, scenario, hazard)
    climate = Climate(hall, weather.at(middles_s), units)
    care = [
        _care(pool, runtime.engine, scenario, catalogue, hall, shop, streams)
        for pool, runtime in zip(pools, runtimes, strict=True)
    ]
    control = SpeedControl(
        climate,
        feed,
        speeds=Speeds([runtime.speeds for runtime in runtimes], hall.zones, log),
        overheating=[pool.overheating for pool in care],
        energies=[runtime.energy for runtime in runtimes],
        throttles=chosen.climate.enabled,
        limit_w=chosen.delivery.feed_w,
    )
    return PlantOfRun(
        scenario,
        streams,
        climate=climate,
        units=units,
        feed=feed,
        outages=Outages(feed, units, pools, hall.nameplate_w, hazard.restart_s.value, log),
        control=control,
        crew=shop.crew,
        pools=care,
    )


def workshop(env: simpy.Environment, scenario: Scenario, hazard: Hazard) -> Workshop:
    """Technicians and parts for all pools; a crew without shifts is there round the clock."""
    chosen = scenario.plant
    crew = Crew(env, 0 if chosen.repair.shifts else chosen.failures.technicians)
    stores = {part: Store(env, chosen.repair.stock.get(part), hazard.part_lead_s.value) for part in get_args(Part)}
    return Workshop(env, hazard, crew, stores)


def _care(
    servers: Servers,
    engine: CelledPool,
    scenario: Scenario,
    catalogue: Catalogue,
    hall: Hall,
    shop: Workshop,
    streams: Streams,
) -> PoolCare:
    chosen, env = scenario.plant, shop.env
    name, restart_s = servers.name, shop.hazard.restart_s.value
    wake_s = wake_time_s(scenario.fleet.pools[name], catalogue)
    reserve = Reserve(env, servers, wake_s)
    sleep = scenario.fleet.pools[name].sleep
    return PoolCare(
        servers=servers,
        overheating=Overheating(servers, hall.thermals, hall.zones, restart_s, streams),
        reserve=reserve,
        power_states=PowerStates(env, servers, engine, sleep, wake_s) if sleep.enabled else None,
        breakdowns=breakdowns(servers, scenario, shop, reserve, streams),
        services=[
            PlannedWork(env, servers, work, service, shop.crew, restart_s)
            for work, service in chosen.repair.services.items()
            if service.pool == name
        ],
    )


def breakdowns(
    servers: Servers, scenario: Scenario, shop: Workshop, reserve: Reserve, streams: Streams
) -> Breakdowns | None:
    """The failures of a pool, where a scenario lets it break."""
    chosen = scenario.plant.failures
    exposure = Exposure(shop.hazard, chosen.multiplier, chosen.age_years * SECONDS_PER_YEAR, chosen.servers_per_rack)
    return Breakdowns(servers, exposure, shop, reserve, streams) if chosen.enabled else None


def wake_time_s(pool: Pool, catalogue: Catalogue) -> float:
    """Time that a server of a pool takes from rest to service [s]: it boots where it was off, and loads its model."""
    start, model = catalogue.pick("starts", pool.sleep.start), catalogue.pick("models", pool.model)
    load_s = model.params.value * WEIGHT_BYTES[pool.precision] / start.load_bytes_per_s.value
    return load_s + (start.boot_s.value if pool.sleep.mode == "off" else 0.0)


def hall_of(scenario: Scenario, catalogue: Catalogue) -> Hall:
    """The hall that holds a scenario's pools."""
    chosen, site = scenario.plant.climate, catalogue.pick("sites", scenario.plant.site)
    plant = catalogue.pick("cooling", chosen.cooling)
    chiller = catalogue.pick("chillers", plant.chiller)
    sizing = Outdoors(np.array(site.design_dry_bulb_c.value), np.array(site.design_wet_bulb_c.value))
    sized_ratio = conditions(plant, chiller, sizing).capacity_ratio.item()
    if not sized_ratio:
        what = f"chillers of {chosen.cooling} carry nothing in the weather that they are sized for"
        raise FitError([f"plant.climate.cooling: {what}; choose other cooling, or facts nearer to the catalogue's"])
    return Hall(
        plant=plant,
        chiller=chiller,
        thermals=catalogue.pick("thermals", chosen.thermals),
        sized_ratio=sized_ratio,
        nameplate_w=nameplate_w(scenario, catalogue),
        units=chosen.units,
        zones=chosen.zones,
    )


def nameplate_w(scenario: Scenario, catalogue: Catalogue) -> float:
    """Most power that all servers of a scenario may draw [W]."""
    pools = scenario.fleet.pools.values()
    return sum(pool.servers * catalogue.pick("servers", pool.server).nameplate_w.value for pool in pools)
