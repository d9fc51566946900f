"""One small day run by the program itself: files, streams, exit status."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("engine_compiled")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = str(ROOT / "run_sim.py")
SMALL = [
    "--set", "day.duration_s=10 min", "--set", "workload.demand.requests_per_day=20000",
    "--set", "fleet.pools.main.model=llama_3_1_8b", "--set", "workload.use_cases.support.lengths=azure_code_2023",
]  # fmt: skip
ALWAYS = {"ledger.csv", "scenario.yaml", "run.json", "result.json"}
ALWAYS |= {"allocation.csv", "hours.csv"} | {
    f"{name}.parquet" for name in ("utilisation", "events", "digest", "histogram")
}


def program(*arguments, **options):
    return subprocess.run(
        [sys.executable, PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options
    )


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """A finished run of ten minutes: the process and its folder."""
    home = tmp_path_factory.mktemp("run")
    done = program("run", "support_chatbot", *SMALL, "--seed", 5, "--trace", "full", "--out", home / "out", cwd=home)
    return done, home / "out"


def test_a_run_ends_well_and_says_what_the_day_cost(small_run):
    done, folder = small_run
    assert done.returncode == 0
    numbers = json.loads((folder / "result.json").read_text())
    assert done.stdout.startswith("Support chatbot\n")
    assert f"${numbers['cost_usd']['total']:,.2f}" in done.stdout
    assert f"{numbers['requests']['arrived']:,} arrived" in done.stdout
    assert done.stdout.endswith(f"written to {folder}\n")
    assert "\x1b" not in done.stdout
    assert not any(line.endswith(" ") for line in done.stdout.splitlines())


def shape(text):
    """Words and layout, every digit alike."""
    return re.sub(r"\d", "0", text)


def test_the_readme_shows_what_its_command_ends_with(tmp_path):
    """Layout first: it says more of what is wrong than a number that has changed."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(r"&& \.venv/bin/python run_sim\.py (.*)\n", readme)[1]
    told = re.search(r"ends with \(what goes to stderr left out\):\n\n```\n(.*?)```\n", readme, re.DOTALL)[1]
    done = program(*command.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert shape(done.stdout.rpartition("/")[0]) == shape(told.rpartition("/")[0])
    assert done.stdout == told


def test_progress_goes_to_stderr(small_run):
    done, _ = small_run
    assert done.stderr.splitlines() == [f"simulated {tenth} %" for tenth in range(10, 101, 10)]
    assert "simulated" not in done.stdout


def test_a_run_writes_its_files(small_run):
    _, folder = small_run
    assert {path.name for path in folder.iterdir()} == ALWAYS | {"requests.parquet"}
    numbers, record = (json.loads((folder / name).read_text()) for name in ("result.json", "run.json"))
    assert (numbers["seed"], numbers["duration_s"]) == (5, 600)
    assert set(record) >= {"command", "started", "wall_s", "simulate_s", "peak_rss_bytes", "threads", "host"}
    assert record["command"][1:4] == ["run", "support_chatbot", "--set"]
    assert record["wall_s"] >= record["simulate_s"] > 0
    assert len(pd.read_parquet(folder / "requests.parquet")) == numbers["requests"]["arrived"]


def test_the_written_scenario_runs_to_the_same_bytes_in_another_folder(small_run, tmp_path):
    _, folder = small_run
    done = program("run", folder / "scenario.yaml", "--trace", "full", "--out", tmp_path / "again")
    assert done.returncode == 0, done.stderr
    for name in (ALWAYS | {"requests.parquet"}) - {"run.json"}:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_without_out_a_run_goes_to_a_folder_of_its_name_and_hash(tmp_path):
    done = program("run", *SMALL, "--set", "day.duration_s=1 min", "--set", "name='Größe: 1/64'", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (result,) = tmp_path.glob("out/Grosse_1_64/*/result.json")
    assert json.loads(result.read_text())["scenario_hash"] == result.parent.name


def test_a_reader_who_leaves_early_is_no_error(small_run):
    for command in (["describe", "scenario"], ["--version"]):
        process = subprocess.Popen(
            [sys.executable, PROGRAM, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        process.stdout.close()
        error = process.stderr.read()
        process.stderr.close()
        assert process.wait(60) == 0
        assert error == ""


def test_nobody_reading_the_progress_does_not_stop_a_run(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    arguments = ["run", *SMALL, "--set", "day.duration_s=2 min", "--out", str(tmp_path)]
    done = subprocess.run([sys.executable, PROGRAM, *arguments], stdout=writer, stderr=writer, timeout=120, check=False)
    os.close(writer)
    assert done.returncode == 0
    assert (tmp_path / "result.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_told_in_one_line():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, PROGRAM, "list"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "standard output: cannot be written: No space left on device\n"


def test_a_mistake_ends_with_status_2_and_one_line():
    done = program("run", "suport_chatbot")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "suport_chatbot: no such file, nor a shipped scenario (did you mean support_chatbot?)\n"


def test_help_and_version_need_no_library_of_science():
    for option in ("--help", "--version"):
        code = f"import sys; sys.argv = ['run_sim.py', {option!r}]; import run_sim; run_sim.main()"
        listed = "import atexit, sys; atexit.register(lambda: print(*sys.modules)); " + code
        done = subprocess.run(
            [sys.executable, "-c", listed], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        loaded = set(done.stdout.splitlines()[-1].split())
        assert not loaded & {"pandas", "numpy", "scipy", "simpy", "numba"}


def test_a_saved_day_is_priced_again(small_run, tmp_path):
    _, folder = small_run
    changes = ["--set", "prices.electricity_usd_per_kwh=0.5", "--set", "facts.sites.virginia.technician_usd_per_h=50"]
    done = program("reprice", folder, *changes, "--out", tmp_path / "dear", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    was, now = (json.loads((path / "result.json").read_text()) for path in (folder, tmp_path / "dear"))
    assert f"{was['cost_usd']['total']:,.2f}" in done.stdout and f"{now['cost_usd']['total']:,.2f}" in done.stdout
    assert was["cost_usd"]["energy"] < now["cost_usd"]["energy"] and was["latency"] == now["latency"]
    fresh = program(
        "run", "support_chatbot", *SMALL, *changes, "--seed", 5, "--trace", "full", "--out", tmp_path / "new"
    )
    assert fresh.returncode == 0
    same = {path.name for path in (tmp_path / "new").iterdir()} - {"run.json", "requests.parquet"}
    assert {
        name for name in same if (tmp_path / "new" / name).read_bytes() != (tmp_path / "dear" / name).read_bytes()
    } == set()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("fleet.pools.main.servers=3", "changes the day itself, not its prices"),
        ("prices.lifetime_years=0", "prices.lifetime_years: must be greater than 0"),
        ("prices.currency=abc", "'abc' is not a currency of the catalogue"),
    ],
)
def test_a_price_that_cannot_be_is_told(small_run, tmp_path, change, told):
    done = program("reprice", small_run[1], "--set", change, "--out", tmp_path / "x")
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "x").exists()
