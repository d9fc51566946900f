"""The seed article's daily cost, to the cent.

The article books the whole purchase price as one day's cost and lets every part run all day at full power:
hardware = servers (server + CPUs + storage) + gpus GPU, energy = (sum of counts times watts) price hours.

The way from the seed article's total to ours, one difference a step.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sim.accounting.basis import Basis
from sim.accounting.depreciation import straight_line_per_day
from sim.accounting.energy_use import added
from sim.accounting.inventory import Inventory
from sim.accounting.ledger import AROUND_EQUIPMENT, FLEET, Component, CostLedger, Line, line_of
from sim.accounting.prices import ResolvedPrices, Tariff
from sim.accounting.provenance import Provenance
from sim.accounting.usage import Served, Usage
from sim.catalogue.types.money import Article
from sim.core.units import SECONDS_PER_HOUR, WATTS_PER_KILOWATT

BOOKED = Basis("article_hardware")


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
        (Component.SERVERS, fleet.servers, "server", "server_usd"),
        (Component.CPUS, fleet.servers, "server", "cpu_usd"),
        (Component.STORAGE, fleet.servers, "server", "storage_usd"),
        (Component.GPUS, fleet.gpus, "GPU", "gpu_usd"),
    ]
    return [
        line_of(
            "hardware", part, FLEET, "capacity", n, unit, getattr(article, field).value, BOOKED, _known(article, field)
        )
        for part, n, unit, field in parts
    ]


def _known(article: Article, field: str) -> Provenance:
    """The article's own word: a figure of it, as it stands there."""
    return Provenance((getattr(article, field).source,), (f"facts.article.article.{field}",), "cited")


def _energy(article: Article, fleet: ArticleFleet, hours: float, tariff: Tariff) -> list[Line]:
    parts = [
        (Component.SERVERS, fleet.servers, "server_w"),
        (Component.GPUS, fleet.gpus, "gpu_w"),
        (Component.CPUS, fleet.cpus, "cpu_w"),
        (Component.COOLING, fleet.coolers, "cooler_w"),
    ]
    return [_energy_line(article, component, n, field, hours, tariff) for component, n, field in parts]


def _energy_line(article: Article, component: Component, count: int, field: str, hours: float, tariff: Tariff) -> Line:
    power_w = getattr(article, field).value
    kwh, basis = count * power_w * hours / WATTS_PER_KILOWATT, Basis("article_energy", {"power_w": power_w})
    known = (_known(article, field), tariff)
    return line_of("energy", component, FLEET, "energy", kwh, "kWh", tariff.mean_usd_per_kwh, basis, *known)


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
    return math.fsum(line.amount_usd for line in lines if line.component not in AROUND_EQUIPMENT)
