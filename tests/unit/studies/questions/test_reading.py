"""Batch and study files: what is wrong with them is told with its place; what is right becomes a plan."""

import re

import numpy as np
import pytest
from scipy.stats import spearmanr

from sim.catalogue import read_catalogue
from sim.core.errors import InputError
from sim.scenario.file_kinds import OF_MANY_DAYS, ONLY
from sim.scenario.reading import read_scenario, shipped
from sim.scenario.reference import describe_scenario
from sim.scenario.schema import Scenario
from sim.studies.questions.inputs import NAMED_KINDS, facts_in_use, is_price
from sim.studies.questions.reading import read_batch, read_study
from sim.studies.questions.schema import Batch, Question, Study
from tests.tiny_study import PRICES, WORLD, batch, study

LOW_HIGH = {"distribution": "uniform", "low": 9, "high": 2}
TIED = ["workload.demand.requests_per_day", "facts.gpus.h100_sxm.idle_w"]
IMPOSSIBLE = [{"between": [TIED[0], TIED[1]], "rank": 1.0}]

WRONG_STUDIES = {
    "a path that does not exist": (
        {"uncertain": {"fleet.pools.main.sevrers": {"distribution": "uniform", "low": 1, "high": 2}}},
        r"question\.yaml:\d+:\d+: uncertain\.\"fleet\.pools\.main\.sevrers\": unknown key \(did you mean servers\?\)",
    ),
    "a pool that does not exist": (
        {"uncertain": {"fleet.pools.mian.servers": {"distribution": "discrete", "values": [1]}}},
        r"there is no 'mian' in fleet\.pools \(did you mean main\?\)",
    ),
    "a figure that does not exist": (
        {"uncertain": {"facts.gpus.h100_sxm.idel_w": {"distribution": "uniform", "low": 1, "high": 2}}},
        r"question\.yaml:\d+:\d+: uncertain\..*idel_w.*unknown.*did you mean idle_w",
    ),
    "low above high": ({"uncertain": {"day.start_s": LOW_HIGH}}, r"question\.yaml:\d+:\d+: .*low 9 is above high 2"),
    "a value that the schema refuses": (
        {"uncertain": {"prices.lifetime_years": {"distribution": "uniform", "low": -2, "high": 2}}},
        r"must be greater than 0",
    ),
    "half a server": (
        {"uncertain": {"fleet.pools.main.servers": {"distribution": "uniform", "low": 1, "high": 4}}},
        r"must be a whole number",
    ),
    "a kind of distribution that is none": (
        {"uncertain": {"prices.lifetime_years": {"distribution": "unifrom", "low": 1, "high": 2}}},
        r"question\.yaml:\d+:\d+: uncertain",
    ),
    "correlations that cannot be": (
        {"correlations": IMPOSSIBLE}, r"question\.yaml:\d+:\d+: correlations: .*not positive definite",
    ),
    "a correlation with nobody": (
        {"correlations": [{"between": [TIED[0], "prices.book"], "rank": 0.1}]}, r"prices\.book is no uncertain input",
    ),
    "a tie that is there twice": (
        {"correlations": [{"between": TIED, "rank": 0.5}, {"between": TIED[::-1], "rank": -0.5}]},
        r"correlations\.1: these two inputs were tied before",
    ),
    "a limit in another unit": (
        {"goals": {"g": {"outcome": "latency.ttft_s.p99", "at_most": "5 kWh"}}}, r"goals\.g\.at_most: must be a number",
    ),
    "a correlation of words": (
        {
            "uncertain": WORLD | {"plant.site": {"distribution": "discrete", "values": ["virginia", "oregon"]}},
            "correlations": [{"between": ["plant.site", next(iter(WORLD))], "rank": 0.1}],
        },
        r"plant\.site is a choice, not a number: it has no rank",
    ),
    "a correlation of a handful of draws": (
        {"correlations": [{"between": TIED, "rank": 0.5}], "draws": 19}, r"2 inputs .* take at least 20 draws, not 19",
    ),
    "a count that is no power of two": (
        {"kind": "sobol", "draws": 100}, r":\d\d:1: draws: .* powers of two: 64 or 128, not 100",
    ),
    "points that are no power of two": (
        {"points": "sobol", "draws": 100}, r"powers of two: 64 or 128, not 100",
    ),
    "an outcome that no day has": (
        {"outcomes": ["cost_usd.totl"]},
        r"question\.yaml:\d+:\d+: outcomes\.0: 'cost_usd\.totl' is no number of result\.json \(did you mean cost",
    ),
    "a goal of an outcome that no day has": (
        {"goals": {"g": {"outcome": "pu", "at_most": 1}}}, r"goals\.g\.outcome: 'pu' is no number of result\.json",
    ),
    "a goal without a limit": ({"goals": {"g": {"outcome": "pue"}}}, r"goals\.g: needs either at_most or at_least"),
    "a part that is more than all": ({"fleet_fraction": "3/2"}, r"fleet_fraction: must be above 0 and at most 1"),
    "a part that is no number": ({"fleet_fraction": "some"}, r"fleet_fraction: 'some' is not a part of a fleet"),
    "nothing uncertain": ({"uncertain": {}}, r"has no uncertain inputs"),
    "a base day that does not exist": ({"scenario": "suport_chatbot"}, r"scenario: .*did you mean support_chatbot"),
    "overrides of what is not there": ({"overrides": {"day.lenght": 3}}, r"overrides.*day\.lenght.*unknown key"),
    "an unknown key": ({"drwas": 3}, r"drwas: unknown key \(did you mean draws\?\)"),
    "goals of a ranking": (
        {"kind": "morris", "goals": {"g": {"outcome": "pue", "at_most": 1}}}, r"goals: a morris study has none",
    ),
    "figures that are not in use": (
        {"facts": {"only": ["facts.sites.virgina"]}}, r"facts\.only\.0: facts\.sites\.virgina: no figure",
    ),
}  # fmt: skip

WRONG_BATCHES = {
    "nothing to compare": ({}, r"has neither axes nor variants"),
    "an axis that does not exist": (
        {"axes": {"fleet.pools.main.modle": ["a"]}}, r"axes\.\"fleet\.pools\.main\.modle\": unknown key \(did you",
    ),
    "a name that is not in the catalogue": (
        {"variants": {"x": {"fleet.pools.main.server": "dgx_h10"}}},
        r"question\.yaml:\d+:\d+: variants\.x\.\"fleet\.pools\.main\.server\": 'dgx_h10' is not a server .*dgx_h100",
    ),
    "axes of different lengths": (
        {"axes": {"seed": [1, 2], "day.start_s": [0]}, "combine": "listed"}, r":\d\d:1: axes: listed axes must be",
    ),
    "a value that is there twice": ({"axes": {"seed": [1, 2, 1]}}, r"axes\.seed: a value is there twice"),
    "a base that is no variant": ({"variants": {"x": {"seed": 2}}, "base": "y"}, r"base: 'y' is none of the variants"),
}  # fmt: skip


def told_by(ask, folder, keys):
    with pytest.raises(InputError) as stop:
        ask(folder, **keys)
    return str(stop.value)


@pytest.mark.parametrize("name", WRONG_STUDIES)
def test_what_is_wrong_with_a_study_is_told(name, tmp_path):
    keys, pattern = WRONG_STUDIES[name]
    assert re.search(pattern, told_by(study, tmp_path, keys))


@pytest.mark.parametrize("name", WRONG_BATCHES)
def test_what_is_wrong_with_a_batch_is_told(name, tmp_path):
    keys, pattern = WRONG_BATCHES[name]
    assert re.search(pattern, told_by(batch, tmp_path, keys))


def test_all_problems_are_told_at_once(tmp_path):
    told = told_by(
        study, tmp_path, {"outcomes": ["pu"], "uncertain": {"prices.lifetime_years": LOW_HIGH | {"low": -1}}}
    )
    assert len(told.splitlines()) == 2


def test_limits_may_carry_the_unit_of_their_outcome(tmp_path):
    goals = {
        "quick": {"outcome": "latency.ttft_s.p99", "at_most": "100 ms"},
        "cheap": {"outcome": "cost_usd.total", "at_most": 7},
        "sparing": {"outcome": "energy_kwh.total", "at_most": "3 MWh"},
    }
    asked = study(tmp_path, goals=goals).question.goals
    assert [goal.at_most for goal in asked.values()] == [0.1, 7.0, 3000.0]


def test_quantities_may_carry_the_unit_of_their_path(tmp_path):
    spread = {"distribution": "uniform", "low": "8 ct/kWh", "high": 0.2}
    plan = study(tmp_path, uncertain={"prices.electricity_usd_per_kwh": spread})
    assert plan.rows.inputs[0].distribution.low == 0.08


def test_axes_are_combined_or_listed(tmp_path):
    axes = {"fleet.pools.main.servers": [1, 2], "day.start_s": [0, 3600]}
    assert len(batch(tmp_path, axes=axes).rows) == 4
    listed = batch(tmp_path, axes=axes, combine="listed")
    assert listed.rows.names == ("servers 1, start_s 0", "servers 2, start_s 3600")
    both = batch(tmp_path, axes={"day.start_s": [0, 3600]}, variants={"a": {}, "b": {"fleet.pools.main.servers": 3}})
    assert both.rows.names == ("a, start_s 0", "a, start_s 3600", "b, start_s 0", "b, start_s 3600")
    assert both.rows.shown["fleet.pools.main.servers"] == [1, 1, 3, 3]


def test_correlated_inputs_go_together(tmp_path):
    plan = study(tmp_path, draws=500, correlations=[{"between": TIED, "rank": -0.6}])
    assert spearmanr(plan.rows.shown[TIED[0]], plan.rows.shown[TIED[1]]).statistic == pytest.approx(-0.6, abs=0.1)


def test_days_are_shared_where_only_prices_are_uncertain(tmp_path):
    assert study(tmp_path, uncertain=PRICES).days == "shared"
    assert study(tmp_path, uncertain=WORLD).days == "own"
    assert study(tmp_path, uncertain=WORLD, kind="tornado").days == "shared"
    assert study(tmp_path, uncertain=WORLD, days="shared").days == "shared"


def test_facts_are_all_figures_in_use_with_a_range(tmp_path):
    plan = study(tmp_path, uncertain="facts")
    paths = [one.path for one in plan.rows.inputs]
    assert len(paths) == len(set(paths)) > 20
    assert {"facts.prices.owner_default.lifetime_years", "facts.servers.dgx_h100.gpu_usd"} < set(paths)
    assert {one.source for one in plan.rows.inputs} <= set(read_catalogue().sources)
    assert not any(path.startswith(("facts.servers.dgx_a100", "facts.sites.texas")) for path in paths)


def test_what_the_day_sets_itself_is_not_offered(tmp_path):
    chosen = {"prices.lifetime_years": 4, "facts.gpus.h100_sxm.idle_w": 100.0}
    plan = study(tmp_path, uncertain="facts", overrides=chosen)
    paths = {one.path for one in plan.rows.inputs}
    assert not paths & {"facts.prices.owner_default.lifetime_years", "facts.gpus.h100_sxm.idle_w"}


def test_facts_may_be_chosen(tmp_path):
    chosen = {"only": ["facts.prices"], "without": ["facts.prices.owner_default.salvage_fraction"]}
    paths = [one.path for one in study(tmp_path, uncertain={}, facts=chosen).rows.inputs]
    assert "facts.prices.owner_default.lifetime_years" in paths
    assert all(path.startswith("facts.prices.") and "salvage" not in path for path in paths)


def test_every_name_of_the_catalogue_is_followed():
    """A field of the scenario that names an entry of the catalogue says so; the search for figures must know it."""
    told = [row.path for row in describe_scenario() if row.text.startswith("Catalogue name of")]
    fields = [path.rpartition(".")[2] for path in told]
    assert set(fields) <= set(NAMED_KINDS)
    assert len(fields) > 5


def test_figures_in_use_are_those_of_the_entries_that_are_named():
    paths = [path for path, _ in facts_in_use(Scenario(name="x"), read_catalogue())]
    assert "facts.gpus.h100_sxm.tdp_w" in paths
    assert not any(".a100" in path for path in paths)


@pytest.mark.parametrize(
    ("path", "price"),
    [
        ("prices.book", True),
        ("facts.prices.owner_default.lifetime_years", True),
        ("facts.sites.virginia.technician_usd_per_h", True),
        ("facts.sites.virginia.electricity_usd_per_kwh", True),
        ("facts.sites.virginia.carbon_g_per_kwh", True),
        ("facts.servers.dgx_h100.nameplate_w", False),
        ("facts.hazards.llama_3.restart_s", False),
        ("fleet.pools.main.servers", False),
    ],
)
def test_what_is_a_price(path, price):
    assert is_price(path) == price


def test_every_shipped_batch_and_study_is_read():
    read = {"batches": read_batch, "studies": read_study}
    plans = {file.stem: read[file.parent.name](str(file)) for file in shipped() if file.parent.name in read}
    assert {"gpu_choice", "precision", "routing"} < set(plans)
    assert {"chatgpt_2023_cost", "chatgpt_2023_drivers", "support_chatbot_budget"} < set(plans)
    assert (plans["chatgpt_2023_cost"].kind, plans["chatgpt_2023_cost"].cells) == ("monte_carlo", 1000)
    assert plans["chatgpt_2023_drivers"].kind == "sobol"
    assert np.isfinite(plans["chatgpt_2023_cost"].rows.points).all()


@pytest.mark.parametrize(
    ("read", "name", "told"),
    [
        (read_study, "gpu_choice", "is a batch, not a study: give it to run_sim.py batch"),
        (read_batch, "chatgpt_2023_cost", "is a study, not a batch: give it to run_sim.py study"),
        (read_study, "article", "is a day, not a study: give it to run_sim.py run"),
        (read_scenario, "routing", "is a batch, not a day: give it to run_sim.py batch"),
    ],
)
def test_a_file_of_another_kind_is_told_with_its_command(read, name, told):
    with pytest.raises(InputError) as error:
        read(name)
    assert re.fullmatch(rf"\S*{name}\.yaml: {re.escape(told)}", str(error.value))


def test_a_file_that_only_many_days_have_is_a_batch_or_a_study(tmp_path):
    (tmp_path / "q.yaml").write_text("name: q\nscenario: article\n")
    with pytest.raises(InputError, match="is a batch or a study, not a day: give it to"):
        read_scenario(str(tmp_path / "q.yaml"))
    with pytest.raises(InputError, match="has neither axes nor variants"):
        read_batch(str(tmp_path / "q.yaml"))


def test_keys_that_tell_a_kind_are_those_that_no_other_has():
    day, question, both = (set(form.model_fields) for form in (Scenario, Question, Study))
    assert ONLY["batch"] == set(Batch.model_fields) - question
    assert ONLY["study"] == both - question - day
    assert ONLY["day"] == day - both | {"extends"}
    assert question - day - {"overrides"} == OF_MANY_DAYS
