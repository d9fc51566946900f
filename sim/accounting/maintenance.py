"""Maintenance: repairs with parts, hours and visits, or a contract that covers them; and what upkeep takes anyway.

A repair by hand uses one part, hours and a visit, which the event log tells:

- a GPU: one GPU;
- the rest of the server (host): one part such as a drive, a power supply, a board or a CPU, at the mean price of those
  that a published log names;
- the network: one network card or optical cable.

Under a contract the same parts, hours and visits are booked at nothing, so that no repair is paid twice. Planned work
of the day counts towards the day's share of the yearly hours, so that it is not paid twice either.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from sim.accounting.amounts import Number
from sim.accounting.hardware import purchase
from sim.accounting.ledger import Item
from sim.accounting.prices import Priced, ResolvedPrices, sources_of
from sim.accounting.usage import PoolUsage, Repairs, Usage
from sim.core.units import DAYS_PER_YEAR, HOURS_PER_DAY, SECONDS_PER_HOUR

HALL = "labour of the hall"

_item = partial(Item, "maintenance")


def maintenance_items(usage: Usage, prices: ResolvedPrices) -> Iterator[Item]:
    """Upkeep of every pool, labour at the hall, and technicians who wait for work."""
    days = usage.inventory.duration_days
    for pool in usage.pools:
        if pool.pool.name not in prices.rents:
            yield from _upkeep(pool, days, prices)
        yield _software(pool, days, prices)
    yield _labour(HALL, "", usage.repairs, prices)
    if prices.rules.labour == "roster":
        yield _waiting(usage, prices)


def _upkeep(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Iterator[Item]:
    name, covered = usage.pool.component, prices.rules.repair == "contract"
    if covered:
        yield _contract(usage, days, prices)
    yield from _parts(usage, prices, covered)
    yield _labour(name("labour"), usage.pool.name, usage.repairs, prices, covered)
    yield _visits(usage, prices, covered)
    yield _planned(usage, days, prices)
    yield _consumables(usage, days, prices)


def _contract(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Item:
    pool, share = usage.pool, prices.contract_fraction_per_year
    bought = purchase(pool, prices.servers[pool.server])
    return _item(
        pool.component("contract"),
        pool.name,
        "capacity",
        pool.servers * days,
        "server-day",
        bought.value * share.value / DAYS_PER_YEAR,
        sources_of(share, bought),
        "A contract that covers repairs: a yearly share of {:g} of the {:,.2f} USD that a server costs.",
        (share.value, bought.value),
    )


def _parts(usage: PoolUsage, prices: ResolvedPrices, covered: bool) -> Iterator[Item]:
    pool, gpu = usage.pool, prices.servers[usage.pool.server].gpu_usd
    parts = [
        ("gpus", "gpu", gpu),
        ("hosts", "host", prices.host_part_usd),
        ("network", "network", prices.network_part_usd),
    ]
    basis = "Parts that repairs used, by the event log, {:,.2f} USD each" + _by_contract(covered)
    for name, part, price in parts:
        component, used, paid = pool.component(name), usage.repairs.parts[part], _paid(price, covered)
        yield _item(component, pool.name, "failures", used, "part", paid, price.sources, basis, (price.value,))


def _paid(price: Priced, covered: bool) -> Number:
    return 0.0 if covered else price.value


def _by_contract(covered: bool) -> str:
    return "; the contract pays." if covered else "."


def _labour(component: str, pool: str, repairs: Repairs, prices: ResolvedPrices, covered: bool = False) -> Item:
    rate = prices.technician_usd_per_h
    basis = "Hands-on time of repairs in the event log at the hourly cost of technicians" + _by_contract(covered)
    paid = _paid(rate, covered)
    return _item(component, pool, "failures", repairs.labour_h, "h", paid, rate.sources, basis)


def _visits(usage: PoolUsage, prices: ResolvedPrices, covered: bool) -> Item:
    pool, price = usage.pool, prices.visit_usd
    basis = "What a repair costs beside its part and hours" + _by_contract(covered)
    component, visits = pool.component("visits"), usage.repairs.visits
    return _item(component, pool.name, "failures", visits, "visit", _paid(price, covered), price.sources, basis)


def _planned_h(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Number:
    """The day's share of the year's hours, or the hours of the day's own planned work where these are more."""
    share_h = usage.pool.servers * days / DAYS_PER_YEAR * prices.planned_labour_s.value / SECONDS_PER_HOUR
    return np.maximum(share_h, usage.repairs.planned_h)


def _planned(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Item:
    pool, each, rate = usage.pool, prices.planned_labour_s, prices.technician_usd_per_h
    hours, sources = _planned_h(usage, days, prices), sources_of(each, rate)
    basis = (
        "Planned maintenance at the hourly cost of technicians: the day's share of {:g} s a server and year, "
        "or the {:.2f} h of planned work in the event log where these are more."
    )
    component, numbers = pool.component("planned maintenance"), (each.value, usage.repairs.planned_h)
    return _item(component, pool.name, "capacity", hours, "h", rate.value, sources, basis, numbers)


def _consumables(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Item:
    pool, price = usage.pool, prices.consumables_usd_per_year
    basis, daily = "Filters, fans, batteries and cables: {:,.2f} USD a server and year.", price.value / DAYS_PER_YEAR
    component, quantity, numbers = pool.component("consumables"), pool.servers * days, (price.value,)
    return _item(component, pool.name, "capacity", quantity, "server-day", daily, price.sources, basis, numbers)


def _software(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Item:
    pool, price = usage.pool, prices.software_usd_per_year
    basis, daily = "Software licences: {:,.2f} USD a GPU and year.", price.value / DAYS_PER_YEAR
    component, quantity = pool.component("software"), pool.servers * pool.gpus_per_server * days
    return _item(component, pool.name, "capacity", quantity, "GPU-day", daily, price.sources, basis, (price.value,))


def _waiting(usage: Usage, prices: ResolvedPrices) -> Item:
    """Technicians of the roster beyond their hours at work: so that the roster is paid whole, and none twice."""
    days, crew, rate = usage.inventory.duration_days, prices.roster_technicians, prices.technician_usd_per_h
    own = [pool for pool in usage.pools if pool.pool.name not in prices.rents]
    covered = prices.rules.repair == "contract"
    mended_h = 0.0 if covered else sum(pool.repairs.labour_h for pool in own)
    worked_h = usage.repairs.labour_h + mended_h + sum(_planned_h(pool, days, prices) for pool in own)
    hours = np.maximum(crew.value * days * HOURS_PER_DAY - worked_h, 0.0)
    basis = "Hours of {:g} technicians around the clock in which they do not mend or maintain."
    sources = sources_of(crew, rate)
    return _item("roster of the hall", "", "capacity", hours, "h", rate.value, sources, basis, (crew.value,))
