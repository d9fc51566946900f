"""The seed article's daily cost, to the cent.

The article books the whole purchase price as one day's cost and lets every part run all day at full power:
hardware = servers (server + CPUs + storage) + gpus GPU, energy = (sum of counts times watts) price hours.

The way from the seed article's total to ours, one difference a step.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sim.accounting.depreciation import straight_line_per_day
from sim.accounting.energy_use import added
from sim.accounting.inventory import Inventory
from sim.accounting.ledger import CostLedger, Line, line_of
from sim.accounting.prices import ResolvedPrices, Tariff
from sim.accounting.usage import Served, Usage
from sim.catalogue.parameter import Fact
from sim.catalogue.types.money import Article
from sim.core.units import SECONDS_PER_HOUR, WATTS_PER_KILOWATT


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


AROUND = ("hall of", "spares of", "capital of", "tax of")
"""How components begin that are hardware, but no equipment."""


@dataclass(frozen=True)
class Step:
    """One step on the way from the article's total to ours."""

    name: str
    """What changes."""
    change_usd: float
    """By how much."""
    total_usd: float
    """The total after it."""


def reconcile(article: CostLedger, ledger: CostLedger, usage: Usage, prices: ResolvedPrices) -> list[Step]:
    """Steps from the article's total to a ledger's; the last one ends at the ledger's own total."""
    parts = {name: article.by("category")[name] for name in ("hardware", "energy")} | {"maintenance": 0.0}
    steps = [Step("article", 0.0, article.total_usd)]
    for name, category, amount_usd in _stations(article, ledger, usage, prices):
        change_usd, parts[category] = amount_usd - parts[category], amount_usd
        steps.append(Step(name, change_usd, math.fsum(parts.values())))
    return [*steps[:-1], Step(steps[-1].name, steps[-1].change_usd, ledger.total_usd)]


def _stations(
    article: CostLedger, ledger: CostLedger, usage: Usage, prices: ResolvedPrices
) -> Iterator[tuple[str, str, float]]:
    """What changes, the category it changes, and that category's dollars from then on."""
    theirs, ours = article.by("category"), ledger.by("category")
    life = straight_line_per_day(prices.salvage_fraction.value, prices.lifetime_years.value)
    yield "written off over its life", "hardware", theirs["hardware"] * life * usage.inventory.duration_days
    yield "real prices of equipment", "hardware", _equipment_usd(ledger)
    yield "hall, capital and spares", "hardware", ours["hardware"]
    cooling_usd = article.by("component")["cooling"]
    hours, usd_per_kwh = usage.inventory.duration_s / SECONDS_PER_HOUR, prices.electricity.mean_usd_per_kwh
    full_kw = sum(pool.servers * pool.full_w for pool in usage.inventory.pools) / WATTS_PER_KILOWATT
    yield "real watts at full load", "energy", full_kw * hours * usd_per_kwh + cooling_usd
    it_usd = added([pool.it for pool in usage.pools]).total_kwh * usd_per_kwh
    yield "utilisation as simulated", "energy", it_usd + cooling_usd
    hall_usd = sum(used.total_kwh for used in usage.hall.values()) * usd_per_kwh
    yield "cooling and losses as simulated", "energy", it_usd + hall_usd
    yield "tariff by the hour, demand, carbon, water", "energy", ours["energy"]
    yield "maintenance", "maintenance", ours["maintenance"]


def _equipment_usd(ledger: CostLedger) -> float:
    """What the equipment itself costs, bought or rented."""
    lines = [line for line in ledger.lines if line.category == "hardware"]
    return math.fsum(line.amount_usd for line in lines if not line.component.startswith(AROUND))
