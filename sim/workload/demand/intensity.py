"""How many requests of which kind are asked for at every moment of a scenario's day.

The calendar of demand: days of the week, growth from year to year, flash crowds.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.streams import Streams
from sim.core.units import DAYS_PER_YEAR, MINUTES_PER_HOUR, SECONDS_PER_DAY, SECONDS_PER_MINUTE
from sim.scenario.schema import Day, Scenario
from sim.scenario.workload import Demand, Surge
from sim.workload.demand.arrivals import (
    MINUTES_PER_DAY,
    Expected,
    Rate,
    local_minutes,
    rate_of,
    shape_by_minute,
    stepped,
)
from sim.workload.demand.burstiness import bursts, wandering

if TYPE_CHECKING:
    from sim.catalogue import Catalogue

DRIFT_STEP_S = 600.0
"""How often the slow factor changes."""
MOST_REQUESTS = 1e12
"""Requests that a day may come to: more than a hundred for every human being."""
MOST_STEPS = 10_000_000
"""Levels of the rate that a day may have: 80 bytes each while they are made."""


@dataclass(frozen=True)
class Intensity:
    """The rate of a day and what it is made of."""

    rate: Rate
    """Rate of arrivals, bursts and drift included."""
    plain: Rate
    """Rate of requests by shape, calendar and zones alone: the mean over all draws."""
    shares: NDArray[np.float64]
    """Share of each use case in arrivals by minute of the local day, or all day; shape (cases, 1440) or (cases, 1)."""
    start_s: float
    """Local time at which arrivals begin, after the midnight of the first day; negative on the day before."""


def intensity(
    scenario: Scenario, catalogue: "Catalogue", streams: Streams, starts: Expected | None = None, lead_s: float = 0.0
) -> Intensity:
    """The intensity of a scenario's drawn demand.

    Where one arrival opens a conversation of several requests, `starts` says how many arrivals a request of each use
    case stands for, shape (cases,), and arrivals begin `lead_s` before the day.
    """
    day, by_case = scenario.day, _by_case(scenario, catalogue)
    plain = _plain(scenario, catalogue, by_case.sum(axis=0), day.start_s, day.duration_s)
    if starts is None:
        return Intensity(uneven(scenario, catalogue, streams, plain), plain, _shares(by_case), day.start_s)
    by_case *= starts[:, np.newaxis]
    begin_s = day.start_s - lead_s
    opened = _plain(scenario, catalogue, by_case.sum(axis=0), begin_s, day.duration_s + lead_s)
    return Intensity(uneven(scenario, catalogue, streams, opened), plain, _shares(by_case), begin_s)


def _plain(scenario: Scenario, catalogue: "Catalogue", of_day: Expected, start_s: float, lasts_s: float) -> Rate:
    """The rate by shares of a plain day's requests in each minute, shape (1440,), and by the calendar."""
    demand = scenario.workload.demand
    minutes = local_minutes(start_s, lasts_s)
    middle_s = np.asarray((minutes + 1 / 2) * SECONDS_PER_MINUTE, np.float64)
    week = catalogue.pick("weeks", demand.week).weight.value if demand.week else ()
    with np.errstate(over="ignore"):
        calendar = factors(scenario.day, demand, week, middle_s)
        expected = demand.requests_per_day * of_day[minutes % MINUTES_PER_DAY] * calendar
    if not expected.sum() <= MOST_REQUESTS:
        raise InputError(
            f"workload.demand: comes to {expected.sum():.3g} requests, of which at most {MOST_REQUESTS:,.0f} can be "
            "drawn; lower requests_per_day, its growth or its surges"
        )
    return rate_of(expected, start_s, lasts_s)


def _by_case(scenario: Scenario, catalogue: "Catalogue") -> NDArray[np.float64]:
    """Share of a plain day's requests by use case and local minute; sums to 1; shape (cases, 1440)."""
    cases, demand = scenario.workload.use_cases.values(), scenario.workload.demand
    home_h = catalogue.pick("sites", scenario.plant.site).utc_offset_h.value if demand.zones else 0.0
    zones = [(zone.share, zone.utc_offset_h - home_h) for zone in demand.zones.values()] or [(1.0, 0.0)]
    shapes = {name: _shape(catalogue, name) for name in {case.shape or demand.shape for case in cases}}
    return np.array([case.share * _seen_from_home(shapes[case.shape or demand.shape], zones) for case in cases])


def _shape(catalogue: "Catalogue", name: str) -> Expected:
    weights = catalogue.pick("shapes", name).weight.value
    with naming(f"shapes.{name}"):
        return shape_by_minute(weights)


def _seen_from_home(shape: Expected, zones: list[tuple[float, float]]) -> Expected:
    """A shape by the clock of the site, when users of shares live so many hours ahead of it; shape (1440,)."""
    shifted = (share * np.roll(shape, -round(ahead_h * MINUTES_PER_HOUR)) for share, ahead_h in zones)
    return np.asarray(sum(shifted, np.zeros(shape.size)))


def _shares(by_case: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each use case by minute; one column where all have the same shape."""
    total = by_case.sum(axis=0)
    whole = by_case.sum(axis=1, keepdims=True) / total.sum()
    shares = np.divide(by_case, total, out=np.repeat(whole, total.size, axis=1), where=total > 0)
    same = bool(np.allclose(shares, whole, rtol=1e-12, atol=0))
    return np.asarray(whole if same else shares)


def uneven(scenario: Scenario, catalogue: "Catalogue", streams: Streams, plain: Rate) -> Rate:
    """The plain rate with its drift and its bursts."""
    demand, lasts_s = scenario.workload.demand, float(plain.time_s[-1])
    rate = plain
    if demand.drift.spread_fraction:
        steps = ceil(lasts_s / DRIFT_STEP_S)
        forgets = demand.drift.correlation_s / DRIFT_STEP_S
        rate = stepped(rate, DRIFT_STEP_S, wandering(demand.drift.spread_fraction, forgets, steps, streams))
    chosen = demand.burstiness
    if chosen.clients is None and chosen.gap_cv <= 1:
        return rate
    marks_s = np.arange(_steps(lasts_s, chosen.correlation_s) + 1, dtype=np.float64) * chosen.correlation_s
    a_step = np.diff(rate.before(marks_s))
    a_step[-1] *= chosen.correlation_s / (lasts_s - float(marks_s[-2]))
    return stepped(rate, chosen.correlation_s, _bursts(scenario, catalogue, streams, a_step))


def _steps(lasts_s: float, step_s: float) -> int:
    steps = ceil(lasts_s / step_s)
    if steps > MOST_STEPS:
        what = f"{step_s:g} s divides the day into {steps:,} levels; at least {lasts_s / MOST_STEPS:.3g} s are needed"
        raise InputError(f"workload.demand.burstiness.correlation_s: {what}")
    return steps


def _bursts(scenario: Scenario, catalogue: "Catalogue", streams: Streams, a_step: Expected) -> NDArray[np.float64]:
    """The burst factor of each step: one of all requests, or that of each client weighted by its share."""
    chosen = scenario.workload.demand.burstiness
    if chosen.clients is None:
        return bursts(chosen.gap_cv, a_step, streams)
    clients = catalogue.pick("clients", chosen.clients)
    weights = np.asarray(clients.weight.value)
    shares = weights / weights.sum()
    each = (
        share * bursts(cv, share * a_step, streams, "client bursts", client)
        for client, (share, cv) in enumerate(zip(shares.tolist(), clients.gap_cv.value, strict=True))
    )
    return np.asarray(sum(each, np.zeros(a_step.size)))


@contextmanager
def naming(entry: str) -> Generator[None, None, None]:
    """Put the name of a catalogue entry before any complaint about it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{entry}: {error}") from None


Factor = NDArray[np.float64]


def factors(day: Day, demand: Demand, week: Sequence[float], local_s: NDArray[np.float64]) -> Factor:
    """What a plain day's demand is multiplied by at local times [s] after the first midnight; shape (n,)."""
    return _weekdays(week, day.date.weekday(), local_s) * _growth(day, demand, local_s) * _surges(demand, local_s)


def _weekdays(week: Sequence[float], first: int, local_s: NDArray[np.float64]) -> Factor:
    """Weights of seven days, Monday first, relative to their mean; one where none are given."""
    if not len(week):
        return np.ones(local_s.size)
    weights = np.asarray(week, np.float64)
    days = (local_s // SECONDS_PER_DAY).astype(np.intp)
    return np.asarray(weights[(first + days) % weights.size] / weights.mean())


def _growth(day: Day, demand: Demand, local_s: NDArray[np.float64]) -> Factor:
    """Compound growth since the date for which the demand was counted."""
    since = day.date - (demand.counted_on or day.date)
    years = (since.days + local_s // SECONDS_PER_DAY) / DAYS_PER_YEAR
    return np.asarray((1 + demand.growth_fraction_per_year) ** years)


def _surges(demand: Demand, local_s: NDArray[np.float64]) -> Factor:
    extra: Iterable[Factor] = ((surge.factor - 1) * height(surge, local_s) for surge in demand.surges.values())
    return np.maximum(sum(extra, np.ones(local_s.size)), 0.0)


def height(surge: Surge, local_s: NDArray[np.float64]) -> Factor:
    """How much of a surge there is, 0 to 1: straight up, level, then an exponential decay; shape (n,).

    >>> surge = Surge(start_s=100.0, factor=3.0, rise_s=100.0, hold_s=100.0, decay_s=100.0)
    >>> height(surge, np.array([50.0, 150.0, 250.0, 400.0])).round(3).tolist()
    [0.0, 0.5, 1.0, 0.368]
    """
    since_s = local_s - surge.start_s
    over_s = since_s - surge.rise_s - surge.hold_s
    risen = np.clip(since_s / surge.rise_s, 0, 1) if surge.rise_s else (since_s >= 0).astype(np.float64)
    left = np.exp(-np.maximum(over_s, 0) / surge.decay_s) if surge.decay_s else (over_s < 0).astype(np.float64)
    return np.asarray(risen * left)
