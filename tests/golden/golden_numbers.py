"""The golden day's numbers: every figure of its result.json, to twelve digits."""

import json
from pathlib import Path
from typing import Any

import sim
from sim.accounting.ledger import CostLedger
from sim.day import EngineName
from sim.result_json import summary
from tests.golden.tiny_day import BREAKING, tiny_day

FILE = Path(__file__).parent / "tiny_day.json"
LEDGERS = Path(__file__).parent / "ledgers.json"
DIGITS = 12
NOT_COMPARED = ("engine", "version", "scenario_hash")
"""What may change although no answer does: a new key of the schema changes the hash."""


def numbers(engine: EngineName = "reference") -> dict[str, Any]:
    """Run the golden days: one in which nothing breaks, and one in which much does, as the article books it too."""
    eventful = BREAKING | {
        "seed": 2,
        "prices.as_the_article_books_it": True,
        "fleet.pools.main.batching.policy": "chunked",
        "facts.cooling.chiller_tower.capacity_fraction": 0.1,
    }
    days = {"calm": tiny_day(), "eventful": tiny_day(eventful)}
    return {name: _rounded(_compared(summary(sim.run(day, engine=engine)))) for name, day in days.items()}


BANDS = {
    "night": {"start_s": "22:00", "end_s": "00:15", "usd_per_kwh": 0.05},
    "day": {"start_s": "00:15", "end_s": "22:00", "usd_per_kwh": 0.25},
}
PRICES: dict[str, dict[str, Any]] = {
    "owner": {},
    "contract and roster in Germany": {
        "plant.site": "germany",
        "prices.repair": "contract",
        "prices.labour": "roster",
        "prices.roster_technicians": 0.5,
    },
    "declining, own hall, Shanghai, in yuan": {
        "plant.site": "shanghai",
        "prices.currency": "cny",
        "prices.depreciation": "declining",
        "prices.age_years": 1.5,
        "prices.facility": "owned",
        "prices.tax_fraction_per_year": 0.01,
        "prices.visit_usd": 1000,
    },
    "by use, bands, demand charge, carbon": {
        "prices.depreciation": "by_use",
        "prices.time_of_use": BANDS,
        "prices.demand_usd_per_kw_month": 15,
        "prices.carbon_usd_per_t": 80,
    },
    "rented on demand": {"prices.pools.main.by": "on_demand", "prices.software_usd_per_year": 4500},
    "sceptic at the market's prices in Singapore": {
        "plant.site": "singapore",
        "prices.book": "sceptic_3_years",
        "prices.market_usd_per_kwh": [-0.05],
    },
}
"""Six eventful days: where they are, and how they are paid for."""


def ledgers() -> dict[str, dict[str, float]]:
    """Every line of the ledgers of six eventful days."""
    days = {name: tiny_day(BREAKING | changes) for name, changes in PRICES.items()}
    return {name: _lines(sim.run(day, engine="reference").ledger) for name, day in days.items()}


def _lines(ledger: CostLedger) -> dict[str, float]:
    lines = {f"{line.category}: {line.label}": line.amount_usd for line in ledger.lines}
    rounded: dict[str, float] = _rounded(lines | {"total": ledger.total_usd})
    return rounded


def text(data: dict[str, Any]) -> str:
    """The file's text."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _compared(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in NOT_COMPARED}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
