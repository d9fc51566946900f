"""Results that change only on purpose; `python -m tests.golden` writes them anew, CHANGELOG.md says why."""

import json

import pytest

from tests.golden.golden_numbers import FILE, numbers, text

GOLDEN = json.loads(FILE.read_text(encoding="utf-8"))
WORK = {".fleet.mean_utilisation": 1e-9, ".fleet.mean_batch": 5e-8}
"""The compiled engine counts minutes' work in 2**-30 s of busy time, 2**-24 s of request-seconds and 2**-20 J."""
FOLLOWS = (".energy_kwh", ".pue", ".wue_l_per_kwh", ".plant", ".wh_per_request", ".cost_usd", ".usd_per", ".article")
"""What follows from that work: energy, and the cost of it."""
FOLLOWS_WITHIN = 1e-11
BY_TIME = (
    ".cost_by_use_usd",
    ".use_cases",
    ".usd_per_million_tokens",
    ".marginal",
    ".owning",
    ".carbon_kg",
    ".peak_kw",
)
"""What is shared out by busy time, or by small differences of energy."""
BY_TIME_WITHIN = 1e-8


def rounding(path):
    """How far the engines may differ in a number; not at all in counts and latencies."""
    if path.startswith(BY_TIME):
        return BY_TIME_WITHIN
    return WORK.get(path, FOLLOWS_WITHIN if path.startswith(FOLLOWS) else 0.0)


@pytest.fixture(scope="module")
def now():
    return json.loads(text(numbers()))


@pytest.fixture(scope="module")
def compiled():
    return json.loads(text(numbers("compiled")))


def flat(value, where=""):
    if not isinstance(value, dict | list):
        return {where: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {path: number for key, inner in items for path, number in flat(inner, f"{where}.{key}").items()}


def changed(was, found):
    was, found = flat(was), flat(found)
    return {path: (was.get(path), found.get(path)) for path in was | found if was.get(path) != found.get(path)}


@pytest.mark.parametrize("day", sorted(GOLDEN))
def test_the_golden_day_is_what_it_was(day, now):
    assert not changed(GOLDEN[day], now[day])


@pytest.mark.usefixtures("engine_compiled")
@pytest.mark.parametrize("day", sorted(GOLDEN))
def test_the_golden_day_is_the_same_on_the_compiled_engine(day, compiled):
    """Counts and latencies in every digit; work, kept in integers of its own, and what follows from it to rounding."""
    differences = changed(GOLDEN[day], compiled[day])
    for path, (was, found) in differences.items():
        assert found == pytest.approx(was, rel=rounding(path), abs=0.0), path


def test_a_change_beyond_rounding_is_seen_on_the_compiled_engine_too(compiled):
    wrong = compiled["calm"] | {"pue": compiled["calm"]["pue"] * (1 + 2e-11)}
    was, found = changed(GOLDEN["calm"], wrong)[".pue"]
    assert found != pytest.approx(was, rel=rounding(".pue"), abs=0.0)


def test_the_golden_days_hold_something():
    calm, eventful = GOLDEN["calm"], GOLDEN["eventful"]
    assert 200 < calm["requests"]["finished"] == calm["requests"]["arrived"] < 400
    assert calm["fleet"]["failures"] == 0 < eventful["fleet"]["failures"]
    assert eventful["fleet"]["availability"] < 0.9
    assert eventful["article_steps"][-1]["total_usd"] == pytest.approx(eventful["cost_usd"]["total"])


def test_a_change_in_the_twelfth_digit_is_seen(now):
    wrong = now["calm"]["cost_usd"]["total"] * (1 + 2e-11)
    assert float(f"{wrong:.12g}") != GOLDEN["calm"]["cost_usd"]["total"]
