"""Causes, lemons, ageing and hands by their laws."""

import math

import numpy as np
import pytest

from sim.catalogue import read_catalogue
from sim.catalogue.parameter import Fact
from sim.plant.reliability.failure_model import (
    CAUSES,
    PARTS,
    WAYS_TO_AGE,
    cause_rates_per_s,
    labour_s,
    lemon_factors,
    times_to_failure_s,
)

BOOK = read_catalogue(kinds=["hazards"])
LLAMA_3 = BOOK.hazards["llama_3"]
ONES = np.ones((len(CAUSES), WAYS_TO_AGE))


@pytest.mark.parametrize("name", sorted(BOOK.hazards))
def test_causes_share_the_whole_rate(name):
    hazard = BOOK.hazards[name]
    assert cause_rates_per_s(hazard, 2.0).sum() * 86_400 == pytest.approx(2 * hazard.failures_per_server_day.value)


def test_parts_have_the_shares_of_the_published_categories():
    shares = dict.fromkeys(PARTS, 0.0)
    for name, cause in CAUSES.items():
        shares[cause.part] += getattr(LLAMA_3, f"{name}_fraction").value
    wanted = {"gpu": 268, "host": 46, "network": 42, "software": 63}
    assert shares == pytest.approx({part: count / 419 for part, count in wanted.items()}, abs=5e-6)


def test_times_scale_with_draw_and_rate():
    rates = cause_rates_per_s(LLAMA_3, 1.0)
    assert times_to_failure_s(LLAMA_3, rates, 0.0, ONES) == pytest.approx(1 / rates)
    assert times_to_failure_s(LLAMA_3, 10 * rates, 0.0, 3 * ONES) == pytest.approx(0.3 / rates)
    assert np.all(times_to_failure_s(LLAMA_3, 0 * rates, 0.0, ONES) == math.inf)


def test_software_does_not_age():
    ageing = LLAMA_3.model_copy(update={"infant_fraction": Fact(value=0.5, source="test")})
    rates = cause_rates_per_s(ageing, 1.0)
    times = dict(zip(CAUSES, times_to_failure_s(ageing, rates, 0.0, ONES) * rates, strict=True))
    assert times["software_bug"] == pytest.approx(1.0)
    assert times["hbm"] != pytest.approx(1.0, rel=0.1)


def test_lemons_take_from_the_others():
    factors = lemon_factors(LLAMA_3, (np.arange(100_000) + 0.5) / 100_000)
    assert factors.mean() == pytest.approx(1.0, rel=1e-6)
    assert factors[0] / factors[-1] == pytest.approx(LLAMA_3.lemon_factor.value)


def test_hands_are_needed_for_some_hardware_and_no_software():
    uniforms = (np.arange(1000) + 0.5) / 1000
    by_hand = [labour_s(LLAMA_3, "gpu", float(u), 1.0) > 0 for u in uniforms]
    assert np.mean(by_hand) == pytest.approx(LLAMA_3.hands_on_fraction.value, abs=1e-3)
    assert labour_s(LLAMA_3, "gpu", 0.0, 2.0) == 21_600.0
    assert labour_s(LLAMA_3, "software", 0.0, 2.0) == 0.0
