"""Energy: what each component drew at the tariff, the highest quarter of an hour, and the carbon behind it all."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.accounting.amounts import Number
from sim.accounting.basis import Basis
from sim.accounting.energy_use import EnergyUse
from sim.accounting.ledger import FACILITY, RENTED_FACILITY, Component, Line, Scope, line_of
from sim.accounting.prices import ResolvedPrices, Tariff
from sim.accounting.provenance import Provenance
from sim.accounting.usage import Usage
from sim.core.units import DAYS_PER_MONTH, GRAMS_PER_TONNE, QUARTERS_PER_HOUR

_line = partial(line_of, "energy")


def energy_lines(usage: Usage, prices: ResolvedPrices) -> Iterator[Line]:
    """Energy of every pool's components and of the facility, the demand charge, carbon and water."""
    for pool in usage.pools:
        book = _free if pool.pool.name in prices.rents else _at_tariff
        for name, used in pool.energy.items():
            yield book(Component(name), pool.pool.scope(Component(name)), used, prices.electricity)
    paid = usage.paid_for(frozenset(prices.rents))
    for name, used in paid.hall.items():
        yield _at_tariff(Component(name), FACILITY, used, prices.electricity)
    if prices.rents:
        for name, used in paid.hall_of_others.items():
            yield _free(Component(name), RENTED_FACILITY, used, prices.electricity)
    yield _demand(paid.peak_kw, usage, prices)
    yield _carbon(paid.feed, prices)
    price, basis = prices.water_usd_per_m3, Basis("water")
    yield _line(Component.WATER, FACILITY, "energy", paid.water_m3, "m3", price.value, basis, price)


def energy_usd(used: EnergyUse, tariff: Tariff) -> Number:
    """What some energy costs at a tariff [USD]: sum over its steps of kWh times price.

    >>> float(energy_usd(EnergyUse(np.array([2.0, 2.0]), 3), Tariff((0.5, 0.1), ("scenario",), "series")))
    1.2
    """
    kwh = used.steps_kwh[tariff.steps]
    usd: Number = np.dot(kwh, np.asarray(tariff.usd_per_kwh[: kwh.size]))
    return usd


def quarter_usd(used: EnergyUse, tariff: Tariff) -> NDArray[np.float64]:
    """The same by quarter of an hour."""
    places = used.first_quarter + np.arange(used.quarter_kwh.size)
    if tariff.steps != "quarter":
        places = places // QUARTERS_PER_HOUR
    if tariff.steps == "series":
        places = places - used.first_quarter // QUARTERS_PER_HOUR
    usd = np.asarray(tariff.usd_per_kwh, dtype=np.float64)
    return np.asarray(used.quarter_kwh * usd[places % usd.size])


def carbon_t(used: EnergyUse, prices: ResolvedPrices) -> Number:
    """Carbon dioxide of some energy by the grid's intensity at each local hour [t]."""
    return np.dot(used.steps_kwh["hour"], np.asarray(prices.carbon.hour_g_per_kwh)) / GRAMS_PER_TONNE


def _at_tariff(component: Component, scope: Scope, used: EnergyUse, tariff: Tariff) -> Line:
    """Energy at the tariff; the unit price is its energy-weighted mean."""
    price_usd = energy_usd(used, tariff) / used.total_kwh if used.total_kwh else tariff.mean_usd_per_kwh
    basis = Basis(f"energy_by_{tariff.steps}")
    return _line(component, scope, "energy", used.total_kwh, "kWh", price_usd, basis, tariff)


def _free(component: Component, scope: Scope, used: EnergyUse, tariff: Tariff) -> Line:
    """Energy that is in the rent: no price moves its amount."""
    own = Provenance(tariff.sources)
    return _line(component, scope, "energy", used.total_kwh, "kWh", 0.0, Basis("in_rent"), own)


def _demand(peak_kw: float, usage: Usage, prices: ResolvedPrices) -> Line:
    charge, months = prices.demand_usd_per_kw_month, usage.inventory.duration_days / DAYS_PER_MONTH
    quantity, basis = peak_kw * months, Basis("demand_charge", {"peak_kw": peak_kw})
    return _line(Component.DEMAND, FACILITY, "energy", quantity, "kW-month", charge.value, basis, charge)


def _carbon(feed: EnergyUse, prices: ResolvedPrices) -> Line:
    charge, tonnes = prices.carbon_usd_per_t, carbon_t(feed, prices)
    basis = Basis("carbon")
    return _line(Component.CARBON, FACILITY, "energy", tonnes, "t", charge.value, basis, charge, prices.carbon)
