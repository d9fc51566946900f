"""A ledger worked out by hand with round numbers, the article's formula to the cent, the tariff by hour."""

import math
from dataclasses import fields, replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from sim.accounting.article import ArticleFleet, article_fleet, article_ledger, reconcile
from sim.accounting.basis import Basis
from sim.accounting.inventory import Inventory, PoolInventory, take_inventory
from sim.accounting.ledger import COLUMNS, FLEET, Component, CostLedger, Line, check_ledger, line_of
from sim.accounting.prices import (
    RULES,
    Intensity,
    Priced,
    Rent,
    ResolvedPrices,
    Rules,
    ServerPrices,
    Tariff,
    resolve_prices,
)
from sim.accounting.pricing import charge, price
from sim.accounting.provenance import Provenance
from sim.accounting.usage import Served, measure
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.parameter import Fact
from sim.catalogue.reading import read_catalogue
from sim.catalogue.types.money import Article
from sim.core.errors import InvariantError
from sim.scenario.schema import Scenario
from sim.traces.events import Event, EventLog
from sim.traces.minutes import Minutes, PlantMinutes, PoolMinutes, UtilisationTrace

SOURCES = ("list_price", "book", "meter", "scenario")
POOL = PoolInventory(
    *("main", "box", "Box", "Chip"),
    **{"servers": 2, "gpus_per_server": 8, "cpus_per_server": 2},
    **{"nameplate_w": 10_000.0, "idle_w": 1_000.0, "asleep_w": 50.0, "full_w": 9_000.0},
)
DAY = Inventory((POOL,), start_s=0.0, duration_s=86_400.0, technicians=1)
SERVED = Served(requests=100, prompt_tokens=5_000, output_tokens=2_000)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue()


def listed(usd: float) -> Priced:
    return Priced(usd, ("list_price",))


def booked(number: float) -> Priced:
    return Priced(number, ("book",))


# Four years are 1,461 days. A server: 36,525 + 8 x 7,305 + 2 x 3,652.50 + 2 x 1,461 + 14,610 + 1,461 = 121,263 USD.
BOX = ServerPrices(*map(listed, (36_525.0, 7_305.0, 3_652.5, 1_461.0, 1_461.0, 14_610.0, 1_461.0)))
BOX_USD = 121_263.0
PRICES = ResolvedPrices(
    servers={"box": BOX},
    rents={},
    rules=Rules(),
    electricity=Tariff((0.1,) * 12 + (0.2,) * 12, ("meter",)),
    carbon=Intensity((400.0,) * 24, ("meter",)),
    lifetime_years=booked(4.0),
    salvage_fraction=booked(0.2),
    capital_fraction_per_year=booked(0.0),
    design_utilisation_fraction=booked(0.5),
    tax_fraction_per_year=booked(0.0),
    spares_fraction=booked(0.1),
    facility_years=booked(20.0),
    colocation_usd_per_kw_month=booked(365.25 / 12),
    facility_usd_per_w=booked(7.305),
    demand_usd_per_kw_month=booked(0.0),
    carbon_usd_per_t=booked(0.0),
    water_usd_per_m3=booked(0.0),
    contract_fraction_per_year=booked(0.5),
    technician_usd_per_h=booked(60.0),
    roster_technicians=booked(1.0),
    visit_usd=booked(100.0),
    host_part_usd=booked(2_000.0),
    network_part_usd=booked(300.0),
    planned_labour_s=booked(365.25 * 3_600.0),
    software_usd_per_year=booked(365.25),
    consumables_usd_per_year=booked(730.5),
)


def other(**changes: object) -> ResolvedPrices:
    """The same prices but for some plain numbers and rules."""
    rules = {name: changes.pop(name) for name in RULES if name in changes}
    numbers = {name: booked(value) if isinstance(value, float) else value for name, value in changes.items()}
    return replace(PRICES, rules=replace(PRICES.rules, **rules), **numbers)  # type: ignore[arg-type]


def ledger_at(**changes: object) -> CostLedger:
    return price(steady_day(), eventful_log(), DAY, other(**changes), SERVED)


def minutes_of(pool: str, minutes: int, **given: Minutes) -> PoolMinutes:
    values = {field.name: np.zeros(minutes) for field in fields(PoolMinutes)}
    counts = {"servers": 2, "gpus_per_server": 8, "replicas": 2, "kv_room_tokens": 1}
    return PoolMinutes(**{**values, "pool": pool, "server": "box", **counts, **given})  # type: ignore[arg-type]


def trace_of(*pools: PoolMinutes, minute_s: Minutes, **plant: Minutes) -> UtilisationTrace:
    zeros = {field.name: np.zeros(minute_s.size) for field in fields(PlantMinutes)}
    return UtilisationTrace(minute_s, pools, PlantMinutes(**{**zeros, **plant}))


def event(kind: str, part: str = "", labour_s: float = 0.0, pool: str = "main", parts_used: int = 0) -> Event:
    return Event(0.0, pool, 0, kind, 0.0, part, labour_s, 0, 0, "", parts_used)


def steady_day() -> UtilisationTrace:
    """Each component draws as many kW all day as its number says; both servers are up, busy a quarter of the time."""
    minute = np.full(1440, 60_000.0)
    time = {"up_server_s": np.full(1440, 120.0), "prefill_busy_s": np.full(1440, 10.0)}
    time["decode_busy_s"] = 2 * time["prefill_busy_s"]
    draws = {"gpu_j": 10 * minute, "host_j": 4 * minute, "storage_j": minute, "network_j": 2 * minute}
    pool = minutes_of("main", 1440, **time, **draws)
    return trace_of(pool, minute_s=np.full(1440, 60.0), cooling_j=5 * minute, losses_j=minute)


def eventful_log() -> EventLog:
    """Four GPUs, two hosts, a network and software fail; one of each that is a part is replaced, one by hand."""
    failures = [event("failed", part) for part in ("gpu", "gpu", "gpu", "host", "software")]
    failures += [event("failed", part, parts_used=1) for part in ("gpu", "host", "network")]
    return EventLog([*failures, event("repaired", labour_s=5_400.0), event("slept"), event("cooled", "", 1_800.0, "")])


def with_service(labour_h: float) -> EventLog:
    """The same with planned work that took so long."""
    return EventLog([*eventful_log().events, event("serviced", labour_s=labour_h * 3_600.0)])


def ledger() -> CostLedger:
    return price(steady_day(), eventful_log(), DAY, PRICES, SERVED)


COVERED = ("hosts", "network", "labour", "visits")


def amounts(book: CostLedger, category: str) -> dict[str, float]:
    return {line.label: line.amount_usd for line in book.lines if line.category == category}


OWNED = {
    "servers of main (Box)": 2 * 25 * 0.8,
    "gpus of main (Chip)": 16 * 5 * 0.8,
    "cpus of main (Box)": 4 * 2.5 * 0.8,
    "memory of main (Box)": 2 * 1 * 0.8,
    "storage of main (Box)": 2 * 1 * 0.8,
    "network of main (Box)": 2 * 10 * 0.8,
    "racks of main (Box)": 2 * 1 * 0.8,
    "spares of main (Box)": 0.1 * 2 * 83 * 0.8,
    "capital of main (Box)": 0.0,
    "tax of main (Box)": 0.0,
    "hall of main (Box)": 20.0,
}


def test_hardware_is_the_days_share_of_the_purchase_and_of_its_place() -> None:
    assert amounts(ledger(), "hardware") == pytest.approx(OWNED, abs=1e-12)


def test_a_declining_write_off_begins_high_and_ends_at_salvage() -> None:
    young = amounts(ledger_at(depreciation="declining"), "hardware")["servers of main (Box)"]
    old = amounts(ledger_at(depreciation="declining", age_years=10.0), "hardware")["servers of main (Box)"]
    assert young == pytest.approx(2 * 36_525 * 0.5 / 365.25)
    assert (young > 2 * 25 * 0.8, old) == (True, 0.0)


def test_a_write_off_by_use_goes_by_hours_at_work() -> None:
    by_use = amounts(ledger_at(depreciation="by_use"), "hardware")
    assert by_use["gpus of main (Chip)"] == pytest.approx(OWNED["gpus of main (Chip)"] * 0.25 / 0.5)
    assert by_use["spares of main (Box)"] == pytest.approx(OWNED["spares of main (Box)"])


def test_capital_costs_what_an_annuity_does() -> None:
    """At 10 % over four years without salvage a lender asks 0.315471 of the price a year."""
    found = amounts(ledger_at(capital_fraction_per_year=0.1, salvage_fraction=0.0), "hardware")
    owned = sum(usd for name, usd in found.items() if not name.startswith("hall"))
    assert owned == pytest.approx(2 * BOX_USD * 1.1 * 0.31547080 / 365.25, rel=1e-7)


def test_capital_goes_by_the_book_value_under_the_other_write_offs() -> None:
    name, yearly = "capital of main (Box)", 2 * BOX_USD * 1.1 * 0.1 / 365.25
    declining = ledger_at(capital_fraction_per_year=0.1, depreciation="declining", age_years=1.0)
    by_use = ledger_at(capital_fraction_per_year=0.1, depreciation="by_use")
    assert amounts(declining, "hardware")[name] == pytest.approx(yearly * 0.5)
    assert amounts(by_use, "hardware")[name] == pytest.approx(yearly * 0.6)


def test_a_hall_of_ones_own_is_repaid_over_its_life_and_none_costs_nothing() -> None:
    hall = "hall of main (Box)"
    assert amounts(ledger_at(facility="owned"), "hardware")[hall] == pytest.approx(2e4 * 7.305 / 20 / 365.25)
    assert hall not in amounts(ledger_at(facility="none"), "hardware")


def test_tax_is_a_share_of_the_price() -> None:
    taxed = amounts(ledger_at(tax_fraction_per_year=0.03), "hardware")["tax of main (Box)"]
    assert taxed == pytest.approx(2 * BOX_USD * 0.03 / 365.25)


@pytest.mark.parametrize(("by", "hours"), [("on_demand", 36.0), ("spot", 36.0), ("reserved", 48.0)])
def test_rent_pays_for_everything_but_software_and_sleep_is_free_unless_reserved(by: str, hours: float) -> None:
    day = steady_day()
    half = np.full(1440, 30.0)
    pool = replace(day.pools[0], up_server_s=3 * half, asleep_server_s=half)
    rents = {"main": Rent(by, listed(2.0))}  # type: ignore[arg-type]
    book = price(replace(day, pools=(pool,)), eventful_log(), DAY, other(rents=rents), SERVED)
    assert amounts(book, "hardware") == pytest.approx({"gpus of main (Chip)": hours * 8 * 2.0})
    assert sum(line.quantity for line in book.lines if line.unit == "kWh") == pytest.approx(23 * 24)
    assert book.by("category")["energy"] == 0.0
    assert amounts(book, "maintenance") == pytest.approx({"software of main (Box)": 16.0, "labour of the hall": 30.0})


def test_owned_and_rented_pools_share_the_hall_by_what_they_draw() -> None:
    day, minute = steady_day(), np.full(1440, 60_000.0)
    rented = minutes_of("rented", 1440, up_server_s=np.full(1440, 120.0), gpu_j=51 * minute)
    both = replace(DAY, pools=(POOL, replace(POOL, name="rented")))
    rents = {"rented": Rent("reserved", listed(2.0))}
    book = price(replace(day, pools=(day.pools[0], rented)), EventLog(), both, other(rents=rents), SERVED)
    kwh = {line.label: line.quantity for line in book.lines if line.unit == "kWh"}
    assert kwh["cooling of the hall"] == pytest.approx(5 * 24 * 17 / 68)
    assert kwh["cooling of the hall for rented pools"] == pytest.approx(5 * 24 * 51 / 68)
    assert amounts(book, "energy")["cooling of the hall"] == pytest.approx(18.0 / 4)


def test_energy_is_kilowatt_hours_at_the_price_of_their_hour() -> None:
    book = ledger()
    assert amounts(book, "energy") == pytest.approx(
        {
            "gpus of main (Chip)": 36.0,
            "hosts of main (Box)": 14.4,
            "storage of main (Box)": 3.6,
            "network of main (Box)": 7.2,
            "cooling of the hall": 18.0,
            "losses of the hall": 3.6,
            "demand of the hall": 0.0,
            "carbon of the hall": 0.0,
            "water of the hall": 0.0,
        }
    )
    gpus = next(line for line in book.lines if line.category == "energy")
    assert gpus.unit == "kWh"
    assert (gpus.quantity, gpus.unit_price_usd) == pytest.approx((240.0, 0.15))


def test_all_energy_of_the_trace_is_booked() -> None:
    booked_kwh = sum(line.quantity for line in ledger().lines if line.unit == "kWh")
    assert booked_kwh == pytest.approx(float(steady_day().facility_j.sum()) / 3.6e6)


UPKEEP = {
    "gpus of main (Chip)": 7_305.0,
    "hosts of main (Box)": 2_000.0,
    "network of main (Box)": 300.0,
    "labour of main (Box)": 1.5 * 60.0,
    "visits of main (Box)": 100.0,
    "planned maintenance of main (Box)": 2 * 60.0,
    "consumables of main (Box)": 4.0,
    "software of main (Box)": 16.0,
    "labour of the hall": 0.5 * 60.0,
}


def test_maintenance_is_parts_labour_visits_and_what_upkeep_takes_anyway() -> None:
    assert amounts(ledger(), "maintenance") == pytest.approx(UPKEEP)


@pytest.mark.parametrize(("labour_h", "paid_h"), [(0.0, 2.0), (1.5, 2.0), (5.0, 5.0)])
def test_planned_work_of_the_day_is_paid_once_and_is_no_repair(labour_h: float, paid_h: float) -> None:
    for repair in ("own", "contract"):
        found = amounts(price(steady_day(), with_service(labour_h), DAY, other(repair=repair), SERVED), "maintenance")
        planned = {"planned maintenance of main (Box)": paid_h * 60.0}
        assert found == pytest.approx(amounts(ledger_at(repair=repair), "maintenance") | planned)
    roster = amounts(price(steady_day(), with_service(labour_h), DAY, other(labour="roster"), SERVED), "maintenance")
    assert roster["roster of the hall"] == pytest.approx((24 - 1.5 - 0.5 - paid_h) * 60.0)


def test_a_contract_pays_for_repairs_and_no_repair_is_paid_twice() -> None:
    found = amounts(ledger_at(repair="contract"), "maintenance")
    covered = dict.fromkeys(("gpus of main (Chip)", *(f"{x} of main (Box)" for x in COVERED)), 0.0)
    contract = {"contract of main (Box)": 2 * BOX_USD * 0.5 / 365.25}
    assert found == pytest.approx(UPKEEP | covered | contract)


def test_a_roster_is_paid_whole_and_its_work_not_twice() -> None:
    found = amounts(ledger_at(labour="roster"), "maintenance")
    hours = {name: usd for name, usd in found.items() if "labour" in name or "planned" in name or "roster" in name}
    assert sum(hours.values()) == pytest.approx(24 * 60.0)
    assert found["roster of the hall"] == pytest.approx((24 - 1.5 - 0.5 - 2) * 60.0)
    small = amounts(ledger_at(labour="roster", roster_technicians=0.1), "maintenance")
    assert small["roster of the hall"] == 0.0


def test_demand_is_the_highest_quarter_of_an_hour_and_carbon_goes_by_the_grid() -> None:
    day = steady_day()
    surge = np.where(np.arange(1440) // 15 == 50, 2.0, 1.0)
    pool = replace(day.pools[0], gpu_j=day.pools[0].gpu_j * surge)
    prices = other(demand_usd_per_kw_month=30.4375, carbon_usd_per_t=100.0, water_usd_per_m3=2.0)
    plant = replace(day.plant, water_m3=np.full(1440, 0.01))
    book = price(replace(day, pools=(pool,), plant=plant), EventLog(), DAY, prices, SERVED)
    found = amounts(book, "energy")
    assert found["demand of the hall"] == pytest.approx(33.0)
    assert found["water of the hall"] == pytest.approx(1440 * 0.01 * 2.0)
    assert found["carbon of the hall"] == pytest.approx((23 * 24 + 2.5) * 400 * 1e-6 * 100)


def test_totals_and_ratios() -> None:
    book = ledger()
    assert book.by("category")["hardware"] == pytest.approx(sum(OWNED.values()))
    assert book.by("category")["energy"] == pytest.approx(82.8)
    assert sum(book.by("category").values()) == pytest.approx(book.total_usd)
    assert book.by("component")["gpus of main (Chip)"] == pytest.approx(64 + 36 + 7_305)
    assert book.usd_per_request == pytest.approx(book.total_usd / 100)
    assert book.usd_per_million_output_tokens == pytest.approx(book.total_usd * 500)


def test_ratios_of_an_idle_day_are_not_numbers() -> None:
    book = replace(ledger(), requests=0, output_tokens=0)
    assert math.isnan(book.usd_per_request)
    assert math.isnan(book.usd_per_million_output_tokens)


def test_empty_ledger_costs_nothing_in_every_category() -> None:
    book = CostLedger((), 0, 0, 0)
    assert (book.total_usd, book.by("category")) == (0.0, {"hardware": 0.0, "energy": 0.0, "maintenance": 0.0})
    assert book.table().empty


def test_table_has_a_row_a_line() -> None:
    book = ledger()
    table = book.table()
    assert list(table.columns) == COLUMNS
    assert len(table) == len(book.lines)
    assert table["sources"][0] == "list_price book"


def test_quantities_follow_the_simulated_duration() -> None:
    half = replace(DAY, duration_s=43_200.0)
    whole = amounts(ledger(), "hardware")
    assert amounts(price(steady_day(), EventLog(), half, PRICES, SERVED), "hardware") == pytest.approx(
        {name: usd / 2 for name, usd in whole.items()}
    )


def test_charging_what_was_measured_is_pricing() -> None:
    usage = measure(steady_day(), eventful_log(), DAY, SERVED)
    assert charge(usage, PRICES) == ledger()


def test_sound_ledger_passes_the_check() -> None:
    check_ledger(ledger(), SOURCES)


LINE = line_of("energy", Component.CPUS, FLEET, "energy", 2.0, "kWh", 3.0, Basis("water"), Provenance(("meter",)))
BROKEN_LINES = [
    (replace(LINE, amount_usd=7.0), "is 7.0 USD, not 2.0 x 3.0 USD"),
    (replace(LINE, amount_usd=math.nan), "is nan USD"),
    (replace(LINE, rests_on=(Provenance(("hearsay",)),)), "unknown source hearsay"),
    (replace(LINE, rests_on=()), "has no source"),
    (replace(LINE, category="taxes"), "no known category"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("line", "told"), BROKEN_LINES)
def test_broken_line_fails_the_check(line: Line, told: str) -> None:
    with pytest.raises(InvariantError, match=told):
        check_ledger(CostLedger((line,), 1, 1, 1), SOURCES)


def test_line_booked_twice_fails_the_check() -> None:
    with pytest.raises(InvariantError, match="energy of cpus is booked 2 times"):
        check_ledger(CostLedger((LINE, LINE), 1, 1, 1), SOURCES)


def test_check_tells_all_problems_at_once() -> None:
    with pytest.raises(InvariantError, match=r"no source.*unknown source hearsay"):
        lines = (
            replace(LINE, rests_on=()),
            replace(LINE, component=Component.GPUS, rests_on=(Provenance(("hearsay",)),)),
        )
        check_ledger(CostLedger(lines, 1, 1, 1), SOURCES)


def test_traces_of_another_fleet_are_refused() -> None:
    with pytest.raises(InvariantError, match="'other'"):
        measure(trace_of(minutes_of("other", 1), minute_s=np.array([60.0])), EventLog(), DAY, SERVED)
    with pytest.raises(InvariantError, match="names the pool 'other'"):
        measure(steady_day(), EventLog([event("failed", "gpu", pool="other")]), DAY, SERVED)


def test_labour_below_zero_is_refused() -> None:
    with pytest.raises(InvariantError, match=r"'failed' at 0.0 s has -1.0 s of labour"):
        measure(steady_day(), EventLog([event("failed", "gpu", labour_s=-1.0)]), DAY, SERVED)


def test_parts_that_nobody_can_price_are_refused() -> None:
    with pytest.raises(InvariantError, match=r"'failed' at 0.0 s used 1 parts of the kind 'rack'"):
        measure(steady_day(), EventLog([event("failed", "rack", parts_used=1)]), DAY, SERVED)
    with pytest.raises(InvariantError, match="used -1 parts"):
        measure(steady_day(), EventLog([event("failed", "gpu", parts_used=-1)]), DAY, SERVED)


# --- The article's formula.


def article() -> Article:
    usd = {"server_usd": 5000, "cpu_usd": 2000, "storage_usd": 1000, "gpu_usd": 1000}
    power = {"server_w": 300, "gpu_w": 150, "cpu_w": 50, "cooler_w": 100}
    facts = {name: Fact(source="seed_article", value=value) for name, value in (usd | power).items()}
    return Article(title="Article", **facts)


CENT = Decimal("0.01")
FLEETS = [
    (ArticleFleet(1, 1, 1, 1), "0.1", 86_400.0),
    (ArticleFleet(100, 800, 200, 20), "0.12", 86_400.0),
    (ArticleFleet(3617, 28_936, 7_234, 451), "0.083", 86_400.0),
    (ArticleFleet(7, 31, 13, 3), "0.0929", 5_400.0),
    (ArticleFleet(0, 0, 0, 0), "0.1", 86_400.0),
]


@pytest.mark.parametrize(("fleet", "usd_per_kwh", "duration_s"), FLEETS)
def test_article_to_the_cent(fleet: ArticleFleet, usd_per_kwh: str, duration_s: float) -> None:
    watts = Decimal(fleet.servers * 300 + fleet.gpus * 150 + fleet.cpus * 50 + fleet.coolers * 100)
    energy = watts / 1000 * Decimal(usd_per_kwh) * Decimal(duration_s) / 3600
    hardware = Decimal(fleet.servers * (5000 + 2000 + 1000) + fleet.gpus * 1000)
    book = article_ledger(article(), fleet, duration_s, Tariff((float(usd_per_kwh),) * 24, ("meter",)), SERVED)
    found = {name: Decimal(usd).quantize(CENT) for name, usd in book.by("category").items()}
    assert found == {"hardware": hardware.quantize(CENT), "energy": energy.quantize(CENT), "maintenance": 0}
    assert Decimal(book.total_usd).quantize(CENT) == (hardware + energy).quantize(CENT)
    check_ledger(book, ("seed_article", "meter"))


def test_article_counts_the_whole_fleet() -> None:
    small = replace(POOL, name="small", servers=1, gpus_per_server=4, cpus_per_server=1)
    assert article_fleet(Inventory((POOL, small), 0.0, 1.0), coolers=5) == ArticleFleet(3, 20, 5, 5)


def test_reconciliation_leads_from_the_articles_total_to_ours() -> None:
    theirs = article_ledger(article(), article_fleet(DAY, 1), 86_400.0, PRICES.electricity, SERVED)
    ours, usage = ledger(), measure(steady_day(), eventful_log(), DAY, SERVED)
    steps = reconcile(theirs, ours, usage, PRICES)
    assert [step.name for step in steps] == [
        "article",
        "written off over its life",
        "real prices of equipment",
        "hall, capital and spares",
        "real watts at full load",
        "utilisation as simulated",
        "cooling and losses as simulated",
        "tariff by the hour, demand, carbon, water",
        "maintenance",
    ]
    assert (steps[0].total_usd, steps[-1].total_usd) == (theirs.total_usd, ours.total_usd)
    for before, after in pairwise(steps):
        assert after.total_usd - before.total_usd == pytest.approx(after.change_usd)
    changes = {step.name: step.change_usd for step in steps}
    assert changes["written off over its life"] == pytest.approx(32_000 * (0.8 / 1_461 - 1))
    assert changes["real watts at full load"] == pytest.approx((18 - 0.3 * 2 - 0.15 * 16 - 0.05 * 4) * 24 * 0.15)
    assert changes["utilisation as simulated"] == pytest.approx((17 - 18) * 24 * 0.15)
    assert changes["cooling and losses as simulated"] == pytest.approx((6 - 0.1) * 24 * 0.15)


def test_ledger_of_the_shipped_catalogue_holds(catalogue: Catalogue) -> None:
    scenario = Scenario(name="default")
    inventory = take_inventory(scenario, catalogue)
    pools = {pool.name: pool.server for pool in inventory.pools}
    prices = resolve_prices(scenario.prices, scenario.plant.site, catalogue, pools, 2)
    book = price(steady_day(), eventful_log(), inventory, prices, SERVED)
    check_ledger(book, {*catalogue.sources, "scenario"})
    assert min(book.by("category").values()) > 0


def test_inventory_of_a_scenario(catalogue: Catalogue) -> None:
    inventory = take_inventory(Scenario(name="default"), catalogue)
    server = catalogue.pick("servers", "dgx_h100")
    (pool,) = inventory.pools
    assert (pool.name, pool.servers, pool.gpus_per_server, pool.cpus_per_server) == ("main", 2, 8, 2)
    assert pool.scope(Component.SERVERS).label(Component.SERVERS) == f"servers of main ({server.title})"
    assert (
        pool.scope(Component.GPUS).label(Component.GPUS) == f"gpus of main ({catalogue.pick('gpus', server.gpu).title})"
    )
    assert (inventory.duration_days, inventory.technicians) == (1.0, 2)
    assert pool.asleep_w < pool.idle_w < pool.full_w <= pool.nameplate_w
