"""What the schema cannot see of prices: names that are not there, and tariffs that do not cover the day."""

from collections.abc import Collection, Iterator
from math import ceil

from sim.catalogue.catalogue import Catalogue
from sim.documents import Keys, did_you_mean
from sim.scenario.prices import quarters_of_bands
from sim.scenario.schema import Scenario
from sim.units import MINUTES_PER_HOUR, QUARTERS_PER_DAY, QUARTERS_PER_HOUR, SECONDS_PER_HOUR, SECONDS_PER_QUARTER

Problems = Iterator[tuple[Keys, str]]
TARIFFS = ("electricity_usd_per_kwh", "time_of_use", "market_usd_per_kwh")


def price_problems(scenario: Scenario, catalogue: Catalogue) -> Problems:
    """Key path and sentence of everything in a scenario's prices that cannot be."""
    yield from _names(scenario, catalogue)
    yield from _rents(scenario, catalogue)
    yield from _tariffs(scenario)
    yield from _bands(scenario)
    yield from _market(scenario)


def _names(scenario: Scenario, catalogue: Catalogue) -> Problems:
    prices = scenario.prices
    named: list[tuple[Keys, str, str, Collection[str]]] = [
        (("book",), prices.book, "a price book of the catalogue", catalogue.prices),
        (("currency",), prices.currency, "a currency of the catalogue", catalogue.currencies),
        *((("equipment", name), name, "a server of the catalogue", catalogue.servers) for name in prices.equipment),
        *((("pools", name), name, "a pool of this scenario", scenario.fleet.pools) for name in prices.pools),
    ]
    for where, name, what, known in named:
        if name not in known:
            yield ("prices", *where), f"{name!r} is not {what}{did_you_mean(name, known)}"


def _rents(scenario: Scenario, catalogue: Catalogue) -> Problems:
    """Rented pools whose GPU nobody is known to rent out."""
    for name, tenure in scenario.prices.pools.items():
        pool = scenario.fleet.pools.get(name)
        if tenure.by == "owned" or tenure.gpu_usd_per_h is not None or not pool or pool.server not in catalogue.servers:
            continue
        gpu = catalogue.servers[pool.server].gpu
        if gpu not in catalogue.rentals:
            yield ("prices", "pools", name), f"the catalogue has no rent of {gpu}; give gpu_usd_per_h"


def _tariffs(scenario: Scenario) -> Problems:
    given = [name for name in TARIFFS if getattr(scenario.prices, name) not in (None, {}, ())]
    if len(given) > 1:
        yield ("prices", given[-1]), f"is a second price of electricity beside {given[0]}: give one of them"


def _bands(scenario: Scenario) -> Problems:
    bands = scenario.prices.time_of_use
    for name, band in bands.items():
        for field in ("start_s", "end_s"):
            if getattr(band, field) % SECONDS_PER_QUARTER:
                yield ("prices", "time_of_use", name, field), "must lie on a quarter of an hour, as 06:30 does"
    owners = quarters_of_bands(scenario.prices) if bands else []
    place: Keys = ("prices", "time_of_use")
    for quarter in [quarter for quarter, names in enumerate(owners) if not names][:1]:
        yield place, f"does not cover the day: no band has a price at {_clock(quarter)}"
    for quarter in [quarter for quarter, names in enumerate(owners) if len(names) > 1][:1]:
        yield place, f"has two prices at {_clock(quarter)}, of {' and '.join(owners[quarter])}"


def _clock(quarter: int) -> str:
    hour, part = divmod(quarter % QUARTERS_PER_DAY, QUARTERS_PER_HOUR)
    return f"{hour:02d}:{part * MINUTES_PER_HOUR // QUARTERS_PER_HOUR:02d}"


def _market(scenario: Scenario) -> Problems:
    series, day = scenario.prices.market_usd_per_kwh, scenario.day
    needed = ceil((day.start_s % SECONDS_PER_HOUR + day.duration_s) / SECONDS_PER_HOUR)
    if series and len(series) < needed:
        what = f"does not cover the day: it has {len(series)} prices, the day touches {needed} hours of the clock"
        yield ("prices", "market_usd_per_kwh"), what
