import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.errors import ScenarioError
from sim.files.documents import dotted
from sim.scenario.paths import get, parse_assignment, replace, split
from sim.scenario.schema import Pool, Scenario

BASE = Scenario(name="base")


def test_get_reads_fields_entries_items_and_sections() -> None:
    priced = replace(BASE, {"prices.electricity_usd_per_kwh": [float(hour) for hour in range(24)]})
    assert get(BASE, "fleet.pools.main.servers") == 2
    assert isinstance(get(BASE, "fleet.pools.main"), Pool)
    assert get(priced, "prices.electricity_usd_per_kwh.23") == 23.0


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("fleet.pools.mian.servers", "did you mean main"),
        ("fleet.poolz", "did you mean pools"),
        ("servers", "did you mean fleet.pools.main.servers"),
        ("seed.x", "seed.x: unknown key"),
        ("fleet..pools", "not a dotted path"),
        ("", "not a dotted path"),
    ],
)
def test_get_refuses_unknown_paths(path: str, hint: str) -> None:
    with pytest.raises(ScenarioError, match=hint):
        get(BASE, path)


def test_replace_sets_many_paths_and_leaves_the_original() -> None:
    changed = BASE.replace({"fleet.pools.main.servers": 5, "day.duration_s": "2 h", "plant.failures.enabled": False})
    assert (changed.fleet.pools["main"].servers, changed.day.duration_s, changed.plant.failures.enabled) == (
        5,
        7200,
        False,
    )
    assert Scenario(name="base") == BASE


def test_replace_creates_what_was_none_and_new_entries() -> None:
    changed = replace(
        BASE, {"workload.trace.path": "x.csv", "fleet.pools.second": {"servers": 3}, "fleet.gateway.chat": "second"}
    )
    assert changed.workload.trace is not None
    assert list(changed.fleet.pools) == ["main", "second"]
    assert changed.fleet.gateway == {"chat": "second"}
    assert list(replace(changed, {"fleet.pools.main": None}).fleet.pools) == ["second"]


def test_replace_takes_models_and_numpy_numbers() -> None:
    changed = replace(BASE, {"fleet.pools.main": Pool(servers=9), "seed": np.int64(4), "day.start_s": np.float64(5.5)})
    assert (changed.fleet.pools["main"].servers, changed.seed, changed.day.start_s) == (9, 4, 5.5)
    hours = np.arange(24.0)
    assert replace(BASE, {"prices.electricity_usd_per_kwh": hours}).prices.electricity_usd_per_kwh == tuple(hours)


def test_replace_tells_all_problems() -> None:
    with pytest.raises(ScenarioError) as error:
        replace(BASE, {"seed": -1, "fleet.pools.main.serverz": 3, "day.start_s": float("nan")})
    assert sorted(error.value.problems) == [
        "scenario 'base': day.start_s: must be a finite number, not nan",
        "scenario 'base': fleet.pools.main.serverz: unknown key (did you mean server?)",
        "scenario 'base': seed: must be at least 0, not -1",
    ]
    with pytest.raises(ScenarioError, match=r"there is no 'mian' in fleet.pools \(did you mean main\?\)"):
        replace(BASE, {"fleet.pools.mian.servers": 3})


def test_a_name_with_dots_is_quoted() -> None:
    two = replace(BASE, {'fleet.pools."a.b"': {"servers": 1}})
    assert get(replace(two, {'fleet.pools."a.b".servers': 8}), 'fleet.pools."a.b".servers') == 8


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("prices.lifetime_years=3", "prices.lifetime_years", 3),
        ("day.duration_s = 1 h", "day.duration_s", "1 h"),
        ("workload.trace=null", "workload.trace", None),
        ("a.b=[1, 2]", "a.b", [1, 2]),
        ("workload.trace.path=a=b.csv", "workload.trace.path", "a=b.csv"),
        ('fleet.pools."a.b".servers=4', 'fleet.pools."a.b".servers', 4),
        ("description=", "description", None),
    ],
)
def test_assignments(text: str, path: str, value: object) -> None:
    assert parse_assignment(text) == (path, value)


names = st.text(st.characters(codec="utf-8", exclude_characters='"'), min_size=1, max_size=8)
NAMED = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"'), min_size=1, max_size=8)
"""What a pool may be called that a path can name: one line without quotes."""


@given(st.lists(names, min_size=1, max_size=5).map(tuple))
def test_a_written_path_is_read_back(keys: tuple[str, ...]) -> None:
    assert split(dotted(keys)) == keys


@given(NAMED, st.integers(1, 99))
def test_a_pool_of_any_name_can_be_reached(name: str, servers: int) -> None:
    scenario = Scenario(name="x", fleet={"pools": {name: {}}})
    path = dotted(("fleet", "pools", name, "servers"))
    assert get(replace(scenario, {path: servers}), path) == servers
