"""Where the dollars went: every basis sums to the ledger, and one more token costs its energy."""

import numpy as np
import pytest

from sim.accounting.allocation import USES, allocate, by_use, marginal_usd
from sim.accounting.hourly import hourly
from sim.day import DayResult, run
from sim.errors import ScenarioError
from sim.headlines import summary
from tests.golden.tiny_day import BREAKING, tiny_day

TWO_POOLS = BREAKING | {
    "day.start_s": 1_000.0,
    "day.duration_s": 5_430.0,
    "fleet.pools": {"main": {"model": "llama_3_1_8b"}, "second": {"model": "llama_3_1_8b", "servers": 1}},
    "workload.use_cases": {
        "code": {"share": 0.25, "lengths": "azure_code_2023"},
        "chat": {"share": 0.5, "lengths": "azure_conv_2023"},
        "more": {"share": 0.25, "lengths": "azure_conv_2023"},
    },
    "fleet.gateway": {"chat": "second"},
    "prices.carbon_usd_per_t": 80.0,
    "prices.demand_usd_per_kw_month": 12.0,
    "prices.labour": "roster",
}


@pytest.fixture(scope="module")
def result() -> DayResult:
    return run(tiny_day(TWO_POOLS), engine="reference")


@pytest.mark.parametrize("by", ["owned", "spot"])
def test_uses_of_all_pools_sum_to_the_ledger(result: DayResult, by: str) -> None:
    priced = result.reprice(result.scenario.replace({"prices.pools.second.by": by}).prices)
    shares = allocate(priced.ledger, priced.usage)
    assert sum(share.amount_usd for share in shares) == pytest.approx(priced.ledger.total_usd, rel=1e-12)
    assert sum(share.server_h for share in shares) == pytest.approx(3 * 5_430 / 3_600)
    assert [share.use for share in shares if share.pool == "main"] == list(USES)
    uses = by_use(shares)
    assert min(uses["prompts"], uses["answers"], uses["idle"], uses["failed"], uses["spare"]) > 0
    assert uses["failed"] > sum(line.amount_usd for line in priced.ledger.lines if line.driver == "failures")


def test_use_cases_bear_all_that_their_pools_cost(result: DayResult) -> None:
    cases = summary(result)["use_cases"]
    pools = {
        pool: sum(share.amount_usd for share in result.shares if share.pool == pool) for pool in ("main", "second")
    }
    assert cases["code"]["allocated_usd"] + cases["more"]["allocated_usd"] == pytest.approx(pools["main"])
    assert cases["chat"]["allocated_usd"] == pytest.approx(pools["second"])
    assert all(case["used_usd"] < case["allocated_usd"] for case in cases.values())


def test_a_million_tokens_of_each_kind_cost_what_they_were_allocated(result: DayResult) -> None:
    numbers = summary(result)
    each, tokens = numbers["usd_per_million_tokens"], numbers["tokens"]
    found = sum(each[kind]["allocated"] * tokens[kind] for kind in ("prompt", "output")) / 1e6
    assert found == pytest.approx(result.ledger.total_usd)
    used = numbers["cost_by_use_usd"]
    assert each["output"]["used"] * tokens["output"] / 1e6 == pytest.approx(used["answers"])


def test_the_margin_is_the_energy_of_the_work_and_nothing_when_nobody_asks(result: DayResult) -> None:
    energy = result.ledger.by("category")["energy"]
    assert 0 < marginal_usd(result.usage, result.prices) < energy
    idle = run(tiny_day({"day.duration_s": 600, "workload.demand.requests_per_day": 0}), engine="reference")
    fans_in_warm_air = summary(idle)["marginal"]["usd"]
    assert 0 <= fans_in_warm_air < 0.01 * idle.ledger.by("category")["energy"]
    assert summary(idle)["cost_by_use_usd"]["idle"] > 0


def test_hours_sum_to_the_ledger_and_repairs_fall_into_theirs(result: DayResult) -> None:
    hours = hourly(result.ledger, result.usage, result.prices)
    assert hours["local_hour"].tolist() == [0, 1]
    assert hours["length_h"].tolist() == pytest.approx([44 / 60, 46.5 / 60])  # minutes belong to the hour they begin in
    for category, usd in result.ledger.by("category").items():
        assert hours[category].sum() == pytest.approx(usd)
    assert hours["total"].sum() == pytest.approx(result.ledger.total_usd)


def test_owning_breaks_even_where_the_rent_of_hours_at_work_is_what_owning_costs(result: DayResult) -> None:
    owning = summary(result)["owning"]["second"]
    rent = result.catalogue.pick("rentals", "h100_sxm").on_demand_usd_per_h.value
    assert owning["break_even_utilisation"]["on_demand"] * rent == pytest.approx(owning["usd_per_gpu_h"])
    rented = result.reprice(result.scenario.replace({"prices.pools.second.by": "reserved"}).prices)
    assert summary(rented)["owning"]["second"]["break_even_utilisation"] is None


def test_a_user_costs_what_his_requests_do(result: DayResult) -> None:
    asked = result.reprice(result.scenario.replace({"prices.requests_per_user_per_day": 15}).prices)
    assert summary(asked)["usd_per_user_per_day"] == pytest.approx(15 * asked.ledger.usd_per_request)
    assert summary(result)["usd_per_user_per_day"] is None


DRAWS = {
    "prices.lifetime_years": np.array([2.0, 3.5, 6.0]),
    "prices.capital_fraction_per_year": np.array([0.0, 0.1, 0.2]),
    "prices.equipment.dgx_h100.gpu_usd": np.array([2e4, 3e4, 4e4]),
    "prices.electricity_usd_per_kwh": np.array([-0.1, 0.1, 0.3]),
    "facts.sites.virginia.technician_usd_per_h": np.array([40.0, 60.0, 80.0]),
    "facts.prices.owner_default.planned_labour_s": np.array([7_200.0, 14_400.0, 28_800.0]),
}


@pytest.mark.parametrize("rules", [{}, {"depreciation": "declining", "age_years": 0.5}, {"depreciation": "by_use"}])
def test_many_draws_at_once_are_each_a_fresh_ledger(result: DayResult, rules: dict[str, object]) -> None:
    day = result.scenario.replace({f"prices.{name}": value for name, value in rules.items()})
    priced = result.reprice(day.prices)
    frame = priced.totals_at(DRAWS)
    for n in range(3):
        drawn = day.replace({path: float(values[n]) for path, values in DRAWS.items()})
        ledger = result.reprice(drawn.prices, drawn.facts).ledger
        assert frame["total"][n] == pytest.approx(ledger.total_usd, rel=1e-9)
        for category, usd in ledger.by("category").items():
            assert frame[category][n] == pytest.approx(usd, rel=1e-9)


def test_draws_that_cannot_be_prices_are_refused(result: DayResult) -> None:
    with pytest.raises(ScenarioError, match=r"lifetime_years: must be greater than 0"):
        result.totals_at({"prices.lifetime_years": np.array([1.0, 0.0])})
    with pytest.raises(ScenarioError, match="changes the day itself"):
        result.totals_at({"fleet.pools.main.servers": np.array([1.0, 2.0])})


@pytest.mark.parametrize("technicians", [True, False])
def test_the_ledger_books_the_parts_and_hours_of_its_own_days_log(technicians: bool) -> None:
    service = {"pool": "main", "work_s": 300.0, "technicians": technicians}
    day = tiny_day(BREAKING | {"plant.repair.services": {"upgrade": service}, "prices.planned_labour_s": 0.0})
    upgraded = run(day, engine="reference")
    lines, told = upgraded.ledger.lines, summary(upgraded)["plant"]
    parts = sum(line.quantity for line in lines if line.unit == "part")
    labour_h = sum(line.quantity for line in lines if line.unit == "h")
    planned_h = sum(line.quantity for line in lines if line.component.startswith("planned maintenance"))
    visits = sum(line.quantity for line in lines if line.unit == "visit")
    assert parts == told["parts_used"] > 0
    assert labour_h == pytest.approx(told["technician_h"])
    assert (planned_h > 0) == technicians
    assert visits == sum(event.labour_s > 0 and event.kind == "failed" for event in upgraded.traces.events.events)
