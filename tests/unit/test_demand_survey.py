"""A day's demand counted without serving it."""

import numpy as np
import pytest

from sim.catalogue import read_catalogue
from sim.core.errors import ScenarioError
from sim.core.streams import Streams
from sim.demand_survey import survey
from sim.scenario.schema import Scenario
from sim.workload.requests import Requests
from sim.workload.source import open_workload
from sim.workload.tally import LengthCounts, Pairs, Tally


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue()


@pytest.fixture(scope="module")
def day(catalogue):
    cases = {"a": {"share": 0.75, "lengths": "azure_conv_2023"}, "b": {"share": 0.25, "lengths": "azure_code_2023"}}
    demand = {"requests_per_day": 40_000, "burstiness": {"gap_cv": 2}}
    scenario = Scenario(name="t", day={"duration_s": 80_000.0}, workload={"demand": demand, "use_cases": cases})
    return scenario, survey(scenario, catalogue=catalogue)


@pytest.fixture(scope="module")
def drawn(day, catalogue):
    scenario, _ = day
    return open_workload(scenario, catalogue, Streams(scenario.seed)).take(np.inf)


def test_windows_are_counted_exactly(day, drawn):
    table = day[1].windows()
    edges_s = np.append(np.arange(134) * 600.0, 80_000.0)
    place = np.searchsorted(edges_s, drawn.arrival_s, side="right") - 1
    assert len(table) == 134
    assert table["requests"].tolist() == np.bincount(place, minlength=134).tolist()
    assert (table["requests.a"] + table["requests.b"]).tolist() == table["requests"].tolist()
    assert table["prompt_tokens"].sum() == drawn.prompt_tokens.sum()
    assert table["requests_per_s"].iloc[-1] == pytest.approx(table["requests"].iloc[-1] / 200.0)
    gaps = np.diff(drawn.arrival_s[place == 70])
    assert table["gap_cv"][70] == pytest.approx(gaps.std() / gaps.mean(), rel=1e-9)


def test_the_summary_tells_the_same(day, drawn):
    numbers = day[1].summary()
    assert numbers["requests"]["arrived"] == drawn.size
    assert numbers["use_cases"]["b"]["requests"] == (drawn.use_case == 1).sum()
    assert numbers["requests"]["expected"] == pytest.approx(day[1].windows().requests_expected.sum())
    lengths = drawn.prompt_tokens[drawn.use_case == 0]
    assert numbers["use_cases"]["a"]["prompt_tokens"]["mean"] == pytest.approx(lengths.mean())
    assert numbers["use_cases"]["a"]["prompt_tokens"]["p90"] == np.quantile(lengths, 0.9, method="inverted_cdf")
    assert numbers["use_cases"]["a"]["prompt_tokens"]["max"] == lengths.max()
    assert numbers["gap_cv"]["mean"] == pytest.approx(2, rel=0.1)


def test_lengths_stand_beside_their_source(day):
    table = day[1].lengths().query("probability >= 0.1")
    assert (np.abs(table["tokens"] - table["source_tokens"]) <= 1 + 0.15 * table["source_tokens"]).all()
    assert set(table["use_case"]) == {"a", "b"}


def test_a_grown_prompt_has_no_source(catalogue):
    chat = {"conversation": {"turns": 3}}
    scenario = Scenario(name="t", day={"duration_s": 3600.0}, workload={"use_cases": {"a": chat}})
    table = survey(scenario, catalogue=catalogue).lengths().set_index("field")
    assert table.loc["prompt_tokens", "source_tokens"].isna().all()
    assert table.loc["output_tokens", "source_tokens"].notna().all()


def test_an_empty_day_is_counted_too(catalogue):
    scenario = Scenario(name="t", day={"duration_s": 700.0}, workload={"demand": {"requests_per_day": 0}})
    counted = survey(scenario, catalogue=catalogue)
    numbers = counted.summary()
    assert numbers["requests"]["arrived"] == 0
    assert (
        numbers["gap_cv"]["mean"] is numbers["reusable_fraction"] is numbers["requests_per_s"]["peak_to_mean"] is None
    )
    assert len(counted.windows()) == 2


def test_what_is_not_in_the_catalogue_is_refused(catalogue):
    workload = {"demand": {"week": "ofice_week", "burstiness": {"clients": "servegen_m_lage"}}}
    with pytest.raises(ScenarioError, match="did you mean office_week") as caught:
        survey(Scenario(name="t", workload=workload), catalogue=catalogue)
    assert "did you mean servegen_m_large" in str(caught.value)


def test_counted_quantiles_are_those_of_the_numbers():
    tokens = np.random.default_rng(1).integers(1, 5000, 10_001).astype(np.int32)
    counts = LengthCounts()
    for part in np.array_split(tokens, 7):
        counts.add(part)
    levels = (0.0, 0.1, 0.5, 0.99, 1.0)
    assert counts.quantiles(levels).tolist() == np.quantile(tokens, levels, method="inverted_cdf").tolist()
    assert counts.mean == pytest.approx(tokens.mean())
    assert np.isnan(LengthCounts().quantiles((0.5,))[0])


def requests(n, start=0):
    tokens = np.arange(start + 1, start + n + 1, dtype=np.int32)
    return Requests.uncached(np.arange(start, start + n, dtype=float), np.zeros(n, np.int16), tokens, tokens[::-1])


def test_pairs_are_every_so_many_th_whatever_the_windows():
    whole, parts = Pairs(), Pairs()
    whole.add(requests(500_000))
    start = 0
    for n in (1, 250_000, 13, 249_986):
        parts.add(requests(500_000).part(start, start + n))
        start += n
    assert (whole._kept == parts._kept).all()
    assert 100_000 <= len(whole._kept) <= 200_000
    assert whole.rank_correlation(0) == pytest.approx(-1)


def test_gaps_do_not_reach_over_a_window():
    tally = Tally(600.0, 2, 1)
    tally.add(0, requests(3))
    tally.add(0, requests(2, start=5))
    tally.add(1, requests(2, start=700))
    assert tally.windows.gaps.tolist() == [[4.0, 6.0, 12.0], [1.0, 1.0, 1.0]]
