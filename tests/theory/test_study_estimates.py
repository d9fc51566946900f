"""Intervals hold what they promise, on distributions whose truth is known; and a wrong one would be found out."""

import math

import numpy as np
import pandas as pd
import pytest

from sim.core.streams import Streams
from sim.studies.sampling.designs import blocks_of, spread_points
from sim.studies.statistics.estimates import (
    Setting,
    mean,
    probability,
    quantile,
    rank_noise,
    split_variance,
    tail_mean,
    variance_of,
)
from sim.studies.statistics.results import Interval
from sim.studies.statistics.summary import compare, variance_cut

REPEATS = 500
DRAWS = 64
LEVEL = 0.9


def covered(estimate, truth, make, setting=None):
    """In how many of all repeats an interval holds the truth."""
    setting = setting or Setting(LEVEL, DRAWS, shared=False)
    found = [estimate(make(np.random.default_rng([5, repeat])), setting) for repeat in range(REPEATS)]
    return sum(interval.low <= truth <= interval.high for interval in found) / REPEATS


def normal(rng):
    return rng.normal(3.0, 2.0, (DRAWS, 1))


def days_in_worlds(rng):
    """Eight days in each of 64 worlds: days of one world are alike."""
    return 3.0 + rng.normal(0.0, 2.0, (DRAWS, 1)) + rng.normal(0.0, 1.0, (DRAWS, 8))


def the_same_days(rng):
    """Eight days that all worlds share."""
    return 3.0 + rng.normal(0.0, 1.0, (DRAWS, 1)) + rng.normal(0.0, 2.0, (1, 8))


def below(values, setting):
    return probability((values < 1.0).astype(float), setting)


def skewed(rng):
    return rng.lognormal(0.0, 0.6, (DRAWS, 1))


def mostly_one(rng):
    """Availability as it is: 1 on nearly half of all days, anything from 0.9 on else."""
    return np.where(rng.random((DRAWS, 1)) < 0.52, 0.9 + 0.1 * rng.random((DRAWS, 1)), 1.0)


def high_quantile(values, setting):
    return quantile(values, 0.95, setting)


CASES = {
    "mean": (mean, 3.0, normal),
    "mean of days nested in worlds": (mean, 3.0, days_in_worlds),
    "probability": (below, 0.5 * (1 + math.erf(-1 / math.sqrt(2))), normal),
    "median": (lambda values, setting: quantile(values, 0.5, setting), 3.0, normal),
    "a high quantile of a skewed number": (high_quantile, math.exp(0.6 * 1.6448536269514722), skewed),
    "median where many values are equal": (
        lambda values, setting: quantile(values, 0.5, setting),
        0.9 + 0.1 * 0.5 / 0.52,
        mostly_one,
    ),
    "median of days nested in worlds": (lambda values, setting: quantile(values, 0.5, setting), 3.0, days_in_worlds),
}


@pytest.mark.parametrize("name", CASES)
def test_the_interval_covers_what_it_says(name):
    assert 0.86 <= covered(*CASES[name]) <= 0.94


def test_the_interval_covers_where_all_worlds_share_their_days():
    assert 0.86 <= covered(mean, 3.0, the_same_days, Setting(LEVEL, DRAWS, shared=True)) <= 0.94


@pytest.mark.parametrize("days", [2, 8])
def test_the_share_of_the_world_covers_where_all_worlds_share_their_days(days):
    def split(rng):
        values = rng.normal(0.0, 1.0, (DRAWS, 1)) + rng.normal(0.0, 1.0, (1, days))
        told = variance_of(values, Setting(LEVEL, DRAWS, shared=True), Streams(1))
        return Interval(**told["world_share"])

    assert 0.86 <= covered(lambda found, _: found, 0.5, split) <= 0.94


def test_an_end_beyond_the_smallest_or_largest_of_few_values_is_not_known():
    values, setting = np.arange(DRAWS, dtype=float).reshape(-1, 1), Setting(LEVEL, DRAWS, False)
    assert math.isnan(quantile(values, 0.99, setting).high)
    assert math.isnan(quantile(values, 0.01, setting).low)
    assert quantile(values, 0.99, setting).low > quantile(values, 0.5, setting).high
    enough = np.arange(1000.0).reshape(-1, 1)
    assert quantile(enough, 0.99, Setting(LEVEL, 1000, False)).high < 999


def test_draws_of_which_nothing_is_known_make_nothing_surer():
    known = np.zeros((3, 1))
    many = np.concatenate([known, np.full((61, 1), np.nan)])
    assert probability(many, Setting(LEVEL, DRAWS, False)) == probability(known, Setting(LEVEL, 3, False))


def test_a_difference_is_relative_to_the_base_on_the_same_days():
    days = np.array([[1.0, 2.0, 3.0, 100.0], [2.0, 3.0, 4.0, np.nan]])
    assert compare(days, ["a", "b"], "a", LEVEL)["differences"]["b"]["relative"] == 0.5


def stratified(rng):
    points = spread_points(DRAWS, 2, "latin_hypercube", Streams(int(rng.integers(2**31))))
    return (points[:, :1] + points[:, 1:] ** 2 + points[:, :1] * points[:, 1:]).copy()


def test_the_interval_covers_with_latin_hypercubes_and_is_narrower():
    truth, setting = 0.5 + 1 / 3 + 0.25, Setting(LEVEL, blocks_of(DRAWS, "latin_hypercube"), shared=False)
    assert 0.86 <= covered(mean, truth, stratified, setting) <= 0.94
    plain = Setting(LEVEL, DRAWS, shared=False)
    values = stratified(np.random.default_rng(1))
    assert width(mean(values, setting)) < 0.5 * width(mean(values, plain))


def width(interval):
    return interval.high - interval.low


def test_an_interval_that_takes_all_days_for_independent_would_be_found_out():
    assert covered(mean, 3.0, lambda rng: days_in_worlds(rng).reshape(-1, 1), Setting(LEVEL, DRAWS * 8, False)) < 0.86


def test_an_interval_that_forgets_that_days_are_shared_would_be_found_out():
    assert covered(mean, 3.0, the_same_days) < 0.86


def test_a_mean_that_is_off_would_be_found_out():
    assert covered(mean, 3.5, normal) < 0.86


def test_the_mean_beyond_a_quantile_of_the_normal_distribution():
    values = np.random.default_rng(3).normal(3.0, 2.0, (200_000, 1))
    z = 1.2815515655446004
    truth = 3.0 + 2.0 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / 0.1
    found = tail_mean(values, 0.9, Setting(LEVEL, len(values), False))
    assert found.low <= truth <= found.high
    assert width(found) < 0.01 * truth
    assert not found.low <= quantile(values, 0.9, Setting(LEVEL, len(values), False)).estimate <= found.high


@pytest.mark.parametrize(
    ("make", "shared", "world", "day"), [(days_in_worlds, False, 4, 1), (the_same_days, True, 1, 4)]
)
def test_variance_is_split_between_world_and_day(make, shared, world, day):
    found = [split_variance(make(np.random.default_rng([6, repeat])), shared) for repeat in range(200)]
    assert np.mean([split.world for split in found]) == pytest.approx(world, rel=0.05)
    assert np.mean([split.day for split in found]) == pytest.approx(day, rel=0.15)


def test_taking_shared_days_for_own_ones_would_be_found_out():
    found = [split_variance(the_same_days(np.random.default_rng([6, repeat])), False) for repeat in range(200)]
    assert np.mean([split.world for split in found]) != pytest.approx(1, rel=0.3)


def test_the_mean_beyond_a_quantile_of_few_values_is_the_largest():
    assert tail_mean(np.arange(8.0).reshape(-1, 1), 0.95, Setting(LEVEL, 8, False)).estimate == 7.0


def test_the_share_of_the_world_has_an_interval():
    told = variance_of(days_in_worlds(np.random.default_rng(1)), Setting(LEVEL, DRAWS, False), Streams(1))
    assert told["world_share"]["low"] < 0.8 < told["world_share"]["high"]
    assert variance_of(normal(np.random.default_rng(1)), Setting(LEVEL, DRAWS, False), Streams(1)) is None


def test_what_is_missing_is_left_out():
    values = np.array([[1.0], [np.nan], [3.0], [5.0]])
    assert mean(values, Setting(LEVEL, 4, False)).estimate == 3.0
    nothing = mean(np.full((3, 1), np.nan), Setting(LEVEL, 3, False))
    assert all(math.isnan(number) for number in nothing)


def test_nothing_seen_is_not_taken_for_impossible():
    found = probability(np.zeros((DRAWS, 1)), Setting(LEVEL, DRAWS, False))
    assert (found.estimate, found.low) == (0.0, 0.0)
    assert 0.01 < found.high < 0.1
    assert probability(np.zeros((DRAWS, 1)), Setting(LEVEL, 8, False)).high > 0.2
    assert probability(np.zeros((DRAWS, 1)), Setting(LEVEL, 8, False, worth=DRAWS)).high == found.high


def test_common_days_cut_the_variance_of_a_difference():
    rng = np.random.default_rng(1)
    day = rng.normal(size=50)
    assert variance_cut(day + 0.1 * rng.normal(size=50), day + 0.1 * rng.normal(size=50)) > 50
    assert variance_cut(rng.normal(size=50), rng.normal(size=50)) < 2


def share_within(noise, points="random", draws=16, inputs=20):
    """How often no rank correlation of inputs without any effect goes beyond the noise."""
    days = np.random.default_rng(8)
    found = []
    for seed in range(500):
        spread = spread_points(draws, inputs, points, Streams(seed))
        ranks = pd.DataFrame(np.column_stack([days.random(draws), spread])).rank().to_numpy()
        found.append(abs(np.corrcoef(ranks.T)[0, 1:]).max())
    return (np.array(found) < noise).mean()


@pytest.mark.parametrize("points", ["random", "latin_hypercube", "sobol"])
def test_inputs_without_any_effect_stay_within_the_noise_of_ranks(points):
    assert share_within(rank_noise(16, 20, 0.9), points) == pytest.approx(0.9, abs=0.045)


def test_a_noise_of_one_input_taken_for_that_of_many_would_be_found_out():
    assert share_within(rank_noise(16, 1, 0.9)) < 0.5


def test_three_draws_tell_no_noise_of_ranks():
    assert math.isnan(rank_noise(3, 5, 0.9)) and 0 < rank_noise(4, 5, 0.9) < 1
