"""Who is up, down or asleep: server-seconds by minute, and the energy they make of the work they did."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types import Gpu, Server
from sim.plant.power import host_j
from sim.scenario.schema import Pool
from sim.serving.cells import CelledPool
from sim.serving.engine import EVERY_SERVER
from sim.serving.spec import PoolSpec
from sim.traces.utilisation import PoolMinutes

Minutes = NDArray[np.float64]
GAUGES = ("queue_requests", "kv_tokens", "down_server_s", "asleep_server_s", "speed")


class PoolBook:
    """The minutes of one pool, written at every minute mark."""

    def __init__(self, spec: PoolSpec, pool: Pool, server: Server, gpu: Gpu, engine: CelledPool, minutes: int) -> None:
        self.spec, self.pool, self.engine = spec, pool, engine
        self.server, self.gpu = server, gpu
        self.down = 0
        """Servers down now."""
        self.speed = 1.0
        """Speed factor of all servers now."""
        self.columns: dict[str, Minutes] = {name: np.zeros(minutes) for name in GAUGES}
        self._energy: dict[str, Minutes] = {
            name: np.zeros(minutes) for name in ("gpu_j", "host_j", "storage_j", "network_j")
        }
        self._up: Minutes = np.zeros(minutes)
        self._down_s = 0.0
        self._changed_s = 0.0
        self._marked_s = 0.0

    def change_down(self, by: int, now_s: float) -> None:
        """Servers went down, or came back."""
        self._down_s += self.down * (now_s - self._changed_s)
        self._changed_s = now_s
        self.down += by

    def set_speed(self, speed: float, now_s: float) -> None:
        """Let all servers run at another speed from now on."""
        self.engine.advance(now_s)
        self.engine.set_speed(EVERY_SERVER, speed)
        self.speed = speed

    def mark(self, minute: int, now_s: float) -> float:
        """Close a minute: gauges, server-seconds and joules. Returns the energy of all that computes in it [J]."""
        self.engine.advance(now_s)
        waiting, _, kv = self.engine.gauges()
        self.engine.mark(now_s)
        self.change_down(0, now_s)
        length_s = now_s - self._marked_s
        values = (waiting, kv, self._down_s, 0.0, self.speed)
        for name, value in zip(GAUGES, values, strict=True):
            self.columns[name][minute] = value
        self._up[minute] = self.spec.servers * length_s - self._down_s
        self._down_s, self._marked_s = 0.0, now_s
        return self._count_energy(minute, length_s)

    def _count_energy(self, minute: int, length_s: float) -> float:
        spec, up_s = self.spec, float(self._up[minute])
        busy_s, busy_j = self.engine.work_in(minute)
        idle_s = max(0.0, up_s * spec.replicas_per_server - busy_s)
        idle_w = self.gpu.idle_w.value * self.server.gpus.value / spec.replicas_per_server
        joules = {
            "gpu_j": busy_j + idle_w * idle_s,
            "host_j": host_j(self.server, up_s, busy_s / spec.replicas_per_server),
            "storage_j": self.server.storage_w.value * spec.servers * length_s,
            "network_j": self.server.network_w.value * spec.servers * length_s,
        }
        for name, value in joules.items():
            self._energy[name][minute] = value
        return sum(joules.values())

    def close(self) -> PoolMinutes:
        """The trace of the pool's minutes."""
        spec, work = self.spec, dict(self.engine.minutes())
        del work["busy_j"]  # part of gpu_j
        columns: Mapping[str, Any] = {**self.columns, **self._energy, **work}
        return PoolMinutes(
            pool=spec.name,
            server=self.pool.server,
            servers=spec.servers,
            gpus_per_server=int(self.server.gpus.value),
            replicas=spec.replicas,
            kv_room_tokens=spec.kv_room_tokens,
            up_server_s=self._up,
            **columns,
        )
