"""A ledger worked out by hand with round numbers, the article's formula to the cent, the tariff by hour."""

import math
from dataclasses import fields, replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from sim.accounting.article import ArticleFleet, article_fleet, article_ledger, reconcile
from sim.accounting.energy import energy_line
from sim.accounting.inventory import Inventory, PoolInventory, take_inventory
from sim.accounting.ledger import CostLedger, Line, check_ledger, line_of
from sim.accounting.price import charge, price
from sim.accounting.prices import Priced, ResolvedPrices, ServerPrices, Tariff, resolve_prices
from sim.accounting.usage import Served, hour_of_minute, kwh_by_hour, measure
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.facts import Fact
from sim.catalogue.reading import read_catalogue
from sim.catalogue.types import Article
from sim.errors import CatalogueError, InvariantError
from sim.scenario.schema import Prices, Scenario
from sim.traces.events import Event, EventLog
from sim.traces.utilisation import Minutes, PlantMinutes, PoolMinutes, UtilisationTrace

SOURCES = ("list_price", "book", "meter")
POOL = PoolInventory("main", "box", "Box", "Chip", servers=2, gpus_per_server=8, cpus_per_server=2)
DAY = Inventory((POOL,), start_s=0.0, duration_s=86_400.0)
SERVED = Served(requests=100, prompt_tokens=5_000, output_tokens=2_000)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue()


def listed(usd: float) -> Priced:
    return Priced(usd, ("list_price",))


def booked(number: float) -> Priced:
    return Priced(number, ("book",))


# Four years are 1,461 days. A server with its parts costs 36,525 + 8 x 7,305 + 2 x 3,652.50 + 1,461 + 14,610 USD.
BOX = ServerPrices(listed(36_525.0), listed(7_305.0), listed(3_652.5), listed(1_461.0), listed(14_610.0))
PRICES = ResolvedPrices(
    servers={"box": BOX},
    lifetime_years=booked(4.0),
    salvage_fraction=booked(0.2),
    contract_fraction_per_year=booked(0.5),
    replaced_fraction=booked(0.25),
    technician_usd_per_h=booked(60.0),
    electricity=Tariff((0.1,) * 12 + (0.2,) * 12, ("meter",)),
)


def minutes_of(pool: str, minutes: int, **given: Minutes) -> PoolMinutes:
    values = {field.name: np.zeros(minutes) for field in fields(PoolMinutes)}
    counts = {"servers": 2, "gpus_per_server": 8, "replicas": 2, "kv_room_tokens": 1}
    return PoolMinutes(**{**values, "pool": pool, "server": "box", **counts, **given})  # type: ignore[arg-type]


def trace_of(*pools: PoolMinutes, minute_s: Minutes, **plant: Minutes) -> UtilisationTrace:
    zeros = {field.name: np.zeros(minute_s.size) for field in fields(PlantMinutes)}
    return UtilisationTrace(minute_s, pools, PlantMinutes(**{**zeros, **plant}))


def event(kind: str, part: str = "", labour_s: float = 0.0, pool: str = "main") -> Event:
    return Event(0.0, pool, 0, kind, 0.0, part, labour_s, 0, 0)


def steady_day() -> UtilisationTrace:
    """Each component draws as many kW all day as its number says."""
    minute = np.full(1440, 60_000.0)
    pool = minutes_of("main", 1440, gpu_j=10 * minute, host_j=4 * minute, storage_j=minute, network_j=2 * minute)
    return trace_of(pool, minute_s=np.full(1440, 60.0), cooling_j=5 * minute, losses_j=minute)


def eventful_log() -> EventLog:
    failures = [event("failed", part) for part in ("gpu", "gpu", "gpu", "gpu", "host", "host", "network", "software")]
    return EventLog([*failures, event("repaired", labour_s=5_400.0), event("slept"), event("cooled", "", 1_800.0, "")])


def ledger() -> CostLedger:
    return price(steady_day(), eventful_log(), DAY, PRICES, SERVED)


def amounts(book: CostLedger, category: str) -> dict[str, float]:
    return {line.component: line.amount_usd for line in book.lines if line.category == category}


def test_hardware_is_the_days_share_of_the_purchase() -> None:
    assert amounts(ledger(), "hardware") == pytest.approx(
        {
            "servers of main (Box)": 2 * 25 * 0.8,
            "gpus of main (Chip)": 16 * 5 * 0.8,
            "cpus of main (Box)": 4 * 2.5 * 0.8,
            "storage of main (Box)": 2 * 1 * 0.8,
            "network of main (Box)": 2 * 10 * 0.8,
        }
    )


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
        }
    )
    gpus = next(line for line in book.lines if line.category == "energy")
    assert gpus.unit == "kWh"
    assert (gpus.quantity, gpus.unit_price_usd) == pytest.approx((240.0, 0.15))


def test_all_energy_of_the_trace_is_booked() -> None:
    booked_kwh = sum(line.quantity for line in ledger().lines if line.category == "energy")
    assert booked_kwh == pytest.approx(float(steady_day().facility_j.sum()) / 3.6e6)


def test_maintenance_is_contract_expected_parts_and_labour() -> None:
    assert amounts(ledger(), "maintenance") == pytest.approx(
        {
            "contract of main (Box)": 2 * 118_341.0 * 0.5 / 365.25,
            "gpus of main (Chip)": 4 * 0.25 * 7_305.0,
            "hosts of main (Box)": 2 * 0.25 * 3_652.5,
            "network of main (Box)": 1 * 0.25 * 14_610.0 / 8,
            "labour of main (Box)": 1.5 * 60.0,
            "labour of the hall": 0.5 * 60.0,
        }
    )


def test_totals_and_ratios() -> None:
    book = ledger()
    assert book.by("category")["hardware"] == pytest.approx(129.6)
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
    assert list(table.columns) == [field.name for field in fields(Line)]
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


LINE = line_of("energy", "x", 2.0, "kWh", 3.0, "", ("meter",))
BROKEN_LINES = [
    (replace(LINE, amount_usd=7.0), "is 7.0 USD, not 2.0 x 3.0 USD"),
    (replace(LINE, amount_usd=math.nan), "is nan USD"),
    (replace(LINE, sources=("hearsay",)), "unknown source hearsay"),
    (replace(LINE, sources=()), "has no source"),
    (replace(LINE, category="taxes"), "no known category"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("line", "told"), BROKEN_LINES)
def test_broken_line_fails_the_check(line: Line, told: str) -> None:
    with pytest.raises(InvariantError, match=told):
        check_ledger(CostLedger((line,), 1, 1, 1), SOURCES)


def test_line_booked_twice_fails_the_check() -> None:
    with pytest.raises(InvariantError, match="energy of x is booked 2 times"):
        check_ledger(CostLedger((LINE, LINE), 1, 1, 1), SOURCES)


def test_check_tells_all_problems_at_once() -> None:
    with pytest.raises(InvariantError, match=r"no source.*unknown source hearsay"):
        lines = (replace(LINE, sources=()), replace(LINE, component="y", sources=("hearsay",)))
        check_ledger(CostLedger(lines, 1, 1, 1), SOURCES)


def test_traces_of_another_fleet_are_refused() -> None:
    with pytest.raises(InvariantError, match="'other'"):
        measure(trace_of(minutes_of("other", 1), minute_s=np.array([60.0])), EventLog(), DAY, SERVED)
    with pytest.raises(InvariantError, match="names the pool 'other'"):
        measure(steady_day(), EventLog([event("failed", "gpu", pool="other")]), DAY, SERVED)


def test_labour_below_zero_is_refused() -> None:
    with pytest.raises(InvariantError, match=r"'failed' at 0.0 s has -1.0 s of labour"):
        measure(steady_day(), EventLog([event("failed", "gpu", labour_s=-1.0)]), DAY, SERVED)


# --- The tariff by hour.


def test_minutes_lie_in_the_local_hour_in_which_they_begin() -> None:
    assert hour_of_minute(0.0, 61)[[0, 59, 60]].tolist() == [0, 0, 1]
    assert hour_of_minute(23.5 * 3600, 91)[[0, 29, 30, 89, 90]].tolist() == [23, 23, 0, 0, 1]
    assert hour_of_minute(30.0, 60)[[0, 59]].tolist() == [0, 0]
    assert hour_of_minute(3599.0, 2).tolist() == [0, 1]
    assert hour_of_minute(0.0, 2 * 1440 + 1)[-1] == 0


def test_start_offset_moves_energy_to_its_hour() -> None:
    hours = hour_of_minute(22.5 * 3600, 120)
    kwh = kwh_by_hour(np.full(120, 3.6e6), hours)
    assert (kwh[22], kwh[23], kwh[0], math.fsum(kwh)) == (30.0, 60.0, 30.0, 120.0)


def test_last_short_minute_counts_only_what_it_drew() -> None:
    inventory = replace(DAY, start_s=12 * 3600 - 60.0, duration_s=90.0)
    trace = trace_of(minutes_of("main", 2, gpu_j=np.array([3.6e6, 1.8e6])), minute_s=np.array([60.0, 30.0]))
    book = price(trace, EventLog(), inventory, PRICES, SERVED)
    line = next(line for line in book.lines if line.category == "energy")
    assert (line.quantity, line.amount_usd) == pytest.approx((1.5, 1.0 * 0.1 + 0.5 * 0.2))
    check_ledger(book, SOURCES)


def test_unused_component_shows_the_plain_mean_price() -> None:
    line = energy_line("idle", (0.0,) * 24, PRICES.electricity)
    assert (line.quantity, line.amount_usd, line.unit_price_usd) == pytest.approx((0.0, 0.0, 0.15), abs=0.0)


def test_negative_prices_pay_the_owner() -> None:
    line = energy_line("gpus", (1.0,) * 24, Tariff((-0.1,) * 24, ("meter",)))
    assert line.amount_usd == pytest.approx(-2.4)
    check_ledger(CostLedger((line,), 1, 1, 1), SOURCES)


# --- Prices: choices before claims.


def test_claims_of_the_catalogue_carry_their_sources(catalogue: Catalogue) -> None:
    prices = resolve_prices(Prices(), catalogue.pick("sites", "virginia"), catalogue, ["dgx_h100", "dgx_h100"])
    server = catalogue.pick("servers", "dgx_h100")
    assert prices.servers["dgx_h100"].gpu_usd == Priced(server.gpu_usd.value, (server.gpu_usd.source,))
    site = catalogue.pick("sites", "virginia")
    expected = [site.electricity_usd_per_kwh.value * weight for weight in site.electricity_shape.value]
    assert prices.electricity.usd_per_kwh == pytest.approx(expected)
    assert set(prices.electricity.sources) <= set(catalogue.sources)


def test_choices_of_the_scenario_go_first(catalogue: Catalogue) -> None:
    chosen = Prices.model_validate(
        {
            "equipment": {"dgx_h100": {"gpu_usd": 0.0}},
            "lifetime_years": 2.0,
            "salvage_fraction": 0.0,
            "technician_usd_per_h": 0.0,
            "electricity_usd_per_kwh": 0.25,
        }
    )
    prices = resolve_prices(chosen, catalogue.pick("sites", "virginia"), catalogue, ["dgx_h100"])
    assert prices.servers["dgx_h100"].gpu_usd == Priced(0.0, ("scenario",))
    assert prices.servers["dgx_h100"].cpu_usd.sources != ("scenario",)
    assert prices.lifetime_years == Priced(2.0, ("scenario",))
    assert prices.technician_usd_per_h == Priced(0.0, ("scenario",))
    assert prices.electricity == Tariff((0.25,) * 24, ("scenario",))


def test_hourly_choice_is_kept_as_it_is(catalogue: Catalogue) -> None:
    hourly = tuple(float(hour) for hour in range(24))
    chosen = Prices.model_validate({"electricity_usd_per_kwh": hourly})
    prices = resolve_prices(chosen, catalogue.pick("sites", "virginia"), catalogue, [])
    assert prices.electricity.usd_per_kwh == hourly


def test_unknown_names_are_the_users_error(catalogue: Catalogue) -> None:
    site = catalogue.pick("sites", "virginia")
    with pytest.raises(CatalogueError, match="dgx_h10"):
        resolve_prices(Prices(), site, catalogue, ["dgx_h10"])
    with pytest.raises(CatalogueError, match="nobody"):
        resolve_prices(Prices(book="nobody"), site, catalogue, [])
    with pytest.raises(CatalogueError, match="dgx_h10"):
        resolve_prices(Prices.model_validate({"equipment": {"dgx_h10": {}}}), site, catalogue, [])


def test_shape_of_another_length_is_refused(catalogue: Catalogue) -> None:
    site = catalogue.pick("sites", "virginia")
    short = site.model_copy(update={"electricity_shape": site.electricity_shape.model_copy(update={"value": (1.0,)})})
    with pytest.raises(CatalogueError, match="has 1 numbers, not 24"):
        resolve_prices(Prices(), short, catalogue, [])


def test_inventory_of_a_scenario(catalogue: Catalogue) -> None:
    inventory = take_inventory(Scenario(name="default"), catalogue)
    server = catalogue.pick("servers", "dgx_h100")
    (pool,) = inventory.pools
    assert (pool.name, pool.servers, pool.gpus_per_server, pool.cpus_per_server) == ("main", 2, 8, 2)
    assert pool.component("servers") == f"servers of main ({server.title})"
    assert pool.component("gpus") == f"gpus of main ({catalogue.pick('gpus', server.gpu).title})"
    assert inventory.duration_days == 1.0


def test_ledger_of_the_shipped_catalogue_holds(catalogue: Catalogue) -> None:
    scenario = Scenario(name="default")
    inventory = take_inventory(scenario, catalogue)
    types = [pool.server for pool in inventory.pools]
    prices = resolve_prices(scenario.prices, catalogue.pick("sites", scenario.plant.site), catalogue, types)
    book = price(steady_day(), eventful_log(), inventory, prices, SERVED)
    check_ledger(book, catalogue.sources)
    assert min(book.by("category").values()) > 0


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
    small = PoolInventory("small", "box", "Box", "Chip", servers=1, gpus_per_server=4, cpus_per_server=1)
    assert article_fleet(Inventory((POOL, small), 0.0, 1.0), coolers=5) == ArticleFleet(3, 20, 5, 5)


def test_reconciliation_leads_from_the_articles_total_to_ours() -> None:
    theirs = article_ledger(article(), article_fleet(DAY, 1), 86_400.0, PRICES.electricity, SERVED)
    ours = ledger()
    steps = reconcile(theirs, ours)
    assert [step.name for step in steps] == ["article", "hardware", "energy", "maintenance"]
    assert (steps[0].total_usd, steps[-1].total_usd) == (theirs.total_usd, ours.total_usd)
    for before, after in pairwise(steps):
        assert after.total_usd - before.total_usd == pytest.approx(after.change_usd)
