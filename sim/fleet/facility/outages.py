"""Losses of the grid: batteries carry the servers, generators take over, or the hall goes dark; cooling stops."""

from collections.abc import Generator, Sequence
from typing import Any

import simpy

from sim.catalogue.types.facility import Delivery as Way
from sim.core.states import EventKind
from sim.core.streams import Streams
from sim.core.units import SECONDS_PER_MINUTE, SECONDS_PER_YEAR
from sim.fleet.facility.cooling_units import CoolingUnits
from sim.fleet.facility.feed import Feed
from sim.fleet.servers import Servers
from sim.plant.facility.delivery import ride_through_s
from sim.scenario.plant import Delivery, Outage
from sim.traces.events import Event, EventLog

DARK = "power"
"""The reason, and the part, of servers without power."""


class Outages:
    """The grid of one site. While it is gone, a further loss of it is none."""

    def __init__(
        self,
        feed: Feed,
        units: CoolingUnits,
        pools: Sequence[Servers],
        full_w: float,
        restart_s: float,
        log: EventLog,
    ) -> None:
        self.env, self.feed, self.units, self.pools, self.log = units.env, feed, units, pools, log
        self.chosen: Delivery = feed.chosen
        self.way: Way = feed.way
        self.full_j = self.chosen.ride_through_s * full_w
        self.restart_s = restart_s
        self._lost = False
        self._times_dark = 0
        self._end_s = float("inf")

    def start(self, end_s: float, streams: Streams) -> None:
        """Begin stated losses of the grid, and those by chance that fall within the day."""
        self._end_s = end_s
        for name, outage in self.chosen.outages.items():
            starts = streams.rng(f"generators {name}").random() >= self.way.generator_failure_fraction.value
            self.env.process(self._stated(outage, starts))
        if self.chosen.random_outages:
            self.env.process(self._by_chance(end_s, streams))

    def _stated(self, outage: Outage, starts: bool) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(outage.at_s)
        yield from self._outage(outage.duration_s, starts)

    def _by_chance(self, end_s: float, streams: Streams) -> Generator[simpy.Event, Any, None]:
        """The grid fails after exponential times; how long for, and whether generators start, comes with each draw."""
        rng = streams.rng("grid")
        rate = self.way.outages_per_year.value / SECONDS_PER_YEAR
        while rate > 0.0:
            wait, length = rng.standard_exponential(2).tolist()
            starts = rng.random() >= self.way.generator_failure_fraction.value
            if self.env.now + wait / rate >= end_s:
                return
            yield self.env.timeout(wait / rate)
            yield from self._outage(length * self.way.outage_s.value, starts)

    def _outage(self, duration_s: float, generators_start: bool) -> Generator[simpy.Event, Any, None]:
        """The grid is gone for a while."""
        if self._lost:
            return
        self._lost, begun_s = True, self.env.now
        self._note(EventKind.GRID_LOST, min(duration_s, self._end_s - begun_s))
        back_s = begun_s + duration_s
        self.units.lose_power()
        start_s = self.way.generator_start_s.value
        powered = self.chosen.generators and generators_start
        dark = yield from self._on_batteries(min(back_s, begun_s + start_s) if powered else back_s)
        if powered and self.env.now < back_s:
            self._note(EventKind.GENERATORS_ON)
            if dark:
                self.env.process(self._light())
                dark = False
            self.env.process(self._restart_cooling())
            yield self.env.timeout(back_s - self.env.now)
        else:
            self.env.process(self._restart_cooling())
        self._lost = False
        if dark:
            self.env.process(self._light())

    def _on_batteries(self, until_s: float) -> Generator[simpy.Event, Any, bool]:
        """Batteries carry the servers until a time; true where they are empty before it, and the hall is dark."""
        left_j = self.full_j
        while self.env.now < until_s:
            lasts_s = ride_through_s(left_j, self.feed.it_w)
            step_s = min(until_s - self.env.now, SECONDS_PER_MINUTE)
            if lasts_s < step_s:
                yield self.env.timeout(lasts_s)
                self._darken()
                yield self.env.timeout(max(0.0, until_s - self.env.now))
                return True
            yield self.env.timeout(step_s)
            left_j = max(0.0, left_j - step_s * self.feed.it_w)
        return False

    def _darken(self) -> None:
        """Every server loses power; those that were restarting since the last time are down as they were."""
        self._note(EventKind.FACILITY_DARK)
        self._times_dark += 1
        for pool, server in self._everyone():
            if not pool.held(server, DARK):
                pool.take(server, DARK, EventKind.FAILED, DARK, DARK)

    def _light(self) -> Generator[simpy.Event, Any, None]:
        """Power is back, and servers restart, unless they lose it again meanwhile."""
        times = self._times_dark
        yield self.env.timeout(self.restart_s)
        if times == self._times_dark:
            for pool, server in self._everyone():
                pool.give(server, DARK)

    def _everyone(self) -> list[tuple[Servers, int]]:
        return [(pool, server) for pool in self.pools for server in range(pool.states.size)]

    def _restart_cooling(self) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(self.units.plant.restart_s.value)
        self.units.regain_power()

    def _note(self, kind: EventKind, duration_s: float = 0.0) -> None:
        self.log.note(Event(self.env.now, "", -1, kind, duration_s, DARK, 0.0, 0, 0))
