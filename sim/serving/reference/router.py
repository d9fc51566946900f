"""The router of the reference engine: every request finds its replica by what is known of their loads."""

from collections.abc import Sequence

import numpy as np

from sim.serving.engine import rules
from sim.serving.engine.spec import PoolSpec
from sim.serving.policies.routing_keys import halves, routing_keys
from sim.serving.reference.batch import Batch, Job


class Router:
    """Knows which replicas take requests, and how many each has; that may be some time ago."""

    def __init__(self, spec: PoolSpec, batches: Sequence[Batch]) -> None:
        self.spec, self._batches = spec, batches
        self.available = list(range(spec.replicas))
        """Replicas that take requests, in order."""
        self._turn = 0
        self._seen = [0] * spec.replicas

    def set_available(self, replicas: range, up: bool) -> None:
        """Replicas take requests, or no longer do."""
        others = [index for index in self.available if index not in replicas]
        self.available = sorted([*others, *replicas]) if up else others

    def look(self) -> None:
        """Take the loads as they are now; a router with stale information goes by its last look."""
        self._seen = [batch.outstanding for batch in self._batches]

    def choose(self, job: Job) -> int:
        """The replica that a request goes to; some replica is available."""
        routing, free = self.spec.routing, self.available
        if routing == rules.ROUND_ROBIN:
            self._turn += 1
            return free[(self._turn - 1) % len(free)]
        if routing == rules.LEAST_OUTSTANDING:
            return min(free, key=lambda index: (self._load(index), index))
        first, second = self._candidates(job)
        if routing == rules.RANDOM or self._load(first) <= self._load(second):
            return first
        return second

    def _candidates(self, job: Job) -> tuple[int, int]:
        keys = routing_keys(self.spec.routing_salt, np.array([job.number]), np.array([job.attempts]))
        free = self.available
        first, second = (free[rules.candidate(int(half[0]), len(free))] for half in halves(keys))
        return first, second

    def _load(self, index: int) -> int:
        return self._seen[index] if self.spec.stale_s > 0.0 else self._batches[index].outstanding
