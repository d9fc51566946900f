"""What an engine is told about a pool: laws and limits as plain numbers and arrays, without catalogue or units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.plant.gpu.step_time import StepTimeLaw
from sim.serving.engine import rules

POLICIES = {"continuous": rules.CONTINUOUS, "chunked": rules.CHUNKED, "static": rules.STATIC}
ADMISSIONS = {"reserved": rules.RESERVED, "on_demand": rules.ON_DEMAND}
ROUTINGS = {
    "round_robin": rules.ROUND_ROBIN,
    "random": rules.RANDOM,
    "power_of_two": rules.POWER_OF_TWO,
    "least_outstanding": rules.LEAST_OUTSTANDING,
}


@dataclass(frozen=True)
class PoolSpec:
    """One pool of equal replicas."""

    name: str
    """Name of the pool."""
    replicas: int
    """Replicas in the pool."""
    replicas_per_server: int
    """Replicas that fail together."""
    law: StepTimeLaw
    """Iteration times."""
    idle_w: float
    """Power of a replica's GPUs between iterations; what they draw above it falls with their speed."""
    prefill_w: float
    """Power of a replica's GPUs in iterations with prefill."""
    decode_w: NDArray[np.float64]
    """The same in decode, by batch."""
    kv_room_tokens: int
    """KV tokens that fit in a replica."""
    max_context_tokens: int
    """Longest prompt and answer together."""
    policy: int
    """Batching policy of `rules`."""
    admission: int
    """KV admission of `rules`."""
    max_requests: int
    """Most requests in a batch."""
    max_batched_tokens: int
    """Most tokens of an iteration."""
    wait_s: float
    """Static batching: longest wait for a full batch."""
    routing: int
    """Routing of `rules`."""
    stale_s: float
    """Age of the router's load information."""
    max_attempts: int
    """Tries before a request is lost to failures."""
    patience_s: NDArray[np.float64]
    """By use case: longest wait for service; infinity for none."""
    routing_salt: int = 0
    """Key of the routing choices."""
    cells: int = 1
    """Parts of the pool that are routed apart from each other."""

    @property
    def servers(self) -> int:
        """Servers in the pool."""
        return self.replicas // self.replicas_per_server
