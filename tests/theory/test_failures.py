"""Failures against their own table, and repair against the machine-repair model; each with a twin that must fail."""

import math

import numpy as np
import pytest
from scipy import stats

from sim.catalogue import read_catalogue
from sim.catalogue.parameter import Fact
from sim.core.states import ServerState
from sim.core.units import SECONDS_PER_DAY, SECONDS_PER_YEAR
from sim.plant.reliability.failure_model import CAUSES, WAYS_TO_AGE, cause_rates_per_s, times_to_failure_s
from tests.fake_pools import breaking

BOOK = read_catalogue(kinds=["hazards"])
LLAMA_3 = BOOK.hazards["llama_3"]
TABLE = {
    **{"faulty_gpu": 148, "hbm": 72, "software_bug": 54, "switch_or_cable": 35, "host_maintenance": 32, "gpu_sram": 19},
    **{"gpu_processor": 17, "nic": 7, "watchdog": 7, "silent_data": 6, "gpu_thermal": 6, "ssd": 3, "psu": 3},
    **{"chassis": 2, "io_board": 2, "dependency": 2, "cpu": 2, "host_memory": 2},
}
"""Unexpected interruptions of 54 days of Llama 3 on 2,048 servers of eight GPUs."""
SERVER_DAYS_OF_TABLE = 54 * 2048
RARE = 5
"""Causes expected less often than this are counted together."""


def changed(hazard, **facts):
    return hazard.model_copy(update={name: Fact(value=value, source="test") for name, value in facts.items()})


EXPONENTIAL = {"lemon_factor": 1, "rack_failures_per_day": 0, "rack_reach_fraction": 0, "vendor_fraction": 0}


def counts_by_cause(hazard, years=1000, servers=1000):
    env, pool, breakdowns = breaking(hazard, servers=servers, technicians=1000)
    end_s = years / servers * SECONDS_PER_YEAR
    breakdowns.start(end_s)
    env.run(until=end_s)
    pool.close(end_s)
    failed = [event.cause for event in pool.log.of("failed") if event.part != "rack"]
    up_days = sum(pool.in_service_s(server) for server in range(servers)) / SECONDS_PER_DAY
    return {cause: failed.count(cause) for cause in CAUSES}, up_days


def chi_square(counts, expected):
    """Probability of a fit as bad as this, with rare causes in one class."""
    rare = [cause for cause in expected if expected[cause] < RARE]
    often = [cause for cause in expected if cause not in rare]
    seen = [counts[cause] for cause in often] + [sum(counts[cause] for cause in rare)]
    wanted = [expected[cause] for cause in often] + [sum(expected[cause] for cause in rare)]
    pairs = [(s, w) for s, w in zip(seen, wanted, strict=True) if w > 0]
    statistic = sum((s - w) ** 2 / w for s, w in pairs)
    return float(stats.chi2.sf(statistic, len(pairs)))


@pytest.fixture(scope="module")
def thousand_years():
    return counts_by_cause(changed(LLAMA_3, **EXPONENTIAL))


def expected_of(up_days, table=TABLE):
    return {cause: count / SERVER_DAYS_OF_TABLE * up_days for cause, count in table.items()}


def test_a_thousand_server_years_reproduce_the_table(thousand_years):
    counts, up_days = thousand_years
    p = chi_square(counts, expected_of(up_days))
    print(f"1,000 server-years: {sum(counts.values())} failures, chi-square p = {p:.3f}")
    assert sum(counts.values()) > 1200
    assert p > 0.01


def test_other_causes_would_be_seen(thousand_years):
    counts, up_days = thousand_years
    swapped = TABLE | {"hbm": 54, "software_bug": 72}
    assert chi_square(counts, expected_of(up_days, swapped)) < 0.001


def test_lemons_keep_the_mean():
    counts, up_days = counts_by_cause(changed(LLAMA_3, **(EXPONENTIAL | {"lemon_factor": 8})))
    wanted = sum(TABLE.values()) / SERVER_DAYS_OF_TABLE * up_days
    assert abs(sum(counts.values()) - wanted) < 4 * math.sqrt(wanted)


# --- ageing -----------------------------------------------------------------------------------------------------------


def weibull_times(age_years, infant, wear, draws=40_000):
    hazard = changed(LLAMA_3, infant_fraction=infant, wear_fraction=wear)
    rates = cause_rates_per_s(hazard, 100.0)
    exponentials = np.random.default_rng(3).standard_exponential((draws, len(CAUSES), WAYS_TO_AGE))
    times = times_to_failure_s(hazard, rates, age_years * SECONDS_PER_YEAR, exponentials)[:, 0]
    return times, rates[0]


def test_without_ageing_times_are_exponential_at_any_age():
    for age_years in (0.0, 5.0):
        times, rate = weibull_times(age_years, 0.0, 0.0)
        assert stats.kstest(times * rate, "expon").pvalue > 0.01


def test_pure_infancy_is_a_weibull_law():
    times, rate = weibull_times(0.0, 1.0, 0.0)
    tau_s = 3 * SECONDS_PER_YEAR
    scale_s = tau_s * (1.0 / (rate * tau_s)) ** 2
    assert stats.kstest(times, stats.weibull_min(0.5, scale=scale_s).cdf).pvalue > 0.01
    assert stats.kstest(times, stats.weibull_min(0.6, scale=scale_s).cdf).pvalue < 1e-6


def test_infants_and_the_old_fail_more_often_than_the_grown_up():
    early, grown, old = (np.median(weibull_times(age, 0.3, 0.3)[0]) for age in (0.0, 1.0, 4.0))
    assert early < grown > old


# --- repair -----------------------------------------------------------------------------------------------------------


def machine_repair_availability(servers, technicians, failure_rate, repair_rate):
    """Share of machines that run when c technicians mend them one each, exponential in both: the birth-death chain."""
    weights = [1.0]
    for down in range(servers):
        up, hands = servers - down, min(down + 1, technicians)
        weights.append(weights[-1] * up * failure_rate / (hands * repair_rate))
    chances = np.array(weights) / sum(weights)
    return float(1.0 - (chances * np.arange(servers + 1)).sum() / servers)


def simulated_availability(technicians, seeds, servers=20, days=150):
    """Availability of each replication, after a tenth of it to warm up."""
    nothing = dict.fromkeys(("detection_s", "diagnosis_s", "burn_in_s", "restart_s", "gpu_thermal_fraction"), 0.0)
    by_hand = {"hands_on_fraction": 1, "technician_repair_s": 36_000.0, "failures_per_server_day": 0.4}
    all_gpu = {f"{cause}_fraction": 0.0 for cause in CAUSES} | {"faulty_gpu_fraction": 1.0}
    hazard = changed(LLAMA_3, **(EXPONENTIAL | nothing | by_hand | all_gpu))
    found = []
    for seed in seeds:
        env, pool, breakdowns = breaking(hazard, servers, technicians, seed=seed)
        breakdowns.start(days * SECONDS_PER_DAY)
        env.run(until=days / 10 * SECONDS_PER_DAY)
        pool.states.read(env.now)
        env.run(until=days * SECONDS_PER_DAY)
        seconds = pool.states.read(env.now)
        found.append(seconds[ServerState.UP] / sum(seconds))
    return np.array(found)


@pytest.mark.parametrize("technicians", [1, 2, 5])
def test_availability_is_that_of_the_machine_repair_model(technicians):
    found = simulated_availability(technicians, range(10))
    wanted = machine_repair_availability(20, technicians, 0.4 / SECONDS_PER_DAY, 1 / 36_000.0)
    half = stats.t.ppf(0.995, found.size - 1) * found.std(ddof=1) / math.sqrt(found.size)
    print(f"{technicians} technicians: {found.mean():.5f} +- {half:.5f}, closed form {wanted:.5f}")
    assert abs(found.mean() - wanted) <= half
    other = machine_repair_availability(20, technicians + 1, 0.4 / SECONDS_PER_DAY, 1 / 36_000.0)
    assert technicians == 5 or abs(found.mean() - other) > half
