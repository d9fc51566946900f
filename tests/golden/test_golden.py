"""Results that change only on purpose; `python -m tests.golden` writes them anew, CHANGELOG.md says why."""

import json

import pytest

from tests.golden.golden_numbers import FILE, numbers, text

GOLDEN = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now():
    return json.loads(text(numbers()))


def flat(value, where=""):
    if not isinstance(value, dict | list):
        return {where: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {path: number for key, inner in items for path, number in flat(inner, f"{where}.{key}").items()}


@pytest.mark.parametrize("day", sorted(GOLDEN))
def test_the_golden_day_is_what_it_was(day, now):
    was, found = flat(GOLDEN[day]), flat(now[day])
    changed = {path: (was.get(path), found.get(path)) for path in was | found if was.get(path) != found.get(path)}
    assert not changed


def test_the_golden_days_hold_something():
    calm, eventful = GOLDEN["calm"], GOLDEN["eventful"]
    assert 200 < calm["requests"]["finished"] == calm["requests"]["arrived"] < 400
    assert calm["fleet"]["failures"] == 0 < eventful["fleet"]["failures"]
    assert eventful["fleet"]["availability"] < 0.9
    assert eventful["article_steps"][-1]["total_usd"] == pytest.approx(eventful["cost_usd"]["total"])


def test_a_change_in_the_twelfth_digit_is_seen(now):
    wrong = now["calm"]["cost_usd"]["total"] * (1 + 2e-11)
    assert float(f"{wrong:.12g}") != GOLDEN["calm"]["cost_usd"]["total"]
