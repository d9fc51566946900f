"""Arrivals are a Poisson process of the given rate; each test has a twin that is not one and must fail it."""

import numpy as np
import pytest
from scipy import stats

from sim.core.streams import Streams
from sim.workload.demand.arrivals import blocks
from sim.workload.lengths import LengthTables, quantiles
from sim.workload.requests import Requests
from tests.rates import daily_rate, steady_mix

DAY_S = 86_400.0
DAYS = 30
SHAPE = (5, 3, 1, 1, 2, 6, 9, 12, 10, 8, 9, 7)
RATE = daily_rate(SHAPE, 20_000.0, 0.0, DAYS * DAY_S)
ONE = quantiles((0.0, 1.0), (1.0, 1.0))
SEEDS = (1, 2, 3)
REFUSED = 1e-6
PLAUSIBLE = 1e-3


def poisson(seed):
    mix = steady_mix((1.0,), [LengthTables(ONE, ONE, None)])
    return Requests.concatenate(list(blocks(RATE, mix, Streams(seed)))).arrival_s


def regular(seed):
    """One arrival whenever one is due: no variance."""
    return RATE.arrivals(-0.5, np.ones(int(RATE.total + 0.5)))[0]


def doubled(seed):
    """Half of Poisson arrivals, by the toss of a coin, each bringing another at once: twice the variance."""
    arrival_s = poisson(seed)
    return np.repeat(arrival_s[np.random.default_rng(seed).random(arrival_s.size) < 0.5], 2)


def bursty(seed):
    """Gaps of coefficient of variation two under the same rate."""
    gaps = np.random.default_rng(seed).gamma(0.25, 4.0, int(1.1 * RATE.total))
    return RATE.arrivals(0.0, gaps)[0]


def flat(seed):
    """A Poisson process that ignores the hours of the day."""
    return poisson(seed)[-1] * np.sort(np.random.default_rng(seed).random(int(RATE.total)))


def expected_by_hour():
    return np.diff(np.interp(np.arange(0, DAYS * DAY_S + 1, 3600), RATE.time_s, RATE.cumulative))


def counts_p(arrival_s):
    """Two-sided p of sum (count - mean)^2 / mean over the hours, which is chi-square if counts are Poisson."""
    expected = expected_by_hour()
    counts = np.histogram(arrival_s, bins=expected.size, range=(0, DAYS * DAY_S))[0]
    statistic = ((counts - expected) ** 2 / expected).sum()
    return 2 * min(stats.chi2.cdf(statistic, expected.size), stats.chi2.sf(statistic, expected.size))


def gaps_p(arrival_s):
    """p of Kolmogorov and Smirnov that the gaps, measured in expected arrivals, are unit exponentials."""
    return stats.kstest(np.diff(np.interp(arrival_s, RATE.time_s, RATE.cumulative)), "expon").pvalue


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_an_hour_are_poisson(seed):
    assert counts_p(poisson(seed)) > PLAUSIBLE


@pytest.mark.parametrize("twin", [regular, doubled, bursty, flat])
@pytest.mark.parametrize("seed", SEEDS)
def test_counts_of_another_process_are_not(twin, seed):
    assert counts_p(twin(seed)) < REFUSED


@pytest.mark.parametrize("seed", SEEDS)
def test_gaps_are_exponential_under_the_change_of_time(seed):
    assert gaps_p(poisson(seed)) > PLAUSIBLE


@pytest.mark.parametrize("twin", [regular, doubled, bursty, flat])
@pytest.mark.parametrize("seed", SEEDS)
def test_gaps_of_another_process_are_not(twin, seed):
    assert gaps_p(twin(seed)) < REFUSED


def test_gaps_follow_each_other_independently():
    gaps = np.diff(np.interp(poisson(1), RATE.time_s, RATE.cumulative))
    assert abs(np.corrcoef(gaps[1:], gaps[:-1])[0, 1]) < 4 / np.sqrt(gaps.size)


def test_microseconds_survive_two_hundred_million_arrivals():
    """The float that stands for the sum of 2e8 unit gaps resolves far less than a microsecond of such a day."""
    mean_gap_s = DAY_S / 2e8
    assert np.spacing(2e8) * mean_gap_s < 1e-9
