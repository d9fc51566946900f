"""Where the dollars went: every basis sums to the ledger, and one more token costs its energy."""

import numpy as np
import pytest

from sim.accounting.allocation import USES, allocate, by_use, marginal_usd
from sim.accounting.ledger import Component
from sim.accounting.pricing import hourly
from sim.core.errors import ScenarioError
from sim.day import DayResult, run
from sim.result_json import summary
from tests.golden.tiny_day import BREAKING, tiny_day


@pytest.mark.parametrize("by", ["owned", "spot"])
def test_uses_of_all_pools_sum_to_the_ledger(two_pools: DayResult, by: str) -> None:
    priced = two_pools.reprice(two_pools.scenario.replace({"prices.pools.second.by": by}).prices)
    shares = allocate(priced.ledger, priced.usage)
    assert sum(share.amount_usd for share in shares) == pytest.approx(priced.ledger.total_usd, rel=1e-12)
    assert sum(share.server_h for share in shares) == pytest.approx(3 * 5_430 / 3_600)
    assert [share.use for share in shares if share.pool == "main"] == list(USES)
    uses = by_use(shares)
    assert min(uses["prompts"], uses["answers"], uses["idle"], uses["failed"], uses["spare"]) > 0
    assert uses["failed"] > sum(line.amount_usd for line in priced.ledger.lines if line.driver == "failures")


def test_use_cases_bear_all_that_their_pools_cost(two_pools: DayResult) -> None:
    cases = summary(two_pools)["use_cases"]
    pools = {
        pool: sum(share.amount_usd for share in two_pools.shares if share.pool == pool) for pool in ("main", "second")
    }
    assert cases["code"]["allocated_usd"] + cases["more"]["allocated_usd"] == pytest.approx(pools["main"])
    assert cases["chat"]["allocated_usd"] == pytest.approx(pools["second"])
    assert all(case["used_usd"] < case["allocated_usd"] for case in cases.values())


def test_a_million_tokens_of_each_kind_cost_what_they_were_allocated(two_pools: DayResult) -> None:
    numbers = summary(two_pools)
    each, tokens = numbers["usd_per_million_tokens"], numbers["tokens"]
    found = sum(each[kind]["allocated"] * tokens[kind] for kind in ("prompt", "output")) / 1e6
    assert found == pytest.approx(two_pools.ledger.total_usd)
    used = numbers["cost_by_use_usd"]
    assert each["output"]["used"] * tokens["output"] / 1e6 == pytest.approx(used["answers"])


def test_the_margin_is_the_energy_of_the_work_and_nothing_when_nobody_asks(two_pools: DayResult) -> None:
    energy = two_pools.ledger.by("category")["energy"]
    assert 0 < marginal_usd(two_pools.usage, two_pools.prices) < energy
    idle = run(tiny_day({"day.duration_s": 600, "workload.demand.requests_per_day": 0}), engine="reference")
    fans_in_warm_air = summary(idle)["marginal"]["usd"]
    assert 0 <= fans_in_warm_air < 0.01 * idle.ledger.by("category")["energy"]
    assert summary(idle)["cost_by_use_usd"]["idle"] > 0


def test_hours_sum_to_the_ledger_and_repairs_fall_into_theirs(two_pools: DayResult) -> None:
    hours = hourly(two_pools.ledger, two_pools.usage, two_pools.prices)
    assert hours["local_hour"].tolist() == [0, 1]
    assert hours["length_h"].tolist() == pytest.approx([44 / 60, 46.5 / 60])  # minutes belong to the hour they begin in
    for category, usd in two_pools.ledger.by("category").items():
        assert hours[category].sum() == pytest.approx(usd)
    assert hours["total"].sum() == pytest.approx(two_pools.ledger.total_usd)


def test_owning_breaks_even_where_the_rent_of_hours_at_work_is_what_owning_costs(two_pools: DayResult) -> None:
    owning = summary(two_pools)["owning"]["second"]
    rent = two_pools.catalogue.pick("rentals", "h100_sxm").on_demand_usd_per_h.value
    assert owning["break_even_utilisation"]["on_demand"] * rent == pytest.approx(owning["usd_per_gpu_h"])
    rented = two_pools.reprice(two_pools.scenario.replace({"prices.pools.second.by": "reserved"}).prices)
    assert summary(rented)["owning"]["second"]["break_even_utilisation"] is None


def test_a_user_costs_what_his_requests_do(two_pools: DayResult) -> None:
    asked = two_pools.reprice(two_pools.scenario.replace({"prices.requests_per_user_per_day": 15}).prices)
    assert summary(asked)["usd_per_user_per_day"] == pytest.approx(15 * asked.ledger.usd_per_request)
    assert summary(two_pools)["usd_per_user_per_day"] is None


DRAWS = {
    "prices.lifetime_years": np.array([2.0, 3.5, 6.0]),
    "prices.capital_fraction_per_year": np.array([0.0, 0.1, 0.2]),
    "prices.equipment.dgx_h100.gpu_usd": np.array([2e4, 3e4, 4e4]),
    "prices.electricity_usd_per_kwh": np.array([-0.1, 0.1, 0.3]),
    "facts.sites.virginia.technician_usd_per_h": np.array([40.0, 60.0, 80.0]),
    "facts.prices.owner_default.planned_labour_s": np.array([7_200.0, 14_400.0, 28_800.0]),
}


@pytest.mark.parametrize("rules", [{}, {"depreciation": "declining", "age_years": 0.5}, {"depreciation": "by_use"}])
def test_many_draws_at_once_are_each_a_fresh_ledger(two_pools: DayResult, rules: dict[str, object]) -> None:
    day = two_pools.scenario.replace({f"prices.{name}": value for name, value in rules.items()})
    priced = two_pools.reprice(day.prices)
    frame = priced.totals_at(DRAWS)
    for n in range(3):
        drawn = day.replace({path: float(values[n]) for path, values in DRAWS.items()})
        ledger = two_pools.reprice(drawn.prices, drawn.facts).ledger
        assert frame["total"][n] == pytest.approx(ledger.total_usd, rel=1e-9)
        for category, usd in ledger.by("category").items():
            assert frame[category][n] == pytest.approx(usd, rel=1e-9)


def test_draws_that_cannot_be_prices_are_refused(two_pools: DayResult) -> None:
    with pytest.raises(ScenarioError, match=r"lifetime_years: must be greater than 0"):
        two_pools.totals_at({"prices.lifetime_years": np.array([1.0, 0.0])})
    with pytest.raises(ScenarioError, match="changes the day itself"):
        two_pools.totals_at({"fleet.pools.main.servers": np.array([1.0, 2.0])})


@pytest.mark.parametrize("technicians", [True, False])
def test_the_ledger_books_the_parts_and_hours_of_its_own_days_log(technicians: bool) -> None:
    service = {"pool": "main", "work_s": 300.0, "technicians": technicians}
    day = tiny_day(BREAKING | {"plant.repair.services": {"upgrade": service}, "prices.planned_labour_s": 0.0})
    upgraded = run(day, engine="reference")
    lines, told = upgraded.ledger.lines, summary(upgraded)["plant"]
    parts = sum(line.quantity for line in lines if line.unit == "part")
    labour_h = sum(line.quantity for line in lines if line.unit == "h")
    planned_h = sum(line.quantity for line in lines if line.component is Component.PLANNED_MAINTENANCE)
    visits = sum(line.quantity for line in lines if line.unit == "visit")
    assert parts == told["parts_used"] > 0
    assert labour_h == pytest.approx(told["technician_h"])
    assert (planned_h > 0) == technicians
    assert visits == sum(event.labour_s > 0 and event.kind == "failed" for event in upgraded.traces.events.events)
