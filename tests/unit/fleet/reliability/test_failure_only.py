"""Failures without requests are those of a day in which nobody asks, and a part of a fleet is mended by its share."""

from fractions import Fraction

import pytest

import sim
from sim.catalogue import read_catalogue
from sim.core.streams import Streams
from sim.fleet.reliability.failure_only import failures_alone
from sim.result_json import availability, summary
from sim.studies.questions.cell_plan import Cell
from sim.studies.running.cells import Order, run_cells
from sim.studies.running.fraction import mended_by_share, shrink

CATALOGUE = read_catalogue()
FLEET = {
    "day.duration_s": 3 * 3600.0,
    "workload.demand.requests_per_day": 0.0,
    "fleet.pools.main.servers": 48,
    "plant.failures.multiplier": 1500.0,
    "plant.failures.technicians": 3,
}
BUSY = FLEET | {"workload.demand.requests_per_day": 20_000.0}


def fleet(**changes):
    return sim.load("support_chatbot", FLEET | {path.replace("__", "."): value for path, value in changes.items()})


def row(scenario, part, replication=0):
    columns = run_cells(Order(scenario, "reference", part), [Cell(0, {})], replication)
    assert columns.messages == [""]
    return {name: columns.column(name)[0] for name in (*columns.same, *columns.each)}


def of_servers(events):
    return [event for event in events if event.pool]


@pytest.mark.parametrize("spares", [{}, {"main": {"hot": 4, "cold": 3}}])
def test_what_breaks_is_what_breaks_in_a_day_without_requests(spares):
    scenario = fleet(plant__repair__spares=spares)
    alone = failures_alone(scenario, CATALOGUE, Streams(scenario.seed, 1))
    day = sim.run(scenario, engine="reference", catalogue=CATALOGUE, replication=1)
    assert len(alone.events.of("failed")) > 10
    assert alone.events.events == of_servers(day.traces.events.events)
    assert alone.down_fraction == pytest.approx(1 - availability(day), rel=1e-9)


def test_the_fleet_s_first_servers_fail_as_those_of_a_part():
    part, _ = shrink(fleet(), Fraction(1, 4))
    few, many = (failures_alone(each, CATALOGUE, Streams(1, 0)).events.of("failed") for each in (part, fleet()))
    mine = [(event.at_s, event.server, event.cause) for event in few if event.part != "rack"]
    assert mine
    assert set(mine) <= {(event.at_s, event.server, event.cause) for event in many}


def test_a_part_is_mended_by_its_share_of_the_whole_fleet_s_repairs():
    scenario = fleet()
    whole, part = row(scenario, None), row(scenario, Fraction(1, 8))
    assert whole["plant.parts_used"] > 2
    for name in (
        "cost_usd.maintenance",
        "fleet.failures",
        "fleet.availability",
        "plant.parts_used",
        "plant.technician_h",
    ):
        assert part[name] == pytest.approx(whole[name], rel=1e-9), name
    few, larger = shrink(scenario, Fraction(1, 8))
    grown = larger * sim.run(few, engine="reference", catalogue=CATALOGUE).ledger.by("category")["maintenance"]
    assert grown != pytest.approx(whole["cost_usd.maintenance"], rel=0.1)


def test_luck_of_a_part_is_that_of_the_whole_fleet():
    """Parts used vary from day to day as they do in all of the fleet, not in steps of eight."""
    used = [row(fleet(), Fraction(1, 8), day)["plant.parts_used"] for day in range(4)]
    assert used == [row(fleet(), None, day)["plant.parts_used"] for day in range(4)]
    assert any(count % 8 for count in used)


def test_a_share_of_repairs_changes_nothing_else():
    scenario, part = sim.load("support_chatbot", BUSY), Fraction(1, 8)
    few, larger = shrink(scenario, part)
    before = sim.run(few, engine="reference", catalogue=CATALOGUE)
    after, counted = mended_by_share(before, scenario, larger, 0)
    assert set(counted) == {"fleet.failures", "fleet.availability", "plant.technician_h", "plant.parts_used"}
    old, new = before.ledger.by("category"), after.ledger.by("category")
    assert {name for name in old if old[name] != new[name]} == {"maintenance"}
    assert summary(after)["latency"] == summary(before)["latency"]
    assert mended_by_share(before, scenario, 1.0, 0) == (before, {})


def test_servers_that_sleep_age_by_demand_and_stand_for_all():
    scenario = fleet(fleet__pools__main__sleep={"enabled": True})
    few, larger = shrink(scenario, Fraction(1, 8))
    day = sim.run(few, engine="reference", catalogue=CATALOGUE)
    assert mended_by_share(day, scenario, larger, 0) == (day, {})
