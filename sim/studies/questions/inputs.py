"""Inputs of a study: dotted paths with distributions; which figures a day offers; which inputs are prices only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from sim.catalogue import Catalogue, claims
from sim.catalogue.parameter import Fact
from sim.core.units import unit_of
from sim.scenario.paths import split
from sim.scenario.schema import Scenario
from sim.studies.questions.schema import FactsChosen
from sim.studies.sampling.distributions import Pert, Triangular, Uniform

FACTS = "facts"
SCENARIO = "scenario"
NAMED_KINDS = {
    "model": "models",
    "server": "servers",
    "gpu": "gpus",
    "lengths": "lengths",
    "shape": "shapes",
    "site": "sites",
    "software": "efficiencies",
    "cooling": "cooling",
    "hazard": "hazards",
    "book": "prices",
    "currency": "currencies",
    "start": "starts",
    "thermals": "thermals",
    "chiller": "chillers",
    "week": "weeks",
    "clients": "clients",
    "kind": "delivery",
}
"""Field of a scenario, or of an entry, that names an entry of the catalogue: the kind of that entry."""
PRICE_KINDS = ("prices", "rentals", "currencies", "article")
"""Kinds of the catalogue that only the ledger reads."""
PRICE_FIELDS = ("electricity_shape", "carbon_g_per_kwh", "carbon_shape")
"""Fields of other kinds, not in dollars, that only the ledger reads."""
FORMS = {"pert": Pert, "triangular": Triangular, "uniform": Uniform}


@dataclass(frozen=True)
class Input:
    """One uncertain input."""

    path: str
    """Dotted path."""
    distribution: Any
    """How it is spread: one of sim.studies.sampling.distributions."""
    source: str = SCENARIO
    """Source of the range: an id of the catalogue's sources, or "scenario" for what the study chose."""


@cache
def is_price(path: str) -> bool:
    """Whether what stands at a path changes the ledger only, so that the simulated day is the same for all its values.

    >>> is_price("prices.lifetime_years"), is_price("facts.servers.dgx_h100.gpu_usd"), is_price("facts.gpus.h100.tdp_w")
    (True, True, False)
    """
    keys = [str(key) for key in split(path)]
    if keys[0] != FACTS or len(keys) < 2:
        return keys[0] == "prices"
    return keys[1] in PRICE_KINDS or keys[-1] in PRICE_FIELDS or (unit_of(keys[-1]) or "").startswith("USD")


def facts_in_use(scenario: Scenario, catalogue: Catalogue) -> Iterator[tuple[str, Fact]]:
    """Dotted path and figure of every number of the entries that a day names; not those that the day sets itself."""
    for kind, name in sorted(set(_entries(scenario, catalogue))):
        for field, claim in claims(catalogue.pick(kind, name)).items():
            path = f"{FACTS}.{kind}.{name}.{field}"
            if isinstance(claim, Fact) and not _is_set(scenario, kind, name, field):
                yield path, claim


def offered(scenario: Scenario, catalogue: Catalogue, chosen: FactsChosen) -> list[Input]:
    """An input for every figure in use whose low and high are known and differ."""
    return [
        Input(path, _spread(fact, chosen.distribution), fact.source)
        for path, fact in facts_in_use(scenario, catalogue)
        if fact.low is not None and fact.high is not None and fact.low < fact.high
        if not chosen.only or _begins(path, chosen.only)
        if not _begins(path, chosen.without)
    ]


def _begins(path: str, starts: Iterable[str]) -> bool:
    return any(path == start or path.startswith(f"{start}.") for start in starts)


def _spread(fact: Fact, kind: str) -> Any:
    middle = {} if kind == "uniform" else {"mode": fact.value}
    return FORMS[kind](distribution=kind, low=fact.low, high=fact.high, **middle)


def _entries(scenario: Scenario, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Kind and name of every entry of the catalogue that a scenario names, or that such an entry names."""
    for field, name in _named(scenario.model_dump(exclude={FACTS})):
        kind = NAMED_KINDS[field]
        if name in catalogue.entries(kind):
            yield kind, name
            for inner, other in _texts(catalogue.pick(kind, name)):
                yield NAMED_KINDS[inner], other


def _named(data: Any, field: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _named(value, key)
    elif isinstance(data, str) and field in NAMED_KINDS:
        yield field, data


def _texts(entry: BaseModel) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in entry if name in NAMED_KINDS and isinstance(value, str))


def _is_set(scenario: Scenario, kind: str, name: str, field: str) -> bool:
    """Whether the scenario chose a number in place of a figure, under facts or under prices."""
    if field in scenario.facts.get(kind, {}).get(name, {}):
        return True
    equipment = scenario.prices.equipment.get(name) if kind == "servers" else None
    if equipment is not None and getattr(equipment, field, None) is not None:
        return True
    return kind in ("prices", "sites") and getattr(scenario.prices, field, None) is not None
