"""The gateway: takes requests from the workload in windows and deposits each with the pool of its use case."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.core.units import SECONDS_PER_HOUR, SECONDS_PER_MINUTE
from sim.scenario.schema import Scenario
from sim.serving.shards import ByCell, CelledPool
from sim.workload.prefix_cache import Cache
from sim.workload.requests import Requests
from sim.workload.source import Source

ENOUGH_REQUESTS = 16_384
"""A window with fewer costs more to hand over than to draw: the next one is made longer."""
LONGEST_WINDOW_S = SECONDS_PER_HOUR


@dataclass(frozen=True)
class Window:
    """The requests of a stretch of time, by pool and cell."""

    until_s: float
    """When it ends."""
    arrived: int
    """How many there are."""
    reuses: bool
    """Whether their prompts may begin as earlier ones did."""
    reusable_tokens: int
    """Tokens of their prompts that an endless prefix cache would find."""
    pools: list[ByCell]
    """For each pool, its requests by cell."""


@dataclass(frozen=True)
class Outlet:
    """A pool as the gateway sees it."""

    pool: CelledPool
    """Where requests are deposited."""
    cache: Cache
    """What of their prompts is found there."""
    kv_tokens: NDArray[np.float64]
    """KV tokens that the pool's requests hold at the end of each minute, as far as it has been marked; (minutes,)."""

    def spare_tokens(self, now_s: float) -> int:
        """KV room that no request holds at the last minute mark up to now; servers that are down are not left out."""
        marked = int(now_s // SECONDS_PER_MINUTE)
        spec = self.pool.spec
        return spec.kv_room_tokens * spec.replicas - (int(self.kv_tokens[marked - 1]) if marked else 0)

    def prepare(self, requests: Requests, room_tokens: int) -> ByCell:
        """What the cache finds of each prompt when it has so much room, and which cell each request goes to."""
        return self.pool.split(self.cache.find(requests, room_tokens))


class Gateway:
    """One process that keeps the pools supplied a window ahead.

    With a second thread the window after it is drawn meanwhile. A day that has but one leaves the other processors to
    other days: a thread more would only take turns with them, and push their data out of the cache.
    """

    def __init__(
        self, env: simpy.Environment, source: Source, outlets: Sequence[Outlet], pool_of: Sequence[int], threads: int
    ) -> None:
        self.env, self.source, self.outlets = env, source, outlets
        self.pool_of = np.asarray(pool_of)
        self.arrived = 0
        """Requests deposited so far."""
        self.reusable_tokens = 0
        """Tokens of their prompts that an endless prefix cache would have found."""
        self._drawing = ThreadPoolExecutor(1) if threads > 1 else None

    def __enter__(self) -> "Gateway":
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawing:
            self._drawing.shutdown(cancel_futures=True)

    def run(self, end_s: float) -> Generator[simpy.Event, Any, None]:
        """Deposit window after window until the end of the day, each after all else that happens at its beginning."""
        drawn = self._ask(min(SECONDS_PER_MINUTE, end_s))
        while self.env.now < end_s:
            window = drawn()
            self._deposit(window)
            drawn = self._ask(min(window.until_s + self._next_length_s(window), end_s))
            yield self.env.timeout(window.until_s - self.env.now)
            yield self.env.timeout(0)

    def _ask(self, until_s: float) -> Callable[[], Window]:
        """The next window, for when it is wanted; what it finds in the caches is what they have room for now."""
        draw = partial(self._draw, until_s, self._rooms())
        return self._drawing.submit(draw).result if self._drawing else draw

    def _next_length_s(self, window: Window) -> float:
        """Longer after a window of few requests; but where caches keep prefixes, they are told their room as before."""
        length_s = window.until_s - self.env.now
        if window.reuses or not 0 < window.arrived < ENOUGH_REQUESTS:
            return length_s
        return min(2 * length_s, LONGEST_WINDOW_S)

    def _rooms(self) -> list[int]:
        """KV tokens that each pool could spare for its cache at the last minute mark."""
        return [outlet.spare_tokens(self.env.now) for outlet in self.outlets]

    def _draw(self, until_s: float, rooms: Sequence[int]) -> Window:
        """Take the next window from the workload; windows are drawn one after the other, each once."""
        requests = self.source.take(until_s)
        reuses = requests.reused_s is not None
        reusable_tokens = int(requests.cached_tokens.sum(dtype=np.int64)) if reuses else 0
        shares = zip(self.outlets, self._by_pool(requests), rooms, strict=True)
        parts = [outlet.prepare(share, room) for outlet, share, room in shares]
        return Window(until_s, requests.size, reuses, reusable_tokens, parts)

    def _by_pool(self, requests: Requests) -> list[Requests]:
        """The requests of each pool; one alone takes them as they are, uncopied."""
        if len(self.outlets) == 1:
            return [requests]
        chosen = self.pool_of[requests.use_case]
        return [requests.where(chosen == index) for index in range(len(self.outlets))]

    def _deposit(self, window: Window) -> None:
        self.arrived += window.arrived
        self.reusable_tokens += window.reusable_tokens
        for outlet, parts in zip(self.outlets, window.pools, strict=True):
            outlet.pool.hand_out(parts)


def pools_of_use_cases(scenario: Scenario) -> list[int]:
    """For each use case, the index of the pool that the gateway sends it to."""
    pools, gateway = list(scenario.fleet.pools), scenario.fleet.gateway
    return [pools.index(gateway.get(case, pools[0])) for case in scenario.workload.use_cases]
