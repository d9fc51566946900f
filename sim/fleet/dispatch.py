"""The gateway: takes requests from the workload in windows and deposits each with the pool of its use case."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import simpy

from sim.scenario.schema import Scenario
from sim.serving.engine import Engine
from sim.workload.requests import Requests
from sim.workload.source import Source


class Gateway:
    """One process that keeps the pools supplied a window ahead; the window after it is drawn meanwhile on a thread."""

    def __init__(
        self, env: simpy.Environment, source: Source, engines: Sequence[Engine], pool_of: Sequence[int]
    ) -> None:
        self.env, self.source, self.engines = env, source, engines
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
        drawn = self._drawing.submit(self.source.take, min(window_s, end_s))
        while self.env.now < end_s:
            until_s = min(self.env.now + window_s, end_s)
            self._deposit(drawn.result())
            drawn = self._drawing.submit(self.source.take, min(until_s + window_s, end_s))
            yield self.env.timeout(until_s - self.env.now)

    def _deposit(self, requests: Requests) -> None:
        self.arrived += requests.size
        if len(self.engines) == 1:
            self.engines[0].deposit(requests)
            return
        pools = self.pool_of[requests.use_case]
        for index, engine in enumerate(self.engines):
            engine.deposit(requests.where(pools == index))


def pools_of_use_cases(scenario: Scenario) -> list[int]:
    """For each use case, the index of the pool that the gateway sends it to."""
    pools, gateway = list(scenario.fleet.pools), scenario.fleet.gateway
    return [pools.index(gateway.get(case, pools[0])) for case in scenario.workload.use_cases]
