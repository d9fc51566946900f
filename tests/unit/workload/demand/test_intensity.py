"""The rate of a drawn day: calendar, zones, drift, bursts, and what a scenario may not ask."""

import numpy as np
import pytest
from pydantic import ValidationError

from sim.catalogue import read_catalogue
from sim.core.errors import InputError
from sim.core.streams import Streams
from sim.scenario.schema import Scenario
from sim.scenario.workload import Surge
from sim.workload.demand.burstiness import bursts, gap_cv, shape_of, wandering
from sim.workload.demand.intensity import height, intensity
from sim.workload.source import open_workload

DAY_S = 86_400.0
HOURS_S = np.arange(25) * 3600.0


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue(kinds=["shapes", "weeks", "clients", "lengths", "sites"])


@pytest.fixture
def asked(catalogue):
    """The intensity of a day of a thousand requests under changes of its demand."""

    def ask(demand, **others):
        plain = {"requests_per_day": 1000, "shape": "flat"}
        scenario = Scenario(name="test", workload={"demand": plain | demand}, **others)
        return intensity(scenario, catalogue, Streams(1))

    return ask


def by_hour(rate):
    return np.diff(rate.before(HOURS_S))


# Calendar


@pytest.mark.parametrize(("date", "weight"), [("2026-11-23", 1.0), ("2026-11-28", 0.4), ("2026-11-29", 0.3)])
def test_a_day_of_the_week_has_its_weight(asked, date, weight):
    mean = (5 + 0.4 + 0.3) / 7
    assert asked({"week": "office_week"}, day={"date": date}).rate.total == pytest.approx(1000 * weight / mean)


def test_a_week_holds_seven_plain_days(asked):
    week = asked({"week": "office_week"}, day={"duration_s": 7 * DAY_S, "date": "2026-11-25", "start_s": 3600})
    assert week.rate.total == pytest.approx(7000)


def test_demand_grows_from_the_date_it_was_counted_on(asked):
    counted = {"growth_fraction_per_year": 1.0, "counted_on": "2025-11-23"}
    assert asked(counted, day={"date": "2026-11-23"}).rate.total == pytest.approx(1000 * 2 ** (365 / 365.25))
    assert asked(counted, day={"date": "2025-11-23"}).rate.total == pytest.approx(1000)
    assert asked({"growth_fraction_per_year": 1.0}).rate.total == pytest.approx(1000)


def test_a_surge_multiplies_its_hours_alone(asked):
    surge = {"start_s": "10:00", "factor": 3, "rise_s": 0, "hold_s": "2 h"}
    plain, surged = by_hour(asked({}).rate), by_hour(asked({"surges": {"outage": surge}}).rate)
    assert surged / plain == pytest.approx(np.where((np.arange(24) >= 10) & (np.arange(24) < 12), 3.0, 1.0))


def test_surges_add_and_demand_never_falls_below_zero(asked):
    up = {"start_s": 0, "factor": 3, "rise_s": 0, "hold_s": DAY_S}
    assert asked({"surges": {"a": up, "b": up}}).rate.total == pytest.approx(5000)
    down = up | {"factor": 0}
    assert asked({"surges": {"a": down, "b": down}}).rate.total == 0


def test_a_launch_decays():
    launch = Surge(start_s=3600.0, factor=4.0, rise_s=60.0, hold_s=0.0, decay_s=7200.0)
    assert height(launch, np.array([3600.0, 3660.0, 10_860.0])) == pytest.approx([0.0, 1.0, np.exp(-1)])


def test_zones_shift_the_shape(asked):
    """Virginia lies five hours behind UTC: the noon of Berlin (UTC+1) is at six in the morning there."""
    local = by_hour(asked({"shape": "servegen_m_small"}).rate)
    zones = {"berlin": {"share": 0.25, "utc_offset_h": 1}, "here": {"share": 0.75, "utc_offset_h": -5}}
    mixed = by_hour(asked({"shape": "servegen_m_small", "zones": zones}).rate)
    assert mixed == pytest.approx(0.75 * local + 0.25 * np.roll(local, -6))


def test_use_cases_of_different_shapes_share_each_minute(catalogue):
    cases = {"a": {"share": 0.3, "shape": "burstgpt_hourly"}, "b": {"share": 0.7, "shape": "flat"}}
    scenario = Scenario(name="t", workload={"demand": {"requests_per_day": 400_000}, "use_cases": cases})
    requests = open_workload(scenario, catalogue, Streams(3)).take(np.inf)
    counts = [np.histogram(requests.arrival_s[requests.use_case == case], HOURS_S)[0] for case in (0, 1)]
    weights = np.array(catalogue.pick("shapes", "burstgpt_hourly").weight.value)
    expected = [120_000 * weights / weights.sum(), np.full(24, 280_000 / 24)]
    for found, wanted in zip(counts, expected, strict=True):
        assert np.abs(found - wanted).max() < 5 * np.sqrt(wanted.max())


# Bursts and drift


def test_no_bursts_leave_the_plain_rate(asked):
    quiet = asked({"burstiness": {"gap_cv": 1, "correlation_s": 5}})
    assert quiet.rate is quiet.plain


@pytest.mark.parametrize("a_step", [0.1, 3.0, 2000.0])
@pytest.mark.parametrize("cv", [1.05, 2.2, 12.0])
def test_the_shape_gives_the_gaps_their_cv(cv, a_step):
    amounts = a_step * np.linspace(0.5, 2, 7)
    assert gap_cv(shape_of(cv, amounts), amounts) == pytest.approx(np.full(7, cv), rel=2e-3)


def test_the_formula_agrees_with_drawn_arrivals():
    rng = np.random.default_rng(1)
    for shape, a_step in ((1.25, 5.0), (0.2, 1.0)):
        counts = rng.poisson(rng.gamma(shape, 1 / shape, 500_000) * a_step)
        gaps = np.diff(np.sort(np.repeat(np.arange(counts.size), counts) + rng.random(counts.sum())))
        assert gap_cv(np.array([shape]), np.array([a_step]))[0] == pytest.approx(gaps.std() / gaps.mean(), rel=0.02)


def test_factors_have_mean_one_and_common_luck():
    steady = np.full(50_000, 20.0)
    mild, wild = (bursts(cv, steady, Streams(1)) for cv in (1.5, 2.5))
    assert mild.mean() == pytest.approx(1, abs=0.02)
    assert wild.mean() == pytest.approx(1, abs=0.03)
    assert (np.argsort(mild) == np.argsort(wild)).mean() > 0.99


def test_drift_has_its_spread_and_forgets():
    factors = wandering(0.3, 6.0, 60_000, Streams(1))
    assert (factors.mean(), factors.std()) == pytest.approx((1.0, 0.3), abs=0.02)
    assert np.corrcoef(factors[6:], factors[:-6])[0, 1] == pytest.approx(np.exp(-1), abs=0.04)


def test_bursts_do_not_move_the_exponentials(asked, catalogue):
    """The same luck in operational time: the expected requests before each arrival are those of the Poisson day."""
    demand = {"requests_per_day": 20_000, "shape": "flat"}
    drawn = {}
    for cv in (1, 3):
        scenario = Scenario(name="t", workload={"demand": demand | {"burstiness": {"gap_cv": cv}}})
        arrival_s = open_workload(scenario, catalogue, Streams(1)).take(np.inf).arrival_s
        drawn[cv] = intensity(scenario, catalogue, Streams(1)).rate.before(arrival_s)
    both = min(drawn[1].size, drawn[3].size)
    assert both > 15_000
    assert drawn[1][:both] == pytest.approx(drawn[3][:both], rel=1e-9)


def test_clients_superpose(asked):
    alone = asked({"requests_per_day": 1e7, "burstiness": {"gap_cv": 4, "correlation_s": 60}}).rate
    many = asked({"requests_per_day": 1e7, "burstiness": {"clients": "servegen_deepseek_r1", "correlation_s": 60}}).rate
    minutes_s = np.arange(1441) * 60.0
    spread = {name: np.diff(rate.before(minutes_s)).std() for name, rate in (("one", alone), ("many", many))}
    assert 0 < spread["many"] < spread["one"] / 2
    assert many.total == pytest.approx(1e7, rel=0.05)


# What may not be


@pytest.mark.parametrize(
    ("demand", "told"),
    [
        ({"zones": {"a": {"share": 0.5, "utc_offset_h": 0}}}, "the shares of zones sum to 0.5, not to 1"),
        ({"zones": {"a": {"share": 1, "utc_offset_h": 15}}}, "less than or equal to 14"),
        ({"burstiness": {"gap_cv": 0.5}}, "greater than or equal to 1"),
        ({"burstiness": {"correlation_s": 0}}, "greater than or equal to 0.01"),
        ({"growth_fraction_per_year": -1}, "greater than -1"),
        ({"surges": {"a": {"start_s": 0, "factor": -1}}}, "greater than or equal to 0"),
    ],
)
def test_impossible_demand_is_refused(demand, told):
    with pytest.raises(ValidationError, match=told):
        Scenario(name="t", workload={"demand": demand})


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"weeks": {"office_week": {"weight": (1,) * 6}}}, r"weeks\.office_week: a week has seven weights"),
        (
            {"lengths": {"azure_conv_2023": {"prompt_tokens": (9, 1)}}},
            r"lengths\.azure_conv_2023: a table of lengths has",
        ),
        (
            {"lengths": {"semianalysis_2023": {"output_tokens": (9, 10, 5)}}},
            r"lengths\.semianalysis_2023: .* never decrease",
        ),
        ({"clients": {"servegen_m_mid": {"gap_cv": (1, 2)}}}, r"clients\.servegen_m_mid: .* weights do not go with 2"),
    ],
)
def test_tables_that_cannot_be_are_named(catalogue, facts, told):
    from sim.catalogue import with_facts

    with pytest.raises(InputError, match=told):
        with_facts(catalogue, facts)


def test_too_many_levels_are_refused(asked):
    with pytest.raises(InputError, match=r"correlation_s: 0\.01 s divides the day into 26"):
        asked({"burstiness": {"gap_cv": 2, "correlation_s": 0.01}}, day={"duration_s": 3.1 * DAY_S})


@pytest.mark.parametrize(
    "demand",
    [
        {"requests_per_day": 1e14},
        {"growth_fraction_per_year": 1000, "counted_on": "1900-01-01"},
        {"surges": {"flood": {"start_s": 0, "factor": 1e15}}},
    ],
)
def test_more_requests_than_can_be_drawn_are_refused(asked, demand):
    with pytest.raises(InputError, match=r"workload\.demand: comes to (inf|[\d.]+e\+\d+) requests, of which at most"):
        asked(demand)
