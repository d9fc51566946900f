"""Technicians, parts, reserves, planned work and rest, on pools without requests."""

import pytest
import simpy

from sim.catalogue import read_catalogue
from sim.catalogue.parameter import Fact
from sim.core.states import ServerState
from sim.fleet.reliability.maintenance import PlannedWork
from sim.fleet.reliability.repair import FAILURE, Crew, Reserve, Store
from sim.fleet.scaling.threshold import wanted_servers
from sim.plant.reliability.failure_model import CAUSES
from sim.scenario.plant import Service, Shift, Stock
from sim.scenario.schema import Sleep
from tests.fake_pools import breaking, fake_servers

HOUR_S = 3600.0
LLAMA_3 = read_catalogue(kinds=["hazards"]).hazards["llama_3"]


def changed(**facts):
    return LLAMA_3.model_copy(update={name: Fact(value=value, source="test") for name, value in facts.items()})


def job(env, crew, took, length_s=1.0):
    yield crew.request()
    took.append(env.now)
    yield env.timeout(length_s)
    crew.release()


def test_technicians_work_by_shift_and_finish_what_they_began():
    env, took = simpy.Environment(), []
    crew = Crew(env)
    shifts = [
        Shift(start_s="08:00", end_s="16:00", technicians=1),
        Shift(start_s="22:00", end_s="02:00", technicians=2),
    ]
    crew.work(shifts, 6 * HOUR_S)  # the run begins at six in the morning
    for length_h in (9, 1, 1, 1):
        env.process(job(env, crew, took, length_h * HOUR_S))
    env.run(until=40 * HOUR_S)
    # eight o'clock; the first works until five, an hour of it overtime; the rest wait for the two of the night
    assert [at / HOUR_S for at in took] == [2, 16, 16, 17]


def test_a_shift_past_midnight_is_under_way_when_the_run_begins():
    env, took = simpy.Environment(), []
    crew = Crew(env)
    crew.work([Shift(start_s="22:00", end_s="06:00", technicians=1)], 2 * HOUR_S)
    env.process(job(env, crew, took))
    env.run(until=HOUR_S)
    assert took == [0.0]


def test_a_store_orders_anew_and_lets_wait_who_finds_it_empty():
    env, took = simpy.Environment(), []
    store = Store(env, Stock(parts=2, reorder_at=1, order=1), lead_s=100.0)

    def taker():
        yield from store.take()
        took.append(env.now)

    for _ in range(4):
        env.process(taker())
    env.run(until=1000)
    assert took == [0.0, 0.0, 100.0, 100.0]
    free = Store(env, None, 100.0)
    assert list(free.take()) == []


def test_two_reasons_hold_a_server_until_both_are_gone():
    env = simpy.Environment()
    pool = fake_servers(env, 2)
    pool.take(0, "rack", part="rack")
    pool.take(0, FAILURE, part="gpu")
    env.run(until=10)
    pool.give(0, FAILURE)
    assert pool.states.state(0) == ServerState.DOWN and not pool.serves(0)
    env.run(until=15)
    pool.give(0, "rack")
    assert pool.states.state(0) == ServerState.UP and pool.serves(0)
    assert pool.in_service_s(0) == 0.0 and pool.in_service_s(1) == 15.0
    assert [(e.part, e.duration_s) for e in pool.log.of("failed")] == [("gpu", 10.0), ("rack", 15.0)]
    assert pool.engine.told == [("fail", 0), ("restore", 0)]


def test_a_hot_spare_serves_at_once_a_cold_one_after_its_start():
    env = simpy.Environment()
    pool = fake_servers(env, 5)
    reserve = Reserve(env, pool, 60.0)
    reserve.fill(hot=1, cold=1)
    assert [pool.states.state(s) for s in (2, 3, 4)] == [ServerState.UP, ServerState.ASLEEP, ServerState.DRAINING]
    for server in (0, 1, 2):
        pool.take(server, FAILURE)
        reserve.replace(server)
    assert [pool.serves(s) for s in (3, 4)] == [False, True]
    assert pool.states.state(3) == ServerState.WAKING
    env.run(until=60.5)
    assert pool.serves(3)
    for server in (0, 1, 2):
        pool.give(server, FAILURE)
    assert [pool.states.state(s) for s in (0, 1, 2)] == [ServerState.DRAINING, ServerState.ASLEEP, ServerState.UP]


@pytest.mark.parametrize(("until_s", "done"), [(None, 6), (400.0, 4)])
def test_rolling_work_drains_first_and_keeps_to_its_window(until_s, done):
    env = simpy.Environment()
    pool = fake_servers(env, 6)
    pool.engine.busy = dict.fromkeys(range(6), 3)  # three looks until each is empty
    service = Service(pool="main", at_s=30.0, until_s=until_s, at_once=2, work_s=100.0)
    PlannedWork(env, pool, "upgrade", service, Crew(env), 20.0).start()
    out = []
    for _ in range(200):
        env.run(until=env.now + 10)
        out.append(6 - pool.states.count(ServerState.UP))
    serviced = pool.log.of("serviced")
    assert len(serviced) == len(pool.log.of("returned")) == done
    assert {event.duration_s for event in serviced} == {120.0}
    assert serviced[0].at_s == 120.0 and serviced[0].cause == "upgrade"
    assert max(out) == 2 and out[-1] == 0


def test_reactive_sleep_leaves_a_band_alone():
    rule = Sleep(enabled=True, low=0.2, high=0.6, least_servers=3)
    assert wanted_servers(rule, 10, 0.6, 20) == wanted_servers(rule, 10, 0.2, 20) == 10
    assert wanted_servers(rule, 10, 0.0, 20) == 3
    assert wanted_servers(rule, 10, 1.0, 20) == 20


# --- common random numbers --------------------------------------------------------------------------------------------


def causes_and_times(hazard, technicians=50, seed=4):
    env, pool, breakdowns = breaking(hazard, servers=200, technicians=technicians, multiplier=40.0, seed=seed)
    breakdowns.start(30 * 86_400.0)
    env.run(until=30 * 86_400.0)
    first = {}
    for event in sorted(pool.log.of("failed")):
        if event.part != "rack":
            first.setdefault(event.server, (event.cause, event.at_s))
    return first, pool.log.of("failed")


def test_another_repair_shifts_no_other_draw():
    """The first failure of each server, its cause and its hands-on time stay when repair takes longer."""
    lone = {"rack_failures_per_day": 0, "rack_reach_fraction": 0}
    base, events = causes_and_times(changed(**lone))
    slow, slow_events = causes_and_times(
        changed(**lone, technician_repair_s=36_000.0, restart_s=60.0, vendor_fraction=0.5)
    )
    assert base == slow and len(base) > 150
    labour = {e.server: e.labour_s for e in sorted(events, reverse=True) if e.labour_s}
    slower = {e.server: e.labour_s for e in sorted(slow_events, reverse=True) if e.labour_s}
    same = [s for s in labour if s in slower and slower[s] == pytest.approx(labour[s] * 36_000 / 10_800)]
    assert len(same) > 30
    other, _ = causes_and_times(changed(**lone), seed=5)
    assert other != base


def test_a_switch_takes_its_rack_and_gives_it_back():
    only = {f"{cause}_fraction": 0.0 for cause in CAUSES} | {
        "switch_or_cable_fraction": 1.0,
        "rack_reach_fraction": 1.0,
    }
    _, events = causes_and_times(changed(**only, rack_failures_per_day=0))
    racks = [event for event in events if event.part == "rack"]
    first = min(event for event in events if event.part == "network")
    together = {e.server for e in racks if e.at_s == first.at_s} | {first.server}
    start = first.server - first.server % 4
    assert together == set(range(start, start + 4))


def test_rack_power_takes_whole_racks_and_a_technician():
    never = {"failures_per_server_day": 0.0, "rack_failures_per_day": 0.01}
    env, pool, breakdowns = breaking(changed(**never), servers=40, multiplier=1.0)
    breakdowns.start(60 * 86_400.0)
    env.run(until=60 * 86_400.0)
    mended = pool.log.of("rack_mended")
    assert 1 <= len(mended) < 30
    assert len(pool.log.of("failed")) == 4 * len(mended)
    assert all(event.labour_s > 0 and event.pool == "main" for event in mended)
