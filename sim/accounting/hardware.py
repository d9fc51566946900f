"""Hardware: what was bought, written off and financed; or rented by the GPU-hour; and the hall around it."""

from collections.abc import Iterator
from functools import partial

from sim.accounting.amounts import Number
from sim.accounting.basis import Basis
from sim.accounting.depreciation import annuity, book_value, capital_per_day, declining_per_day, straight_line_per_day
from sim.accounting.inventory import PoolInventory
from sim.accounting.ledger import Component, Driver, Line, line_of
from sim.accounting.prices import Priced, Rent, ResolvedPrices, ServerPrices
from sim.accounting.provenance import Known, joined
from sim.accounting.usage import PoolUsage
from sim.core.states import ServerState
from sim.core.units import DAYS_PER_MONTH, DAYS_PER_YEAR, WATTS_PER_KILOWATT

_line = partial(line_of, "hardware")


def hardware_lines(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Iterator[Line]:
    """What a pool's equipment and its place cost over some days."""
    rent = prices.rents.get(usage.pool.name)
    if rent:
        yield _rented(usage, rent)
    else:
        yield from _owned(usage, days, prices)
        yield from _facility(usage.pool, days, prices)


def purchase(pool: PoolInventory, server: ServerPrices) -> Priced:
    """Purchase price of one server of a pool with all its parts [USD]."""
    parts = equipment(pool, server)
    usd = sum(count * price.value for *_, count, price in parts)
    return Priced.resting_on(joined(price for *_, price in parts), usd)


def equipment(pool: PoolInventory, server: ServerPrices) -> list[tuple[Component, str, int, Priced]]:
    """What a server is made of: component, unit, how many a server, price of one."""
    return [
        (Component.SERVERS, "server", 1, server.server_usd),
        (Component.GPUS, "GPU", pool.gpus_per_server, server.gpu_usd),
        (Component.CPUS, "CPU", pool.cpus_per_server, server.cpu_usd),
        (Component.MEMORY, "server", 1, server.memory_usd),
        (Component.STORAGE, "server", 1, server.storage_usd),
        (Component.NETWORK, "server", 1, server.network_usd),
        (Component.RACKS, "server", 1, server.rack_usd),
    ]


def _owned(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Iterator[Line]:
    pool, server = usage.pool, prices.servers[usage.pool.server]
    share, named = _written_off(usage, days, prices)
    by_use = [prices.design_utilisation_fraction] if prices.rules.depreciation == "by_use" else []
    terms = joined([prices.salvage_fraction, prices.lifetime_years, *by_use])
    named |= {"salvage": prices.salvage_fraction.value, "years": prices.lifetime_years.value}
    for part, unit, count, price in equipment(pool, server):
        basis = Basis(prices.rules.depreciation, named | {"price_usd": price.value})
        quantity, usd = pool.servers * count * days, price.value * share
        yield _line(part, pool.scope(part), "capacity", quantity, f"{unit}-day", usd, basis, price, terms)
    yield from _on_purchase(pool, days, prices)


def _written_off(usage: PoolUsage, days: float, prices: ResolvedPrices) -> tuple[Number, dict[str, Number]]:
    """Share of a price written off a day, and what its basis names of the rule."""
    rules, salvage, lifetime = prices.rules, prices.salvage_fraction.value, prices.lifetime_years.value
    if rules.depreciation == "declining":
        share = declining_per_day(salvage, lifetime, rules.declining_factor, rules.age_years, days)
        return share, {"factor": rules.declining_factor, "age_years": rules.age_years}
    share = straight_line_per_day(salvage, lifetime)
    if rules.depreciation == "by_use":
        return share * usage.busy_share / prices.design_utilisation_fraction.value, {}
    return share, {}


def _on_purchase(pool: PoolInventory, days: float, prices: ResolvedPrices) -> Iterator[Line]:
    """What goes by the whole price of a server: spares, the cost of capital, tax."""
    bought, terms = purchase(pool, prices.servers[pool.server]), (prices.salvage_fraction, prices.lifetime_years)
    spares, rate, tax = prices.spares_fraction, prices.capital_fraction_per_year, prices.tax_fraction_per_year
    usd = bought.value
    price_usd = usd * spares.value * straight_line_per_day(*(term.value for term in terms))
    basis = Basis("spares", {"share": spares.value, "price_usd": usd})
    yield _per_server(pool, days, Component.SPARES, "spare", price_usd, basis, spares, bought, *terms)
    price_usd = usd * (1 + spares.value) * _interest(prices)
    basis = Basis("capital", {"rate": rate.value, "price_usd": usd})
    yield _per_server(pool, days, Component.CAPITAL, "capacity", price_usd, basis, rate, spares, bought, *terms)
    basis = Basis("tax", {"rate": tax.value, "price_usd": usd})
    yield _per_server(pool, days, Component.TAX, "capacity", usd * tax.value / DAYS_PER_YEAR, basis, tax, bought)


def _per_server(
    pool: PoolInventory, days: float, component: Component, driver: Driver, usd: Number, basis: Basis, *known: Known
) -> Line:
    """A line by servers and days."""
    return _line(component, pool.scope(component), driver, pool.servers * days, "server-day", usd, basis, *known)


def _interest(prices: ResolvedPrices) -> Number:
    """Cost of capital a day as a share of the price: on the annuity, the book value, or the mean of both ends."""
    rules, rate, salvage = prices.rules, prices.capital_fraction_per_year.value, prices.salvage_fraction.value
    lifetime = prices.lifetime_years.value
    if rules.depreciation == "straight_line":
        return capital_per_day(rate, salvage, lifetime)
    if rules.depreciation == "declining":
        return rate * book_value(salvage, lifetime, rules.declining_factor, rules.age_years) / DAYS_PER_YEAR
    return rate * (1 + salvage) / 2 / DAYS_PER_YEAR


def _rented(usage: PoolUsage, rent: Rent) -> Line:
    pool, price = usage.pool, rent.gpu_usd_per_h
    unused_h = usage.state_h[ServerState.ASLEEP] + usage.state_h[ServerState.OFF]
    hours = usage.server_h - (0.0 if rent.by == "reserved" else unused_h)
    gpu_h, basis = hours * pool.gpus_per_server, Basis(f"rent_{rent.by}")
    scope = pool.scope(Component.GPUS)
    return _line(Component.GPUS, scope, "capacity", gpu_h, "GPU-h", price.value, basis, price)


def _facility(pool: PoolInventory, days: float, prices: ResolvedPrices) -> Iterator[Line]:
    nameplate_kw = pool.servers * pool.nameplate_w / WATTS_PER_KILOWATT
    scope = pool.scope(Component.FACILITY)
    add = partial(_line, Component.FACILITY, scope, "capacity", nameplate_kw * days, "kW-day")
    if prices.rules.facility == "colocation":
        rent = prices.colocation_usd_per_kw_month
        yield add(rent.value / DAYS_PER_MONTH, Basis("colocation", {"price_usd": rent.value}), rent)
    elif prices.rules.facility == "owned":
        price, years, rate = prices.facility_usd_per_w, prices.facility_years, prices.capital_fraction_per_year
        daily = price.value * WATTS_PER_KILOWATT * annuity(rate.value, years.value) / DAYS_PER_YEAR
        named = {"price_usd": price.value, "years": years.value, "rate": rate.value}
        yield add(daily, Basis("own_facility", named), price, years, rate)
