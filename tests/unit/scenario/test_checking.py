"""What is wrong with prices is told with file, line and path; only electricity may cost less than nothing."""

from pathlib import Path

import pytest

from sim.core.errors import ScenarioError
from sim.scenario.reading import read_scenario

HEAD = "extends: support_chatbot\nprices:\n"


def told(folder: Path, text: str) -> str:
    path = folder / "day.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_scenario(str(path))
    return str(error.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  technician_usd_per_h: -1\n", ":3:3: prices.technician_usd_per_h: must be at least 0, not -1"),
        ("  visit_usd: -5 USD\n", ":3:3: prices.visit_usd: must be at least 0"),
        ("  carbon_usd_per_t: -1\n", ":3:3: prices.carbon_usd_per_t: must be at least 0"),
        ("  equipment: {dgx_h100: {gpu_usd: -1}}\n", "prices.equipment.dgx_h100.gpu_usd: must be at least 0"),
        ("  pools: {main: {by: spot, gpu_usd_per_h: -1}}\n", "prices.pools.main.gpu_usd_per_h: must be at least 0"),
        ("  lifetime_years: 0\n", ":3:3: prices.lifetime_years: must be greater than 0, not 0"),
        ("  facility_years: 0\n", ":3:3: prices.facility_years: must be greater than 0, not 0"),
        ("  currency: eru\n", ":3:3: prices.currency: 'eru' is not a currency of the catalogue (did you mean eur?)"),
        ("  visit_usd: 5 EUR\n", ":3:3: prices.visit_usd: 'EUR' is not a unit of visit_usd; write one of USD"),
        (
            "  pools: {mian: {by: spot}}\n",
            "prices.pools.mian: 'mian' is not a pool of this scenario",
        ),
        ("  pools: {main: {by: rented}}\n", "prices.pools.main.by"),
        (
            "  market_usd_per_kwh: [0.1, 0.2]\n",
            ":3:3: prices.market_usd_per_kwh: does not cover the day: it has 2 prices",
        ),
        ("  electricity_usd_per_kwh: [0.1, 0.2]\n", "prices.electricity_usd_per_kwh"),
        (
            "  time_of_use:\n    day: {start_s: '06:00', end_s: '22:00', usd_per_kwh: 0.2}\n",
            ":3:3: prices.time_of_use: does not cover the day: no band has a price at 00:00",
        ),
        (
            "  time_of_use:\n    a: {start_s: 0, end_s: 0, usd_per_kwh: 0.2}\n"
            "    b: {start_s: '07:00', end_s: '07:15', usd_per_kwh: 0.3}\n",
            ":3:3: prices.time_of_use: has two prices at 07:00, of a and b",
        ),
        (
            "  time_of_use:\n    a: {start_s: '00:10', end_s: '00:10', usd_per_kwh: 0.2}\n",
            "prices.time_of_use.a.start_s: must lie on a quarter of an hour",
        ),
        (
            "  electricity_usd_per_kwh: 0.1\n  time_of_use:\n    a: {start_s: 0, end_s: 0, usd_per_kwh: 0.2}\n",
            ":4:3: prices.time_of_use: is a second price of electricity beside electricity_usd_per_kwh",
        ),
        ("facts: {prices: {owner_default: {lifetime_years: 0}}}\n", "must be above zero, not 0"),
        ("facts: {sites: {virginia: {technician_usd_per_h: -1}}}\n", "must not be negative, not -1"),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, text: str, message: str) -> None:
    assert message in told(tmp_path, text if text.startswith("  ") else "  book: owner_default\n" + text)


@pytest.mark.parametrize(
    "text",
    [
        "  electricity_usd_per_kwh: -0.01\n",
        "  time_of_use: {all: {start_s: 0, end_s: 0, usd_per_kwh: -0.2}}\n",
        f"  market_usd_per_kwh: [{', '.join(['-0.01'] * 24)}]\n",
        "  currency: eur\n  electricity_usd_per_kwh: -1 ct/kWh\n",
        "facts: {sites: {virginia: {electricity_usd_per_kwh: -0.1}}}\n",
    ],
)
def test_electricity_may_cost_less_than_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "day.yaml"
    path.write_text(HEAD + (text if text.startswith("  ") else "  book: owner_default\n" + text), encoding="utf-8")
    assert read_scenario(str(path)).prices
