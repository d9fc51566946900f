"""Numbers of a day as columns: result.json with dotted names, their units, and which of them grow with the fleet."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.catalogue import Catalogue
from sim.core.errors import InputError
from sim.core.units import SECONDS_PER_MINUTE, unit_of
from sim.scenario.schema import Scenario

Numbers = dict[str, Any]
"""Dotted names of result.json to numbers or text; None where undefined."""

GROWS = ("requests.", "tokens.", "cost_usd.", "energy_kwh.", "plant.", "cost_by_use_usd.", "article_")
"""Beginnings of names of numbers that double when the fleet and its demand do."""
RATIOS = {"usd_per_million": "USD/Mtoken", "wh_per_request": "Wh/request"}
"""Units of numbers whose names end like a unit of another kind, by what their names hold."""
GROWS_TOO = ("fleet.servers", "fleet.gpus", "fleet.failures", "marginal.usd", "carbon_kg", "peak_kw")
GROWING_ENDS = (".requests", ".used_usd", ".allocated_usd")
"""Ends of names of numbers that do so by use case."""
STAYS = ("plant.warmest_inlet_c", "plant.slowest_speed")


def flat(value: Any, name: str = "") -> Numbers:
    """A nested mapping as one of dotted names; items of lists are numbered from zero.

    >>> flat({"pue": 1.2, "cost_usd": {"total": 3.0}})
    {'pue': 1.2, 'cost_usd.total': 3.0}
    """
    if not isinstance(value, dict | list):
        return {name: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    start = f"{name}." if name else ""
    return {path: number for key, inner in items for path, number in flat(inner, f"{start}{key}").items()}


def unit(name: str) -> str:
    """Unit of an outcome, from the last part of its name that tells one; "1" where none does.

    >>> unit("latency.ttft_s.p99"), unit("usd_per_million_output_tokens"), unit("pue")
    ('s', 'USD/Mtoken', '1')
    """
    ratios = [told for part, told in RATIOS.items() if part in name]
    found = [unit_of(f"_{part}") for part in reversed(name.split("."))]
    return next((told for told in [*ratios, *found] if told), "1")


def grows(name: str) -> bool:
    """Whether a number doubles when the fleet and its demand do."""
    grown_so = name.startswith(GROWS) or name.endswith(GROWING_ENDS) or name in GROWS_TOO
    return grown_so and name not in STAYS


def grown(numbers: Mapping[str, Any], factor: float) -> Numbers:
    """The numbers of a fleet `factor` times as large under as many times the demand."""
    if factor == 1:
        return dict(numbers)
    return {name: value * factor if is_number(value) and grows(name) else value for name, value in numbers.items()}


def is_number(value: Any) -> bool:
    """Whether something is a number, or an array of them: True is none."""
    return isinstance(value, int | float | np.ndarray) and not isinstance(value, bool)


def known_outcomes(scenario: Scenario, catalogue: Catalogue) -> list[str]:
    """Names of all numbers of result.json for such a day, from a minute in which nobody asks anything."""
    from sim.day import run
    from sim.result_json import summary

    idle = {"day.duration_s": SECONDS_PER_MINUTE, "workload.demand.requests_per_day": 0.0, "workload.trace": None}
    single = {f'fleet.pools."{name}".servers': 1 for name in scenario.fleet.pools}
    try:
        result = run(scenario.replace(idle | single), engine="reference", catalogue=catalogue)
    except InputError:  # what the day asks of its servers, spares for one, takes more of them
        result = run(scenario.replace(idle), engine="reference", catalogue=catalogue)
    numbers = flat(summary(result))
    return [name for name, value in numbers.items() if not isinstance(value, str)]
