"""The roll of a pool's servers: the state of each, and server-seconds in each state.

A pool's minutes: server-seconds in each state, gauges, and the energy that servers make of the work they did.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.catalogue.types import Server
from sim.catalogue.types.facility import Delivery
from sim.core.states import POWERED, ServerState
from sim.plant.gpu.power import host_j, power_at_speed
from sim.scenario.schema import Pool
from sim.serving.engine.protocol import EVERY_SERVER
from sim.serving.engine.spec import PoolSpec
from sim.serving.shards import CelledPool
from sim.traces.minutes import MinuteSheet, PoolMinutes


class Roll:
    """State of every server, with the time spent in each since the last reading."""

    def __init__(self, servers: int) -> None:
        self._state = np.full(servers, ServerState.UP, np.int8)
        self._counts = [0.0] * len(ServerState)
        self._counts[ServerState.UP] = float(servers)
        self._seconds = [0.0] * len(ServerState)
        self._changed_s = 0.0

    def state(self, server: int) -> ServerState:
        """What a server is doing."""
        return ServerState(self._state[server])

    def count(self, state: ServerState) -> int:
        """Servers in a state."""
        return int(self._counts[state])

    def servers(self, state: ServerState) -> list[int]:
        """Which they are."""
        return [int(server) for server in np.flatnonzero(self._state == state)]

    def change(self, server: int, state: ServerState, now_s: float) -> None:
        """A server changes its state."""
        self._settle(now_s)
        self._counts[self._state[server]] -= 1.0
        self._counts[state] += 1.0
        self._state[server] = state

    def read(self, now_s: float) -> list[float]:
        """Server-seconds in each state, in their order, since the last reading."""
        self._settle(now_s)
        read, self._seconds = self._seconds, [0.0] * len(ServerState)
        return read

    def _settle(self, now_s: float) -> None:
        length_s, self._changed_s = now_s - self._changed_s, now_s
        self._seconds = [seconds + count * length_s for seconds, count in zip(self._seconds, self._counts, strict=True)]


GAUGES = ("queue_requests", "kv_tokens", "speed")
SECONDS = tuple(state.column for state in ServerState)
ENERGY = ("gpu_j", "host_j", "storage_j", "network_j")


class PoolBook:
    """The minutes of one pool, written at every minute mark."""

    def __init__(
        self, spec: PoolSpec, pool: Pool, server: Server, way: Delivery, engine: CelledPool, minutes: int
    ) -> None:
        self.spec, self.pool, self.engine = spec, pool, engine
        self.server, self.way = server, way
        self.roll = Roll(spec.servers)
        """The state of every server."""
        self.speed = 1.0
        """Mean speed factor of the servers now."""
        self.gpu_ratio = 1.0
        """Power of GPUs in warm air over their stated power."""
        self.host_ratio = 1.0
        """Power of hosts in warm air, their fans turning faster, over their stated power."""
        self.busy_s = 0.0
        """Replica-seconds spent in iterations in the minute marked last."""
        self.above_idle_j = 0.0
        """Energy of busy GPUs above idle in the minute marked last."""
        self._speeds = [1.0]
        self._still_w = server.storage_w.value * spec.servers, server.network_w.value * spec.servers
        self.sheet = MinuteSheet((*GAUGES, *SECONDS, *ENERGY), minutes)
        self._marked_s = 0.0

    def set_speeds(self, speeds: list[float], now_s: float) -> bool:
        """Let the servers of each zone, an equal part of the pool, run at a speed; whether that changes anything."""
        if speeds == self._speeds or (len(set(speeds)) == 1 and set(speeds) == set(self._speeds)):
            return False
        self.engine.advance(now_s)
        if len(set(speeds)) == 1:
            self.engine.set_speed(EVERY_SERVER, speeds[0])
        else:
            for server in range(self.spec.servers):
                self.engine.set_speed(server, speeds[zone_of(server, self.spec.servers, len(speeds))])
        self.speed, self._speeds = sum(speeds) / len(speeds), speeds
        return True

    def mark(self, minute: int, now_s: float) -> float:
        """Close a minute: gauges, server-seconds and joules. Returns the energy of all that computes in it [J]."""
        self.engine.advance(now_s)
        waiting, _, kv = self.engine.gauges()
        self.engine.mark(now_s)
        seconds = self.roll.read(now_s)
        length_s, self._marked_s = now_s - self._marked_s, now_s
        joules = self._joules(minute, length_s, seconds)
        self.sheet.write(minute, (waiting, kv, self.speed, *seconds, *joules))
        return sum(joules)

    def _joules(self, minute: int, length_s: float, seconds: Sequence[float]) -> tuple[float, float, float, float]:
        """Energy of GPUs, hosts, storage and network."""
        spec, server = self.spec, self.server
        powered_s = sum(seconds[state] for state in POWERED)
        busy_s, busy_j = self.engine.work_in(minute)
        self.busy_s = busy_s
        self.above_idle_j = self._above_idle_j(busy_s, busy_j)
        idle_j = spec.idle_w * max(busy_s, powered_s * spec.replicas_per_server)
        asleep_j = server.asleep_w.value * seconds[ServerState.ASLEEP]
        storage_w, network_w = self._still_w
        return (
            (idle_j + self.above_idle_j) * self.gpu_ratio,
            host_j(server, powered_s, busy_s / spec.replicas_per_server) * self.host_ratio + asleep_j,
            storage_w * length_s,
            network_w * length_s,
        )

    def _above_idle_j(self, busy_s: float, counted_j: float) -> float:
        """Energy of busy GPUs above idle: engines count it in proportion to speed, but slow chips save more."""
        above_j = counted_j - self.spec.idle_w * busy_s
        return (
            above_j
            if self.speed == 1.0
            else above_j * power_at_speed(self.speed, self.way.capped_exponent.value) / self.speed
        )

    def close(self) -> PoolMinutes:
        """The trace of the pool's minutes."""
        spec, work = self.spec, dict(self.engine.minutes())
        del work["busy_j"]  # part of gpu_j
        columns: Mapping[str, Any] = {**self.sheet.columns, **work}
        return PoolMinutes(
            pool=spec.name,
            server=self.pool.server,
            servers=spec.servers,
            gpus_per_server=int(self.server.gpus.value),
            replicas=spec.replicas,
            kv_room_tokens=spec.kv_room_tokens,
            **columns,
        )


def zone_of(server: int, servers: int, zones: int) -> int:
    """The zone of the hall that a pool's server stands in: zones hold equal parts of every pool, in order.

    >>> [zone_of(server, 5, 2) for server in range(5)]
    [0, 0, 0, 1, 1]
    """
    return server * zones // servers
