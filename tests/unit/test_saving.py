import json

import pandas as pd
import pytest

import sim
from sim import saving
from sim.core.errors import OutputError
from sim.day import run
from sim.files.staging import workshop
from sim.saving import DAY_FILES, default_folder, finish, read_summary, save, slug
from sim.scenario.reading import read_scenario
from sim.traces import sinks
from tests.golden.tiny_day import BREAKING, tiny_day

pytestmark = pytest.mark.usefixtures("engine_compiled")

SHORT = BREAKING | {"day.duration_s": 900}
ALWAYS = {"ledger.csv", "scenario.yaml", "run.json", "result.json"}
ALWAYS |= {"allocation.csv", "hours.csv"} | {
    f"{name}.parquet" for name in ("utilisation", "events", "digest", "histogram")
}


@pytest.fixture(scope="module")
def result():
    return run(tiny_day(SHORT), trace="full")


@pytest.fixture(scope="module")
def untraced():
    return run(tiny_day(SHORT))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_files_are_there_and_can_be_read(result, tmp_path):
    save(result, tmp_path, {"command": ["x"]})
    assert set(contents(tmp_path)) == ALWAYS | {"requests.parquet"}
    assert json.loads((tmp_path / "result.json").read_text()) == sim.summary(result) == read_summary(tmp_path)
    assert json.loads((tmp_path / "run.json").read_text()) == {"command": ["x"]}
    assert len(pd.read_parquet(tmp_path / "requests.parquet")) == result.traces.arrived
    assert len(pd.read_parquet(tmp_path / "utilisation.parquet")) == 15
    assert len(pd.read_parquet(tmp_path / "events.parquet")) == len(result.traces.events.events)
    ledger = pd.read_csv(tmp_path / "ledger.csv")
    assert ledger["amount_usd"].sum() == pytest.approx(result.ledger.total_usd, rel=1e-12)
    assert read_scenario(str(tmp_path / "scenario.yaml")) == result.scenario


def test_the_same_day_is_the_same_bytes_wherever_it_is_written(result, tmp_path):
    save(result, tmp_path / "a", {"wall_s": 1})
    save(run(tiny_day(SHORT), trace="full"), tmp_path / "b" / "c", {"wall_s": 2})
    save(run(tiny_day(SHORT | {"seed": 2}), trace="full"), tmp_path / "d", {"wall_s": 1})
    one, two, other = (contents(tmp_path / folder) for folder in ("a", "b/c", "d"))
    assert {name for name in one if one[name] != two[name]} == {"run.json"}
    assert {name for name in one if one[name] != other[name]} == set(one) - {"run.json"}


@pytest.mark.parametrize("broken", ["_json", "_parquet", "summary"])
def test_an_earlier_result_is_unharmed_when_writing_fails_half_way(result, tmp_path, monkeypatch, broken):
    save(result, tmp_path, {"wall_s": 1})
    before = contents(tmp_path)

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving, broken, fail)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        save(run(tiny_day(SHORT | {"seed": 3})), tmp_path, {"wall_s": 2})
    assert contents(tmp_path) == before


def test_what_the_new_run_has_not_is_removed_and_strangers_stay(result, untraced, tmp_path):
    save(result, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    assert (tmp_path / "requests.parquet").exists()
    save(untraced, tmp_path)
    assert set(contents(tmp_path)) == ALWAYS | {"notes.txt"}
    assert set(DAY_FILES) > ALWAYS


def test_a_sampled_trace_has_its_size(result, tmp_path, monkeypatch):
    monkeypatch.setitem(sinks.SINKS, "sample", lambda: sinks.Sample(20))
    save(run(tiny_day(SHORT), trace="sample"), tmp_path / "some")
    save(result, tmp_path / "all")
    some, everything = (pd.read_parquet(tmp_path / name / "requests.parquet") for name in ("some", "all"))
    assert len(some) == 20 < len(everything)
    assert some["arrival_s"].is_monotonic_increasing
    assert set(some["arrival_s"]) < set(everything["arrival_s"])


def test_a_trace_that_was_streamed_into_the_workshop_is_published_with_the_rest(untraced, result, tmp_path):
    """The command line's way: the file is there before the others, and holds what a trace in memory holds."""
    with workshop(tmp_path / "streamed") as unfinished:
        sink = sinks.Spill(unfinished / "requests.parquet", tuple(untraced.scenario.workload.use_cases))
        day = run(tiny_day(SHORT), trace=sink)
        assert day.traces.requests is None
        finish(day, unfinished, tmp_path / "streamed", {})
    save(result, tmp_path / "kept", {})
    streamed, kept = contents(tmp_path / "streamed"), contents(tmp_path / "kept")
    assert {name for name in kept if streamed[name] != kept[name]} <= {"requests.parquet"}
    tables = (pd.read_parquet(tmp_path / name / "requests.parquet") for name in ("streamed", "kept"))
    pd.testing.assert_frame_equal(*tables)


def test_the_article_has_its_own_ledger(result, untraced, tmp_path):
    booked = result.reprice(result.scenario.replace({"prices.as_the_article_books_it": True}).prices)
    save(booked, tmp_path)
    assert set(contents(tmp_path)) == ALWAYS | {"article.csv", "requests.parquet"}
    save(untraced, tmp_path)
    assert set(contents(tmp_path)) == ALWAYS


def test_a_folder_that_cannot_be_is_refused(result, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match=r"cannot be written: .*choose another with --out"):
            save(result, folder)


def test_a_folder_whose_name_is_too_long_is_refused(result, tmp_path):
    with pytest.raises(OutputError, match="cannot be written: File name too long; choose another"):
        save(result, tmp_path / ("y" * 300))


@pytest.mark.parametrize(
    ("name", "folder"), [("../../etc", "etc"), ("...", "day"), ("東京", "day"), ("a" * 300, "a" * 80)]
)
def test_names_become_folders(name, folder):
    assert slug(name) == folder


def test_the_default_folder_depends_on_what_is_asked(tmp_path):
    one, named, other = tiny_day(), tiny_day({"description": "x"}), tiny_day({"seed": 9})
    folders = [default_folder(tmp_path, day.name, day) for day in (one, named, other)]
    assert folders[0] == folders[1] != folders[2]
    assert folders[0].parent == tmp_path / "tiny"
