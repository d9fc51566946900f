"""Folders of results: whose they are, what is left when the work fails, and what a kill leaves to the next run."""

import fcntl
import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from sim.core.errors import OutputError
from sim.files.staging import publish, workshop
from tests.architecture.source_files import ROOT

NAMES = ("ledger.csv", "scenario.yaml", "result.json")
OTHERS = ("lengths.csv", "scenario.yaml", "demand.json")
OURS = '{"scenario_hash": "%s"}'


def make(folder, mark, names=NAMES):
    """A result whose files all hold a mark."""
    with workshop(folder, names) as unfinished:
        for name in names:
            (unfinished / name).write_text(OURS % mark)
        publish(unfinished, folder, names)


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("name", ["notes.txt", "scenario.yaml", ".hidden", "result.json", "demand.json", "folder"])
def test_a_folder_of_others_is_left_alone(tmp_path, name):
    (tmp_path / name).mkdir() if name == "folder" else (tmp_path / name).write_text("mine")
    told = f"holds {name} but no result.json of ours, and is left as it is; choose a new or empty folder with --out"
    with pytest.raises(OutputError) as error:
        make(tmp_path, "new")
    assert str(error.value) == f"{tmp_path}: {told}"
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("folder", ["/", "/usr", ROOT])
def test_a_folder_of_the_system_or_of_the_project_is_refused(folder):
    before = set(Path(folder).iterdir())
    with pytest.raises(OutputError, match=r"but no result\.json of ours, and is left as it is"):
        make(Path(folder), "new")
    assert set(Path(folder).iterdir()) == before


def test_a_result_is_replaced_by_one_of_its_kind_only(tmp_path):
    make(tmp_path, "old")
    make(tmp_path, "new")
    assert set(contents(tmp_path).values()) == {OURS % "new"}
    with pytest.raises(OutputError, match=r"holds ledger\.csv but no demand\.json of ours"):
        make(tmp_path, "other", OTHERS)
    assert set(contents(tmp_path).values()) == {OURS % "new"}


def test_a_survey_inside_the_folder_does_not_keep_a_day_out(tmp_path):
    make(tmp_path / "demand", "survey", OTHERS)
    make(tmp_path, "day")
    assert len(contents(tmp_path)) == len(contents(tmp_path / "demand")) == len(NAMES)


def test_a_workshop_and_its_folder_go_when_the_work_fails_but_an_older_folder_stays(tmp_path):
    for folder in (tmp_path / "a" / "b", tmp_path):
        with pytest.raises(ZeroDivisionError), workshop(folder) as unfinished:
            assert unfinished.is_dir() and unfinished.parent == folder
            (unfinished / "half").write_text("done")
            1 / 0  # noqa: B018
    assert tmp_path.is_dir() and not any(tmp_path.iterdir())
    with workshop(tmp_path / "a" / "b"):
        pass
    assert (tmp_path / "a" / "b").is_dir() and not any((tmp_path / "a" / "b").iterdir())


def stop_at(move, how):
    """`Path.replace` whose call of this number, counted from zero, ends the work in some way."""
    moves, replace = count(), Path.replace

    def replace_some(path, target):
        if next(moves) == move:
            how()
        return replace(path, target)

    return replace_some


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def interrupt():
    raise KeyboardInterrupt


def killed_while_moving(folder, move):
    """What a program leaves that is killed at a move."""
    steps = ("t.Path.replace = t.stop_at({}, t.kill)", "t.make(t.Path({!r}), 'new')")
    code = "; ".join(("from tests.unit.files import test_staging as t", *steps))
    done = subprocess.run([sys.executable, "-c", code.format(move, str(folder))], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("move", range(len(NAMES)))
def test_a_folder_whose_files_were_half_moved_is_known_and_filled_by_the_next_run(monkeypatch, tmp_path, move, earlier):
    if earlier:
        make(tmp_path, "old")
    killed_while_moving(tmp_path, move)
    assert "result.json" not in contents(tmp_path)
    with pytest.raises(OutputError, match=r"but no demand\.json of ours"):
        make(tmp_path, "other", OTHERS)
    with pytest.raises(ZeroDivisionError), workshop(tmp_path, NAMES):
        1 / 0  # noqa: B018
    make(tmp_path, "newer")
    assert contents(tmp_path) == dict.fromkeys(NAMES, OURS % "newer")
    assert len(list(tmp_path.iterdir())) == len(NAMES)


@pytest.mark.parametrize("move", range(len(NAMES)))
def test_a_move_that_is_stopped_leaves_none_of_its_files(monkeypatch, tmp_path, move):
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stop_at(move, interrupt))
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path / "day", "new")
    assert not (tmp_path / "day").exists()


def test_the_workshop_of_a_run_that_goes_on_is_left_alone(tmp_path):
    with workshop(tmp_path, NAMES) as other:
        make(tmp_path, "new")
        assert other.is_dir()
    assert len(list(tmp_path.iterdir())) == len(NAMES)


def test_where_there_are_no_locks_nothing_is_taken_for_abandoned(monkeypatch, tmp_path):
    def fail(*arguments):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", fail)
    (tmp_path / ".result.json-left").mkdir()
    make(tmp_path, "new")
    assert (tmp_path / ".result.json-left").is_dir() and len(contents(tmp_path)) == len(NAMES)
