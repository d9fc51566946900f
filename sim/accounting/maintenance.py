"""Maintenance: the support contract, the parts that failures are expected to consume, and technicians' hours.

What one failure may consume:

- a GPU: one GPU;
- the rest of the server (host): one field-replaceable unit, such as a power supply, a memory module, an IO board or a
  CPU, priced as one CPU. The price of the server itself is that of chassis, boards and memory together, which no
  single failure destroys, so it would overstate the part many times over;
- the network: one link with its card, cable and switch port, priced as the server's network over its GPUs, because
  servers of this kind have one such link a GPU.

Parts are booked at their expected value (failures times the share that needs a new part), not by a draw: a ledger
stays a pure function of traces and prices.
"""

from sim.accounting.hardware import purchase_usd
from sim.accounting.ledger import Line, line_of
from sim.accounting.prices import Priced, ResolvedPrices, ServerPrices, sources_of
from sim.accounting.usage import PoolUsage, Usage
from sim.units import DAYS_PER_YEAR, SECONDS_PER_HOUR


def maintenance_lines(usage: Usage, prices: ResolvedPrices) -> list[Line]:
    """Contract, expected parts and labour of every pool, and labour at the hall."""
    lines: list[Line] = []
    for pool in usage.pools:
        lines.append(_contract(pool, usage.inventory.duration_days, prices))
        lines += _parts(pool, prices)
        lines.append(_labour(pool.pool.component("labour"), pool.labour_s, prices))
    return [*lines, _labour("labour of the hall", usage.hall_labour_s, prices)]


def _contract(usage: PoolUsage, days: float, prices: ResolvedPrices) -> Line:
    pool, server, share = usage.pool, prices.servers[usage.pool.server], prices.contract_fraction_per_year
    price_usd = purchase_usd(pool, server)
    basis = f"Support contract: a yearly share of {share.value:g} of the {price_usd:,.2f} USD that a server costs."
    sources = sources_of(share, *_purchase(server))
    daily_usd = price_usd * share.value / DAYS_PER_YEAR
    component, quantity = pool.component("contract"), pool.servers * days
    return line_of("maintenance", component, quantity, "server-day", daily_usd, basis, sources)


def _purchase(server: ServerPrices) -> tuple[Priced, ...]:
    return server.server_usd, server.gpu_usd, server.cpu_usd, server.storage_usd, server.network_usd


def _parts(usage: PoolUsage, prices: ResolvedPrices) -> list[Line]:
    pool, server = usage.pool, prices.servers[usage.pool.server]
    link = Priced(server.network_usd.value / pool.gpus_per_server, server.network_usd.sources)
    parts = [
        ("gpus", usage.gpu_failures, server.gpu_usd, "one GPU each"),
        ("hosts", usage.host_failures, server.cpu_usd, "one unit of a server each, priced as a CPU"),
        ("network", usage.network_failures, link, "one link each, priced as the server's network over its GPUs"),
    ]
    return [_part(pool.component(part), n, price, prices.replaced_fraction, what) for part, n, price, what in parts]


def _part(component: str, failures: int, price: Priced, replaced: Priced, what: str) -> Line:
    basis = f"Expected parts: {failures} failures times the replaced share of {replaced.value:g}, {what}."
    sources = sources_of(price, replaced)
    return line_of("maintenance", component, failures * replaced.value, "part", price.value, basis, sources)


def _labour(component: str, labour_s: float, prices: ResolvedPrices) -> Line:
    rate = prices.technician_usd_per_h
    basis = "Hands-on time of technicians in the event log at their hourly cost."
    return line_of("maintenance", component, labour_s / SECONDS_PER_HOUR, "h", rate.value, basis, rate.sources)
