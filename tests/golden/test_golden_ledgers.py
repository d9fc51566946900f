"""Six ledgers that change only on purpose, line by line."""

import json

import pytest

from tests.golden.golden_numbers import LEDGERS, PRICES, ledgers

GOLDEN = json.loads(LEDGERS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now():
    return json.loads(json.dumps(ledgers()))


@pytest.mark.parametrize("day", PRICES)
def test_the_golden_ledger_is_what_it_was(day, now):
    assert now[day] == GOLDEN[day]


def test_the_golden_ledgers_hold_something():
    assert len(GOLDEN) == len({tuple(lines.items()) for lines in GOLDEN.values()}) == 6
    for lines in GOLDEN.values():
        assert sum(amount for name, amount in lines.items() if name != "total") == pytest.approx(lines["total"])
    assert "maintenance: contract of main (DGX H100 (8 H100))" in GOLDEN["contract and roster in Germany"]
    assert GOLDEN["rented on demand"]["energy: gpus of main (NVIDIA H100 SXM 80 GB)"] == 0.0
    assert GOLDEN["sceptic at the market's prices in Singapore"]["energy: cooling of the hall"] < 0.0
