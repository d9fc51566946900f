"""Draws that are priced at once, as arrays, have the numbers of a day that is priced for each of them."""

import pytest

from sim.scenario.identity import scenario_hash
from sim.studies.questions.inputs import facts_in_use, is_price
from sim.studies.running import cells
from sim.studies.running.cells import Order, price_cells, simulate_day, the_catalogue
from tests.tiny_study import MINUTE, PRICES, study

DRAWS = 5
CHOSEN = {
    "age_years": (0.0, 3.0),
    "capital_fraction_per_year": (0.0, 0.2),
    "carbon_usd_per_t": (0.0, 100.0),
    "colocation_usd_per_kw_month": (100.0, 200.0),
    "consumables_usd_per_year": (0.0, 200.0),
    "contract_fraction_per_year": (0.0, 0.1),
    "declining_factor": (1.0, 3.0),
    "demand_usd_per_kw_month": (0.0, 20.0),
    "design_utilisation_fraction": (0.3, 0.9),
    "electricity_usd_per_kwh": (-0.1, 0.2),
    "equipment.dgx_h100.gpu_usd": (2e4, 4e4),
    "facility_usd_per_w": (5.0, 10.0),
    "facility_years": (10.0, 20.0),
    "host_part_usd": (0.0, 900.0),
    "lifetime_years": (3.0, 6.0),
    "network_part_usd": (0.0, 900.0),
    "planned_labour_s": (0.0, 9_000.0),
    "pools.main.gpu_usd_per_h": (1.0, 4.0),
    "requests_per_user_per_day": (1.0, 20.0),
    "roster_technicians": (0.0, 5.0),
    "salvage_fraction": (0.0, 0.3),
    "software_usd_per_year": (0.0, 5_000.0),
    "spares_fraction": (0.0, 0.1),
    "tax_fraction_per_year": (0.0, 0.1),
    "technician_usd_per_h": (30.0, 80.0),
    "visit_usd": (0.0, 100.0),
    "water_usd_per_m3": (0.0, 5.0),
}
"""Every number among the prices of a scenario, and its range."""
RULES = {
    "as it comes": {},
    "declining, owned hall, contract, roster": {
        "prices.depreciation": "declining",
        "prices.facility": "owned",
        "prices.repair": "contract",
        "prices.labour": "roster",
    },
    "by use, no hall, euros": {
        "prices.depreciation": "by_use",
        "prices.facility": "none",
        "prices.currency": "eur",
    },
    "rented": {"prices.pools.main.by": "reserved"},
    "nothing served": {"workload.demand.requests_per_day": 0.0},
}


def uniform(low, high):
    return {"distribution": "uniform", "low": low, "high": high}


def every_price(scenario):
    """An input for every number that only the ledger reads."""
    claims = {path: fact.value for path, fact in facts_in_use(scenario, the_catalogue()) if is_price(path)}
    claimed = {path: uniform(0.5 * value, 1.5 * value + 0.1) for path, value in claims.items() if "year" not in path}
    return claimed | {f"prices.{name}": uniform(*ends) for name, ends in CHOSEN.items()}


def planned(folder, **keys):
    """A plan of few draws, its order, and its cells."""
    plan = study(folder, **{"draws": DRAWS} | keys)
    return plan, Order(plan.base, plan.engine, plan.fraction), [plan.cell(number) for number in range(plan.cells)]


def rows(columns):
    """Every column, its values by number of cell."""
    names = [*columns.same, *columns.each]
    return {name: dict(zip(columns.cells, columns.column(name), strict=True)) for name in names}


@pytest.fixture
def at_once(monkeypatch):
    """How many cells were priced at once."""
    counted, price = [], cells._price_draws

    def counting(order, day, alike):
        found = price(order, day, alike)
        counted.append(len(found.cells))
        return found

    monkeypatch.setattr(cells, "_price_draws", counting)
    return counted


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_many_draws_at_once_have_the_numbers_of_each(tmp_path, at_once, rules):
    base = study(tmp_path, uncertain=PRICES, overrides=MINUTE | rules).base
    plan, order, drawn = planned(tmp_path, uncertain=every_price(base), overrides=MINUTE | rules)
    day = simulate_day(order, drawn[0], 0)
    many = rows(price_cells(order, day, drawn))
    assert at_once == [DRAWS]
    for cell in drawn:
        alone = rows(price_cells(order, day, [cell]))
        assert set(alone) == set(many)
        for name, (value,) in ((name, values.values()) for name, values in alone.items()):
            assert many[name][cell.number] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)
    assert at_once == [DRAWS]
    assert len(set(many["cost_usd.total"].values())) == len(set(many["scenario_hash"].values())) == plan.cells


def test_draws_that_differ_in_more_than_numbers_are_priced_in_groups(tmp_path, at_once):
    halls = {"distribution": "discrete", "values": ["owned", "colocation"]}
    _, order, drawn = planned(tmp_path, draws=12, uncertain=PRICES | {"prices.facility": halls})
    found = rows(price_cells(order, simulate_day(order, drawn[0], 0), drawn))
    assert sum(at_once) == 12 and len(at_once) == 2
    for cell in drawn:
        alone = price_cells(order, simulate_day(order, cell, 0), [cell])
        assert found["cost_usd.total"][cell.number] == pytest.approx(alone.same["cost_usd.total"], rel=1e-9)


def test_what_an_array_cannot_stand_for_is_priced_one_by_one(tmp_path, at_once):
    article = MINUTE | {"prices.as_the_article_books_it": True}
    _, order, drawn = planned(tmp_path, uncertain=PRICES, overrides=article)
    found = rows(price_cells(order, simulate_day(order, drawn[0], 0), drawn))
    assert not at_once
    assert len(set(found["cost_usd.total"].values())) == DRAWS
    assert None not in found["article_usd.total"].values()


def test_a_whole_number_keeps_its_hash(tmp_path, at_once):
    coolers = {"prices.article_coolers": {"distribution": "discrete", "values": [1, 2, 3]}}
    _, order, drawn = planned(tmp_path, uncertain=PRICES | coolers)
    day = simulate_day(order, drawn[0], 0)
    found = rows(price_cells(order, day, drawn))
    assert not at_once
    for cell in drawn:
        assert found["scenario_hash"][cell.number] == scenario_hash(order.base.replace(cell.changes))


def test_a_draw_that_is_refused_fails_alone(tmp_path, at_once):
    _, order, drawn = planned(tmp_path, uncertain=PRICES)
    drawn[2].changes["prices.lifetime_years"] = 0.0
    drawn[3].changes["facts.servers.dgx_h100.gpu_usd"] = -1.0
    found = price_cells(order, simulate_day(order, drawn[0], 0), drawn)
    assert not at_once
    assert [bool(message) for message in found.messages] == [False, False, True, True, False]
    assert "prices.lifetime_years: must be greater than 0" in found.messages[2]
    assert "gpu_usd" in found.messages[3]
