"""What can be told before a run: cooling that will not carry the heat, a feed that cannot bring the power."""

from collections.abc import Iterator

import numpy as np

from sim.catalogue import Catalogue
from sim.core.streams import Streams
from sim.core.units import SECONDS_PER_HOUR, WATTS_PER_KILOWATT
from sim.files.documents import Keys
from sim.fleet.facility.climate import Hall
from sim.fleet.facility.weather import WeatherOfRun, weather_of
from sim.fleet.plant import hall_of
from sim.plant.facility.cooling import Outdoors
from sim.plant.facility.room import Removal, removal
from sim.scenario.schema import Pool, Scenario

Warnings = Iterator[tuple[Keys, str]]


def foresee(scenario: Scenario, catalogue: Catalogue) -> list[tuple[Keys, str]]:
    """Key path and sentence of what will go badly; it can be simulated all the same. Reads the weather."""
    weather = weather_of(scenario, catalogue.pick("sites", scenario.plant.site), Streams(scenario.seed))
    return [*_cooling(scenario, catalogue, weather), *_feed(scenario, catalogue)]


def _cooling(scenario: Scenario, catalogue: Catalogue, weather: WeatherOfRun) -> Warnings:
    hall, chosen = hall_of(scenario, catalogue), scenario.plant.climate
    heat_w = _power_w(scenario, catalogue, busy=True)
    hottest = _hottest(scenario, weather)
    set_point_c, carried_w, growth = _carried(hall, chosen.units + chosen.spare_units, hottest)
    if heat_w <= carried_w:
        return
    settles_c = set_point_c + (heat_w - carried_w) / growth if growth else float("inf")
    limit_c = hall.thermals.shutdown_inlet_c.value
    end = f"warms to {settles_c:.0f} degC" if settles_c < limit_c else "warms until servers switch themselves off"
    what = (
        f"{chosen.cooling} carries {carried_w / WATTS_PER_KILOWATT:,.1f} kW in the hottest hour "
        f"({hottest.dry_bulb_c.item():.1f} degC), but busy servers make {heat_w / WATTS_PER_KILOWATT:,.1f} kW: "
        f"the hall {end}; take more units, a larger capacity_fraction or other cooling"
    )
    yield ("plant", "climate", "cooling"), what


def _carried(hall: Hall, chillers: int, out: Outdoors) -> Removal:
    (can,) = hall.able(hall.conditions(out), hall.design_w)
    return removal(hall.plant, can, chillers, hall.design_w)


def _hottest(scenario: Scenario, weather: WeatherOfRun) -> Outdoors:
    """The weather of one hour."""
    out = weather.at(np.arange(scenario.day.duration_s // SECONDS_PER_HOUR + 1) * SECONDS_PER_HOUR)
    hour = np.lexsort((out.dry_bulb_c, out.wet_bulb_c))[-1:]
    return Outdoors(out.dry_bulb_c[hour], out.wet_bulb_c[hour])


def _feed(scenario: Scenario, catalogue: Catalogue) -> Warnings:
    limit_w, idle_w = scenario.plant.delivery.feed_w, _power_w(scenario, catalogue, busy=False)
    if limit_w is not None and limit_w < idle_w:
        what = (
            f"the servers draw {idle_w / WATTS_PER_KILOWATT:,.1f} kW when idle, before cooling and losses: a limit of "
            f"{limit_w / WATTS_PER_KILOWATT:,.1f} kW cannot be kept by slowing them"
        )
        yield ("plant", "delivery", "feed_w"), what


def _power_w(scenario: Scenario, catalogue: Catalogue, busy: bool) -> float:
    """Power of all servers, busy or idle [W]."""
    return sum(pool.servers * _server_w(pool, catalogue, busy) for pool in scenario.fleet.pools.values())


def _server_w(pool: Pool, catalogue: Catalogue, busy: bool) -> float:
    server = catalogue.pick("servers", pool.server)
    gpu = catalogue.pick("gpus", server.gpu)
    gpu_w, host_w = (gpu.tdp_w, server.host_busy_w) if busy else (gpu.idle_w, server.host_idle_w)
    return server.gpus.value * gpu_w.value + host_w.value + server.storage_w.value + server.network_w.value
