"""Hardware: the day's share of what was bought, written off in equal parts over its life."""

from sim.accounting.inventory import Inventory, PoolInventory
from sim.accounting.ledger import Line, line_of
from sim.accounting.prices import Priced, ResolvedPrices, ServerPrices, sources_of
from sim.units import DAYS_PER_YEAR


def hardware_lines(inventory: Inventory, prices: ResolvedPrices) -> list[Line]:
    """Straight-line depreciation of servers, GPUs, CPUs, storage and network, one line a component and pool."""
    return [line for pool in inventory.pools for line in _pool_lines(pool, inventory.duration_days, prices)]


def depreciation_usd_per_day(price_usd: float, salvage_fraction: float, lifetime_years: float) -> float:
    """Daily write-off of a purchase [USD/day]: price_usd (1 - salvage_fraction) / lifetime, lifetime in days.

    >>> depreciation_usd_per_day(1461.0, 0.0, 4.0)
    1.0
    """
    return price_usd * (1 - salvage_fraction) / (lifetime_years * DAYS_PER_YEAR)


def purchase_usd(pool: PoolInventory, server: ServerPrices) -> float:
    """Purchase price of one server of a pool with all its parts [USD]."""
    gpus_usd = pool.gpus_per_server * server.gpu_usd.value
    cpus_usd = pool.cpus_per_server * server.cpu_usd.value
    return server.server_usd.value + gpus_usd + cpus_usd + server.storage_usd.value + server.network_usd.value


def _pool_lines(pool: PoolInventory, days: float, prices: ResolvedPrices) -> list[Line]:
    server, servers = prices.servers[pool.server], pool.servers
    parts = [
        ("servers", servers, "server-day", server.server_usd),
        ("gpus", servers * pool.gpus_per_server, "GPU-day", server.gpu_usd),
        ("cpus", servers * pool.cpus_per_server, "CPU-day", server.cpu_usd),
        ("storage", servers, "server-day", server.storage_usd),
        ("network", servers, "server-day", server.network_usd),
    ]
    return [_line(pool.component(part), n * days, unit, price, prices) for part, n, unit, price in parts]


def _line(component: str, quantity: float, unit: str, price: Priced, prices: ResolvedPrices) -> Line:
    salvage, lifetime = prices.salvage_fraction, prices.lifetime_years
    daily_usd = depreciation_usd_per_day(price.value, salvage.value, lifetime.value)
    basis = (
        f"Straight-line depreciation of {price.value:,.2f} USD apiece, less a salvage share of {salvage.value:g}, "
        f"over {lifetime.value:g} years."
    )
    return line_of("hardware", component, quantity, unit, daily_usd, basis, sources_of(price, salvage, lifetime))
