from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import one_line
from sim.files.documents import read_value
from sim.scenario.identity import canonical, scenario_hash
from sim.scenario.reading import read_scenario
from sim.scenario.reference import describe_scenario, json_schema, json_schema_text
from sim.scenario.schema import Scenario
from tests.architecture.source_files import ROOT

BASE = Scenario(name="base")
positive = st.floats(1e-9, 1e20)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda name: one_line(name) == name
)
dollars = st.floats(-1e9, 1e9).filter(lambda usd: not 0 < abs(usd) < 1e-9)

scenarios = st.builds(
    lambda name, text, seed, patience, pools, price, path: Scenario(
        name=name,
        description=text,
        seed=seed,
        workload={"use_cases": {name: {"patience_s": patience}}, "trace": {"path": path}},
        fleet={"pools": {pool: {"servers": 3} for pool in pools}},
        prices={"electricity_usd_per_kwh": price},
        facts={"gpus": {"h100_sxm": {"tdp_w": patience}}},
    ),
    names,
    texts,
    st.integers(0, 2**63 - 1),
    positive,
    st.sets(names, min_size=1, max_size=3),
    st.none() | dollars | st.lists(dollars, min_size=24, max_size=24),
    names,
)


@settings(deadline=None)
@given(scenarios)
def test_the_canonical_text_reads_back_to_an_equal_scenario(scenario: Scenario) -> None:
    again = Scenario.model_validate(read_value(canonical(scenario), "here"))
    assert again == scenario
    assert canonical(again) == canonical(scenario)
    assert scenario_hash(again) == scenario_hash(scenario)


def test_a_resolved_file_is_a_scenario_file(tmp_path: Path) -> None:
    scenario = read_scenario("article", ["seed=7", "prices.electricity_usd_per_kwh=8.3 ct/kWh"])
    file = tmp_path / "scenario.yaml"
    file.write_text(canonical(scenario), encoding="utf-8")
    assert read_scenario(str(file)) == scenario


def test_keys_stand_in_the_schemas_order() -> None:
    assert list(read_value(canonical(BASE), "here")) == list(Scenario.model_fields)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", 2),
        ("day.date", "2026-07-16"),
        ("workload.demand.requests_per_day", 50_001),
        ("workload.use_cases.chat.patience_s", 60),
        ("fleet.pools.main.servers", 3),
        ("fleet.gateway.chat", "main"),
        ("plant.failures.multiplier", 2),
        ("prices.lifetime_years", 3),
        ("facts.gpus.h100_sxm.tdp_w", 600),
    ],
)
def test_the_hash_feels_every_choice(path: str, value: object) -> None:
    assert scenario_hash(BASE.replace({path: value})) != scenario_hash(BASE)


def test_the_hash_does_not_feel_words_units_or_ways_of_writing() -> None:
    renamed = BASE.replace({"name": "other", "description": "words"})
    same = BASE.replace({"day.duration_s": "24 h", "workload.demand.requests_per_day": 50_000})
    assert scenario_hash(renamed) == scenario_hash(same) == scenario_hash(BASE)


def test_the_hash_feels_which_pool_is_first_but_not_the_order_of_other_mappings() -> None:
    def two(*names: str) -> Scenario:
        return BASE.replace({"fleet.pools": {name: {} for name in names}})

    def priced(*names: str) -> Scenario:
        return BASE.replace({"prices.equipment": {name: {"gpu_usd": 1} for name in names}})

    assert scenario_hash(two("a", "b")) != scenario_hash(two("b", "a"))
    assert scenario_hash(priced("a", "b")) == scenario_hash(priced("b", "a"))


def test_the_committed_schema_is_up_to_date() -> None:
    committed = ROOT / "scenarios" / "scenario.schema.json"
    assert committed.read_text(encoding="utf-8") == json_schema_text(), (
        "write it anew: python -c 'from sim.scenario.reference import json_schema_text as t; print(t(), end=str())'"
        " > scenarios/scenario.schema.json"
    )


def test_the_schema_lets_editors_take_quantities_and_extends() -> None:
    schema = json_schema()
    assert {"extends", "overrides", "fleet"} <= set(schema["properties"])
    assert {"type": "string"} in schema["$defs"]["Day"]["properties"]["duration_s"]["anyOf"]
    assert "required" not in schema


def test_every_key_is_described() -> None:
    rows = {row.path: row for row in describe_scenario()}
    assert all(row.text and row.type for row in rows.values())
    assert rows["fleet.pools.NAME.servers"].default == "2"
    assert rows["day.duration_s"].type == "number [s] > 0, <= 2,678,400"
    assert rows["name"].default == "required"
    assert "workload.trace.path" in rows
