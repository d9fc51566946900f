"""The door of a serving engine, as the fleet's processes see it: the same for the reference and the compiled pool."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.traces.requests import Rows
from sim.workload.requests import Requests

EVERY_SERVER = -1


class ServerControl(Protocol):
    """What happens to servers, as a pool's replicas notice it."""

    def advance(self, until_s: float) -> None:
        """Bring every replica to a time."""

    def fail(self, server: int) -> tuple[int, int]:
        """A server breaks. Returns how many requests were requeued and how many lost."""

    def restore(self, server: int) -> None:
        """A server takes requests: one that had failed, empty; one that was drained, beside what it still has."""

    def drain(self, server: int) -> None:
        """A server takes no new requests; it serves those it has to their end."""

    def outstanding(self, server: int) -> int:
        """Requests waiting or running on a server, now."""

    def set_speed(self, server: int, speed: float) -> None:
        """Slow a server (or EVERY_SERVER) down, or let it run again, from its next iteration on."""


class Engine(ServerControl, Protocol):
    """A pool of replicas with its router."""

    def deposit(self, requests: Requests) -> None:
        """Requests that will arrive, in order, all after those deposited before."""

    @staticmethod
    def deposit_all(pools: Sequence[Any], requests: Requests, starts: NDArray[np.int64]) -> None:
        """The same for several pools of one engine: each takes a part, from its start to that of the next."""

    @staticmethod
    def advance_all(pools: Sequence[Any], until_s: float) -> None:
        """The same for several pools of one engine."""

    def gauges(self) -> tuple[int, int, int]:
        """Requests waiting, requests running and KV tokens held, now."""

    def mark(self, now_s: float) -> None:
        """A minute ends: settle what iterations under way have done so far."""

    def work_in(self, minute: int) -> tuple[float, float]:
        """Busy replica-seconds and what they drew above idle [J] in a minute that has been marked."""

    def minutes(self) -> Mapping[str, NDArray[np.float64]]:
        """Work by minute: the columns of PoolMinutes that the engine knows."""

    def keep_below(self, lot: int) -> None:
        """Give out rows of requests whose lot lies at or below this; zero for none."""

    def collect(self) -> Rows:
        """Rows of the requests that have ended since the last time, in no particular order."""

    def close(self, end_s: float) -> None:
        """The day is over."""

    def counters(self) -> dict[str, int]:
        """Requests sent on from failed servers (requeued), refused for their length (too_long), preempted."""
