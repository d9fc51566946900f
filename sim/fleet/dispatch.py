"""The gateway: takes requests from the workload in windows and deposits each with the pool of its use case."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from sim.scenario.schema import Scenario
from sim.serving.cells import CelledPool
from sim.workload.requests import Requests
from sim.workload.source import Source


@dataclass(frozen=True)
class Window:
    """The requests of a stretch of time, by pool and cell."""

    arrived: int
    """How many there are."""
    pools: list[list[Requests]]
    """For each pool, the requests of each of its cells."""


class Gateway:
    """One process that keeps the pools supplied a window ahead; the window after it is drawn meanwhile on a thread."""

    def __init__(
        self, env: simpy.Environment, source: Source, pools: Sequence[CelledPool], pool_of: Sequence[int]
    ) -> None:
        self.env, self.source, self.pools = env, source, pools
        self.pool_of = np.asarray(pool_of)
        self.arrived = 0
        """Requests deposited so far."""
        self._drawing = ThreadPoolExecutor(1)

    def __enter__(self) -> "Gateway":
        return self

    def __exit__(self, *_: object) -> None:
        self._drawing.shutdown(cancel_futures=True)

    def run(self, window_s: float, end_s: float) -> Generator[simpy.Event, Any, None]:
        """Deposit window after window until the end of the day."""
        drawn = self._drawing.submit(self._draw, min(window_s, end_s))
        while self.env.now < end_s:
            until_s = min(self.env.now + window_s, end_s)
            self._deposit(drawn.result())
            drawn = self._drawing.submit(self._draw, min(until_s + window_s, end_s))
            yield self.env.timeout(until_s - self.env.now)

    def _draw(self, until_s: float) -> Window:
        """Take the next window from the workload; windows are drawn one after the other, each once."""
        requests = self.source.take(until_s)
        if len(self.pools) == 1:
            return Window(requests.size, [self.pools[0].split(requests)])
        chosen = self.pool_of[requests.use_case]
        parts = [pool.split(requests.where(chosen == index)) for index, pool in enumerate(self.pools)]
        return Window(requests.size, parts)

    def _deposit(self, window: Window) -> None:
        self.arrived += window.arrived
        for pool, parts in zip(self.pools, window.pools, strict=True):
            pool.hand_out(parts)


def pools_of_use_cases(scenario: Scenario) -> list[int]:
    """For each use case, the index of the pool that the gateway sends it to."""
    pools, gateway = list(scenario.fleet.pools), scenario.fleet.gateway
    return [pools.index(gateway.get(case, pools[0])) for case in scenario.workload.use_cases]
