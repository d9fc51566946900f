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
from sim.accounting.basis import Basis
from sim.accounting.hardware import purchase
from sim.accounting.ledger import FACILITY, Component, Line, Scope, line_of
from sim.accounting.prices import Priced, ResolvedPrices
from sim.accounting.provenance import Known, Provenance
from sim.accounting.usage import PoolUsage, Repairs, Usage
from sim.core.units import DAYS_PER_YEAR, HOURS_PER_DAY, SECONDS_PER_HOUR

_line = partial(line_of, "maintenance")


def maintenance_lines(usage: Usage, prices: ResolvedPrices) -> Iterator[Line]:
    """Upkeep of every pool, labor at the facility, and technicians who wait for work."""
    days = usage.inventory.duration_days
    for pool in usage.pools:
        if pool.pool.name not in prices.rents:
            yield from _upkeep(pool, days, prices)
        yield _software(pool, days, prices)
    yield _labor(FACILITY, usage.repairs, prices)
    if prices.rules.labour == "roster":
        yield _waiting(usage, prices)


def _upkeep(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Iterator[Line]:
    covered = prices.rules.repair == "contract"
    if covered:
        yield _contract(usage, days, prices)
    yield from _parts(usage, prices, covered)
    yield _labor(usage.pool.scope(Component.LABOR), usage.repairs, prices, covered)
    yield _visits(usage, prices, covered)
    yield _planned(usage, days, prices)
    yield _consumables(usage, days, prices)


def _contract(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Line:
    pool, share = usage.pool, prices.contract_fraction_per_year
    bought, component = purchase(pool, prices.servers[pool.server]), Component.CONTRACT
    quantity, usd = pool.servers * days, bought.value * share.value / DAYS_PER_YEAR
    basis = Basis("contract", {"share": share.value, "price_usd": bought.value})
    return _line(component, pool.scope(component), "capacity", quantity, "server-day", usd, basis, share, bought)


def _parts(usage: PoolUsage, prices: ResolvedPrices, covered: bool) -> Iterator[Line]:
    pool, gpu = usage.pool, prices.servers[usage.pool.server].gpu_usd
    parts = [
        (Component.GPUS, "gpu", gpu),
        (Component.HOSTS, "host", prices.host_part_usd),
        (Component.NETWORK, "network", prices.network_part_usd),
    ]
    for component, part, price in parts:
        basis = Basis(_covered("parts", covered), {"price_usd": price.value})
        scope, used = pool.scope(component), usage.repairs.parts[part]
        yield _line(component, scope, "failures", used, "part", *_paid(price, covered, basis))


def _covered(key: str, covered: bool) -> str:
    return f"{key}_covered" if covered else key


def _paid(price: Priced, covered: bool, basis: Basis) -> tuple[Number, Basis, Known]:
    """What is paid for a unit; under a contract nothing, whatever the price."""
    return (0.0, basis, Provenance(price.sources)) if covered else (price.value, basis, price)


def _labor(scope: Scope, repairs: Repairs, prices: ResolvedPrices, covered: bool = False) -> Line:
    paid = _paid(prices.technician_usd_per_h, covered, Basis(_covered("labor", covered)))
    return _line(Component.LABOR, scope, "failures", repairs.labour_h, "h", *paid)


def _visits(usage: PoolUsage, prices: ResolvedPrices, covered: bool) -> Line:
    scope, visits = usage.pool.scope(Component.VISITS), usage.repairs.visits
    paid = _paid(prices.visit_usd, covered, Basis(_covered("visits", covered)))
    return _line(Component.VISITS, scope, "failures", visits, "visit", *paid)


def _planned_h(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Number:
    """The day's share of the year's hours, or the hours of the day's own planned work where these are more."""
    share_h = usage.pool.servers * days / DAYS_PER_YEAR * prices.planned_labour_s.value / SECONDS_PER_HOUR
    return np.maximum(share_h, usage.repairs.planned_h)


def _planned(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Line:
    component, each, rate = Component.PLANNED_MAINTENANCE, prices.planned_labour_s, prices.technician_usd_per_h
    hours, scope = _planned_h(usage, days, prices), usage.pool.scope(component)
    basis = Basis("planned_maintenance", {"each_s": each.value, "planned_h": usage.repairs.planned_h})
    return _line(component, scope, "capacity", hours, "h", rate.value, basis, each, rate)


def _consumables(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Line:
    pool, price, component = usage.pool, prices.consumables_usd_per_year, Component.CONSUMABLES
    quantity, daily = pool.servers * days, price.value / DAYS_PER_YEAR
    basis = Basis("consumables", {"price_usd": price.value})
    return _line(component, pool.scope(component), "capacity", quantity, "server-day", daily, basis, price)


def _software(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Line:
    pool, price, component = usage.pool, prices.software_usd_per_year, Component.SOFTWARE
    quantity, daily = pool.servers * pool.gpus_per_server * days, price.value / DAYS_PER_YEAR
    basis = Basis("software", {"price_usd": price.value})
    return _line(component, pool.scope(component), "capacity", quantity, "GPU-day", daily, basis, price)


def _waiting(usage: Usage, prices: ResolvedPrices) -> Line:
    """Technicians of the roster beyond their hours at work: so that the roster is paid whole, and none twice."""
    days, crew, rate = usage.inventory.duration_days, prices.roster_technicians, prices.technician_usd_per_h
    own = [pool for pool in usage.pools if pool.pool.name not in prices.rents]
    covered = prices.rules.repair == "contract"
    repair_h = 0.0 if covered else sum(pool.repairs.labour_h for pool in own)
    worked_h = usage.repairs.labour_h + repair_h + sum(_planned_h(pool, days, prices) for pool in own)
    hours = np.maximum(crew.value * days * HOURS_PER_DAY - worked_h, 0.0)
    basis, planned = Basis("roster", {"technicians": crew.value}), prices.planned_labour_s
    known = (crew, rate, planned) if own else (crew, rate)
    return _line(Component.ROSTER, FACILITY, "capacity", hours, "h", rate.value, basis, *known)
