import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.catalogue import read_catalogue
from sim.catalogue.facts import Fact
from sim.plant.cooling import (
    LOWEST_SPEED,
    chiller_cop,
    compressor_w,
    cooling_w,
    fan_w,
    hall_step,
    rejection_c,
    throttle_speed,
)
from sim.plant.hazard import PARTS, failed_part, labour_s, time_to_failure_s

BOOK = read_catalogue(kinds=["cooling", "hazards"])
TOWER, DRY = BOOK.cooling["chiller_tower"], BOOK.cooling["chiller_dry"]
FREE = BOOK.cooling["economiser_tower"]
LLAMA_3 = BOOK.hazards["llama_3"]
EVERY_PLANT = st.sampled_from(sorted(BOOK.cooling))
WATTS = st.floats(0, 1e7)


def changed(plant, **facts):
    return plant.model_copy(update={name: Fact(value=value, source="test") for name, value in facts.items()})


def test_cop_by_hand_and_below_carnot():
    assert chiller_cop(13.0, 30.0, 0.55, 12.0) == pytest.approx(0.55 * 286.15 / 17.0)
    assert chiller_cop(13.0, 30.0, 1.0, 99.0) == pytest.approx(286.15 / 17.0)


@given(evaporator=st.floats(0, 30), condenser=st.floats(-20, 60), warmer=st.floats(0.01, 20))
def test_cop_falls_with_the_lift_and_never_exceeds_its_cap(evaporator, condenser, warmer):
    cool, warm = (chiller_cop(evaporator, at, 0.55, 12.0) for at in (condenser, condenser + warmer))
    assert 0 < warm <= cool <= 12.0
    if condenser <= evaporator:
        assert cool == 12.0


def test_a_tower_rejects_towards_the_wet_bulb_a_dry_cooler_towards_the_dry_bulb():
    assert rejection_c(TOWER, 30.0, 20.0) == 24.0
    assert rejection_c(DRY, 30.0, 20.0) == 38.0


def test_an_economiser_switches_the_chiller_off_when_it_is_cold_enough():
    assert FREE.chilled_water_c.value == 20.0
    assert compressor_w(FREE, 1000.0, 20.0, 16.0) == 0.0
    assert compressor_w(FREE, 1000.0, 20.0, 16.1) > 0.0
    assert compressor_w(changed(FREE, economiser=0), 1000.0, 20.0, 16.0) > 0.0


def test_fans_follow_the_cube_of_the_load():
    assert fan_w(TOWER, 1000.0, 1000.0) == pytest.approx(20.0)
    assert fan_w(TOWER, 500.0, 1000.0) == pytest.approx(20.0 / 8)
    assert fan_w(TOWER, 0.0, 1000.0) == fan_w(TOWER, 0.0, 0.0) == 0.0


def test_pumps_move_the_heat_and_that_of_the_chiller():
    compressor = compressor_w(TOWER, 1000.0, 30.0, 20.0)
    whole = cooling_w(TOWER, 1000.0, 2000.0, 30.0, 20.0)
    assert whole == pytest.approx(compressor + 0.02 * 2000 / 8 + 0.015 * (1000 + compressor))


@given(
    name=EVERY_PLANT, heat=st.floats(1, 1e7), more=st.floats(1, 1e6), wet=st.floats(-10, 30), warmer=st.floats(0, 15)
)
def test_more_heat_or_warmer_weather_never_costs_less(name, heat, more, wet, warmer):
    plant = BOOK.cooling[name]
    base = cooling_w(plant, heat, 1e7, wet + 5, wet)
    assert cooling_w(plant, heat + more, 1e7, wet + 5, wet) > base > 0
    assert cooling_w(plant, heat, 1e7, wet + 5 + warmer, wet + warmer) >= base


@given(name=EVERY_PLANT, inlet=st.floats(20, 60), heat=WATTS, design=st.floats(1e3, 1e7), seconds=st.floats(0.1, 3600))
def test_heat_removed_is_heat_produced_less_heat_stored(name, inlet, heat, design, seconds):
    plant = BOOK.cooling[name]
    inlet = max(inlet, plant.supply_air_c.value)
    step = hall_step(plant, inlet, heat, design, seconds)
    stored = plant.thermal_mass_j_per_k_per_w.value * design * (step.inlet_c - inlet)
    scale = max(heat * seconds, abs(stored), 1.0)
    capacity_j = plant.capacity_fraction.value * design * seconds
    assert abs(step.removed_j - (heat * seconds - stored)) <= 1e-9 * scale
    assert step.removed_j <= capacity_j + 1e-9 * max(scale, capacity_j)
    assert step.inlet_c >= plant.supply_air_c.value


def test_a_saturated_plant_warms_the_hall_by_what_it_cannot_carry():
    step = hall_step(changed(TOWER, capacity_fraction=0.5), 24.0, 800.0, 1000.0, 60.0)
    assert step.inlet_c == pytest.approx(24.0 + 300.0 * 60.0 / 30_000.0)
    assert step.removed_j == pytest.approx(500.0 * 60.0)


def test_a_hall_comes_back_to_its_set_point_and_stays_there():
    step = hall_step(TOWER, 24.01, 0.0, 1000.0, 3600.0)
    assert step.inlet_c == 24.0
    assert step.removed_j == pytest.approx(0.01 * 30_000.0)
    held = hall_step(TOWER, 24.0, 900.0, 1000.0, 60.0)
    assert (held.inlet_c, held.removed_j) == (24.0, 54_000.0)


@given(heat=WATTS, small=st.floats(0, 2), extra=st.floats(0, 2))
def test_more_cooling_is_never_warmer(heat, small, extra):
    less, more = (
        hall_step(changed(TOWER, capacity_fraction=f), 30.0, heat, 1e6, 600.0) for f in (small, small + extra)
    )
    assert more.inlet_c <= less.inlet_c


@given(inlet=st.floats(0, 40), heat=WATTS, seconds=st.floats(1, 1800), part=st.floats(0.1, 0.9))
def test_a_saturated_stretch_may_be_cut_anywhere(inlet, heat, seconds, part):
    plant = changed(TOWER, capacity_fraction=0.0, supply_air_c=0.0)
    whole = hall_step(plant, inlet, heat, 1e6, seconds)
    first = hall_step(plant, inlet, heat, 1e6, seconds * part)
    second = hall_step(plant, first.inlet_c, heat, 1e6, seconds * (1 - part))
    assert second.inlet_c == pytest.approx(whole.inlet_c, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("inlet", "speed"), [(24, 1.0), (35, 1.0), (36, 0.95), (45, 0.5), (53, 0.1), (90, LOWEST_SPEED)]
)
def test_throttle_by_hand(inlet, speed):
    assert throttle_speed(TOWER, float(inlet)) == pytest.approx(speed)


@given(inlet=st.floats(-20, 120), warmer=st.floats(0, 50))
def test_a_warmer_inlet_is_never_faster(inlet, warmer):
    assert LOWEST_SPEED <= throttle_speed(TOWER, inlet + warmer) <= throttle_speed(TOWER, inlet) <= 1.0


@pytest.mark.parametrize("name", sorted(BOOK.hazards))
def test_shares_of_parts_by_uniform_draws(name):
    hazard = BOOK.hazards[name]
    uniforms = (np.arange(20_000) + 0.5) / 20_000
    drawn = [failed_part(hazard, u) for u in uniforms]
    for part in PARTS:
        assert drawn.count(part) / 20_000 == pytest.approx(getattr(hazard, f"{part}_fraction").value, abs=1e-4)


def test_the_last_part_takes_what_rounding_leaves():
    short = LLAMA_3.model_copy(update={"software_fraction": Fact(value=0.1, source="test")})
    assert failed_part(short, math.nextafter(1.0, 0.0)) == "software"
    assert failed_part(LLAMA_3, 0.0) == "gpu"


def test_times_scale_with_draw_and_rate():
    assert time_to_failure_s(LLAMA_3, 1.0, 1.0) == pytest.approx(86_400 / 3.79e-3)
    assert time_to_failure_s(LLAMA_3, 10.0, 3.0) == pytest.approx(0.3 * 86_400 / 3.79e-3)
    assert time_to_failure_s(LLAMA_3, 0.0, 1.0) == math.inf
    assert labour_s(LLAMA_3, "gpu", 2.0) == 21_600.0
    assert labour_s(LLAMA_3, "software", 2.0) == 0.0
