"""Cooling, power and rest about a small fleet with requests: what a failed chiller or a lost grid costs its users."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sim.catalogue import read_catalogue, with_facts
from sim.core.errors import InvariantError, ScenarioError
from sim.day import run
from sim.fleet.preflight import foresee
from sim.fleet.simulate import simulate
from tests.golden.tiny_day import HOUR_S, tiny_day

pytestmark = pytest.mark.usefixtures("engine_compiled")

CATALOGUE = read_catalogue()
BUSY = {"fleet.pools.main.servers": 8, "workload.demand.requests_per_day": 400_000}
SLOW = {
    "facts.efficiencies.serving_2026.layer_overhead_s": 0.0016,
    "workload.use_cases.code.lengths": "azure_conv_2023",
}
"""An answer takes ten seconds."""
CHILLERS = {"plant.climate.trips": {"noon": {"at_s": 600, "duration_s": 1500, "units": 5}}}
DARK = {"plant.delivery.outages": {"noon": {"at_s": 600, "duration_s": 1200}}, "plant.delivery.generators": False}


def traces_of(*changes):
    day = tiny_day({**BUSY, **{key: value for change in changes for key, value in change.items()}})
    return simulate(day, with_facts(CATALOGUE, day.facts))


@pytest.fixture(scope="module")
def calm():
    return traces_of()


def kinds(traces):
    return {(event.kind, event.part) for event in traces.events.events}


def test_failed_chillers_warm_the_hall_slow_servers_and_users_notice(calm):
    hot = traces_of(CHILLERS)
    inlet_c, speed = hot.utilisation.plant.inlet_c, hot.utilisation.pools[0].speed
    assert inlet_c[:10].max() == 24.0 < 35.0 < inlet_c[34] == inlet_c.max()
    assert speed[:20].min() == 1.0 > 0.9 > speed.min()
    assert hot.utilisation.plant.chiller_j[15:30].sum() == 0.0
    assert hot.digest.mean("tpot_s") > 1.02 * calm.digest.mean("tpot_s")
    assert inlet_c[-1] < 30.0
    (failed,) = hot.events.of("cooling_failed")
    assert (failed.at_s, failed.duration_s, failed.pool) == (600.0, 1500.0, "")


def test_warm_air_makes_fans_and_leakage(calm):
    hot = traces_of(CHILLERS, {"plant.climate.enabled": False})
    assert hot.utilisation.pools[0].host_j.sum() > 1.05 * calm.utilisation.pools[0].host_j.sum()
    assert hot.utilisation.pools[0].gpu_j.sum() > 1.001 * calm.utilisation.pools[0].gpu_j.sum()


def test_one_zone_without_air_slows_only_its_servers():
    trip = {"plant.climate.trips": {"row": {"what": "zone", "zone": 2, "at_s": 300, "duration_s": 1500}}}
    traces = traces_of(trip, {"plant.climate.zones": 4})
    speed = traces.utilisation.pools[0].speed
    assert 0.75 <= speed.min() < 1.0
    assert traces.utilisation.plant.inlet_c.max() > 35.0


def test_a_zone_whose_servers_are_all_off_is_cooled_and_they_come_back():
    trip = {"plant.climate.trips": {"row": {"what": "zone", "zone": 1, "at_s": 300, "duration_s": 1800}}}
    off_at = {"facts.thermals.air_a2.shutdown_inlet_c": 33.0, "facts.thermals.air_a2.inlet_spread_k": 0.0}
    traces = traces_of(trip, off_at, {"plant.climate.zones": 2})
    off = [event for event in traces.events.of("failed") if event.part == "overheated"]
    assert len(off) == 4
    assert all(event.at_s + event.duration_s < traces.utilisation.minute_s.sum() for event in off)
    assert traces.utilisation.plant.inlet_c[-1] == 24.0


def test_too_hot_servers_switch_off_one_by_one_and_come_back():
    traces = traces_of(CHILLERS, {"facts.thermals.air_a2.shutdown_inlet_c": 38.0})
    off = [event for event in traces.events.of("failed") if event.part == "overheated"]
    assert 2 <= len(off) <= 8
    assert len({event.at_s for event in off}) > 1
    assert traces.utilisation.pools[0].down_server_s.sum() == pytest.approx(sum(e.duration_s for e in off))
    assert len([event for event in traces.events.of("repaired") if event.part == "overheated"]) == len(off)


def test_generators_take_over_before_anybody_notices(calm):
    outage = {"plant.delivery.outages": DARK["plant.delivery.outages"]}
    traces = traces_of(outage)
    assert {("grid_lost", "power"), ("generators_on", "power")} <= kinds(traces)
    assert ("failed", "power") not in kinds(traces)
    assert traces.utilisation.plant.inlet_c.max() > 24.5  # chillers restart minutes after the power is back
    assert traces.digest.arrived == calm.digest.arrived


def test_batteries_last_as_long_as_their_energy():
    """Five minutes at nameplate power are more at what servers draw; then the hall is dark until the grid is back."""
    traces = traces_of(DARK)
    (dark,) = traces.events.of("hall_dark")
    drawn_w = traces.utilisation.it_j[9:30] / 60.0
    stored_j = 300.0 * 8 * 10_200.0
    lasted = np.searchsorted(np.cumsum(drawn_w[:-1] * 60.0), stored_j)
    assert dark.at_s - 600.0 == pytest.approx(60.0 * lasted, abs=61.0)
    failed = traces.events.of("failed")
    assert len(failed) == 8 and {event.part for event in failed} == {"power"}
    assert {round(event.at_s + event.duration_s, 6) for event in failed} == {600.0 + 1200.0 + 600.0}


def test_a_server_too_hot_again_while_it_restarts_stays_off_and_fails_once_more_after_that():
    trips = {name: {"at_s": at_s, "duration_s": 540, "units": 5} for name, at_s in (("one", 300), ("two", 960))}
    thermals = {"facts.thermals.air_a2.shutdown_inlet_c": 41.0, "facts.thermals.air_a2.inlet_spread_k": 3.0}
    hall = {"facts.cooling.chiller_tower.thermal_mass_j_per_k_per_w": 12.0}
    traces = traces_of({"plant.climate.trips": trips}, thermals, hall)
    off = [event for event in traces.events.of("failed") if event.part == "overheated"]
    first, second = (event for event in off if event.server == 0)
    assert (first.at_s, first.duration_s) == (780.0, 780.0)
    assert second.at_s == first.at_s + first.duration_s
    assert traces.utilisation.plant.inlet_c[15] < 35.0 < 38.0 < traces.utilisation.plant.inlet_c[21]
    assert traces.utilisation.pools[0].down_server_s.sum() == pytest.approx(sum(event.duration_s for event in off))


@pytest.mark.parametrize(("ride_through_s", "gap_s", "downs"), [(0, 60, 1), (0, 700, 2), (60, 60, 2)])
def test_a_hall_may_go_dark_again_before_its_servers_have_restarted(ride_through_s, gap_s, downs):
    outages = {"one": {"at_s": 600, "duration_s": 600}, "two": {"at_s": 1200 + gap_s, "duration_s": 700}}
    chosen = {"outages": outages, "generators": False, "ride_through_s": ride_through_s}
    traces = traces_of({f"plant.delivery.{name}": what for name, what in chosen.items()})
    assert len(traces.events.of("hall_dark")) == 2
    assert len(traces.events.of("failed")) == 8 * downs
    last = max(event.at_s + event.duration_s for event in traces.events.of("failed"))
    assert last == 1200 + gap_s + 700 + 600


def test_a_weak_feed_slows_the_servers_until_it_holds():
    crowd = {"workload.demand.requests_per_day": 12e6}
    free = traces_of(crowd)
    limit_w = float(np.mean(free.utilisation.facility_j[5:] / 60.0)) * 0.95
    capped = traces_of(crowd, {"plant.delivery.feed_w": limit_w})
    assert float(np.mean(capped.utilisation.facility_j[10:] / 60.0)) < 1.03 * limit_w
    assert capped.utilisation.pools[0].speed[10:].mean() < 0.95
    assert capped.digest.mean("tpot_s") > free.digest.mean("tpot_s")


def test_only_pools_with_a_floor_are_slowed_and_no_further():
    pools = {"one": {"model": "llama_3_1_8b", "servers": 4}, "two": {"model": "llama_3_1_8b", "servers": 4}}
    limit = {"plant.delivery.feed_w": 30e3, "plant.delivery.floors": {"two": 0.5}}
    cases = {"code": {"share": 0.5, "lengths": "azure_code_2023"}, "chat": {"share": 0.5, "lengths": "azure_conv_2023"}}
    day = {key: value for key, value in BUSY.items() if "main" not in key}
    shared = {"fleet.pools": pools, "workload.use_cases": cases, "fleet.gateway": {"chat": "two"}}
    scenario = tiny_day({**day, **shared, **limit})
    one, two = simulate(scenario, CATALOGUE).utilisation.pools
    assert one.speed.min() == 1.0
    assert two.speed.min() == pytest.approx(0.5**0.53)


def test_idle_servers_sleep_and_wake_when_they_are_wanted():
    little = {"fleet.pools.main.sleep": {"enabled": True}, "workload.demand.requests_per_day": 1000}
    traces = traces_of(little)
    pool = traces.utilisation.pools[0]
    assert pool.asleep_server_s[-1] == 7 * 60.0
    assert pool.gpu_j[-1] < 0.2 * pool.gpu_j[0]
    shape = {"workload.demand.shape": "burstgpt_hourly", "workload.demand.requests_per_day": 60_000}
    morning = {"day.start_s": 3 * HOUR_S, "day.duration_s": 8 * HOUR_S, "fleet.pools.main.sleep": {"enabled": True}}
    busy = traces_of(shape, morning, SLOW).utilisation.pools[0]
    assert busy.waking_server_s.sum() > 0.0
    assert busy.asleep_server_s.max() > busy.asleep_server_s[-1]


def test_switched_off_draws_nothing_asleep_a_little():
    rest = {"workload.demand.requests_per_day": 0}
    asleep, off = (
        traces_of(rest, {"fleet.pools.main.sleep": {"enabled": True, "mode": mode}}).utilisation
        for mode in ("asleep", "off")
    )
    assert off.pools[0].off_server_s[-1] == asleep.pools[0].asleep_server_s[-1] == 7 * 60.0
    assert 0 < off.pools[0].host_j[-1] < asleep.pools[0].host_j[-1]


EVERYTHING = {
    **CHILLERS,
    "plant.delivery.outages": {"late": {"at_s": 2700, "duration_s": 300}},
    "plant.climate.zones": 3,
    "plant.climate.weather.drawn": True,
    "plant.failures.enabled": True,
    "plant.failures.multiplier": 3000,
    "plant.repair.spares": {"main": {"hot": 1, "cold": 1}},
    "plant.repair.services": {"upgrade": {"pool": "main", "at_s": 1200, "work_s": 120}},
    "fleet.pools.main.sleep": {"enabled": True},
    "fleet.pools.main.cells": 2,
}


def test_both_engines_live_the_same_day_with_all_of_it():
    day = tiny_day({**BUSY, **EVERYTHING, "workload.demand.requests_per_day": 20_000})
    compiled, reference = (simulate(day, CATALOGUE, engine) for engine in ("compiled", "reference"))
    assert compiled.events.events == reference.events.events
    assert np.array_equal(compiled.digest.bins, reference.digest.bins)
    joules = [float(traces.utilisation.facility_j.sum()) for traces in (compiled, reference)]
    assert joules[0] == pytest.approx(joules[1], rel=1e-10)


def test_a_day_with_all_of_it_is_the_same_day_twice_and_closes():
    one, two = traces_of(EVERYTHING), traces_of(EVERYTHING)
    assert one.events.events == two.events.events and len(one.events.events) > 12
    assert one.utilisation.table().equals(two.utilisation.table())
    plant, it_j = one.utilisation.plant, one.utilisation.it_j
    error = float(np.abs(plant.heat_removed_j + plant.heat_stored_j - it_j).max() / it_j.max())
    print(f"heat balance of a day with everything: worst minute {error:.1e}")
    assert error < 1e-9


def test_a_minute_whose_heat_goes_nowhere_is_refused(calm):
    plant = replace(calm.utilisation.plant, heat_removed_j=calm.utilisation.plant.heat_removed_j * (1 + 1e-8))
    with pytest.raises(InvariantError, match="heat removed and stored"):
        replace(calm, utilisation=replace(calm.utilisation, plant=plant)).check()


def test_check_foresees_what_is_too_small():
    calm, small = tiny_day(), tiny_day({"facts.cooling.chiller_tower.capacity_fraction": 0.75})
    assert foresee(calm, CATALOGUE) == []
    ((where, what),) = foresee(small, with_facts(CATALOGUE, small.facts))
    assert where == ("plant", "climate", "cooling") and "the hall warms to" in what
    ((where, what),) = foresee(tiny_day({"plant.delivery.feed_w": 5000}), CATALOGUE)
    assert where == ("plant", "delivery", "feed_w") and "cannot be kept" in what


WRONG = [
    (
        {"plant.repair.spares": {"main": {"hot": 2, "cold": 1}}},
        "plant.repair.spares.main: 3 servers stand by, but the pool",
    ),
    ({"plant.repair.spares": {"mian": {"hot": 1}}}, "plant.repair.spares.mian: 'mian' is not a pool"),
    ({"plant.repair.services": {"up": {"pool": "mian"}}}, "plant.repair.services.up.pool: 'mian' is not a pool"),
    ({"facts.cooling.chiller_tower.supply_air_c": 300}, "supply_air_c: is no temperature of a hall"),
    (
        {"facts.cooling.chiller_tower.supply_air_c": 14},
        "facts.cooling.chiller_tower.supply_air_c: 14 degC must lie above",
    ),
    ({"facts.thermals.air_a2.throttle_inlet_c": 20}, "throttle_inlet_c"),
    ({"plant.climate.thermals": "air_a3"}, "'air_a3' is not what warm air does to servers"),
]


@pytest.mark.parametrize(
    ("changes", "told"), WRONG, ids=lambda value: json.dumps(value) if isinstance(value, dict) else ""
)
def test_what_cannot_be_is_refused(changes, told):
    with pytest.raises(ScenarioError, match=told.replace(".", r"\.")):
        run(tiny_day(changes))
