"""Batches and studies run by the program itself: on processes of this machine and on a cluster, killed and resumed."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from sim.studies.questions.reading import read_batch
from sim.studies.running.run import carry_out
from sim.studies.running.workers import Here, open_workers
from sim.studies.statistics.summary import variance_cut
from tests.tiny_study import MINUTE, PRICES, WORLD, done, question, study

ROOT = Path(__file__).resolve().parents[2]
FILES = ("outcomes.parquet", "summary.json", "study.yaml", "scenario.yaml")
MANY = {"kind": "monte_carlo", "draws": 50, "uncertain": WORLD, "overrides": MINUTE | {"day.duration_s": 300.0}}
"""Draws of five minutes: there is time to kill somebody before the last is done."""
PATIENCE_S = 60.0


def start(*arguments):
    """A process that hears Ctrl-C, even where the tests themselves were started in the background and do not."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def program(*arguments):
    return start("run_sim.py", *arguments, "--engine", "reference")


def wait_for(condition, process):
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until_s
        time.sleep(0.02)


def parts(folder):
    return len(list((folder / "cells").glob("[0-9]*.json")))


def times(folder):
    """When each part was written that the catalogue knows; one whose writer is killed before that is done again."""
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as db:
        known = [folder / "cells" / file for (file,) in db.execute("select file from parts")]
    return {path: path.stat().st_mtime_ns for path in known}


def same_bytes(one, other):
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES)


def workers_of(process):
    """Worker processes of a driver: its children that run dask's spawned code."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A study worked out in one go: its plan and its folder."""
    home = tmp_path_factory.mktemp("whole")
    plan = study(home, **MANY)
    done(plan, home / "o")
    return plan, home / "o"


@contextmanager
def cluster(folder):
    """A scheduler and two workers, each a process of its own, as README says to start them."""
    file = folder / "scheduler.json"
    command = [
        "-m",
        "dask",
        "scheduler",
        "--scheduler-file",
        file,
        "--host",
        "127.0.0.1",
        "--port",
        0,
        "--no-dashboard",
    ]
    processes = [start(*command)]
    try:
        wait_for(lambda: file.exists() and file.read_text().endswith("}"), processes[0])
        address = json.loads(file.read_text())["address"]
        worker = ["-m", "dask", "worker", address, "--nthreads", 1, "--no-nanny", "--no-dashboard"]
        processes += [start(*worker, "--local-directory", folder) for _ in range(2)]
        yield address, processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@pytest.fixture
def command(call, monkeypatch):
    """Run a command in this process with workers of this process, unless told otherwise."""

    def run(*arguments, here=True):
        if here:
            monkeypatch.setattr("reports.commands.study.open_workers", lambda *_: nullcontext(Here()))
        return call(*arguments)

    return run


def test_whoever_is_killed_nothing_that_is_finished_is_lost_or_done_again(tmp_path, whole, command):
    """A worker here, Ctrl-C; a worker of a cluster, then the driver; and the cluster's last worker ends the study."""
    plan, result = whole
    folder = tmp_path / "o"
    asked = ["study", question(tmp_path, **MANY), "--out", folder]
    kept = killed_and_stopped_here(asked, folder)
    with cluster(tmp_path) as (address, (_, *workers)):
        asked += ["--scheduler", address, "--resume"]
        kept |= killed_on_a_cluster(asked, folder, workers[0])
        assert 11 <= len(kept) < plan.cells
        assert not (folder / "summary.json").exists()
        status, out, err = command(*asked, "--engine", "reference", here=False)
    assert status == 0, err
    assert f"{plan.cells} of {plan.cells} cells" in out
    assert same_bytes(result, folder)
    assert times(folder) | kept == times(folder)
    record = json.loads((folder / "run.json").read_text())
    assert (record["scheduler"], record["workers"], record["cells_of_earlier_runs"]) == (address, 1, len(kept))


def test_a_scheduler_that_is_gone_is_told_and_what_is_done_is_kept(tmp_path):
    folder = tmp_path / "o"
    with cluster(tmp_path) as (address, (scheduler, *_)):
        driver = program("study", question(tmp_path, **MANY), "--out", folder, "--scheduler", address)
        wait_for(lambda: parts(folder) >= 2, driver)
        scheduler.kill()
        out, err = driver.communicate(timeout=PATIENCE_S)
    assert (driver.returncode, out) == (2, ""), err
    assert err.splitlines()[-1].startswith("the scheduler is gone; start it and its workers again")
    assert "Traceback" not in err, err
    assert not failures_in(folder)


def failures_in(folder):
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as db:
        return db.execute("select message from cells where status = 'failed'").fetchall()


def killed_and_stopped_here(asked, folder):
    """A study on a process of this machine that is killed, whose driver then hears Ctrl-C; when each part was kept."""
    driver = program(*asked, "--jobs", 1)
    wait_for(lambda: parts(folder) >= 3, driver)
    (worker,) = workers_of(driver)
    worker.kill()
    reached = parts(folder)
    wait_for(lambda: parts(folder) >= reached + 3, driver)
    driver.send_signal(signal.SIGINT)
    out, err = driver.communicate(timeout=PATIENCE_S)
    assert (driver.returncode, out) == (130, ""), err
    last = err.splitlines()[-1]
    assert last.startswith("stopped; ") and last.endswith("the same command with --resume goes on")
    assert "Traceback" not in err, err
    assert not (folder / "summary.json").exists()
    return times(folder)


def killed_on_a_cluster(asked, folder, worker):
    """Its next driver, killed after a worker of its cluster was; when each part was kept."""
    begun = parts(folder)
    driver = program(*asked)
    wait_for(lambda: parts(folder) >= begun + 2, driver)
    worker.kill()
    reached = parts(folder)
    wait_for(lambda: parts(folder) >= reached + 3, driver)
    driver.kill()
    driver.communicate()
    return times(folder)


def test_an_answer_that_cannot_be_fetched_is_told_and_not_waited_for():
    """The worker makes something that falls apart where it is unpacked."""
    broken = "type('Broken', (), {'__reduce__': lambda self: (eval, ('1/0',))})()"
    with open_workers(1, None, "reference") as workers:
        tasks = [workers.submit(eval, broken), workers.submit(eval, "7")]
        for task in tasks:
            workers.watch(task)
        answers = dict(workers.next() for _ in tasks)
    assert isinstance(answers[tasks[0]], ZeroDivisionError)
    assert answers[tasks[1]] == 7


class Deaf(Here):
    """Here, where Ctrl-C falls into a place that ignores exceptions, as finalizers do."""

    def next(self):
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return super().next()


def test_an_interrupt_that_was_ignored_is_heard_when_the_next_part_is_kept(call, monkeypatch, tmp_path):
    monkeypatch.setattr("reports.commands.study.open_workers", lambda *_: nullcontext(Deaf()))
    before = signal.getsignal(signal.SIGINT)
    status, out, err = call("study", question(tmp_path, **MANY), "--engine", "reference", "--out", "o")
    assert (status, out) == (130, "")
    assert err.splitlines()[-1].startswith("stopped; 1 of 50 cells are saved in o; ")
    assert signal.getsignal(signal.SIGINT) is before


def test_an_unreachable_scheduler_is_told(command, monkeypatch, tmp_path):
    monkeypatch.setattr("sim.studies.running.workers.CONNECT_S", 0.3)
    asked = ("study", question(tmp_path, kind="tornado", uncertain=PRICES), "--engine", "reference")
    for address in ("tcp://127.0.0.1:9", "nonsense://x", "no.such.host:8786"):
        status, out, err = command(*asked, "--scheduler", address, here=False)
        assert (status, out) == (2, "")
        assert err.startswith(f"--scheduler {address}: no dask scheduler answers there"), err
        assert err.count("\n") == 1


def test_a_study_says_what_it_found(command, tmp_path):
    goals = {"budget": {"outcome": "cost_usd.total", "at_most": 0.2}}
    file = question(tmp_path, kind="monte_carlo", draws=20, replications=2, uncertain=PRICES, goals=goals)
    status, out, err = command("study", file, "--engine", "reference", "--out", "o")
    assert status == 0
    assert out.splitlines()[0] == "tiny"
    for word in ("40 of 40 cells", "20 draws of 2 inputs", "cost_usd.total [USD]", "95 % quantile", "budget:"):
        assert word in out
    assert "40 of 40 cells, mean " in err
    status, out, err = command("study", file, "--engine", "reference", "--out", "o")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1] == "o: holds this study already, 40 cells done; --resume goes on, --out starts anew"
    status, out, _ = command("study", file, "--engine", "reference", "--out", "o", "--resume")
    assert (status, out.splitlines()[0]) == (0, "tiny")


def test_draws_of_the_command_line_replace_those_of_the_file(command, tmp_path):
    file = question(tmp_path, kind="monte_carlo", draws=20, uncertain=PRICES)
    assert command("study", file, "--draws", 6, "--engine", "reference", "--out", "o")[0] == 0
    assert json.loads(Path("o/summary.json").read_text())["draws"] == 6


@pytest.mark.parametrize("kind", ["tornado", "morris", "sobol", "pawn"])
def test_a_ranking_fits_eighty_columns(command, monkeypatch, tmp_path, kind):
    monkeypatch.setattr("reports.terminal.console.WIDTH_OF_FILES", 100)
    file = question(tmp_path, kind=kind, draws=32 if kind == "pawn" else 4, uncertain=PRICES)
    status, out, _ = command("study", file, "--engine", "reference", "--out", "o")
    assert status == 0
    assert "lifetime_years" in out and "gpu_usd" in out
    assert all(len(line) <= 100 for line in out.splitlines())


def test_cells_that_fail_are_listed_at_the_end_and_the_exit_status_is_1(command, tmp_path):
    variants = {"fits": {}, "does not": {"fleet.pools.main.model": "deepseek_v3"}}
    file = question(tmp_path, variants=variants)
    status, out, err = command("batch", file, "--engine", "reference", "--out", "o")
    assert status == 1
    assert "1 of 2 cells" in out
    assert err.splitlines()[-1].startswith("cell 1 (does not, replication 0) failed: fleet.pools.main: DeepSeek-V3")
    assert "Traceback" not in err, err


def test_check_says_what_a_question_comes_to(command, tmp_path):
    file = question(tmp_path, kind="monte_carlo", draws=30, uncertain=PRICES)
    status, out, err = command("check", file)
    assert (status, err) == (0, "")
    assert out.endswith("no problems; 30 cells on 1 simulated day\n")
    assert command("check", question(tmp_path, variants={"a": {"day.lenght": 3}}))[0] == 2


@pytest.fixture(scope="module")
def gpus(tmp_path_factory, engine_compiled):
    """The shipped batch gpu_choice on a short day: cost a token of every variant (rows) on every random day."""
    home, name = tmp_path_factory.mktemp("gpus"), "usd_per_million_output_tokens"
    text = (ROOT / "scenarios/batches/gpu_choice.yaml").read_text()
    short = text.replace("overrides: {", "overrides: {day.duration_s: 4 min, day.start_s: 12 h, ")
    assert short != text
    (home / "gpus.yaml").write_text(short)
    result = carry_out(read_batch(str(home / "gpus.yaml"), draws=16), home / "o", Here())
    assert result.summary["outcomes"][0] == name
    return result.table().pivot(index="variant", columns="replication", values=name), result.summary["results"][name]


def test_common_days_cut_the_variance_of_differences_between_gpus_tenfold(gpus):
    """By difference for most; by ratio for all, since a GPU of a third of the price has a third of the spread."""
    table, told = gpus
    cuts = [one["variance_cut"] for one in told["differences"].values()]
    assert sorted(cuts)[len(cuts) // 2] > 10
    ratios = {name: variance_cut(np.log(days), np.log(table.loc["H100"])) for name, days in table.iterrows()}
    assert min(cut for name, cut in ratios.items() if name != "H100") > 10


def test_days_that_are_not_common_would_be_found_out(gpus):
    table, _ = gpus
    other = np.roll(table.loc["H100"].to_numpy(), 1)
    assert max(variance_cut(days.to_numpy(), other) for name, days in table.iterrows() if name != "H100") < 10
