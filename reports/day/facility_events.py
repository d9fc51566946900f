"""What happened to the hall and what was planned: chillers, air handlers, grid, slowing down, services."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reports.day.context import Day
from reports.documents.blocks import Column, Heading, Paragraph, Table
from reports.documents.plain_text import plain
from reports.figures.clock import Values, clock_text
from sim.core.states import EventKind
from sim.core.units import SECONDS_PER_HOUR
from sim.traces.events import Event
from sim.traces.minutes import PoolMinutes

MOST_ROWS = 24
"""Happenings that are told one by one; of more the longest."""
HEAT, DARK = "overheated", "power"
"""Parts that the log names where servers went down with the hall."""


@dataclass(frozen=True)
class Happening:
    """One row."""

    from_s: float
    """When it began, after the start of the day."""
    to_s: float
    """When it was over, or the day."""
    what: str
    """What it was."""
    consequence: str
    """What came of it."""


def happenings(day: Day) -> list[Happening]:
    """All of the day, by time."""
    found = [*_cooling(day), *_outages(day), *_slowed(day), *_racks(day), *_services(day)]
    return sorted(found, key=lambda row: (row.from_s, row.to_s, row.what))


def happenings_blocks(day: Day) -> tuple[Heading | Paragraph | Table, ...]:
    """A heading and the table of happenings; a sentence where there were none."""
    words, rows = day.words, happenings(day)
    heading = Heading(words("happening.title"))
    if not rows:
        return heading, Paragraph(words("happening.none"))
    longest = sorted(rows, key=lambda row: row.from_s - row.to_s)[:MOST_ROWS]
    cells = [_cells(day, row) for row in rows if row in longest]
    if len(rows) > MOST_ROWS:
        cells.append(("", "", words("happening.more", count=words.count(len(rows) - MOST_ROWS)), ""))
    heads = [words(f"happening.{name}") for name in ("from", "to", "what", "consequence")]
    shares = (0.0, 0.0, 1.0, 1.6)
    columns = tuple(Column(head, False, share) for head, share in zip(heads, shares, strict=True))
    return heading, Table(columns, tuple(cells), caption=words("happening.caption"))


def _cells(day: Day, row: Happening) -> tuple[str, ...]:
    clock = day.clock
    times = [clock_text(clock.start_s + at_s, clock.duration_s) for at_s in (row.from_s, row.to_s)]
    return (*times, row.what, row.consequence)


def _cooling(day: Day) -> Iterator[Happening]:
    """Chillers and air handlers that stood still, with how warm it got meanwhile."""
    words = day.words
    for event in day.result.traces.events.of(EventKind.COOLING_FAILED):
        zone = words("happening.zone", number=event.server + 1) if event.server >= 0 else ""
        warmest = words.number(float(_during(day, event, day.result.traces.utilisation.plant.inlet_c).max()), 1)
        off = words.count(len(_fallen(day, event, HEAT)))
        told = words("happening.warm", warmest=warmest, speed=words.percent(_slowest(day, event), 0), off=off)
        yield Happening(event.at_s, event.at_s + event.duration_s, words(f"happening.{event.part}", zone=zone), told)


def _outages(day: Day) -> Iterator[Happening]:
    """Losses of the grid, and whether batteries and generators carried the servers over them."""
    words, log = day.words, day.result.traces.events
    for event in log.of(EventKind.GRID_LOST):
        fallen = _fallen(day, event, DARK)
        told = words("happening.carried")
        if fallen:
            sent, lost = sum(e.requeued for e in fallen), sum(e.lost for e in fallen)
            down, counts = words.count(len(fallen)), {"requeued": words.count(sent), "lost": words.count(lost)}
            told = words("happening.dark", servers=down, **counts)
        yield Happening(event.at_s, event.at_s + event.duration_s, words("happening.grid"), told)


def _slowed(day: Day) -> Iterator[Happening]:
    """Pools that ran slower, by heat or a limit on power: once a pool, however often."""
    words, log = day.words, day.result.traces.events
    for pool in day.result.traces.utilisation.pools:
        begun = [event.at_s for event in log.of(EventKind.THROTTLED) if event.pool == pool.pool]
        ended = [event.at_s for event in log.of(EventKind.UNTHROTTLED) if event.pool == pool.pool]
        if not begun:
            continue
        over_s = max(ended) if ended and max(ended) > max(begun) else day.clock.duration_s
        yield Happening(min(begun), over_s, words("happening.slowed", pool=plain(pool.pool)), _slow(day, pool))


def _slow(day: Day, pool: PoolMinutes) -> str:
    words, slow = day.words, pool.speed < 1.0
    slow_s = float(day.result.traces.utilisation.minute_s[slow].sum())
    slowest = words.percent(float(pool.speed.min()), 0)
    return words("happening.slow", time=words.duration(slow_s), speed=slowest)


def _racks(day: Day) -> Iterator[Happening]:
    """Racks that lost power."""
    words = day.words
    for event in day.result.traces.events.of(EventKind.RACK_REPAIRED):
        told = words("happening.hands", labour=_hours(day, [event.labour_s]))
        what = words("happening.rack", pool=plain(event.pool))
        yield Happening(event.at_s, event.at_s + event.duration_s, what, told)


def _services(day: Day) -> Iterator[Happening]:
    """Planned work, one row for each of a pool, however many servers it took in turn."""
    words, groups = day.words, dict[tuple[str, str], list[Event]]()
    for event in day.result.traces.events.of(EventKind.SERVICED):
        groups.setdefault((event.cause, event.pool), []).append(event)
    for (name, pool), events in groups.items():
        told = words(
            "happening.service_told",
            servers=words.count(len(events)),
            down=_hours(day, [event.duration_s for event in events]),
            labour=_hours(day, [event.labour_s for event in events]),
            requeued=words.count(sum(event.requeued for event in events)),
        )
        over_s = max(event.at_s + event.duration_s for event in events)
        what = words("happening.service", name=plain(name), pool=plain(pool))
        yield Happening(min(event.at_s for event in events), over_s, what, told)


def _hours(day: Day, times_s: list[float]) -> str:
    return day.words.number(math.fsum(times_s) / SECONDS_PER_HOUR, 1)


def _fallen(day: Day, event: Event, part: str) -> list[Event]:
    """Servers that went down with the hall while something lasted."""
    failed = (each for each in day.result.traces.events.of(EventKind.FAILED) if each.part == part)
    return [each for each in failed if event.at_s <= each.at_s <= event.at_s + event.duration_s]


def _during(day: Day, event: Event, values: Values) -> Values:
    """Values of the minutes that an event touched."""
    ends_s = np.cumsum(day.result.traces.utilisation.minute_s)
    first = int(np.searchsorted(ends_s, event.at_s, side="right"))
    last = int(np.searchsorted(ends_s, event.at_s + event.duration_s))
    return values[min(first, values.size - 1) : last + 1]


def _slowest(day: Day, event: Event) -> float:
    return min(float(_during(day, event, pool.speed).min()) for pool in day.result.traces.utilisation.pools)
