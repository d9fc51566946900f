"""The router of the reference engine: every request finds its replica by what is known of their loads."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from sim.serving.engine import rules
from sim.serving.engine.spec import PoolSpec
from sim.serving.policies.routing import Routing, halves, routing_keys
from sim.serving.reference.batch import Batch, Job


class Router(ABC):
    """Knows which replicas take requests, and how many each has; that may be some time ago."""

    def __init__(self, spec: PoolSpec, batches: Sequence[Batch]) -> None:
        self.spec, self._batches = spec, batches
        self.available = list(range(spec.replicas))
        """Replicas that take requests, in order."""
        self._seen = [0] * spec.replicas

    def set_available(self, replicas: range, up: bool) -> None:
        """Replicas take requests, or no longer do."""
        others = [index for index in self.available if index not in replicas]
        self.available = sorted([*others, *replicas]) if up else others

    def look(self) -> None:
        """Take the loads as they are now; a router with stale information goes by its last look."""
        self._seen = [batch.outstanding for batch in self._batches]

    @abstractmethod
    def choose(self, job: Job) -> int:
        """The replica that a request goes to; some replica is available."""

    def _candidates(self, job: Job) -> tuple[int, int]:
        keys = routing_keys(self.spec.routing_salt, np.array([job.number]), np.array([job.attempts]))
        free = self.available
        first, second = (free[rules.candidate(int(half[0]), len(free))] for half in halves(keys))
        return first, second

    def _load(self, index: int) -> int:
        return self._seen[index] if self.spec.stale_s > 0.0 else self._batches[index].outstanding


class RoundRobin(Router):
    """Every available replica in turn."""

    def __init__(self, spec: PoolSpec, batches: Sequence[Batch]) -> None:
        super().__init__(spec, batches)
        self._turn = 0

    def choose(self, job: Job) -> int:
        """The next in turn."""
        self._turn += 1
        return self.available[(self._turn - 1) % len(self.available)]


class RandomChoice(Router):
    """Any available replica."""

    def choose(self, job: Job) -> int:
        """The first of its candidates."""
        return self._candidates(job)[0]


class PowerOfTwo(Router):
    """The less loaded of two random replicas."""

    def choose(self, job: Job) -> int:
        """The first candidate unless the second has less to do."""
        first, second = self._candidates(job)
        return first if self._load(first) <= self._load(second) else second


class LeastOutstanding(Router):
    """The least loaded replica."""

    def choose(self, job: Job) -> int:
        """The first of those with the fewest requests."""
        return min(self.available, key=lambda index: (self._load(index), index))


ROUTERS: dict[Routing, type[Router]] = {
    Routing.ROUND_ROBIN: RoundRobin,
    Routing.RANDOM: RandomChoice,
    Routing.POWER_OF_TWO: PowerOfTwo,
    Routing.LEAST_OUTSTANDING: LeastOutstanding,
}
"""The router of each policy."""
