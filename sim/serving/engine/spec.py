"""What an engine is told about a pool: laws and limits as plain numbers and arrays, without catalogue or units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.plant.gpu.step_time import StepTimeLaw
from sim.serving.policies.admission import Admission
from sim.serving.policies.batching import BatchingPolicy
from sim.serving.policies.routing import Routing


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
    """Power of a replica's GPUs between iterations. Engines do not count it: the fleet does, by states of servers."""
    prefill_above_idle_w: float
    """What a replica's GPUs draw above idle in iterations with prefill; it falls with their speed."""
    decode_above_idle_w: NDArray[np.float64]
    """The same in decode, by batch."""
    kv_room_tokens: int
    """KV tokens that fit in a replica."""
    max_context_tokens: int
    """Longest prompt and answer together."""
    policy: BatchingPolicy
    """How its replicas form batches."""
    admission: Admission
    """When a request may join a batch."""
    max_requests: int
    """Most requests in a batch."""
    max_batched_tokens: int
    """Most tokens of an iteration."""
    wait_s: float
    """Static batching: longest wait for a full batch."""
    routing: Routing
    """How a request finds its replica."""
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
