"""The day as curves over its time: what the small multiples draw, and what the page lets a reader look into."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.documents.language import Language
from reports.documents.plain_text import plain, shorten
from reports.figures.clock import Clock, Values
from reports.figures.style import BLUE, CYCLE, ENERGY_COLOURS, GREY, ORANGE, PLUM, RED, VIOLET
from sim.core.states import EventKind
from sim.core.units import JOULES_PER_KWH, SECONDS_PER_HOUR, WATTS_PER_KILOWATT
from sim.traces.digest import METRICS, Digest, bin_edges
from sim.traces.minutes import PoolMinutes
from sim.traces.requests import Outcome

if TYPE_CHECKING:
    from sim.day import DayResult

HOURLY_QUANTILES = {"p50": 0.50, "p90": 0.90, "p99": 0.99}
QUANTILE_COLOURS = (BLUE, ORANGE, RED)
MOST_POOLS = len(CYCLE)
LONGEST_POOL = 14
MILLISECONDS = 1e3
STATE_COLOURS = {"down": RED, "draining": ORANGE, "off": VIOLET, "asleep": GREY, "waking": PLUM}
"""States but up, from below: in grey, too, each differs from its neighbours."""
ENERGY_PARTS = ("gpu", "host", "storage", "network")


@dataclass(frozen=True)
class Curve:
    """One quantity over the day."""

    label: str
    """Its name in the legend; none where it stands alone."""
    colour: str
    """Its colour."""
    values: Values
    """A number for each stretch of time."""


@dataclass(frozen=True)
class Panel:
    """Curves that share an axis."""

    title: str
    """What they are."""
    unit: str
    """Unit of the axis."""
    edges_s: Values
    """Local times at which the stretches begin, and the end of the last."""
    curves: tuple[Curve, ...]
    """The curves."""
    stacked: bool = False
    """Whether each stands on those before it."""
    logarithmic: bool = False
    """Whether the axis counts factors."""
    lowest: float | None = 0.0
    """Where the axis begins; none: at the curves."""
    marks_s: tuple[float, ...] = ()
    """Local times of failures."""
    whole: bool = False
    """Whether the axis counts things that come whole."""
    nothing: str = ""
    """What stands in a panel whose curves are nought all day."""

    @property
    def is_empty(self) -> bool:
        """Whether it has something to say in place of curves, and no curve that leaves nought."""
        return bool(self.nothing) and not any(np.nan_to_num(curve.values).any() for curve in self.curves)


def day_panels(result: "DayResult", words: Language) -> list[Panel]:
    """All panels of a day, two to a row."""
    trace = result.traces.utilisation
    clock = Clock(result.scenario.day.start_s, float(trace.minute_s.sum()), int(trace.minute_s.size))
    return [
        _demand(result, words, clock),
        _tokens(result, words, clock),
        _busy(result, words, clock),
        _batch(result, words, clock),
        _queue(result, words, clock),
        _servers(result, words, clock),
        *(_quantiles(result, words, clock, metric) for metric in ("ttft_s", "tpot_s")),
        _power(result, words, clock),
        *_hall(result, words, clock),
    ]


def _hours(clock: Clock, hours: int) -> Values:
    ends = np.minimum(np.arange(1, hours + 1) * SECONDS_PER_HOUR, clock.duration_s)
    return np.concatenate([[clock.start_s], clock.start_s + ends])


def _demand(result: "DayResult", words: Language, clock: Clock) -> Panel:
    outcomes = result.traces.digest.outcomes.sum(axis=0)
    edges_s = _hours(clock, outcomes.shape[0])
    seconds = np.diff(edges_s)
    unserved = outcomes[:, [Outcome.REFUSED, Outcome.LOST, Outcome.ABANDONED]].sum(axis=1)
    curves = [Curve(words("panel.arrived"), BLUE, outcomes.sum(axis=1) / seconds)]
    if unserved.any():
        curves.append(Curve(words("panel.unserved"), RED, unserved / seconds))
    return Panel(words("panel.demand"), "1/s", edges_s, tuple(curves))


def _tokens(result: "DayResult", words: Language, clock: Clock) -> Panel:
    trace = result.traces.utilisation
    seconds = clock.sums(trace.minute_s)
    rates = [
        clock.sums(_total(getattr(pool, name) for pool in trace.pools)) / seconds
        for name in ("prompt_tokens", "output_tokens")
    ]
    curves = (Curve(words("panel.prompt"), ORANGE, rates[0]), Curve(words("panel.output"), BLUE, rates[1]))
    return Panel(words("panel.tokens"), words("unit.tokens_per_s"), clock.at_s, curves)


def _busy(result: "DayResult", words: Language, clock: Clock) -> Panel:
    """Share of replica-time that is busy: by phase where there is one pool, else by pool."""
    pools = result.traces.utilisation.pools
    if len(pools) > 1:
        curves = _by_pool(pools, lambda pool: 100 * _ratio(clock, pool.busy_s, _up_s(pool)))
        return Panel(words("panel.busy"), "%", clock.at_s, curves)
    phases = [("decode", BLUE, pools[0].decode_busy_s), ("prefill", ORANGE, pools[0].prefill_busy_s)]
    parts = [
        Curve(words(f"panel.{name}"), colour, 100 * _ratio(clock, busy_s, _up_s(pools[0])))
        for name, colour, busy_s in phases
    ]
    return Panel(words("panel.busy"), "%", clock.at_s, tuple(parts), stacked=True)


def _batch(result: "DayResult", words: Language, clock: Clock) -> Panel:
    pools = result.traces.utilisation.pools
    curves = _by_pool(pools, lambda pool: _ratio(clock, pool.batch_request_s, pool.busy_s))
    return Panel(words("panel.batch"), words("unit.requests"), clock.at_s, curves)


def _queue(result: "DayResult", words: Language, clock: Clock) -> Panel:
    trace = result.traces.utilisation
    curves = _by_pool(trace.pools, lambda pool: clock.means(pool.queue_requests, trace.minute_s))
    nothing = words("panel.queue_none")
    return Panel(words("panel.queue"), words("unit.requests"), clock.at_s, curves, nothing=nothing)


def _servers(result: "DayResult", words: Language, clock: Clock) -> Panel:
    """Servers in every state but up: of a large fleet that is up, nothing else could be seen."""
    trace = result.traces.utilisation
    seconds = clock.sums(trace.minute_s)
    states = {name: _total(getattr(pool, f"{name}_server_s") for pool in trace.pools) for name in STATE_COLOURS}
    curves = [
        Curve(words(f"panel.{name}"), STATE_COLOURS[name], clock.sums(state_s) / seconds)
        for name, state_s in states.items()
    ]
    shown = tuple(curve for curve in curves if curve.values.any()) or (curves[0],)
    failed = tuple(clock.start_s + event.at_s for event in result.traces.events.of(EventKind.FAILED))
    title = words("panel.servers", count=words.count(sum(pool.servers for pool in trace.pools)))
    nothing = words("panel.servers_none")
    return Panel(title, "", clock.at_s, shown, stacked=True, marks_s=failed, whole=True, nothing=nothing)


def _quantiles(result: "DayResult", words: Language, clock: Clock, metric: str) -> Panel:
    quantiles = hourly_quantiles(result.traces.digest, metric)
    edges_s = _hours(clock, quantiles.shape[1])
    curves = [
        Curve(name, colour, row * MILLISECONDS)
        for name, colour, row in zip(HOURLY_QUANTILES, QUANTILE_COLOURS, quantiles, strict=True)
    ]
    return Panel(words(f"panel.{metric}"), "ms", edges_s, tuple(curves), logarithmic=True, lowest=None)


def hourly_quantiles(digest: Digest, metric: str) -> Values:
    """Quantiles of a metric [s] by hour of arrival: shape (quantiles, hours); NaN where nothing finished."""
    counts = digest.bins[:, :, METRICS.index(metric)].sum(axis=0)
    edges = bin_edges()
    rows = np.full((len(HOURLY_QUANTILES), counts.shape[0]), np.nan)
    for hour in np.flatnonzero(counts.any(axis=1)):
        cumulative = np.concatenate([[0], np.cumsum(counts[hour])])
        at = np.array(list(HOURLY_QUANTILES.values())) * cumulative[-1]
        rows[:, hour] = np.interp(at, cumulative, edges)
    return rows


def _power(result: "DayResult", words: Language, clock: Clock) -> Panel:
    seconds = clock.sums(result.traces.utilisation.minute_s)
    curves = [
        Curve(words(f"energy.{name}"), ENERGY_COLOURS[name], clock.sums(joules) / seconds / WATTS_PER_KILOWATT)
        for name, joules in energy_parts(result).items()
    ]
    return Panel(words("panel.power"), "kW", clock.at_s, tuple(curves), stacked=True)


def energy_parts(result: "DayResult") -> dict[str, Values]:
    """Joules by minute of each component of the day's energy."""
    trace = result.traces.utilisation
    parts = {name: _total(getattr(pool, f"{name}_j") for pool in trace.pools) for name in ENERGY_PARTS}
    return parts | {"cooling": trace.plant.cooling_j, "losses": trace.plant.losses_j}


def energy_kwh_by_hour(result: "DayResult") -> dict[str, Values]:
    """Energy of each component [kWh] by hour of the day's course."""
    minutes = result.traces.utilisation.minute_s.size
    per_hour = round(SECONDS_PER_HOUR / 60)
    return {
        name: np.add.reduceat(joules, np.arange(0, minutes, per_hour)) / JOULES_PER_KWH
        for name, joules in energy_parts(result).items()
    }


def _hall(result: "DayResult", words: Language, clock: Clock) -> list[Panel]:
    trace = result.traces.utilisation
    pue = _ratio(clock, trace.facility_j, trace.it_j)
    temperatures = [("inlet", RED, trace.plant.inlet_c), ("outdoor", VIOLET, trace.plant.outdoor_c)]
    curves = tuple(
        Curve(words(f"panel.{name}"), colour, clock.means(values, trace.minute_s))
        for name, colour, values in temperatures
    )
    return [
        Panel(words("panel.pue"), "", clock.at_s, (Curve("", PLUM, pue),), lowest=1.0),
        Panel(words("panel.temperature"), "°C", clock.at_s, curves, lowest=None),
    ]


def _by_pool(pools: tuple[PoolMinutes, ...], values: Callable[[PoolMinutes], Values]) -> tuple[Curve, ...]:
    """A curve a pool, with no name where there is only one; of very many pools the first few."""
    shown = pools[:MOST_POOLS]
    names = [shorten(plain(pool.pool), LONGEST_POOL) for pool in shown] if len(pools) > 1 else [""]
    return tuple(Curve(name, colour, values(pool)) for name, colour, pool in zip(names, CYCLE, shown, strict=False))


def _total(parts: Iterable[Values]) -> Values:
    return np.asarray(np.sum(list(parts), axis=0), dtype=np.float64)


def _up_s(pool: PoolMinutes) -> Values:
    """Replica-seconds able to serve."""
    return np.asarray(pool.serving_server_s * (pool.replicas / pool.servers))


def _ratio(clock: Clock, above: Values, below: Values) -> Values:
    """Sums over sums by point; NaN where there is nothing to divide by."""
    numerator, denominator = clock.sums(above), clock.sums(below)
    quotient: Values = np.divide(numerator, denominator, out=np.full(numerator.size, np.nan), where=denominator > 0)
    return quotient
