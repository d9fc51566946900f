from pathlib import Path

import pytest

from sim.catalogue import claims
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.reading import read_catalogue
from sim.core.errors import InputError, ScenarioError
from sim.scenario.paths import get
from sim.scenario.reading import read_scenario, scenario_file, shipped, summaries


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def told(error: pytest.ExceptionInfo[ScenarioError]) -> list[str]:
    return list(error.value.problems)


def test_every_shipped_day_is_read(catalogue: Catalogue) -> None:
    days = [path for path in shipped() if path.parent.name == "days"]
    assert {path.stem for path in days} >= {"support_chatbot", "azure_conv", "article"}
    for path in days:
        scenario = read_scenario(str(path), catalogue=catalogue)
        assert scenario.description
        assert path.read_text().startswith("# yaml-language-server: $schema=../scenario.schema.json\n")


def test_the_shipped_days_hold_what_they_promise(catalogue: Catalogue) -> None:
    support = read_scenario("support_chatbot", catalogue=catalogue)
    article = read_scenario("days/article", catalogue=catalogue)
    azure = read_scenario("azure_conv", catalogue=catalogue)
    assert article.prices.as_the_article_books_it
    assert (article.fleet, article.workload) == (support.fleet, support.workload)
    assert (azure.day.start_s, azure.day.duration_s) == (18 * 3600 + 15 * 60 + 46, 65 * 60)
    assert azure.workload.trace is not None
    assert azure.workload.trace.path is None


def test_the_list_has_a_name_and_a_description_for_each() -> None:
    assert all(entry.title and entry.description and "\n" not in entry.description for entry in summaries())
    assert scenario_file("article") in [entry.path for entry in summaries()]


def test_an_unknown_name_is_told_with_the_nearest(folder: Path) -> None:
    with pytest.raises(
        InputError, match=r"suport_chatbot: no such file, nor a shipped scenario \(did you mean support_c"
    ):
        scenario_file("suport_chatbot")
    with pytest.raises(InputError, match="is a folder"):
        scenario_file(str(folder))
    with pytest.raises(InputError, match="no such file"):
        scenario_file("x" * 5000)
    with pytest.raises(InputError, match="no such file"):
        scenario_file("a\0b")


def test_precedence_default_extends_file_overrides_set(folder: Path, catalogue: Catalogue) -> None:
    main = "fleet: {{pools: {{main: {{servers: {0}, cells: {0}, max_attempts: {0}, stale_s: {0}}}}}}}\n"
    write("base.yaml", "name: base\n" + main.format(10))
    write(
        "child.yaml",
        "extends: base.yaml\nname: child\n"
        "overrides: {fleet.pools.main.max_attempts: 30, fleet.pools.main.stale_s: 30}\n"
        "fleet: {pools: {main: {cells: 20, max_attempts: 20, stale_s: 20}}}\n",
    )
    scenario = read_scenario("child.yaml", ["fleet.pools.main.stale_s=40 ms"], catalogue=catalogue)
    pool = scenario.fleet.pools["main"]
    assert (pool.routing, pool.servers, pool.cells, pool.max_attempts, pool.stale_s) == (
        "power_of_two",
        10,
        20,
        30,
        0.04,
    )
    assert scenario.name == "child"


def test_overrides_of_a_base_stand_below_the_file_that_extends_it(folder: Path, catalogue: Catalogue) -> None:
    write("base.yaml", "name: base\noverrides: {seed: 5, day.start_s: 6}\n")
    write("child.yaml", "extends: base.yaml\nseed: 7\n")
    scenario = read_scenario("child.yaml", catalogue=catalogue)
    assert (scenario.seed, scenario.day.start_s) == (7, 6)
    assert read_scenario("child.yaml", ["seed=8"], seed=9, catalogue=catalogue).seed == 9


def test_mappings_merge_lists_replace_and_null_takes_an_entry_away(folder: Path, catalogue: Catalogue) -> None:
    hours = ", ".join(["0.1"] * 24)
    write(
        "base.yaml",
        f"name: b\nfleet: {{pools: {{a: {{}}, b: {{servers: 3}}}}}}\nprices: {{electricity_usd_per_kwh: [{hours}]}}\n",
    )
    write(
        "more.yaml",
        "extends: base.yaml\nfleet: {pools: {c: {}, a: null}}\nprices: {electricity_usd_per_kwh: 8.3 ct/kWh}\n",
    )
    scenario = read_scenario("more.yaml", catalogue=catalogue)
    assert list(scenario.fleet.pools) == ["b", "c"]
    assert scenario.fleet.pools["b"].servers == 3
    assert scenario.prices.electricity_usd_per_kwh == pytest.approx(0.083)


def test_extends_is_relative_to_the_file_or_a_shipped_name(folder: Path, catalogue: Catalogue) -> None:
    Path("deep").mkdir()
    write("deep/base.yaml", "extends: article\nname: base\n")
    write("deep/child.yaml", "extends: base.yaml\nseed: 3\n")
    scenario = read_scenario("deep/child.yaml", catalogue=catalogue)
    assert (scenario.name, scenario.seed, scenario.prices.article_coolers) == ("base", 3, 2)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: a\nextends: b.yaml\n", "b.yaml:2:1: extends: goes in a circle: a.yaml -> b.yaml -> a.yaml"),
        ("extends: a.yaml\n", "a.yaml:1:1: extends: goes in a circle: a.yaml -> a.yaml"),
        ("name: a\nextends: artcle\n",
            "a.yaml:2:1: extends: artcle: no such file, nor a shipped scenario (did you mean article?)"),
        ("extends: [b.yaml]\nname: a\n", "a.yaml:1:1: extends: must be a file or the name of a shipped scenario"),
        ("extends: artcle\nfleet: {gateway: {chat: gpt3}}\n",
            "a.yaml:1:1: extends: artcle: no such file, nor a shipped scenario (did you mean article?)"),
        ("overrides: [seed]\nname: a\n", "a.yaml:1:1: overrides: must be a mapping of dotted paths to values"),
    ],
)  # fmt: skip
def test_bad_ways_to_build_on_a_file(folder: Path, catalogue: Catalogue, text: str, problem: str) -> None:
    write("b.yaml", "name: b\nextends: a.yaml\n")
    write("a.yaml", text)
    with pytest.raises(ScenarioError) as error:
        read_scenario("a.yaml", ["fleet.pools.gpt3.servers=2"] if "extends" in text else [], catalogue=catalogue)
    assert told(error) == [problem]


def test_all_problems_of_the_schema_are_told_at_once_with_their_lines(folder: Path, catalogue: Catalogue) -> None:
    write(
        "bad.yaml",
        "nam: x\nname: x\nday:\n  date: tomorrow\n  duration_s: -3 h\nfleet:\n  pools:\n"
        "    main: {servers: 1.5, precison: fp8}\n"
        '    "a.b": {routing: true}\nfacts: {gpus: {h100_sxm: {idle_w: 5 q, tdp_w: true}}}\noverrides:\n  seed: -1\n',
    )
    with pytest.raises(ScenarioError) as error:
        read_scenario("bad.yaml", ["workload.demand.requests_per_day=.inf", "nonsense"], catalogue=catalogue)
    assert sorted(told(error)) == sorted([
        "--set 'nonsense' is not path=value, as in fleet.pools.main.servers=4",
        "--set workload.demand.requests_per_day=.inf: "
        "workload.demand.requests_per_day: must be a finite number, not inf",
        "bad.yaml:1:1: nam: unknown key (did you mean name?)",
        "bad.yaml:4:3: day.date: must be a date such as 2026-07-15, not 'tomorrow'",
        "bad.yaml:5:3: day.duration_s: must be greater than 0, not -10800.0",
        "bad.yaml:8:12: fleet.pools.main.servers: must be a whole number, not 1.5",
        "bad.yaml:8:26: fleet.pools.main.precison: unknown key (did you mean precision?)",
        'bad.yaml:9:13: fleet.pools."a.b".routing: is true, where no yes-or-no is asked',
        "bad.yaml:10:27: facts.gpus.h100_sxm.idle_w: "
        "'q' is not a unit of idle_w; write one of W, mW, kW, MW, GW, TW, PW",
        "bad.yaml:10:40: facts.gpus.h100_sxm.tdp_w: is true, where no yes-or-no is asked",
        "bad.yaml:12:3: seed: must be at least 0, not -1",
    ])  # fmt: skip


def test_a_problem_of_the_extended_file_is_told_in_that_file(folder: Path, catalogue: Catalogue) -> None:
    write("base.yaml", "name: base\nday:\n  start_s: -1\n  duration_s: 0\n")
    write("child.yaml", "extends: base.yaml\nday:\n  duration_s: -2\n")
    with pytest.raises(ScenarioError) as error:
        read_scenario("child.yaml", catalogue=catalogue)
    assert told(error) == [
        "base.yaml:3:3: day.start_s: must be at least 0, not -1",
        "child.yaml:3:3: day.duration_s: must be greater than 0, not -2",
    ]


def test_names_that_are_nowhere_are_told_with_the_nearest(folder: Path, catalogue: Catalogue) -> None:
    write(
        "names.yaml",
        "name: n\n"
        "workload: {demand: {shape: flatt}, trace: {use_case: chta}, use_cases: {chat: {lengths: servegen_m_midd}}}\n"
        "fleet:\n"
        "  pools:\n"
        "    main: {model: llama_2_70, server: dgx_h10, software: serving_202}\n"
        "    old: {server: dgx_a100, precision: fp8}\n"
        "  gateway: {caht: main, chat: mian}\n"
        "plant: {site: virgina, climate: {cooling: chiller}, failures: {hazard: llama}}\n"
        "prices: {book: owner, equipment: {dgx_h1000: {gpu_usd: 3}}}\n"
        "facts: {gpus: {h100_sxm: {idle: 3}, h100: {tdp_w: 1}}, gpu: {}}\n",
    )
    with pytest.raises(ScenarioError) as error:
        read_scenario("names.yaml", catalogue=catalogue)
    lines = Path("names.yaml").read_text().splitlines()
    paths = []
    for problem in told(error):
        _, line, column, path = problem.replace(" ", "").split(":")[:4]
        assert lines[int(line) - 1][int(column) - 1 :].startswith(path.rpartition(".")[2] + ":")
        paths.append(path)
    sections = ["workload", "fleet", "plant", "prices", "facts"]
    assert paths == sorted(paths, key=lambda path: sections.index(path.split(".")[0]))
    assert sorted(paths) == sorted([
        "workload.demand.shape", "workload.trace.use_case", "workload.use_cases.chat.lengths",
        "fleet.pools.main.model", "fleet.pools.main.server", "fleet.pools.main.software", "fleet.pools.old.precision",
        "fleet.gateway.caht", "fleet.gateway.chat",
        "plant.site", "plant.climate.cooling", "plant.failures.hazard",
        "prices.book", "prices.equipment.dgx_h1000",
        "facts.gpus.h100_sxm.idle", "facts.gpus.h100", "facts.gpu",
    ])  # fmt: skip
    assert all("did you mean" in problem or "known:" in problem or "precision" in problem for problem in told(error))
    assert "a100_sxm_80gb of dgx_a100 has no fp8 rate; it has bf16 and int8" in "\n".join(told(error))


def test_a_replica_must_divide_the_server(catalogue: Catalogue) -> None:
    six = "facts.servers.dgx_h100.gpus=6"
    with pytest.raises(ScenarioError, match="8 GPUs a replica do not divide the 6 of dgx_h100"):
        read_scenario("support_chatbot", [six], catalogue=catalogue)
    assert read_scenario("support_chatbot", [six, "fleet.pools.main.tensor_parallel=2"], catalogue=catalogue)


def test_a_fact_with_a_unit_is_a_plain_number(catalogue: Catalogue) -> None:
    scenario = read_scenario("support_chatbot", ["facts.gpus.h100_sxm.tdp_w=0.6 kW"], catalogue=catalogue)
    assert scenario.facts == {"gpus": {"h100_sxm": {"tdp_w": 600.0}}}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("servers=4", "servers: unknown key (did you mean fleet.pools.main.servers?)"),
        ("fleet.pools.mian.servers=4", "there is no 'mian' in fleet.pools (did you mean main?)"),
        ("fleet.pools.main.serverz=4", "fleet.pools.main.serverz: unknown key (did you mean server?)"),
        ("seed.x=4", "seed.x: seed holds a single value, nothing inside it can be set"),
        ("day.date=9999-12-31", "day.date: must be 9999-10-30 at the latest, not 9999-12-31"),
        ("seed=1" + "0" * 400, "seed: must be a number of at most 1e+20, not 1000"),
        ("seed=four", "seed: must be a whole number, not 'four'"),
        ("seed=[", "is not YAML"),
        ("=4", "is not path=value"),
        ("a..b=4", "is not path=value"),
        ("prices.electricity_usd_per_kwh=[1, 2]", "needs at least 24 of them, not 2"),
        ("prices.electricity_usd_per_kwh=8,3 ct/kWh", "'8,3 ct/kWh' is not a number with a unit"),
        ("workload.use_cases.support.share=0.5", "the shares of use_cases sum to 0.5, not to 1"),
        ("fleet.pools.main=null", "fleet.pools: needs at least 1 of them, not 0"),
        ("fleet.pools.main.servers=1000000000", "servers: must be at most 1,000,000, not 1000000000"),
        (
            "prices.electricity_usd_per_kwh=1e308",
            "per_kwh: must be a number of at most 1e+20, not 1e+308",
        ),
        ("prices.electricity_usd_per_kwh=-1e200 ct/kWh", "electricity_usd_per_kwh: must be a number of at most 1e+20"),
        ("prices.market_usd_per_kwh=[0.1, 1e300]", "market_usd_per_kwh: must be a number of at most 1e+20, not 1e+300"),
        ("prices.lifetime_years=1e-300", "must be zero or a number of at least 1e-09, not 1e-300"),
        ("plant.climate.units=1000000", "plant.climate.units: must be at most 1,000, not 1000000"),
        ("plant.failures.age_years=1e20", "plant.failures.age_years: must be at most 1,000, not 1e+20"),
        ('name="a\\u202eb"', "name: must be one line of text, without control characters"),
        ('name="two\\nlines"', "name: must be one line of text, without control characters"),
        ('name="a\\0b"', "name: must be one line of text, without control characters"),
        ("plant=3", "plant: must be a mapping of names to values, not 3"),
    ],
)
def test_bad_settings_are_told_with_the_option(catalogue: Catalogue, change: str, problem: str) -> None:
    with pytest.raises(ScenarioError) as error:
        read_scenario("support_chatbot", [change], catalogue=catalogue)
    assert problem in str(error.value)
    assert change in str(error.value) or change == "workload.use_cases.support.share=0.5" or "=null" in change
    assert "Input should" not in str(error.value)


def test_a_setting_inside_what_the_file_leaves_out_starts_from_the_defaults(folder: Path, catalogue: Catalogue) -> None:
    write("short.yaml", "name: short\n")
    changes = ["fleet.pools.main.servers=7", "workload.trace.path=x.csv", "prices.equipment.dgx_h100.gpu_usd=20 kUSD"]
    scenario = read_scenario("short.yaml", changes, catalogue=catalogue)
    assert scenario.fleet.pools["main"].servers == 7
    assert scenario.workload.trace is not None
    assert scenario.workload.trace.path == "x.csv"
    assert scenario.prices.equipment["dgx_h100"].gpu_usd == 20_000


def test_the_catalogue_is_read_when_none_is_given() -> None:
    assert read_scenario("article").name


RENAMED = "was renamed to fleet.pools.POOL.software"


def test_a_renamed_key_says_its_new_name_with_all_other_problems(folder: Path, catalogue: Catalogue) -> None:
    write("old.yaml", "name: n\nplant: {efficiency: serving_2026, sight: here}\n")
    with pytest.raises(ScenarioError) as error:
        read_scenario("old.yaml", catalogue=catalogue)
    assert told(error) == [
        f"old.yaml:2:9: plant.efficiency: {RENAMED}",
        "old.yaml:2:35: plant.sight: unknown key (did you mean site?)",
    ]


def test_a_renamed_key_is_refused_from_the_command_line_and_by_studies(folder: Path, catalogue: Catalogue) -> None:
    write("day.yaml", "name: n\n")
    with pytest.raises(ScenarioError, match=RENAMED):
        read_scenario("day.yaml", ["plant.efficiency=serving_2026"], catalogue=catalogue)
    with pytest.raises(ScenarioError, match=RENAMED):
        get(read_scenario("day.yaml", catalogue=catalogue), "plant.efficiency")


PROFILE = "software: vllm_2026\nfacts: {efficiencies: {vllm_2026: {step_overhead_s: %s}}}\n"


def test_each_pool_may_name_a_profile_of_its_own(folder: Path, catalogue: Catalogue) -> None:
    field = next(iter(claims(catalogue.pick("efficiencies", "vllm_2026"))))
    for name, value in (("one.yaml", 0.001), ("other.yaml", 0.002)):
        write(name, PROFILE.replace("step_overhead_s", field) % value)
    pools = "fleet: {pools: {main: {software: one.yaml}, second: {software: %s}}}\n"
    write("same.yaml", "name: n\n" + pools % "one.yaml")
    day = read_scenario("same.yaml", catalogue=catalogue)
    assert {pool.software for pool in day.fleet.pools.values()} == {"vllm_2026"}
    assert day.facts["efficiencies"]["vllm_2026"][field] == 0.001
    write("clash.yaml", "name: n\n" + pools % "other.yaml")
    with pytest.raises(ScenarioError, match=f"sets facts.efficiencies.vllm_2026.{field} otherwise than another pool's"):
        read_scenario("clash.yaml", catalogue=catalogue)
