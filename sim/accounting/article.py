"""The seed article's daily cost, to the cent.

The article books the whole purchase price as one day's cost and lets every part run all day at full power:
hardware = servers (server + CPUs + storage) + gpus GPU, energy = (sum of counts times watts) price hours.
"""

from dataclasses import dataclass

from sim.accounting.inventory import Inventory
from sim.accounting.ledger import CostLedger, Line, line_of
from sim.accounting.prices import Tariff
from sim.accounting.usage import Served
from sim.catalogue.facts import Fact
from sim.catalogue.price_types import Article
from sim.units import SECONDS_PER_HOUR, WATTS_PER_KILOWATT


@dataclass(frozen=True)
class ArticleFleet:
    """The counts that the article's formula takes."""

    servers: int
    """Servers."""
    gpus: int
    """GPUs in all servers."""
    cpus: int
    """CPUs in all servers."""
    coolers: int
    """Cooling units."""


def article_fleet(inventory: Inventory, coolers: int) -> ArticleFleet:
    """The counts of an inventory; the article alone counts cooling units."""
    return ArticleFleet(
        servers=sum(pool.servers for pool in inventory.pools),
        gpus=sum(pool.servers * pool.gpus_per_server for pool in inventory.pools),
        cpus=sum(pool.servers * pool.cpus_per_server for pool in inventory.pools),
        coolers=coolers,
    )


def article_ledger(
    article: Article, fleet: ArticleFleet, duration_s: float, tariff: Tariff, served: Served
) -> CostLedger:
    """The article's ledger of a fleet for a duration [s] at the plain mean of a tariff; it has no maintenance."""
    lines = [*_hardware(article, fleet), *_energy(article, fleet, duration_s / SECONDS_PER_HOUR, tariff)]
    return CostLedger(tuple(lines), served.requests, served.prompt_tokens, served.output_tokens)


def _hardware(article: Article, fleet: ArticleFleet) -> list[Line]:
    parts = [
        ("servers", fleet.servers, "server", article.server_usd),
        ("cpus", fleet.servers, "server", article.cpu_usd),
        ("storage", fleet.servers, "server", article.storage_usd),
        ("gpus", fleet.gpus, "GPU", article.gpu_usd),
    ]
    basis = "The article books the whole purchase price as the cost of one day."
    return [line_of("hardware", name, n, unit, fact.value, basis, (fact.source,)) for name, n, unit, fact in parts]


def _energy(article: Article, fleet: ArticleFleet, hours: float, tariff: Tariff) -> list[Line]:
    parts = [
        ("servers", fleet.servers, article.server_w),
        ("gpus", fleet.gpus, article.gpu_w),
        ("cpus", fleet.cpus, article.cpu_w),
        ("cooling", fleet.coolers, article.cooler_w),
    ]
    return [_energy_line(name, n, fact, hours, tariff) for name, n, fact in parts]


def _energy_line(name: str, count: int, power: Fact, hours: float, tariff: Tariff) -> Line:
    kwh = count * power.value * hours / WATTS_PER_KILOWATT
    basis = f"The article lets every unit draw {power.value:g} W all the time."
    sources = tuple(dict.fromkeys((power.source, *tariff.sources)))
    return line_of("energy", name, kwh, "kWh", tariff.mean_usd_per_kwh, basis, sources)
