"""Generated days beside the traces they were fitted to; every test has a twin that is fitted wrongly and must fail."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.catalogue import read_catalogue
from sim.core.streams import Streams
from sim.demand_survey import survey
from sim.scenario.schema import Scenario
from sim.workload.source import open_workload

TRACES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "traces"
PLAUSIBLE, REFUSED = 1e-3, 1e-6
WINDOWS = 144
WITHIN = 0.05
PERCENTILES = np.arange(10, 100) / 100

pytestmark = pytest.mark.skipif(not TRACES.exists(), reason="the shared measurement files are not beside this checkout")


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue()


@pytest.fixture
def counted(catalogue):
    """The survey of a workload."""
    return lambda workload, **others: survey(
        Scenario(name="t", workload=workload, **others).model_copy(update={"seed": 5}), catalogue=catalogue
    )


def rates(model, day=None):
    table = pd.read_csv(TRACES / "servegen_rate_10min.csv.gz").query("model == @model and rate_rps > 0")
    return table if day is None else table[table.t_s // 86_400 == day]


# Totals by ten minutes


def totals_p(counts, expected):
    """p of chi-square that counts are Poisson with means in these proportions."""
    return stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue


@pytest.mark.parametrize("model", ["m_small", "m_large", "m_mid"])
def test_a_drawn_day_has_the_totals_of_the_week_it_was_fitted_to(counted, model):
    table = rates(model.replace("_", "-"))
    week = table.groupby(table.t_s % 86_400).rate_rps.mean().to_numpy()
    demand = {"requests_per_day": 1_000_000, "shape": f"servegen_{model}"}
    counts = counted({"demand": demand}).windows().requests.to_numpy()
    assert totals_p(counts, week) > PLAUSIBLE
    assert totals_p(counts, np.roll(week, 3)) < REFUSED
    hourly = np.repeat(week.reshape(24, 6).mean(axis=1), 6)
    assert totals_p(counts, hourly) < REFUSED


def test_a_day_of_rates_has_the_totals_of_that_day(counted):
    trace = {"path": str(TRACES / "servegen_rate_10min.csv.gz"), "layout": "servegen", "model": "m-large"}
    trace |= {"volume": 0.05, "skip_s": 2 * 86_400}
    counts = counted({"trace": trace}).windows().requests.to_numpy()
    assert totals_p(counts, rates("m-large", 2).rate_rps.to_numpy()) > PLAUSIBLE
    assert totals_p(counts, rates("m-large", 3).rate_rps.to_numpy()) < REFUSED


def test_drift_spreads_the_totals_of_a_week_as_the_source_does(catalogue):
    """Two-sample Kolmogorov and Smirnov on every twelfth window of each: nearer ones are not independent.

    Only arrivals are counted, whole windows at a time: a survey of three weeks would take most of its time by minutes.
    """
    table = rates("m-large")
    demand = {"requests_per_day": 500_000, "shape": "servegen_m_large"}
    drift = {"spread_fraction": 0.25, "correlation_s": 3600}
    ends_s = 600.0 * np.arange(1, 7 * WINDOWS + 1)
    source = (table.rate_rps / table.rate_rps.mean()).to_numpy()[::12]

    def p(chosen):
        week = Scenario(name="t", workload={"demand": demand | chosen}, day={"duration_s": ends_s[-1]})
        drawn = open_workload(week, catalogue, Streams(5))
        counts = np.array([drawn.take(end_s).arrival_s.size for end_s in ends_s.tolist()])
        return stats.ks_2samp((counts / counts.mean())[::12], source).pvalue

    assert p({"drift": drift}) > PLAUSIBLE
    assert p({}) < PLAUSIBLE
    assert p({"drift": drift | {"spread_fraction": 0.8}}) < PLAUSIBLE


# CV by window


@pytest.mark.parametrize(
    ("service", "gap_cv", "wrong"), [("code", 12.3, 6.0), ("conv", 1.06, 1.0), ("mooncake", 3.05, 2.5)]
)
def test_gaps_have_the_cv_of_the_source_by_window(counted, service, gap_cv, wrong):
    name = "mooncake_conversation" if service == "mooncake" else f"azure_llm_2023_{service}"
    layout = "mooncake" if service == "mooncake" else "azure_2023"
    trace = {"path": str(TRACES / f"{name}.csv.gz"), "layout": layout}
    source = counted({"trace": trace}, day={"duration_s": 3600.0}).windows()

    def p(cv):
        demand = {"requests_per_day": float(source.requests.sum()) * 24, "shape": "flat", "burstiness": {"gap_cv": cv}}
        return stats.ks_2samp(counted({"demand": demand}).windows().gap_cv.dropna(), source.gap_cv.dropna()).pvalue

    assert p(gap_cv) > 0.01
    assert p(wrong) < PLAUSIBLE


def test_replayed_clients_keep_their_cvs(counted):
    """One client's hours at a time: what is drawn for each window, against its iat_cv."""
    from sim.core.streams import Streams
    from sim.workload.traces.servegen import arrivals_of

    table = pd.read_csv(TRACES / "servegen_clients_10min.csv.gz").query("model == 'm-small' and client == 5")
    table = table[table.rate_rps > 20].head(15)

    def drawn(cvs):
        for place, (rate, cv, family) in enumerate(zip(table.rate_rps, cvs, table.iat_family, strict=True)):
            gaps = np.diff(arrivals_of(family, cv, rate, 600.0, Streams(1), place))
            yield gaps.std() / gaps.mean()

    found = np.array(list(drawn(table.iat_cv)))
    assert np.median(np.abs(found / table.iat_cv - 1)) < WITHIN
    assert stats.ks_2samp(found, table.iat_cv).pvalue > 0.01
    assert stats.ks_2samp(np.array(list(drawn(np.ones(len(table))))), table.iat_cv).pvalue < REFUSED


# Lengths


def source_quantiles(table, field):
    if table.startswith("servegen"):
        model = table.removeprefix("servegen_").replace("_", "-")
        rows = pd.read_csv(TRACES / "servegen_token_quantiles.csv.gz")
        chosen = (rows["model"] == model) & (rows["field"] == field) & (rows["quantile"] > 0)
        rows = rows[chosen].sort_values("quantile")
        return np.interp(PERCENTILES, rows["quantile"], rows["value"])
    name = "mooncake_conversation" if table.startswith("mooncake") else f"azure_llm_2023_{table.split('_')[1]}"
    return np.quantile(pd.read_csv(TRACES / f"{name}.csv.gz")[field], PERCENTILES)


def worst(tally, table):
    """The largest error of a quantile from p10 to p99, in whole tokens at least."""
    pairs = (("prompt_tokens", "input_tokens"), ("output_tokens", "output_tokens"))
    errors = []
    for ours, theirs in pairs:
        drawn, source = tally.lengths[0][ours].quantiles(PERCENTILES), source_quantiles(table, theirs)
        errors.append(np.maximum(np.abs(drawn - source) - 1, 0) / source)
    return np.max(errors)


TABLES = ["azure_conv_2023", "azure_code_2023", "mooncake_conversation", "servegen_m_mid", "servegen_m_large"]
TABLES += ["servegen_m_small", "servegen_deepseek_r1"]


@pytest.mark.parametrize("table", TABLES)
def test_lengths_have_the_quantiles_of_the_source(counted, table):
    demand = {"requests_per_day": 400_000, "shape": "flat"}
    tally = counted({"demand": demand, "use_cases": {"a": {"lengths": table}}}).tally
    assert worst(tally, table) < WITHIN
    assert worst(tally, TABLES[(TABLES.index(table) + 1) % len(TABLES)]) > 4 * WITHIN


@pytest.mark.parametrize(("table", "low", "high"), [("azure_conv_2023", 0.05, 0.10), ("azure_code_2023", -0.05, 0.0)])
def test_prompt_and_answer_go_together_as_in_the_source(counted, table, low, high):
    demand = {"requests_per_day": 100_000, "shape": "flat"}
    found = counted({"demand": demand, "use_cases": {"a": {"lengths": table}}}).summary()
    assert low < found["use_cases"]["a"]["rank_correlation"] < high


# Prefixes


def test_the_ideal_share_of_mooncake_is_exactly_that_of_its_column(counted):
    path = TRACES / "mooncake_conversation.csv.gz"
    table = pd.read_csv(path)
    numbers = counted({"trace": {"path": str(path), "layout": "mooncake"}}).summary()
    assert numbers["tokens"]["reusable"] == table.prefix_hit_tokens.sum()
    assert numbers["tokens"]["prompt"] == table.input_tokens.sum()
    assert round(numbers["reusable_fraction"], 3) == 0.374
