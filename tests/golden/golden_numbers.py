"""The golden day's numbers: every figure of its result.json, to twelve digits."""

import json
from pathlib import Path
from typing import Any

import sim
from sim.day import EngineName
from sim.headlines import summary
from tests.golden.tiny_day import BREAKING, tiny_day

FILE = Path(__file__).parent / "tiny_day.json"
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
