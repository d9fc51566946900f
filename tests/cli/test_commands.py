"""What the commands say, right and wrong: called in this process, as fast as they can be."""

import gzip
import json
import os
from pathlib import Path

import pytest

from reports.terminal import console
from sim.catalogue import read_catalogue
from sim.core.version import __version__

pytestmark = pytest.mark.usefixtures("engine_compiled")

TINY = ["--set", "day.duration_s=1 min", "--set", "workload.demand.requests_per_day=0"]
TRACE = "--set=workload.trace.path={}"


@pytest.fixture(autouse=True)
def one_catalogue(monkeypatch, catalogue):
    """Read the catalogue once for all tests; it is frozen."""
    for module in ("sim.catalogue", "sim.scenario.reading", "sim.day"):
        monkeypatch.setattr(f"{module}.read_catalogue", lambda *arguments, **options: catalogue)


@pytest.fixture(scope="session")
def catalogue():
    return read_catalogue()


POINTS = ["--kind", "serving", "--out", "o.csv"]
"""What follows a file of points."""
WRONG = [
    (["rnu"], "rnu"),
    (["run", "--nope"], "No such option: --nope"),
    (["run", "--seed", "x"], "--seed"),
    (["run", "--trace", "most"], "'most' is not one of 'none', 'sample', 'full'"),
    (["run", "--engine", "warp"], "'warp' is not one of"),
    (["run", "a", "b"], "unexpected extra argument"),
    (["check"], "Missing argument"),
    (["describe", "scenarioo"], "'scenarioo' is not one of"),
    (["describe", "catalogue", "h100"], "h100: is not in the catalogue (did you mean h100_sxm?)"),
    (["describe", "sources", "llama3_papr"], "llama3_papr: is not a source (did you mean llama3_paper?)"),
    (["describe", "scenario", "flet"], "flet: no key begins so"),
    (["run", "suport_chatbot"], "(did you mean support_chatbot?)"),
    (["check", "suport_chatbot"], "(did you mean support_chatbot?)"),
    (["run", "azure_conv", "--set", "workload.trace.path=pipe"], "pipe: cannot be read: is no plain file"),
    (["run", "--set", "plant.climate.weather.path=pipe"], "pipe: cannot be read: is no plain file"),
    (["run", "--set", "plant.climate.weather.path=long.csv"], "long.csv: is no year of weather (field larger than"),
    (["check", "pipe"], "pipe: no such file"),
    (["report", "x" * 300], "holds no result of a day"),
    (["study", "support_chatbot_budget", "--jobs", "100000"], "--jobs"),
    (["study", "support_chatbot_budget", "--draws", "9" * 30], "--draws 9"),
    (
        ["study", "chatgpt_2023_drivers", "--draws", "7"],
        "--draws 7: Sobol' points come in powers of two: 4 or 8",
    ),
    (
        ["study", "support_chatbot_budget", "--bias"],
        "keep its budget' has no fleet_fraction",
    ),
    (["reprice", "a_day", "--out", "./a_day"], "--out a_day: is the day that is to be priced again"),
    (["check", "many.yaml"], "the axes come to 1,000,000,000 variants; take at most 10,000, or ask a study"),
    (["predict", "pipe", *POINTS], "pipe: no such file"),
    (["predict", "cut.csv.gz", *POINTS], "cut.csv.gz: cannot be read as a table"),
    (["predict", "x.csv", "--kind", "serving", "--out", "pipe"], "pipe: is no plain file, and is left"),
    (["predict", "x.csv", "--kind", "serving", "--out", ""], ".: is a folder; name a file with --out"),
    (["predict", "huge.csv", *POINTS], "nothing could be predicted"),
    (["check", "a\nb\u202ec"], "a\\nb\\u202ec: no such file"),
    (["check", "x" * 10_000], "no such file"),
    (["run", "--out", "a\0b"], "embedded null byte"),
    (["run", "--out", "a\udcff"], "a\\udcff: is no name in UTF-8"),
    (["r\x1b[31mnu"], "r\\x1b[31mnu"),
    (["run", "--seed", "-1"], "--seed -1: seed: must be at least 0, not -1"),
    (["run", "--set", "fleet.pools.main.sevrers=3"], "fleet.pools.main.sevrers: unknown key (did you mean servers?)"),
    (["run", "--set", "fleet.pools.mian.servers=3"], "there is no 'mian' in fleet.pools (did you mean main?)"),
    (["run", "--set", "servers"], "is not path=value"),
    (["run", "--set", "day.duration_s=3 kg"], "'kg' is not a unit of duration_s"),
    (["run", "--set", "workload.demand.requests_per_day=-4"], "must be at least 0, not -4"),
    (["run", "--set", "workload.demand.requests_per_day=.nan"], "must be a finite number"),
    (["run", "--set", "plant.failures.multiplier=.inf"], "must be a finite number"),
    (["run", "--set", "plant.failures.multiplier=1e19"], "must be at most 10,000,000, not 1e+19"),
    (["run", "--set", "plant.site=virgina"], "'virgina' is not a site of the catalogue (did you mean virginia?)"),
    (["run", "--set", "fleet.pools.main.model=lama_3_1_70b"], "(did you mean llama_3_1_70b?)"),
    (["run", "--set", "plant.climate.weather.path=no.epw"], "no.epw: there is no such file"),
    (["run", "--set", "facts.cooling.chiller_tower.supply_air_c=400"], "is no temperature of a hall or its weather"),
    (["run", "--set", "plant.climate.thermals=air_a3"], "'air_a3' is not"),
    (["run", "--set", "fleet.gateway.support=mian"], "'mian' is not a pool of this scenario (did you mean main?)"),
    (["run", "--set", "fleet.pools.main.model=deepseek_v3"], "GB too little"),
    (["run", "azure_conv"], "workload.trace.path: is missing"),
    (["run", "azure_conv", "--set", "workload.trace.path=no.csv"], "no.csv: there is no such file"),
]


def write_traps():
    """Files that a program could hang on, or fall over."""
    os.mkfifo("pipe")
    Path("long.csv").write_text("x" * 200_000)
    Path("cut.csv.gz").write_bytes(gzip.compress(b"model,system\n" * 100, mtime=0)[:30])
    columns, row = "model,system,isl,osl,tp_size,concurrency", "llama_3_1_70b,h100_sxm,1000,1000,8,1e9"
    Path("huge.csv").write_text(f"{columns}\n{row}\n")
    axes = {name: list(range(1, 1001)) for name in ("seed", "day.start_s", "fleet.pools.main.servers")}
    Path("many.yaml").write_text(json.dumps({"name": "m", "scenario": "support_chatbot", "axes": axes}))


@pytest.mark.parametrize(
    ("arguments", "told"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_what_is_wrong_is_told_in_one_line_without_a_trace_of_python(call, arguments, told):
    write_traps()
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1 + 2 * ("huge.csv" in arguments) and len(err) < 1200
    assert "Traceback" not in err and "Error" not in err
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("holds", "told"),
    [
        ("secret: 1\ndeeper: {secret: 2}\n", ": is no scenario, batch or study: it has none of their keys"),
        ("secret:x:0:0\n", ":1:1: holds text, not a mapping of names to values"),
        ("secret:x:0:0\nsecret: 2\n", ":2:7: is not YAML: mapping values are not allowed here"),
    ],
)
@pytest.mark.parametrize("command", ["check", "run", "batch"])
def test_what_a_file_of_somebody_else_holds_is_not_told(call, command, holds, told):
    Path("passwd").write_text(holds)
    assert call(command, "passwd") == (2, "", f"passwd{told}\n")


def test_warmup_says_where_the_engine_is(call):
    status, out, err = call("warmup")
    assert (status, err) == (0, "")
    assert out.startswith("the engine is compiled")
    assert Path(out.split(" in ")[-1].strip()).is_dir()


BUSY = ["--set", "day.duration_s=2 min", "--set", "workload.demand.requests_per_day=20000"]


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("trace", ["none", "sample", "full"])
def test_engines_and_traces_as_asked(call, engine, trace):
    status, _, err = call("run", *BUSY, "--engine", engine, "--trace", trace, "--out", "o")
    assert status == 0, err
    assert json.loads(Path("o/result.json").read_text())["engine"] == engine
    assert Path("o/requests.parquet").exists() == (trace != "none")
    assert not list(Path("o").glob(".*"))


def test_a_disk_that_fills_up_under_the_requests_is_told_in_one_line(call, monkeypatch):
    """The file grows on a thread of its own while the day runs; what goes wrong there is told here."""

    def fail(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.ParquetWriter.write_table", fail)
    status, out, err = call("run", *BUSY, "--trace", "full", "--out", "o")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1] == "o: cannot be written: No space left on device"
    assert "Traceback" not in err
    assert not Path("o").exists()


HEADER = "arrival_s,input_tokens,output_tokens\n"
BAD_TRACES = {
    "empty": ("", "t.csv:1: "),
    "no rows": (HEADER, "t.csv:"),
    "bad columns": ("time,tokens\n1,2\n", "t.csv:1: "),
    "not sorted": (HEADER + "2,10,10\n1,10,10\n", "t.csv:3: "),
    "no number": (HEADER + "1,ten,10\n", "t.csv:2: "),
    "negative": (HEADER + "1,-10,10\n", "t.csv:2: "),
    "not a number": (HEADER + "nan,10,10\n", "t.csv:2: "),
}


@pytest.mark.parametrize("name", sorted(BAD_TRACES))
def test_a_trace_that_cannot_be_replayed_is_told_by_row(call, name):
    content, told = BAD_TRACES[name]
    Path("t.csv").write_text(content, encoding="utf-8")
    status, out, err = call("run", "azure_conv", "--set", "workload.trace.path=t.csv", "--out", "o")
    assert (status, out) == (2, "")
    assert err.startswith(told), err
    assert err.count("\n") == 1
    assert not Path("o").exists()


def test_a_trace_is_replayed(call):
    rows = "".join(f"{second},100,5\n" for second in range(20))
    Path("t.csv.gz").write_bytes(gzip.compress((HEADER + rows).encode(), mtime=0))
    short = ["--set", "day.duration_s=15 s", "--set", "plant.failures.enabled=false"]
    status, out, err = call("run", "azure_conv", TRACE.format("t.csv.gz"), *short, "--out", "o")
    assert (status, err) == (0, "simulated 100 %\n")
    assert "15 arrived" in out
    assert "5 requests of the trace lie beyond the end of the day" in out


@pytest.mark.parametrize("command", ["run", "demand"])
def test_bad_rows_are_skipped_when_told_to(call, command):
    rows = "".join(f"{second},100,5\n" for second in range(20))
    Path("t.csv").write_text(HEADER + rows + "x,1,1\n30,0,1\n31,100,5\n", encoding="utf-8")
    arguments = [command, "azure_conv", TRACE.format("t.csv"), "--set", "day.duration_s=2 min", "--out", "o"]
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert err.endswith(
        "t.csv:22: arrival_s is 'x', not a number; correct or delete the row, or skip such rows with --skip-bad-rows\n"
    )
    status, out, _ = call(*arguments, "--skip-bad-rows")
    assert status == 0
    assert "2 bad rows of the trace were skipped" in out
    numbers = json.loads(Path("o/demand.json" if command == "demand" else "o/result.json").read_text())
    assert (numbers["requests"]["arrived"], numbers["requests"]["skipped_rows"]) == (21, 2)


def test_there_are_no_bad_rows_without_a_trace(call):
    status, _, err = call("demand", "--skip-bad-rows")
    assert (status, err) == (2, "--skip-bad-rows: support_chatbot replays no trace\n")


@pytest.mark.parametrize("name", ["support_chatbot", "three_uses", "launch_day"])
def test_demand_is_told_and_saved(call, monkeypatch, name):
    monkeypatch.setattr(console, "WIDTH_OF_FILES", 80)
    status, out, _ = call("demand", name, "--set", "workload.demand.requests_per_day=3000", "--out", "o")
    assert status == 0
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "█" in out and "gaps       CV" in out and "answer tokens" in out
    files = {file.name for file in Path("o").iterdir()}
    assert files == {"demand.parquet", "lengths.csv", "scenario.yaml", "run.json", "demand.json"}
    first = {name: Path("o", name).read_bytes() for name in files - {"run.json"}}
    call("demand", name, "--set", "workload.demand.requests_per_day=3000", "--out", "again")
    assert first == {name: Path("again", name).read_bytes() for name in first}


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/nope"])
def test_a_folder_that_cannot_be_written_is_told_before_any_work(call, out):
    Path("file").write_text("mine")
    status, told, err = call("run", "--out", out)
    assert (status, told) == (2, "")
    assert err.startswith(f"{out}: cannot be written: ")
    assert err.endswith("; choose another with --out\n")
    assert "simulated" not in err
    assert Path("file").read_text() == "mine"


def test_all_problems_of_a_file_are_told_by_line_and_column(call):
    Path("day.yaml").write_text(
        "name: x\nfleet:\n  pools:\n    main:\n      sevrers: 2\n      model: llama_3_1_70b\nday:\n  duration_s: 3 kg\n"
    )
    for command in ("check", "run"):
        status, out, err = call(command, "day.yaml")
        lines = err.splitlines()
        assert (status, out, len(lines)) == (2, "", 2)
        assert lines[0] == "day.yaml:5:7: fleet.pools.main.sevrers: unknown key (did you mean servers?)"
        assert lines[1].startswith("day.yaml:8:3: day.duration_s: 'kg' is not a unit")


@pytest.mark.parametrize("command", ["check", "run", "demand", "batch", "study"])
@pytest.mark.parametrize(("asked", "file"), [("scenario.yaml", "result.json"), ("study.yaml", "summary.json")])
def test_a_result_taken_for_a_scenario_is_told_once(call, command, asked, file):
    Path("day").mkdir()
    Path("day", file).write_text('{"scenario": "x", "kind": "batch", "scenario_hash": "1", "cost_usd": {"total": 2.0}}')
    told = "is a result, not a scenario, batch or study: `report day` makes a report of it"
    assert call(command, f"day/{file}") == (2, "", f"day/{file}: {told}\n")
    Path("day", asked).write_text("name: x\n")
    assert call(command, f"day/{file}") == (2, "", f"day/{file}: {told}; what was asked is day/{asked}\n")


def test_check_points_at_the_pool_that_does_not_fit(call):
    Path("day.yaml").write_text("name: x\nfleet:\n  pools:\n    main:\n      model: deepseek_v3\n      servers: 1\n")
    status, out, err = call("check", "day.yaml")
    assert (status, out) == (2, "")
    assert err.startswith("day.yaml:4:5: fleet.pools.main: DeepSeek-V3 at fp8 needs 671.0 GB")


def test_check_says_what_a_day_comes_to(call):
    status, out, err = call("check", "support_chatbot")
    assert (status, err) == (0, "")
    assert out.splitlines()[0].split() == [
        "pool",
        "model",
        "server",
        "servers",
        "replicas",
        "KV",
        "cache",
        "decode",
        "step",
    ]
    assert out.endswith("support_chatbot: no problems; 50,000 requests expected\n")
    status, out, err = call("check", "azure_conv")
    assert status == 0
    assert "needs --set workload.trace.path=FILE.csv to run" in out


def test_list_names_every_shipped_day(call):
    status, out, err = call("list")
    assert (status, err) == (0, "")
    names = [line.split()[0] for line in out.splitlines()]
    assert {"article", "azure_conv", "support_chatbot"} < set(names)


@pytest.mark.parametrize(
    ("topic", "wanted"),
    [
        (["scenario"], ["fleet.pools.NAME.servers", "whole number >= 1", "prices.book"]),
        (["scenario", "plant.site"], ["virginia", "Catalogue name of the site."]),
        (["study"], ["uncertain.PATH", "pert: low, mode, high", "empirical: values", "goals.NAME.at_most"]),
        (["batch", "axes"], ["Dotted paths to lists of values."]),
        (["catalogue"], ["h100_sxm", "llama_2_70b"]),
        (["catalogue", "h100_sxm"], ["gpus.h100_sxm", "tdp_w", "700", "115 .. 145.5", "gpu_parking_tax"]),
        (["catalogue", "hazards"], ["hazards.llama_3", "technician_repair_s"]),
        (["sources"], ["llama3_paper", "gpu_parking_tax"]),
        (["sources", "llama3_paper"], ["llama3_paper"]),
    ],
)
@pytest.mark.parametrize("width", [80, 200])
def test_describe_shows_all_of_it_on_any_width(call, monkeypatch, topic, wanted, width):
    monkeypatch.setattr(console, "WIDTH_OF_FILES", width)
    status, out, err = call("describe", *topic)
    assert (status, err) == (0, "")
    assert all(len(line) <= width for line in out.splitlines())
    for text in wanted:
        assert text in out
    assert width == 80 or out.splitlines()[0].split()[0] in ("key", "kind", "entry", "source")


def test_the_summary_fits_eighty_columns(call, monkeypatch):
    monkeypatch.setattr(console, "WIDTH_OF_FILES", 80)
    status, out, _ = call("run", "article", *TINY, "--out", "o")
    assert status == 0
    assert all(len(line) <= 80 for line in out.splitlines())
    blocks = [block.splitlines()[0].split()[0] for block in out.split("\n\n")]
    assert blocks == ["The", "requests", "latency", "energy", "cost", "a", "from", "written"]


def test_version_and_help(call):
    assert call("--version") == (0, f"{__version__}\n", "")
    status, out, err = call("--help")
    assert (status, err) == (0, "")
    for command in (
        "run",
        "batch",
        "study",
        "report",
        "predict",
        "calibrate",
        "check",
        "list",
        "describe",
        "warmup",
        "demand",
    ):
        assert f"\n  {command} " in out
    assert "..." not in out.split("Commands:")[1]
    for option in ("--seed", "--engine", "--trace", "--set", "--out"):
        assert option in call("run", "--help")[1]


def test_a_defect_is_ours_and_ends_with_status_1(call, monkeypatch):
    def break_down(*arguments, **options):
        raise RuntimeError("a wheel came off")

    monkeypatch.setattr("sim.day.run", break_down)
    monkeypatch.setattr("sim.run", break_down, raising=False)
    status, out, err = call("run", *TINY, "--out", "o")
    assert (status, out) == (1, "")
    assert "RuntimeError: a wheel came off" in err
    assert err.splitlines()[-1].startswith("this is a defect of the program")
    assert not Path("o").exists()


def test_a_stopped_run_says_so_and_leaves_nothing(call, monkeypatch):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.run", stop, raising=False)
    status, out, err = call("run", *TINY, "--out", "o")
    assert (status, out) == (130, "")
    assert err.strip() == "stopped; nothing is half-written"
    assert not Path("o").exists()


PLANT = """extends: support_chatbot
name: plant
plant:
  climate:
    trips: {many: {units: 9, at_s: 0, duration_s: 1}}
  repair:
    shifts:
      day: {start_s: "08:00", end_s: "18:00"}
      late: {start_s: "17:00", end_s: "02:00"}
    spares: {main: {hot: 2}}
"""


@pytest.mark.parametrize(
    ("dropped", "told"),
    [
        ([], "plant.yaml:5:13: plant.climate.trips.many: asks for chillers: 9, but there are 5"),
        ([], "plant.yaml:9:7: plant.repair.shifts.late: 17:00-02:00 overlaps with day, 08:00-18:00"),
        (["climate:", "trips", "late"], "plant.yaml:7:14: plant.repair.spares.main: 2 servers stand by, but"),
    ],
)
def test_a_plant_that_cannot_be_is_told_by_line(call, dropped, told):
    lines = [line for line in PLANT.splitlines() if not any(word in line for word in dropped)]
    Path("plant.yaml").write_text("\n".join(lines), encoding="utf-8")
    status, _, err = call("check", "plant.yaml")
    assert status == 2
    assert told in err


def test_check_warns_of_cooling_too_small_and_goes_on(call):
    small = "extends: support_chatbot\nname: small\nfacts: {cooling: {chiller_tower: {capacity_fraction: 0.5}}}\n"
    Path("small.yaml").write_text(small, encoding="utf-8")
    status, out, _ = call("check", "small.yaml")
    assert status == 0
    assert "warning: small.yaml:" in out and "busy servers make" in " ".join(out.split())
