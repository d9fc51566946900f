"""A saved day is the day: loaded back, it tells the same and can be priced again; a broken folder is told."""

import json

import numpy as np
import pandas as pd
import pytest

import sim
from sim.core.errors import OutputError
from sim.day import run
from sim.saving import load_result, read_summary, save
from tests.golden.tiny_day import tiny_day


@pytest.fixture
def folder(two_pools, tmp_path):
    save(two_pools, tmp_path)
    return tmp_path


def test_a_loaded_day_tells_the_same(two_pools, folder):
    again = load_result(folder)
    assert sim.summary(again) == sim.summary(two_pools)
    assert again.ledger == two_pools.ledger
    assert again.traces.events.events == sorted(two_pools.traces.events.events)
    for name in ("bins", "ticks", "maxima", "outcomes", "tokens"):
        assert np.array_equal(getattr(again.traces.digest, name), getattr(two_pools.traces.digest, name)), name
    pd.testing.assert_frame_equal(again.traces.utilisation.table(), two_pools.traces.utilisation.table())


def test_a_loaded_day_is_saved_as_the_same_bytes(folder, tmp_path):
    save(load_result(folder), tmp_path / "again")
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == {
        path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()
    }


def test_a_loaded_day_is_priced_again_as_the_day_itself(two_pools, folder):
    prices = two_pools.scenario.replace({"prices.electricity_usd_per_kwh": 0.5, "prices.lifetime_years": 3}).prices
    assert load_result(folder).reprice(prices).ledger == two_pools.reprice(prices).ledger != two_pools.ledger


def test_the_facts_of_the_scenario_are_kept(tmp_path):
    day = run(tiny_day({"day.duration_s": 600, "facts.servers.dgx_h100.gpu_usd": 1.0}), engine="reference")
    save(day, tmp_path)
    assert load_result(tmp_path).ledger == day.ledger


def test_a_day_on_which_nothing_happened_is_loaded_too(tmp_path):
    idle = run(tiny_day({"day.duration_s": 60, "workload.demand.requests_per_day": 0}), engine="reference")
    save(idle, tmp_path)
    assert sim.summary(load_result(tmp_path)) == sim.summary(idle)


@pytest.mark.parametrize("name", ["scenario.yaml", "digest.parquet", "histogram.parquet", "utilisation.parquet"])
def test_a_missing_file_is_told(folder, name):
    (folder / name).unlink()
    with pytest.raises(OutputError, match=f"has no {name}: run the day again"):
        load_result(folder)


def test_a_damaged_table_is_told(folder):
    (folder / "events.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(OutputError, match=r"events\.parquet: cannot be used: "):
        load_result(folder)


def test_a_table_of_another_version_is_told(folder):
    numbers = read_summary(folder) | {"version": "0.0.1"}
    (folder / "result.json").write_text(json.dumps(numbers))
    path = folder / "utilisation.parquet"
    pd.read_parquet(path).drop(columns="gpu_j").to_parquet(path)
    with pytest.raises(OutputError, match=r"has no column gpu_j; it was written by version 0\.0\.1, this is"):
        load_result(folder)


def test_files_of_two_days_are_told_apart(folder, two_pools, tmp_path):
    save(run(two_pools.scenario.replace({"seed": 7}), engine="reference"), tmp_path / "other")
    (tmp_path / "other" / "digest.parquet").replace(folder / "digest.parquet")
    with pytest.raises(OutputError, match="its files do not belong together"):
        load_result(folder)


def test_no_result_and_a_damaged_one_are_told(tmp_path):
    with pytest.raises(OutputError, match="holds no result"):
        read_summary(tmp_path)
    (tmp_path / "result.json").write_text("{")
    with pytest.raises(OutputError, match="is damaged"):
        read_summary(tmp_path)
