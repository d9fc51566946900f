"""Moist air against PsychroLib, which follows the same chapter of ASHRAE's handbook."""

import numpy as np
import psychrolib
import pytest

from sim.plant.facility.psychrometrics import humidity_ratio, humidity_ratio_at_wet_bulb, saturation_pa, wet_bulb_c

psychrolib.SetUnitSystem(psychrolib.SI)

RNG = np.random.default_rng(7)
DRY_C, HUMIDITY, PRESSURE_PA = RNG.uniform(-30, 50, 600), RNG.uniform(0.02, 1.0, 600), RNG.uniform(7e4, 1.05e5, 600)
OWN_C = wet_bulb_c(DRY_C, HUMIDITY, PRESSURE_PA)
ORACLE_C = np.array(
    [psychrolib.GetTWetBulbFromRelHum(*hour) for hour in zip(DRY_C, HUMIDITY, PRESSURE_PA, strict=True)]
)
TWO_ANSWERS_K = 0.75
"""Between the balances over water and over ice both hold so near freezing."""


def stull_2011(dry, humidity):
    """The short formula at sea level that many use instead."""
    h = 100 * humidity
    bend = np.arctan(dry + h) - np.arctan(h - 1.676331) + 0.00391838 * h**1.5 * np.arctan(0.023101 * h) - 4.686035
    return dry * np.arctan(0.151977 * np.sqrt(h + 8.313659)) + bend


def test_wet_bulbs_are_psychrolibs(record_property):
    clear = np.abs(ORACLE_C) > TWO_ANSWERS_K
    worst_k = float(np.abs(OWN_C - ORACLE_C)[clear].max())
    record_property("worst_k", worst_k)
    print(f"wet bulb against PsychroLib: worst of {clear.sum()} hours {worst_k:.5f} K")
    assert clear.sum() > 550
    assert worst_k < 1.1e-3  # PsychroLib stops its own bisection at a thousandth of a kelvin


def test_near_freezing_two_wet_bulbs_hold_and_lie_close():
    assert np.abs(OWN_C - ORACLE_C).max() < TWO_ANSWERS_K


def test_the_short_formula_would_be_seen():
    sea = wet_bulb_c(DRY_C, HUMIDITY)
    assert np.abs(stull_2011(DRY_C, HUMIDITY) - sea)[DRY_C > 0].max() > 0.3


@pytest.mark.parametrize("air_c", [-40.0, -5.0, 0.0, 0.5, 25.0, 60.0])
def test_saturation_is_psychrolibs(air_c):
    assert float(saturation_pa(air_c)) == pytest.approx(psychrolib.GetSatVapPres(air_c), rel=1e-12)


def test_saturated_air_is_as_cold_as_its_wet_bulb():
    assert wet_bulb_c([-10.0, 5.0, 30.0], 1.0) == pytest.approx([-10.0, 5.0, 30.0], abs=1e-6)


def test_the_humidity_of_a_wet_bulb_gives_it_back():
    wanted = humidity_ratio(0.4 * saturation_pa(28.0))
    assert float(humidity_ratio_at_wet_bulb(28.0, wet_bulb_c(28.0, 0.4))) == pytest.approx(float(wanted), rel=1e-6)
