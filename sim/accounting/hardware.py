"""Hardware: what was bought, written off and financed; or rented by the GPU-hour; and the hall around it."""

from collections.abc import Iterator
from functools import partial

from sim.accounting.amounts import Number
from sim.accounting.depreciation import annuity, book_value, capital_per_day, declining_per_day, straight_line_per_day
from sim.accounting.inventory import PoolInventory
from sim.accounting.ledger import Item
from sim.accounting.prices import Priced, Rent, ResolvedPrices, ServerPrices, sources_of
from sim.accounting.usage import PoolUsage
from sim.core.states import ServerState
from sim.core.units import DAYS_PER_MONTH, DAYS_PER_YEAR, WATTS_PER_KILOWATT

_item = partial(Item, "hardware")


def hardware_items(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Iterator[Item]:
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
    return Priced(sum(count * price.value for *_, count, price in parts), sources_of(*(price for *_, price in parts)))


def equipment(pool: PoolInventory, server: ServerPrices) -> list[tuple[str, str, int, Priced]]:
    """What a server is made of: component, unit, how many a server, price of one."""
    return [
        ("servers", "server", 1, server.server_usd),
        ("gpus", "GPU", pool.gpus_per_server, server.gpu_usd),
        ("cpus", "CPU", pool.cpus_per_server, server.cpu_usd),
        ("memory", "server", 1, server.memory_usd),
        ("storage", "server", 1, server.storage_usd),
        ("network", "server", 1, server.network_usd),
        ("racks", "server", 1, server.rack_usd),
    ]


def _owned(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Iterator[Item]:
    pool, server = usage.pool, prices.servers[usage.pool.server]
    share, how, told = _written_off(usage, days, prices)
    terms = (prices.salvage_fraction, prices.lifetime_years)
    for part, unit, count, price in equipment(pool, server):
        quantity, sources = pool.servers * count * days, sources_of(price, *terms)
        yield _item(
            pool.component(part),
            pool.name,
            "capacity",
            quantity,
            f"{unit}-day",
            price.value * share,
            sources,
            f"Of {{:,.2f}} USD apiece, {how}, less a salvage share of {{:g}}, over {{:g}} years.",
            (price.value, *told, *(term.value for term in terms)),
        )
    yield from _on_purchase(pool, days, prices)


def _written_off(usage: PoolUsage, days: float, prices: ResolvedPrices) -> tuple[Number, str, tuple[Number, ...]]:
    """Share of a price written off a day, and the way in words with places for numbers."""
    rules, salvage, lifetime = prices.rules, prices.salvage_fraction.value, prices.lifetime_years.value
    if rules.depreciation == "declining":
        share = declining_per_day(salvage, lifetime, rules.declining_factor, rules.age_years, days)
        told = (rules.declining_factor, rules.age_years)
        return share, "declining by a factor of {:g} at an age of {:g} years", told
    share = straight_line_per_day(salvage, lifetime)
    if rules.depreciation == "by_use":
        return share * usage.busy_share / prices.design_utilisation_fraction.value, "written off by hours at work", ()
    return share, "written off in equal parts", ()


def _on_purchase(pool: PoolInventory, days: float, prices: ResolvedPrices) -> Iterator[Item]:
    """What goes by the whole price of a server: spares, the cost of capital, tax."""
    bought, quantity = purchase(pool, prices.servers[pool.server]), pool.servers * days
    price_usd, spares, rate = bought.value, prices.spares_fraction, prices.capital_fraction_per_year
    terms = (prices.salvage_fraction, prices.lifetime_years)
    line = straight_line_per_day(*(term.value for term in terms))
    add = partial(_item, pool=pool.name, quantity=quantity, unit="server-day")
    yield add(
        pool.component("spares"),
        driver="spare",
        unit_price_usd=price_usd * spares.value * line,
        sources=sources_of(spares, bought, *terms),
        basis="Spare equipment: a share of {:g} of the {:,.2f} USD that a server costs, written off in equal parts.",
        numbers=(spares.value, price_usd),
    )
    yield add(
        pool.component("capital"),
        driver="capacity",
        unit_price_usd=price_usd * (1 + spares.value) * _interest(prices),
        sources=sources_of(rate, spares, bought, *terms),
        basis="Cost of capital of {:g} a year on the {:,.2f} USD that a server costs, and its spares.",
        numbers=(rate.value, price_usd),
    )
    yield add(
        pool.component("tax"),
        driver="capacity",
        unit_price_usd=price_usd * prices.tax_fraction_per_year.value / DAYS_PER_YEAR,
        sources=sources_of(prices.tax_fraction_per_year, bought),
        basis="Yearly tax: a share of {:g} of the {:,.2f} USD that a server costs.",
        numbers=(prices.tax_fraction_per_year.value, price_usd),
    )


def _interest(prices: ResolvedPrices) -> Number:
    """Cost of capital a day as a share of the price: on the annuity, the book value, or the mean of both ends."""
    rules, rate, salvage = prices.rules, prices.capital_fraction_per_year.value, prices.salvage_fraction.value
    lifetime = prices.lifetime_years.value
    if rules.depreciation == "straight_line":
        return capital_per_day(rate, salvage, lifetime)
    if rules.depreciation == "declining":
        return rate * book_value(salvage, lifetime, rules.declining_factor, rules.age_years) / DAYS_PER_YEAR
    return rate * (1 + salvage) / 2 / DAYS_PER_YEAR


def _rented(usage: PoolUsage, rent: Rent) -> Item:
    pool, price = usage.pool, rent.gpu_usd_per_h
    unused_h = usage.state_h[ServerState.ASLEEP] + usage.state_h[ServerState.OFF]
    hours = usage.server_h - (0.0 if rent.by == "reserved" else unused_h)
    kind = rent.by.replace("_", " ")
    asleep = "awake or not" if rent.by == "reserved" else "but for hours asleep or off"
    basis = f"Rent {kind}, {asleep}; power, cooling and upkeep are in the rent."
    gpu_h = hours * pool.gpus_per_server
    return _item(pool.component("gpus"), pool.name, "capacity", gpu_h, "GPU-h", price.value, price.sources, basis)


def _facility(pool: PoolInventory, days: float, prices: ResolvedPrices) -> Iterator[Item]:
    nameplate_kw = pool.servers * pool.nameplate_w / WATTS_PER_KILOWATT
    add = partial(_item, pool.component("hall"), pool.name, "capacity", nameplate_kw * days, "kW-day")
    if prices.rules.facility == "colocation":
        rent = prices.colocation_usd_per_kw_month
        basis = "A place in a hall at {:,.2f} USD a kW of nameplate power and month."
        yield add(rent.value / DAYS_PER_MONTH, rent.sources, basis, (rent.value,))
    elif prices.rules.facility == "owned":
        price, years, rate = prices.facility_usd_per_w, prices.facility_years, prices.capital_fraction_per_year
        daily = price.value * WATTS_PER_KILOWATT * annuity(rate.value, years.value) / DAYS_PER_YEAR
        basis = "A hall of one's own at {:,.2f} USD a watt of nameplate power, repaid in {:g} years at {:g} a year."
        yield add(daily, sources_of(price, years, rate), basis, (price.value, years.value, rate.value))
