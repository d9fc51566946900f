"""The door of a serving engine, as the fleet's processes see it: the same for the reference and the compiled pool."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.traces.request import RequestTrace
from sim.workload.requests import Requests


class Engine(Protocol):
    """A pool of replicas with its router."""

    requeued: int
    """Times a request of a failed server was sent to another."""
    too_long: int
    """Requests refused because no replica could ever hold them."""

    @property
    def preempted(self) -> int:
        """Preemptions for want of KV room."""

    def deposit(self, requests: Requests) -> None:
        """Requests that will arrive, in order, all after those deposited before."""

    def advance(self, until_s: float) -> None:
        """Bring every replica to a time."""

    def fail(self, server: int) -> tuple[int, int]:
        """A server breaks. Returns how many requests were requeued and how many lost."""

    def restore(self, server: int) -> None:
        """A server serves again."""

    def set_speed(self, server: int, speed: float) -> None:
        """Slow a server down, or let it run again, from its next iteration on."""

    def gauges(self) -> tuple[int, int, int]:
        """Requests waiting, requests running and KV tokens held, now."""

    def mark(self, now_s: float) -> None:
        """A minute ends: settle what iterations under way have done so far."""

    def work_in(self, minute: int) -> tuple[float, float]:
        """Busy replica-seconds and their energy [J] in a minute that has been marked."""

    def minutes(self) -> Mapping[str, NDArray[np.float64]]:
        """Work by minute: the columns of PoolMinutes that the engine knows."""

    def close(self, end_s: float) -> None:
        """The day is over."""

    def requests(self, use_cases: tuple[str, ...]) -> RequestTrace:
        """What became of every request."""
