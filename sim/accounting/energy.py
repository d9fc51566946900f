"""Energy: what each component drew in each local hour, times the price of that hour."""

import math

from sim.accounting.ledger import Line
from sim.accounting.prices import ResolvedPrices, Tariff
from sim.accounting.usage import Hours, PoolUsage, Usage

BASIS = "Simulated energy of each minute times the electricity price of the local hour in which the minute begins."


def energy_lines(usage: Usage, prices: ResolvedPrices) -> list[Line]:
    """Energy of every pool's GPUs, hosts, storage and network, and of the hall's cooling and electrical losses."""
    parts = [part for pool in usage.pools for part in _pool_parts(pool)]
    parts += [("cooling of the hall", usage.cooling_kwh), ("losses of the hall", usage.losses_kwh)]
    return [energy_line(component, kwh, prices.electricity) for component, kwh in parts]


def energy_line(component: str, kwh: Hours, tariff: Tariff) -> Line:
    """One component's energy by local hour [kWh] at the hourly tariff; the unit price is the energy-weighted mean.

    >>> line = energy_line("gpus", (1.0, 3.0), Tariff((0.5, 0.1), ("scenario",)))
    >>> line.quantity, round(line.unit_price_usd, 9), round(line.amount_usd, 9)
    (4.0, 0.2, 0.8)
    """
    quantity = math.fsum(kwh)
    amount_usd = math.fsum(energy * price for energy, price in zip(kwh, tariff.usd_per_kwh, strict=True))
    price_usd = amount_usd / quantity if quantity else tariff.mean_usd_per_kwh
    return Line("energy", component, quantity, "kWh", price_usd, amount_usd, BASIS, tariff.sources)


def _pool_parts(usage: PoolUsage) -> list[tuple[str, Hours]]:
    name = usage.pool.component
    return [
        (name("gpus"), usage.gpu_kwh),
        (name("hosts"), usage.host_kwh),
        (name("storage"), usage.storage_kwh),
        (name("network"), usage.network_kwh),
    ]
