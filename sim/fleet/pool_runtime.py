"""The minutes of a pool: server-seconds in each state, gauges, and the energy of its servers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sim.catalogue.types import Server
from sim.catalogue.types.facility import Delivery
from sim.core.states import POWERED, ServerState
from sim.fleet.server_states import ServerStates
from sim.plant.gpu.power import host_j, power_at_speed
from sim.scenario.schema import Pool
from sim.serving.engine.protocol import EVERY_SERVER, ServerControl
from sim.serving.engine.spec import PoolSpec
from sim.serving.shards import CelledPool
from sim.traces.minutes import MinuteSheet, PoolMinutes

GAUGES = ("queue_requests", "kv_tokens", "speed")
SECONDS = tuple(state.column for state in ServerState)
ENERGY = ("gpu_j", "host_j", "storage_j", "network_j")


class PoolSpeeds:
    """How fast the servers of a pool run."""

    def __init__(self, name: str, servers: int, engine: ServerControl) -> None:
        self.name, self.mean = name, 1.0
        """Name of the pool, and the mean speed factor of its servers now."""
        self._servers, self._engine, self._speeds = servers, engine, [1.0]

    def set(self, speeds: list[float], now_s: float) -> bool:
        """Let the servers of each zone, an equal part of the pool, run at a speed; whether that changes anything."""
        if speeds == self._speeds or (len(set(speeds)) == 1 and set(speeds) == set(self._speeds)):
            return False
        self._engine.advance(now_s)
        if len(set(speeds)) == 1:
            self._engine.set_speed(EVERY_SERVER, speeds[0])
        else:
            for server in range(self._servers):
                self._engine.set_speed(server, speeds[zone_of(server, self._servers, len(speeds))])
        self.mean, self._speeds = sum(speeds) / len(speeds), speeds
        return True


class PoolEnergy:
    """What the servers of a pool draw in a minute, by what they did and how warm their air is."""

    def __init__(self, spec: PoolSpec, server: Server, way: Delivery) -> None:
        self.spec, self.server, self.way = spec, server, way
        self.gpu_ratio = 1.0
        """Power of GPUs in warm air over their stated power."""
        self.host_ratio = 1.0
        """Power of hosts in warm air, their fans turning faster, over their stated power."""
        self.above_idle_j = 0.0
        """Energy of busy GPUs above idle in the minute counted last."""
        self._still_w = server.storage_w.value * spec.servers, server.network_w.value * spec.servers

    @property
    def nameplate_w(self) -> float:
        """Most power that a server may draw."""
        return self.server.nameplate_w.value

    def joules(
        self, length_s: float, seconds: Sequence[float], work: tuple[float, float], speed: float
    ) -> tuple[float, float, float, float]:
        """Energy of GPUs, hosts, storage and network, by server-seconds in each state and the work of an engine."""
        spec, server = self.spec, self.server
        powered_s = sum(seconds[state] for state in POWERED)
        busy_s, above_idle_j = work
        self.above_idle_j = self._above_idle_j(above_idle_j, speed)
        idle_j = spec.idle_w * max(busy_s, powered_s * spec.replicas_per_server)
        asleep_j = server.asleep_w.value * seconds[ServerState.ASLEEP]
        storage_w, network_w = self._still_w
        return (
            (idle_j + self.above_idle_j) * self.gpu_ratio,
            host_j(server, powered_s, busy_s / spec.replicas_per_server) * self.host_ratio + asleep_j,
            storage_w * length_s,
            network_w * length_s,
        )

    def _above_idle_j(self, counted_j: float, speed: float) -> float:
        """Energy of busy GPUs above idle: engines count it in proportion to speed, but slow chips save more."""
        if speed == 1.0:
            return counted_j
        return counted_j * power_at_speed(speed, self.way.capped_exponent.value) / speed


class PoolRuntime:
    """One pool while the day runs; its minutes are written at every minute mark."""

    def __init__(
        self, spec: PoolSpec, pool: Pool, server: Server, way: Delivery, engine: CelledPool, minutes: int
    ) -> None:
        self.spec, self.pool, self.engine = spec, pool, engine
        self.states = ServerStates(spec.servers)
        """What every server is doing."""
        self.speeds = PoolSpeeds(spec.name, spec.servers, engine)
        """How fast they run."""
        self.energy = PoolEnergy(spec, server, way)
        """What they draw."""
        self.busy_s = 0.0
        """Replica-seconds spent in iterations in the minute marked last."""
        self.sheet = MinuteSheet((*GAUGES, *SECONDS, *ENERGY), minutes)
        self._marked_s = 0.0

    def mark(self, minute: int, now_s: float) -> float:
        """Close a minute: gauges, server-seconds and joules. Returns the energy of all that computes in it [J]."""
        self.engine.advance(now_s)
        waiting, _, kv = self.engine.gauges()
        self.engine.mark(now_s)
        seconds, work = self.states.read(now_s), self.engine.work_in(minute)
        length_s, self._marked_s, self.busy_s = now_s - self._marked_s, now_s, work[0]
        joules = self.energy.joules(length_s, seconds, work, self.speeds.mean)
        self.sheet.write(minute, (waiting, kv, self.speeds.mean, *seconds, *joules))
        return sum(joules)

    def close(self) -> PoolMinutes:
        """The trace of the pool's minutes."""
        spec, work = self.spec, dict(self.engine.minutes())
        del work["busy_j"]  # what is above idle in gpu_j, without the effect of warm air
        columns: Mapping[str, Any] = {**self.sheet.columns, **work}
        return PoolMinutes(
            pool=spec.name,
            server=self.pool.server,
            servers=spec.servers,
            gpus_per_server=int(self.energy.server.gpus.value),
            replicas=spec.replicas,
            kv_room_tokens=spec.kv_room_tokens,
            **columns,
        )


def zone_of(server: int, servers: int, zones: int) -> int:
    """The zone of the facility that a pool's server stands in: zones hold equal parts of every pool, in order.

    >>> [zone_of(server, 5, 2) for server in range(5)]
    [0, 0, 0, 1, 1]
    """
    return server * zones // servers
