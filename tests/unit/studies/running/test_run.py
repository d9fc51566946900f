"""Plans carried out in this process: days shared, prices reused, failures kept, interruptions mended bit for bit."""

import json

import numpy as np
import pandas as pd
import pytest

import sim
from sim.core.errors import OutputError
from sim.studies import load
from sim.studies.questions.cell_plan import Cell
from sim.studies.questions.outcomes import flat, grows
from sim.studies.running import cells
from sim.studies.running.cells import Order, run_cells
from sim.studies.running.store import CATALOGUE, CELLS
from sim.studies.running.workers import Here
from tests.tiny_study import MINUTE, PRICES, WORLD, batch, done, study

FILES = ("outcomes.parquet", "summary.json", "study.yaml", "scenario.yaml")


def same_bytes(one, other):
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES)


@pytest.fixture
def simulated(monkeypatch):
    """How many days are simulated."""
    counted, run = [], cells.run

    def counting(*arguments, **options):
        counted.append(options["replication"])
        return run(*arguments, **options)

    monkeypatch.setattr(cells, "run", counting)
    return counted


def test_a_cell_is_the_day_that_run_would_give(tmp_path):
    plan = study(tmp_path, draws=2)
    row = done(plan, tmp_path / "o").table().iloc[1]
    day = plan.base.replace(plan.cell(1).changes)
    numbers = sim.summary(sim.run(day, engine="reference", replication=1))
    assert row["cost_usd.total"] == numbers["cost_usd"]["total"]
    assert row["latency.ttft_s.p99"] == numbers["latency"]["ttft_s"]["p99"]
    assert row["scenario_hash"] == numbers["scenario_hash"]
    assert row["input.facts.gpus.h100_sxm.idle_w"] == day.facts["gpus"]["h100_sxm"]["idle_w"]


def test_draws_that_differ_in_prices_only_share_a_simulated_day(tmp_path, simulated):
    plan = study(tmp_path, draws=30, replications=2, uncertain=PRICES)
    table = done(plan, tmp_path / "o").table()
    assert simulated == [0, 1]
    assert len(table) == 60
    assert table["cost_usd.total"].nunique() == 60
    assert table["requests.arrived"].nunique() <= 2
    day = plan.base.replace(plan.cell(41).changes)
    numbers = flat(sim.summary(sim.run(day, engine="reference", replication=1)))
    told = {name: None if pd.isna(table.loc[41, name]) else table.loc[41, name] for name in numbers}
    rounded = {
        name: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value for name, value in numbers.items()
    }
    assert told == rounded


def test_sobol_cells_that_differ_in_a_price_share_their_day(tmp_path, simulated):
    plan = study(tmp_path, kind="sobol", draws=2, uncertain=WORLD | PRICES)
    done(plan, tmp_path / "o")
    assert (plan.cells, len(simulated)) == (12, 8)


def test_each_draw_has_days_of_its_own(tmp_path, simulated):
    done(study(tmp_path, draws=3, replications=2), tmp_path / "o")
    assert simulated == list(range(6))


def test_variants_meet_the_same_days(tmp_path, simulated):
    done(batch(tmp_path, axes={"fleet.pools.main.servers": [1, 2]}, replications=3), tmp_path / "o")
    assert simulated == [0, 1, 2] * 2


class Stopping(Here):
    """Workers whose driver is stopped after some answers."""

    def __init__(self, after):
        super().__init__()
        self.left = after

    def next(self):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return super().next()


@pytest.mark.parametrize("uncertain", [WORLD, PRICES | WORLD], ids=["own days", "mixed"])
def test_a_resumed_study_is_the_same_bit_for_bit_and_repeats_nothing(tmp_path, simulated, uncertain):
    from sim.studies.running.run import carry_out

    plan = study(tmp_path, draws=6, uncertain=uncertain)
    done(plan, tmp_path / "whole")
    simulated.clear()
    with pytest.raises(KeyboardInterrupt):
        carry_out(plan, tmp_path / "parts", Stopping(after=4))
    assert not (tmp_path / "parts" / "summary.json").exists()
    kept = len(list((tmp_path / "parts" / CELLS).glob("[0-9]*.json")))
    assert kept == 4
    begun = len(simulated)
    done(plan, tmp_path / "parts", resume=True)
    assert len(simulated) == begun + 6 - kept
    assert same_bytes(tmp_path / "whole", tmp_path / "parts")


def test_a_damaged_part_is_done_again(tmp_path, simulated):
    plan = study(tmp_path)
    done(plan, tmp_path / "o")
    whole = {name: (tmp_path / "o" / name).read_bytes() for name in FILES}
    (tmp_path / "o" / CELLS / "000001.json").write_text("{")
    (tmp_path / "o" / CELLS / "000002.json").unlink()
    simulated.clear()
    done(plan, tmp_path / "o", resume=True)
    assert simulated == [1, 2]
    assert whole == {name: (tmp_path / "o" / name).read_bytes() for name in FILES}


def test_without_resume_nothing_that_is_there_is_touched(tmp_path):
    plan = study(tmp_path)
    done(plan, tmp_path / "o")
    with pytest.raises(OutputError, match="holds this study already, 4 cells done; --resume goes on"):
        done(plan, tmp_path / "o")
    with pytest.raises(OutputError, match="holds another study"):
        done(study(tmp_path, draws=5), tmp_path / "o", resume=True)


def test_two_studies_do_not_share_a_folder(tmp_path):
    from sim.studies.running.store import open_store

    plan = study(tmp_path)
    with open_store(tmp_path / "o", "first", False), pytest.raises(OutputError, match="another study is being written"):
        done(plan, tmp_path / "o")


def test_a_day_or_a_file_of_others_is_left_alone(tmp_path):
    from sim.studies.running.store import open_store

    (tmp_path / "scenario.yaml").write_text("mine")
    with (
        pytest.raises(OutputError, match=r"holds scenario\.yaml but no catalogue"),
        open_store(tmp_path, "one", False),
    ):
        pass
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("scenario.yaml", "mine")]
    (tmp_path / "scenario.yaml").unlink()
    with open_store(tmp_path / ("y" * 255), "one", False):
        pass
    with pytest.raises(OutputError, match="File name too long"), open_store(tmp_path / ("y" * 300), "one", False):
        pass


def test_a_full_disk_is_told_and_costs_nothing_that_is_finished(tmp_path, monkeypatch, simulated):
    from pathlib import Path

    plan, write = study(tmp_path), Path.write_bytes

    def fill(path, data):
        if path.name == ".000002.json":
            write(path, data[:10])
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(OutputError, match="No space left on device; what is finished is kept"):
        done(plan, tmp_path / "o")
    assert sorted(path.name for path in (tmp_path / "o" / CELLS).iterdir()) == ["000000.json", "000001.json"]
    monkeypatch.undo()
    done(plan, tmp_path / "o", resume=True)
    done(plan, tmp_path / "whole")
    assert same_bytes(tmp_path / "whole", tmp_path / "o")


def test_a_full_catalogue_is_told(tmp_path, monkeypatch):
    import sqlite3

    from sim.studies.running.store import Store

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Store, "_enter", full)
    with pytest.raises(OutputError, match="disk is full; what is finished is kept"):
        done(study(tmp_path), tmp_path / "o")


def test_a_cell_that_fails_is_kept_and_the_rest_goes_on(tmp_path):
    models = {"distribution": "discrete", "values": ["llama_3_1_8b", "deepseek_v3"]}
    plan = study(tmp_path, draws=8, uncertain={"fleet.pools.main.model": models})
    result = done(plan, tmp_path / "o")
    table = result.table()
    failed = table[table["status"] == "failed"]
    assert 0 < len(failed) < 8
    assert failed["message"].str.contains("DeepSeek-V3 at fp8 needs 671.0 GB").all()
    assert failed["cost_usd.total"].isna().all()
    assert (table.loc[table["status"] == "done", "message"] == "").all()
    assert result.summary["cells"] == {"planned": 8, "done": 8 - len(failed), "failed": len(failed)}
    assert result.summary["failed"][0]["cell"] == failed["cell"].iloc[0]
    assert result.summary["results"]["cost_usd.total"]["mean"]["estimate"] > 0


def test_a_lost_worker_is_an_answer_that_resume_asks_for_again(tmp_path):
    class Losing(Here):
        def next(self):
            task, answer = super().next()
            return task, RuntimeError("killed") if answer.cells == [2] else answer

    from sim.studies.running.run import carry_out

    plan = study(tmp_path)
    result = carry_out(plan, tmp_path / "o", Losing())
    assert result.summary["failed"][0]["message"] == "its worker was lost: killed"
    done(plan, tmp_path / "o", resume=True)
    done(plan, tmp_path / "whole")
    assert same_bytes(tmp_path / "whole", tmp_path / "o")


def test_a_study_stops_when_it_knows_enough(tmp_path):
    plan = study(tmp_path, draws=64, uncertain=PRICES, stop={"relative_half_width": 0.2, "at_least": 8})
    result = done(plan, tmp_path / "o")
    assert result.summary["stopped"]["draws"] == len(result.table()) == 16
    assert "twice in a row" in result.summary["stopped"]["because"]
    assert "known within 0.2" in result.summary["stopped"]["because"]
    mean = result.summary["results"]["cost_usd.total"]["mean"]
    assert mean["high"] - mean["low"] <= 0.4 * mean["estimate"]
    again = study(tmp_path, draws=16, uncertain=PRICES, stop={"relative_half_width": 1e-6, "at_least": 4})
    assert done(again, tmp_path / "more").summary["stopped"] is None


def test_the_running_estimate_is_told(tmp_path):
    told = []
    done(study(tmp_path, draws=6), tmp_path / "o", tell=lambda state: told.append((state.done, state.estimate())))
    assert [count for count, _ in told] == list(range(7))
    final = load(tmp_path / "o").summary["results"]["cost_usd.total"]["mean"]
    assert told[-1][1]._asdict() == pytest.approx(final)


@pytest.mark.parametrize("kind", ["tornado", "morris", "sobol", "pawn"])
def test_every_kind_of_ranking_is_worked_out(tmp_path, kind):
    draws = {"sobol": 4, "pawn": 24}.get(kind, 3)
    summary = done(
        study(tmp_path, kind=kind, draws=draws, outcomes=["energy_kwh.total", "pue"]), tmp_path / "o"
    ).summary
    rows = summary["results"]["energy_kwh.total"]["bars" if kind == "tornado" else "indices"]
    assert {row["path"] for row in rows} == set(WORLD)
    assert (summary["kind"], summary["days"], list(summary["results"])) == (kind, "shared", ["energy_kwh.total", "pue"])
    json.dumps(summary, allow_nan=False)


def test_goals_say_how_often_they_are_missed(tmp_path):
    goals = {
        "cheap": {"outcome": "cost_usd.total", "at_most": 0.0},
        "up": {"outcome": "fleet.availability", "at_least": 0.5},
    }
    summary = done(study(tmp_path, goals=goals), tmp_path / "o").summary
    assert [goal["missed"]["estimate"] for goal in summary["goals"]] == [1.0, 0.0]


def test_a_latin_hypercube_in_which_nothing_is_missed_is_worth_its_draws(tmp_path):
    goals = {"up": {"outcome": "fleet.availability", "at_least": 0.5}}
    plan = study(tmp_path, draws=64, points="latin_hypercube", uncertain=PRICES, goals=goals)
    assert done(plan, tmp_path / "o").summary["goals"][0]["missed"]["high"] < 0.05


def test_a_batch_says_how_often_goals_are_missed_and_who_keeps_them(tmp_path):
    goals = {
        "cheap": {"outcome": "cost_usd.total", "at_most": 1.0},
        "quick": {"outcome": "latency.ttft_s.p50", "at_most": 1000.0},
    }
    sizes = {"fleet.pools.main.servers": [2, 1, 3]}
    told = done(batch(tmp_path, axes=sizes, goals=goals, replications=3), tmp_path / "o")
    usd = told.table().pivot(index="variant", columns="replication", values="cost_usd.total")
    limit = float(usd.loc["servers 2"].max()) * 1.01
    goals["cheap"]["at_most"] = limit
    asked = batch(tmp_path, axes=sizes, goals=goals, replications=3, outcomes=["latency.ttft_s.mean", "cost_usd.total"])
    summary = done(asked, tmp_path / "again").summary
    missed = {name: one["estimate"] for name, one in summary["goals"][0]["missed"].items()}
    assert missed == {"servers 2": 0.0, "servers 1": 0.0, "servers 3": 1.0}
    waits = summary["results"]["latency.ttft_s.mean"]["variants"]
    keep = ("servers 2", "servers 1")
    assert summary["lowest_that_keeps"] == min(keep, key=lambda name: waits[name]["mean"]["estimate"])
    assert summary["units"]["latency.ttft_s.p50"] == "s"
    goals["cheap"]["at_most"] = 1e-9
    assert done(batch(tmp_path, axes=sizes, goals=goals), tmp_path / "none").summary["lowest_that_keeps"] is None
    assert done(batch(tmp_path, axes=sizes), tmp_path / "without").summary["lowest_that_keeps"] is None


def test_a_batch_has_differences_to_its_base(tmp_path):
    plan = batch(tmp_path, variants={"one": {}, "two": {"fleet.pools.main.servers": 2}}, base="two", replications=3)
    summary = done(plan, tmp_path / "o").summary
    difference = summary["results"]["cost_usd.total"]["differences"]["one"]
    assert list(summary["results"]["cost_usd.total"]["differences"]) == ["one"]
    assert difference["relative"] == pytest.approx(-0.5, abs=0.05)
    assert difference["mean"]["low"] <= difference["mean"]["estimate"] <= difference["mean"]["high"] < 0


def test_an_axis_of_bookkeeping_leaves_no_figures_behind(tmp_path):
    plan = batch(tmp_path, axes={"prices.as_the_article_books_it": [True, False]})
    table = done(plan, tmp_path / "o").table()
    assert table["article_usd.total"].notna().tolist() == [True, False]


def test_the_table_has_the_columns_of_the_contract(tmp_path):
    table = done(study(tmp_path, replications=2), tmp_path / "o").table()
    assert list(table.columns[:5]) == ["cell", "draw", "replication", *(f"input.{path}" for path in WORLD)]
    assert list(table.columns[-2:]) == ["status", "message"]
    assert table["cell"].tolist() == list(range(8))
    assert table["draw"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert all(pd.api.types.is_float_dtype(table[name]) for name in table if name.startswith(("cost_usd", "latency")))


def test_the_resolved_study_asks_the_same(tmp_path):
    from sim.studies.questions.reading import read_study

    one = done(study(tmp_path, uncertain="facts", draws=2), tmp_path / "o").table()
    again = read_study(str(tmp_path / "o" / "study.yaml"), None, "reference")
    other = done(again, tmp_path / "again").table()
    assert np.array_equal(one["cost_usd.total"], other["cost_usd.total"])


FLEET = MINUTE | {"fleet.pools.main.servers": 8, "workload.demand.requests_per_day": 240_000.0, "day.duration_s": 120.0}


def test_a_fraction_of_the_fleet_is_grown_to_the_whole_and_its_bias_is_measured(tmp_path):
    plan = batch(tmp_path, overrides=FLEET, variants={"a": {}}, fleet_fraction="1/4",
                 outcomes=["cost_usd.total", "energy_kwh.total", "latency.ttft_s.p50"])  # fmt: skip
    result = done(plan, tmp_path / "o", bias=True)
    told, row = result.summary["fleet_fraction"], result.table().iloc[0]
    assert (told["asked"], told["realised"]) == ("1/4", 0.25)
    assert told["repairs"] == "whole"
    assert result.summary["overrides"] == FLEET
    assert result.summary["duration_s"] == plan.base.day.duration_s
    assert (row["fleet.servers"], row["fleet.gpus"]) == (8, 64)
    assert abs(told["bias"]["cost_usd.total"]["relative"]) < 0.01
    days = [run_cells(Order(plan.base, plan.engine, plan.fraction), [Cell(0, {})], day) for day in range(4)]
    kwh = [day.same["energy_kwh.total"] for day in days]
    energy = told["bias"]["energy_kwh.total"]
    assert kwh[0] == row["energy_kwh.total"]
    assert energy["fraction"] == pytest.approx(np.mean(kwh))
    half = 2.3534 * np.std(kwh, ddof=1) / 2 / energy["full"]  # Student's t of 3 degrees of freedom at 95 %
    assert energy["high"] - energy["relative"] == pytest.approx(np.sqrt(2) * half, rel=1e-3)
    assert energy["relative"] - energy["low"] == pytest.approx(np.sqrt(2) * half, rel=1e-3)
    assert told["bias"]["latency.ttft_s.p50"]["full"] < 1
    shares = [f"cost_usd.{share}" for share in ("hardware", "energy", "maintenance")]
    assert sum(told["bias"][name]["full"] for name in shares) == pytest.approx(told["bias"]["cost_usd.total"]["full"])
    again = done(plan, tmp_path / "o", resume=True)
    assert again.summary["fleet_fraction"] == told


def test_numbers_that_grow_with_the_fleet_are_known(tmp_path):
    """Twice the servers under twice the demand: what doubles is grown, and nothing else is."""
    from sim.result_json import summary

    day = study(tmp_path, overrides=FLEET).base
    twice = day.replace({"fleet.pools.main.servers": 16, "workload.demand.requests_per_day": 480_000.0})
    one, two = (flat(summary(sim.run(each, engine="reference"))) for each in (day, twice))
    for name, value in one.items():
        if isinstance(value, int | float) and value and two[name] and not name.startswith("latency."):
            assert (two[name] / value > 1.5) == grows(name), name


def test_a_folder_without_a_study_is_told(tmp_path):
    with pytest.raises(OutputError, match="holds no finished batch or study"):
        load(tmp_path)
    (tmp_path / "summary.json").write_text("[]")
    with pytest.raises(OutputError, match="not the summary of a batch or study"):
        load(tmp_path)


def test_the_catalogue_of_cells_can_be_read_by_others(tmp_path):
    import sqlite3
    from contextlib import closing

    done(study(tmp_path), tmp_path / "o")
    with closing(sqlite3.connect(tmp_path / "o" / CATALOGUE)) as db:
        assert db.execute("select cell, status from cells order by cell").fetchall() == [(i, "done") for i in range(4)]
        assert db.execute("pragma journal_mode").fetchone() == ("wal",)


def test_a_fraction_keeps_the_proportions_and_at_least_one_of_everything(tmp_path):
    from fractions import Fraction

    from sim.studies.running.fraction import shrink

    repair = {"stock": {"gpu": {"parts": 8, "reorder_at": 0}}, "spares": {"main": {"hot": 1}}}
    changes = FLEET | {"plant.failures.technicians": 12, "fleet.pools.main.cells": 2, "plant.repair": repair}
    day = study(tmp_path, overrides=changes).base
    small, larger = shrink(day, Fraction(3, 8))
    pool, plant = small.fleet.pools["main"], small.plant
    assert (pool.servers, pool.cells, plant.failures.technicians) == (3, 1, 4)
    assert (plant.repair.stock["gpu"].parts, plant.repair.stock["gpu"].reorder_at) == (3, 0)
    assert (plant.repair.spares["main"].hot, plant.repair.spares["main"].cold) == (1, 0)
    assert small.workload.demand.requests_per_day == day.workload.demand.requests_per_day / larger
    assert shrink(day, None) == (day, 1.0)
