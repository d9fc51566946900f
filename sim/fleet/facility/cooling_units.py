"""Chillers and air handlers: which of them run, when they fail, by chance and as stated, and when power is gone."""

from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import simpy
from numpy.random import Generator as Draws

from sim.catalogue.types.facility import Cooling
from sim.core.states import EventKind
from sim.core.streams import Streams
from sim.core.units import SECONDS_PER_DAY
from sim.scenario.plant import Climate, Trip
from sim.traces.events import Event, EventLog


class Running(NamedTuple):
    """What of the cooling can run."""

    chillers: int
    """Chillers that are not broken."""
    zones: tuple[bool, ...]
    """Of each zone, whether its air handlers can run."""
    powered: bool
    """Whether there is power for all that."""

    def cools(self, zone: int) -> bool:
        """Whether anything carries heat out of a zone."""
        return self.powered and self.zones[zone]


class Stretch(NamedTuple):
    """A stretch of time in which the same machinery runs."""

    length_s: float
    """How long."""
    running: Running
    """What runs."""


class CoolingUnits:
    """The state of the cooling's machinery, and its changes since the last minute mark."""

    def __init__(self, env: simpy.Environment, chosen: Climate, plant: Cooling, log: EventLog) -> None:
        self.env, self.chosen, self.plant, self.log = env, chosen, plant, log
        self._broken = 0
        self._zones_down = [0] * chosen.zones
        self._power_losses = 0
        self._changes: list[tuple[float, Running]] = []
        self._under_way: dict[str, Event] = {}
        self._since = self.running

    @property
    def running(self) -> Running:
        """What can run now."""
        chillers = max(0, self.chosen.units + self.chosen.spare_units - self._broken)
        return Running(chillers, tuple(not down for down in self._zones_down), not self._power_losses)

    def stretches(self, begin_s: float, end_s: float) -> Iterator[Stretch]:
        """The stretches between two times, the last of which is now; what lies before is forgotten."""
        running, at_s = self._since, begin_s
        for changed_s, after in self._changes:
            if changed_s > at_s:
                yield Stretch(changed_s - at_s, running)
            running, at_s = after, changed_s
        self._changes, self._since = [], running
        if end_s > at_s:
            yield Stretch(end_s - at_s, running)

    def start(self, end_s: float, streams: Streams, multiplier: float) -> None:
        """Begin stated failures, and those by chance that fall within the day."""
        for name, trip in self.chosen.trips.items():
            self.env.process(self._trip(name, trip))
        rate_per_day = self.plant.unit_failures_per_day.value * multiplier
        if not self.chosen.unit_failures or not rate_per_day:
            return
        scale_s = SECONDS_PER_DAY / rate_per_day
        for unit in range(self.chosen.units + self.chosen.spare_units):
            draws = streams.rng("cooling unit", unit)
            first_s = float(draws.standard_exponential()) * scale_s
            if first_s < end_s:
                self.env.process(self._life(unit, first_s, scale_s, draws))

    def lose_power(self) -> None:
        """Nothing runs until power is back."""
        self._power_losses += 1
        self._note_change()

    def regain_power(self) -> None:
        """Power is back, and the chillers have restarted."""
        self._power_losses -= 1
        self._note_change()

    def close(self, end_s: float) -> None:
        """Note the failures that the end of the day cuts short."""
        for event in self._under_way.values():
            self.log.note(event._replace(duration_s=end_s - event.at_s))

    def _trip(self, name: str, trip: Trip) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(trip.at_s)
        zone = trip.zone - 1 if trip.what == "zone" else None
        self._fail(f"trip {name}", trip.units, zone)
        yield self.env.timeout(trip.duration_s)
        self._restore(f"trip {name}", trip.units, zone)

    def _life(self, unit: int, first_s: float, scale_s: float, draws: Draws) -> Generator[simpy.Event, Any, None]:
        """A chiller runs, breaks, is mended, and again."""
        running_s = first_s
        while True:
            yield self.env.timeout(running_s)
            self._fail(f"chiller {unit}", 1, None)
            yield self.env.timeout(float(draws.standard_exponential()) * self.plant.unit_repair_s.value)
            self._restore(f"chiller {unit}", 1, None)
            running_s = float(draws.standard_exponential()) * scale_s

    def _fail(self, name: str, units: int, zone: int | None) -> None:
        self._change(units, zone)
        part = "chiller" if zone is None else "air_handler"
        server = -1 if zone is None else zone
        self._under_way[name] = Event(self.env.now, "", server, EventKind.COOLING_FAILED, 0.0, part, 0.0, 0, 0)

    def _restore(self, name: str, units: int, zone: int | None) -> None:
        self._change(-units, zone)
        event = self._under_way.pop(name)
        self.log.note(event._replace(duration_s=self.env.now - event.at_s))

    def _change(self, units: int, zone: int | None) -> None:
        if zone is None:
            self._broken += units
        else:
            self._zones_down[zone] += 1 if units > 0 else -1
        self._note_change()

    def _note_change(self) -> None:
        self._changes.append((self.env.now, self.running))
