"""Energy: what each component drew at the tariff, the highest quarter of an hour, and the carbon behind it all."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.accounting.amounts import Number
from sim.accounting.energy_use import EnergyUse
from sim.accounting.ledger import Item
from sim.accounting.prices import ResolvedPrices, Tariff
from sim.accounting.usage import Usage
from sim.core.units import DAYS_PER_MONTH, GRAMS_PER_TONNE, QUARTERS_PER_HOUR

BASIS = {
    "hour": "Energy of each minute at the price of the local hour in which the minute begins.",
    "quarter": "Energy of each minute at the price of the band in which the minute begins.",
    "series": "Energy of each minute at the market's price of the clock hour in which the minute begins.",
}
WATER = "Make-up water of cooling towers and wet pads."
IN_RENT = "Paid by whoever rents the servers out: it is in the rent."

_item = partial(Item, "energy")


def energy_items(usage: Usage, prices: ResolvedPrices) -> Iterator[Item]:
    """Energy of every pool's components and of the hall, the demand charge, carbon and water."""
    for pool in usage.pools:
        book = _free if pool.pool.name in prices.rents else _at_tariff
        for name, used in pool.energy.items():
            yield book(pool.pool.component(name), pool.pool.name, used, prices.electricity)
    paid = usage.paid_for(frozenset(prices.rents))
    for name, used in paid.hall.items():
        yield _at_tariff(f"{name} of the hall", "", used, prices.electricity)
    if prices.rents:
        for name, used in paid.hall_of_others.items():
            yield _free(f"{name} of the hall for rented pools", "", used, prices.electricity)
    yield _demand(paid.peak_kw, usage, prices)
    yield _carbon(paid.feed, prices)
    price = prices.water_usd_per_m3
    yield _item("water of the hall", "", "energy", paid.water_m3, "m3", price.value, price.sources, WATER)


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


def _at_tariff(component: str, pool: str, used: EnergyUse, tariff: Tariff) -> Item:
    """Energy at the tariff; the unit price is its energy-weighted mean."""
    price_usd = energy_usd(used, tariff) / used.total_kwh if used.total_kwh else tariff.mean_usd_per_kwh
    return _item(component, pool, "energy", used.total_kwh, "kWh", price_usd, tariff.sources, BASIS[tariff.steps])


def _free(component: str, pool: str, used: EnergyUse, tariff: Tariff) -> Item:
    return _item(component, pool, "energy", used.total_kwh, "kWh", 0.0, tariff.sources, IN_RENT)


def _demand(peak_kw: float, usage: Usage, prices: ResolvedPrices) -> Item:
    charge, months = prices.demand_usd_per_kw_month, usage.inventory.duration_days / DAYS_PER_MONTH
    basis = "The highest mean power of a quarter of an hour, {:,.1f} kW, for this day's share of the month."
    price_usd, sources = charge.value, charge.sources
    quantity = peak_kw * months
    return _item("demand of the hall", "", "energy", quantity, "kW-month", price_usd, sources, basis, (peak_kw,))


def _carbon(feed: EnergyUse, prices: ResolvedPrices) -> Item:
    charge, basis = prices.carbon_usd_per_t, "Location-based carbon dioxide of the energy paid for, hour by hour."
    sources = (*charge.sources, *prices.carbon.sources)
    tonnes = carbon_t(feed, prices)
    return _item("carbon of the hall", "", "energy", tonnes, "t", charge.value, sources, basis)
