"""Servers that switch themselves off in a hall that is too hot, each at a temperature of its own, and come back."""

from collections.abc import Generator, Sequence
from itertools import takewhile
from statistics import NormalDist
from typing import Any

import numpy as np
import simpy

from sim.catalogue.types.facility import Thermals
from sim.core.states import EventKind
from sim.core.streams import Streams
from sim.fleet.pool_runtime import zone_of
from sim.fleet.servers import Servers

HEAT = "heat"
"""The reason that a server is off."""
OVERHEATED = "overheated"
"""The part that such an event names."""


class Overheating:
    """One pool in a hall of zones: how hot each server may stand, the most delicate first."""

    def __init__(self, servers: Servers, thermals: Thermals, zones: int, restart_s: float, streams: Streams) -> None:
        self.servers, self.thermals, self.restart_s = servers, thermals, restart_s
        count, name = servers.states.size, servers.name
        uniforms = np.clip(streams.rng(f"hot spots {name}").random(count), np.finfo(float).tiny, None)
        spread_k = thermals.inlet_spread_k.value
        mean_c, least_c = thermals.shutdown_inlet_c.value, thermals.throttle_inlet_c.value
        limit_c = [max(least_c, mean_c - spread_k * NormalDist().inv_cdf(u)) for u in uniforms.tolist()]
        self._order: list[list[tuple[float, int]]] = [[] for _ in range(zones)]
        for server, limit in enumerate(limit_c):
            self._order[zone_of(server, count, zones)].append((limit, server))
        for order in self._order:
            order.sort()
        self._off: list[list[int]] = [[] for _ in range(zones)]

    def look(self, inlet_c: Sequence[float]) -> None:
        """Switch servers off in the zones that are too hot; let those that are cool again restart theirs."""
        for zone, now_c in enumerate(inlet_c):
            off = self._off[zone]
            for server in self._too_hot(zone, now_c):
                off.append(server)
                self.servers.take(server, HEAT, EventKind.FAILED, OVERHEATED, OVERHEATED)
            if off and now_c < self.thermals.throttle_inlet_c.value:
                self.servers.env.process(self._restart(off[:]))
                off.clear()

    def _too_hot(self, zone: int, now_c: float) -> list[int]:
        """Servers of a zone that must switch themselves off, and have not, or not yet restarted."""
        hot = takewhile(lambda entry: entry[0] <= now_c, self._order[zone])
        return [server for _, server in hot if not self.servers.held(server, HEAT)]

    def running(self, zone: int) -> int:
        """Servers of a zone that have not switched themselves off."""
        return len(self._order[zone]) - len(self._off[zone])

    def _restart(self, servers: list[int]) -> Generator[simpy.Event, Any, None]:
        yield self.servers.env.timeout(self.restart_s)
        for server in servers:
            self.servers.give(server, HEAT)
