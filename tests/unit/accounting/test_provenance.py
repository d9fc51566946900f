"""A line says what it rests on: all that moves it is among its parameters, and carbon is what result.json has."""

from dataclasses import replace

import pytest

import sim
from reports.day.context import Day
from reports.day.evidence import doubtful_share
from reports.day.operations import energy_section
from reports.day.price_ranges import PRICED, used_entries
from reports.documents.language import language
from reports.figures.queue import Sketcher
from sim.accounting.ledger import Component
from sim.accounting.provenance import WEAK
from sim.catalogue import claims
from sim.catalogue.parameter import Fact

WAYS = [
    {},
    {"repair": "contract", "facility": "owned", "depreciation": "declining", "labour": "roster"},
    {"depreciation": "by_use", "labour": "roster", "carbon_usd_per_t": 50.0, "demand_usd_per_kw_month": 9.0},
    {"pools": {"main": {"by": "on_demand"}}, "carbon_usd_per_t": 50.0},
]
NUDGE = 1.01


def figures(result):
    """Every number of the catalogue behind the prices of a day, with its path."""
    for kind, entry in used_entries(result):
        if kind in PRICED:
            for field, claim in claims(result.catalogue.pick(kind, entry)).items():
                if isinstance(claim, Fact):
                    yield kind, entry, field, claim


def moved_lines(result):
    """Path of each figure with the lines that move when it does."""
    for kind, entry, field, claim in figures(result):
        if claim.value > 0.0:
            other = result.reprice(result.scenario.prices, {kind: {entry: {field: claim.value * NUDGE}}})
            pairs = zip(result.ledger.lines, other.ledger.lines, strict=True)
            yield (
                f"facts.{kind}.{entry}.{field}",
                [line for line, after in pairs if line.amount_usd != after.amount_usd],
            )


def unnamed(moved):
    """Lines that do not name a figure that moves them."""
    return [(path, line.label) for path, lines in moved for line in lines if path not in line.parameters]


@pytest.mark.parametrize("chosen", WAYS, ids=lambda chosen: "-".join(chosen) or "default")
def test_whatever_moves_a_line_is_among_its_parameters(two_pools, chosen):
    moved = list(moved_lines(two_pools.reprice(two_pools.scenario.prices.model_validate(chosen))))
    assert sum(len(lines) for _, lines in moved) > 5
    assert unnamed(moved) == []


def test_a_line_without_its_parameters_would_be_seen(two_pools):
    bare = [(path, [replace(line, rests_on=()) for line in lines]) for path, lines in moved_lines(two_pools)]
    assert len(unnamed(bare)) > 5


def test_what_a_scenario_chose_is_evidence_of_its_own(two_pools):
    priced = two_pools.scenario.replace({"prices.visit_usd": 3.0, "prices.technician_usd_per_h": 40.0})
    result = two_pools.reprice(priced.prices)
    visits = next(line for line in result.ledger.lines if line.component is Component.VISITS)
    assert (visits.parameters, visits.evidence) == (("prices.visit_usd",), "chosen")


def test_money_in_another_currency_rests_on_its_rate(two_pools):
    priced = two_pools.scenario.replace({"prices.currency": "eur", "prices.visit_usd": 3.0})
    result = two_pools.reprice(priced.prices)
    visits = next(line for line in result.ledger.lines if line.component is Component.VISITS)
    assert visits.parameters == ("prices.visit_usd", "facts.currencies.eur.rate_usd")


def test_the_doubtful_share_is_that_of_lines_with_weak_evidence(two_pools):
    weak = sum(line.amount_usd for line in two_pools.ledger.lines if line.evidence in WEAK)
    assert 0.0 < doubtful_share(two_pools) == pytest.approx(weak / two_pools.ledger.total_usd)


def test_ledger_csv_names_scope_basis_parameters_and_evidence(two_pools):
    table = two_pools.ledger.table()
    assert {"scope", "basis_key", "parameters", "evidence", "driver"} <= set(table.columns)
    row = table[table["component"] == "carbon of the hall"].iloc[0]
    assert (row["scope"], row["basis_key"]) == ("facility", "carbon")
    assert row["basis"].startswith("Location-based carbon dioxide")


def test_carbon_of_a_rented_pool_is_that_of_result_json(two_pools):
    everything_rented = {name: {"by": "on_demand"} for name in two_pools.scenario.fleet.pools}
    prices = two_pools.scenario.prices.model_copy(update={"pools": {}}).model_validate({"pools": everything_rented})
    result = two_pools.reprice(prices)
    line = next(line for line in result.ledger.lines if line.component is Component.CARBON)
    assert line.quantity == 0.0  # in the rent, so nobody pays for it here
    numbers, words = sim.summary(result), language("en")
    assert numbers["carbon_kg"] == sim.summary(two_pools)["carbon_kg"] > 0.0
    lead = energy_section(Day(result, numbers, words, Sketcher(words))).blocks[0]
    assert words.figures(numbers["carbon_kg"]) in lead.text
