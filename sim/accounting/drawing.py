"""Prices of many draws at once: an array, one number a draw, in place of the number at a dotted path."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from sim.catalogue.catalogue import SCENARIO_SOURCE, Catalogue, with_facts
from sim.catalogue.facts import Fact
from sim.errors import ScenarioError
from sim.scenario.paths import split
from sim.scenario.prices import Equipment
from sim.scenario.schema import Scenario

PriceDraws = Mapping[str, NDArray[np.float64]]
"""Dotted path of a price, and its draws."""


def with_draws(scenario: Scenario, catalogue: Catalogue, draws: PriceDraws) -> tuple[Scenario, Catalogue]:
    """A scenario and a catalogue that hold arrays at some paths: not to be written, simulated or compared.

    Paths are those of numbers under `prices` or, of a claim, `facts.KIND.ENTRY.FIELD`. The smallest and the largest
    draw of each are validated as any scenario is; what is between them is then in order, too.
    """
    for extreme in (np.min, np.max):
        with_facts(catalogue, scenario.replace({path: float(extreme(values)) for path, values in draws.items()}).facts)
    prices, kinds = scenario.prices, dict[str, dict[str, Any]]()
    for path, values in draws.items():
        section, *keys = map(str, split(path))
        if section == "prices":
            prices = _put(prices, keys, values)
        elif section == "facts":
            kind, entry, field = keys
            entries = kinds.setdefault(kind, dict(catalogue.entries(kind)))
            entries[entry] = _put(entries[entry], [field], values)
        else:
            raise ScenarioError([f"{path}: changes the day itself, not its prices"])
    return scenario.model_copy(update={"prices": prices}), replace(catalogue, **kinds)


def _put(inside: Any, keys: list[str], values: NDArray[np.float64]) -> Any:
    """The same data with an array at a path, unvalidated."""
    if not keys:
        return _claim(inside, values) if isinstance(inside, Fact) else values
    key, rest = keys[0], keys[1:]
    if isinstance(inside, BaseModel):
        return inside.model_copy(update={key: _put(getattr(inside, key), rest, values)})
    return {**inside, key: _put(inside.get(key, Equipment()), rest, values)}


def _claim(fact: Fact, values: NDArray[np.float64]) -> Fact:
    return fact.model_copy(update={"value": values, "source": SCENARIO_SOURCE})
