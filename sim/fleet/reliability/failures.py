"""Breakdown: each part of each server has a life of its own, in service; switches and rack power take whole racks."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.catalogue.types.facility import Hazard
from sim.core.states import EventKind
from sim.core.streams import Streams
from sim.core.units import SECONDS_PER_DAY
from sim.fleet.reliability.repair import FAILURE, Case, Reserve, Workshop
from sim.fleet.servers import Servers
from sim.plant.reliability.failure_model import (
    CAUSES,
    WAYS_TO_AGE,
    cause_rates_per_s,
    labour_s,
    lemon_factors,
    times_to_failure_s,
)
from sim.traces.events import Event

Floats = NDArray[np.float64]
CAUSE_NAMES = tuple(CAUSES)
SWITCH = "switch_or_cable"
"""The cause that may take a rack."""
RACK = "rack"
"""Reason, and part, of a server that goes down with its rack."""


@dataclass(frozen=True)
class Exposure:
    """What failures do to a pool."""

    hazard: Hazard
    """How often, and why."""
    multiplier: float
    """Factor on all rates."""
    age_s: float
    """Age of the fleet's parts."""
    servers_per_rack: int
    """Servers that share a rack."""


class Breakdowns:
    """Failures of one pool. A SimPy process exists only for servers, and for racks, that do fail within the day."""

    def __init__(
        self, servers: Servers, exposure: Exposure, workshop: Workshop, reserve: Reserve, streams: Streams
    ) -> None:
        self.env, self.servers, self.exposure = servers.env, servers, exposure
        self.hazard, self.workshop, self.reserve = exposure.hazard, workshop, reserve
        self.streams, self.name = streams, servers.name
        self._rates_per_s = cause_rates_per_s(exposure.hazard, exposure.multiplier)

    def start(self, end_s: float) -> None:
        """Draw every part's first failure, and start a process for each server and rack that has one within the day."""
        servers = self.servers.states.size
        draws = self._rng("first failures").standard_exponential((servers, len(CAUSES), WAYS_TO_AGE))
        factors = lemon_factors(self.hazard, self._rng("lemons").random(servers))
        rates = self._rates_per_s * factors[:, None]
        due_s = times_to_failure_s(self.hazard, rates, self.exposure.age_s, draws)
        for server in np.flatnonzero(due_s.min(axis=1) < end_s).tolist():
            self.env.process(self._life(server, due_s[server], rates[server]))
        self._start_racks(end_s)

    def _rng(self, what: str, *indices: int) -> np.random.Generator:
        return self.streams.rng(f"{what} {self.name}", *indices)

    def _life(self, server: int, due_s: Floats, rates_per_s: Floats) -> Generator[simpy.Event, Any, None]:
        """Serve, fail, be mended, and again; `due_s` is the time in service at which each cause strikes next."""
        failure = 0
        while True:
            cause = int(due_s.argmin())
            yield from self._serve_until(server, float(due_s[cause]))
            rng = self._rng("failure", server, failure)
            case, takes_rack = self._case(server, CAUSE_NAMES[cause], rng)
            yield from self._fail(case, takes_rack)
            new_age_s = self.hazard.burn_in_s.value
            draws = rng.standard_exponential((len(CAUSES), WAYS_TO_AGE))
            next_s = times_to_failure_s(self.hazard, rates_per_s, new_age_s, draws)[cause]
            due_s[cause], failure = self.servers.in_service_s(server) + next_s, failure + 1

    def _serve_until(self, server: int, due_s: float) -> Generator[simpy.Event, Any, None]:
        """Wait until a server has been in service for so long; while it is not, no part ages."""
        while True:
            if not self.servers.serves(server):
                yield self.servers.back(server)
            left_s = due_s - self.servers.in_service_s(server)
            if self.env.now + left_s <= self.env.now:
                return
            yield self.env.timeout(left_s)

    def _case(self, server: int, cause: str, rng: np.random.Generator) -> tuple[Case, bool]:
        """What chance decides about a failure; always the same draws, so that no parameter shifts another's."""
        by_hand, vendor, rack = rng.random(3).tolist()
        labour = float(rng.standard_exponential())
        part = CAUSES[cause].part
        hands_on_s = labour_s(self.hazard, part, by_hand, labour)
        goes = vendor < self.hazard.vendor_fraction.value
        takes_rack = cause == SWITCH and rack < self.hazard.rack_reach_fraction.value
        return Case(server, cause, part, hands_on_s, goes), takes_rack

    def _fail(self, case: Case, takes_rack: bool) -> Generator[simpy.Event, Any, None]:
        if CAUSES[case.cause].drains:
            yield from self.servers.drain(case.server)
        self.servers.take(case.server, FAILURE, EventKind.FAILED, case.part, case.cause)
        self.reserve.replace(case.server)
        mended = self.env.process(self.workshop.mend(self.servers, case))
        if takes_rack:
            self.env.process(self._rack_is_down(self._others(case.server), case.cause, mended))
        yield mended

    def _others(self, server: int) -> list[int]:
        return [other for other in self._rack_of(server) if other != server]

    def _rack_of(self, server: int) -> range:
        first = server - server % self.exposure.servers_per_rack
        return range(first, min(first + self.exposure.servers_per_rack, self.servers.states.size))

    def _rack_is_down(self, servers: list[int], cause: str, mended: simpy.Event) -> Generator[simpy.Event, Any, None]:
        """Servers that go down with their rack, until what it lost is mended and they have restarted."""
        down = [server for server in servers if not self.servers.held(server, RACK)]
        for server in down:
            self.servers.take(server, RACK, EventKind.FAILED, RACK, cause)
        yield mended
        yield self.env.timeout(self.hazard.restart_s.value)
        for server in down:
            self.servers.give(server, RACK)

    def _start_racks(self, end_s: float) -> None:
        """Rack power fails as one process of all racks: their rates add up."""
        racks = -(-self.servers.states.size // self.exposure.servers_per_rack)
        rate = self.hazard.rack_failures_per_day.value * self.exposure.multiplier * racks / SECONDS_PER_DAY
        if rate > 0.0:
            self.env.process(self._rack_power(rate, racks, end_s))

    def _rack_power(self, rate_per_s: float, racks: int, end_s: float) -> Generator[simpy.Event, Any, None]:
        rng = self._rng("rack power")
        while True:
            wait_s = float(rng.standard_exponential()) / rate_per_s
            rack, labour = int(rng.random() * racks), float(rng.standard_exponential())
            if self.env.now + wait_s >= end_s:
                return
            yield self.env.timeout(wait_s)
            mended = self.env.process(self._mend_power(labour * self.hazard.technician_repair_s.value))
            servers = list(self._rack_of(rack * self.exposure.servers_per_rack))
            self.env.process(self._rack_is_down(servers, "rack_power", mended))

    def _mend_power(self, hands_on_s: float) -> Generator[simpy.Event, Any, None]:
        """A technician brings a rack its power back; the work is an event of the pool."""
        begun_s = self.env.now
        yield self.env.timeout(self.hazard.detection_s.value + self.hazard.diagnosis_s.value)
        yield self.workshop.crew.request()
        yield self.env.timeout(hands_on_s)
        self.workshop.crew.release()
        took_s = self.env.now - begun_s
        event = Event(begun_s, self.name, -1, EventKind.RACK_REPAIRED, took_s, RACK, hands_on_s, 0, 0, "rack_power")
        self.servers.log.note(event)
