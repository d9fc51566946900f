"""What holds for every ledger, whatever the fleet, the day and the prices."""

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.accounting.inventory import Inventory, PoolInventory
from sim.accounting.ledger import CostLedger, check_ledger
from sim.accounting.prices import Intensity, Priced, Rent, ResolvedPrices, Rules, ServerPrices, Tariff
from sim.accounting.pricing import price
from sim.accounting.usage import PARTS, Served
from sim.traces.events import Event, EventLog
from sim.traces.minutes import Minutes, PlantMinutes, PoolMinutes, UtilisationTrace

SOURCES = ("catalogue",)
CALM = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
ENERGIES = ("gpu_j", "host_j", "storage_j", "network_j")
TIMES = ("up_server_s", "asleep_server_s", "down_server_s", "prefill_busy_s", "decode_busy_s")
WATTS = (10_200.0, 2_500.0, 60.0, 8_600.0)
Day = tuple[UtilisationTrace, EventLog, Inventory, ResolvedPrices, Served]

counts = st.integers(1, 5_000)


@st.composite
def days(draw: st.DrawFn) -> Day:
    """One to three pools over some minutes, with events and prices of any size."""
    names = [f"pool{n}" for n in range(draw(st.integers(1, 3)))]
    duration_s = draw(st.one_of(st.floats(1e-3, 6_000), st.sampled_from([60.0, 3_600.0])))
    minutes = math.ceil(duration_s / 60)
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    start_s = draw(st.floats(0, 86_400, exclude_max=True))
    pools = tuple(
        PoolInventory(name, name, "Box", "Chip", draw(counts), draw(st.sampled_from([1, 4, 8])), 2, *WATTS)
        for name in names
    )
    log = EventLog(draw(st.lists(events(names), max_size=20)))
    trace = trace_of(names, np.minimum(60.0, duration_s - 60.0 * np.arange(minutes)), random)
    served = Served(*draw(st.tuples(*[st.integers(0, 10**9)] * 3)))
    return trace, log, Inventory(pools, start_s, duration_s), draw(prices(names)), served


def events(names: list[str]) -> st.SearchStrategy[Event]:
    kinds, labour_s = st.sampled_from(["failed", "serviced", "slept"]), st.floats(0, 1e5, allow_subnormal=False)
    parts = st.one_of(
        st.tuples(st.sampled_from(PARTS), st.integers(0, 3)),
        st.tuples(st.sampled_from(["software", "rack", ""]), st.just(0)),
    )
    return st.builds(happening, st.sampled_from(["", *names]), kinds, parts, labour_s)


def happening(pool: str, kind: str, part: tuple[str, int], labour_s: float) -> Event:
    name, used = part
    return Event(0.0, pool, 0, kind, 0.0, name, labour_s, 0, 0, "", used)


@st.composite
def prices(draw: st.DrawFn, names: list[str]) -> ResolvedPrices:
    """Any prices: one seed for all numbers, which are nothing one time in five, and drawn by the end of their name."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))

    def priced(name: str) -> Priced:
        source = ("catalogue",) if random.random() < 0.5 else ("scenario",)
        return Priced(number_of(name, random), source)

    given: dict[str, Any] = {
        "servers": {name: ServerPrices(*[priced("_usd") for _ in fields(ServerPrices)]) for name in names},
        "rents": {name: Rent("spot", priced("gpu_usd_per_h")) for name in names if random.random() < 0.2},
        "rules": draw(rules),
        "electricity": Tariff(tuple(random.uniform(-5, 5, 24).tolist()), ("catalogue",)),
        "carbon": Intensity(tuple(random.uniform(0, 1_000, 24).tolist()), ("catalogue",)),
    }
    names_ = [field.name for field in fields(ResolvedPrices) if field.name not in given]
    return ResolvedPrices(**given, **{name: priced(name) for name in names_})


def number_of(name: str, random: np.random.Generator) -> float:
    if name.endswith("_years") or name == "design_utilisation_fraction":
        return float(random.uniform(0.5, 1.0 if "fraction" in name else 20.0))
    if random.random() < 0.2:
        return 0.0
    if "_fraction" in name or name == "roster_technicians":
        return float(random.random())
    return float(10 ** random.uniform(-3, 6 if "_usd" in name else 5))


rules = st.builds(
    Rules,
    depreciation=st.sampled_from(["straight_line", "declining", "by_use"]),
    declining_factor=st.floats(0.1, 5),
    age_years=st.floats(0, 10),
    facility=st.sampled_from(["colocation", "owned", "none"]),
    repair=st.sampled_from(["own", "contract"]),
    labour=st.sampled_from(["called", "roster"]),
)


def trace_of(names: list[str], minute_s: Minutes, random: np.random.Generator) -> UtilisationTrace:
    minutes = minute_s.size
    idle: dict[str, Any] = {field.name: np.zeros(minutes) for field in fields(PoolMinutes) if field.name not in TIMES}
    sizes: dict[str, Any] = {"servers": 1, "gpus_per_server": 8, "replicas": 1, "kv_room_tokens": 1}

    def joules() -> Minutes:
        return np.asarray(random.random(minutes) * minute_s * random.choice([0.0, 1.0, 1e7]))

    pools = [
        PoolMinutes(
            **{**idle, "pool": name, "server": name, **sizes, **{key: joules() for key in ENERGIES}},
            **{key: minute_s * random.random() for key in TIMES},
        )
        for name in names
    ]
    still = {field.name: np.zeros(minutes) for field in fields(PlantMinutes)}
    plant = PlantMinutes(**{**still, "cooling_j": joules(), "losses_j": joules()})
    return UtilisationTrace(minute_s, tuple(pools), plant)


def maintenance(day: Day, log: EventLog) -> float:
    trace, _, inventory, resolved, served = day
    return price(trace, log, inventory, resolved, served).by("category")["maintenance"]


def doubled(resolved: ResolvedPrices) -> ResolvedPrices:
    """Every price twice as high; counts, fractions, years and hours as they were."""

    def twice(price: Priced) -> Priced:
        return replace(price, value=2 * price.value)

    servers = {
        name: ServerPrices(*[twice(getattr(server, field.name)) for field in fields(ServerPrices)])
        for name, server in resolved.servers.items()
    }
    rents = {name: replace(rent, gpu_usd_per_h=twice(rent.gpu_usd_per_h)) for name, rent in resolved.rents.items()}
    tariff = replace(resolved.electricity, usd_per_kwh=tuple(2 * usd for usd in resolved.electricity.usd_per_kwh))
    money = {field.name: getattr(resolved, field.name) for field in fields(ResolvedPrices) if "_usd" in field.name}
    prices = {name: twice(price) for name, price in money.items()}
    return replace(resolved, servers=servers, rents=rents, electricity=tariff, **prices)


ROUNDING = 1e-12
"""Relative difference between two orders of the same sums."""


@CALM
@given(days())
def test_total_is_the_sum_of_lines_and_every_line_holds(day: Day) -> None:
    ledger = price(*day)
    check_ledger(ledger, SOURCES)
    assert ledger.total_usd == math.fsum(line.amount_usd for line in reversed(ledger.lines))


@CALM
@given(days())
def test_all_energy_is_booked(day: Day) -> None:
    kwh = math.fsum(line.quantity for line in price(*day).lines if line.unit == "kWh")
    assert math.isclose(kwh, float(day[0].facility_j.sum()) / 3.6e6, rel_tol=1e-9)


@CALM
@given(days())
def test_doubling_every_price_doubles_the_total(day: Day) -> None:
    trace, log, inventory, resolved, served = day
    assert price(trace, log, inventory, doubled(resolved), served).total_usd == 2 * price(*day).total_usd


@CALM
@given(days(), st.integers(0, 2**32))
def test_order_of_pools_and_events_changes_nothing(day: Day, seed: int) -> None:
    trace, log, inventory, resolved, served = day
    random = np.random.default_rng(seed)
    turn = random.permutation(len(inventory.pools)).tolist()
    pools, seen = tuple(inventory.pools[n] for n in turn), tuple(trace.pools[n] for n in turn[::-1])
    events_ = [log.events[n] for n in random.permutation(len(log.events)).tolist()]
    other = price(replace(trace, pools=seen), EventLog(events_), replace(inventory, pools=pools), resolved, served)
    found, expected = ({(line.category, line.label): line for line in book.lines} for book in (other, price(*day)))
    assert found == expected
    assert other.total_usd == price(*day).total_usd


@CALM
@given(days(), st.data())
def test_one_more_failure_or_planned_work_is_never_cheaper(day: Day, data: st.DataObject) -> None:
    more = EventLog([*day[1].events, data.draw(events(["pool0"]))])
    before = maintenance(day, day[1])
    assert maintenance(day, more) >= before - abs(before) * ROUNDING


@CALM
@given(days(), st.sampled_from(PARTS))
def test_one_more_part_used_costs_its_price(day: Day, part: str) -> None:
    trace, log, inventory, resolved, served = day
    own, rented = replace(resolved.rules, repair="own"), "pool0" in resolved.rents
    prices = {"gpu": resolved.servers["pool0"].gpu_usd, "host": resolved.host_part_usd}
    usd = 0.0 if rented else prices.get(part, resolved.network_part_usd).value
    day = (trace, log, inventory, replace(resolved, rules=own), served)
    more = EventLog([*log.events, happening("pool0", "failed", (part, 1), 0.0)])
    assert math.isclose(maintenance(day, more), maintenance(day, log) + usd, rel_tol=1e-9)


@CALM
@given(days())
def test_lines_are_the_same_whatever_happened(day: Day) -> None:
    trace, _, inventory, resolved, served = day
    names = [(line.category, line.label) for line in price(*day).lines]
    quiet = price(trace, EventLog(), inventory, resolved, served)
    assert names == [(line.category, line.label) for line in quiet.lines]


@CALM
@given(days())
def test_a_moment_costs_next_to_nothing(day: Day) -> None:
    _, _, inventory, resolved, served = day
    names = [pool.name for pool in inventory.pools]
    moment = replace(inventory, duration_s=1e-9)
    trace = trace_of(names, np.array([1e-9]), np.random.default_rng(0))
    ledger = price(trace, EventLog(), moment, resolved, served)
    check_ledger(ledger, SOURCES)
    # Less than a cent for at most three pools of 5,000 servers of 18 million dollars.
    assert abs(ledger.total_usd) < 0.01


@CALM
@given(days())
def test_nothing_bought_and_nothing_used_costs_nothing(day: Day) -> None:
    trace, _, inventory, resolved, served = day
    gone = replace(inventory, pools=tuple(replace(pool, servers=0) for pool in inventory.pools))
    names, minutes = [pool.name for pool in inventory.pools], trace.minute_s.size
    dark = trace_of(names, np.zeros(minutes), np.random.default_rng(0))
    unstaffed = replace(resolved, roster_technicians=Priced(0.0, ("scenario",)), rents={})
    ledger: CostLedger = price(dark, EventLog(), gone, unstaffed, served)
    assert ledger.total_usd == 0.0
