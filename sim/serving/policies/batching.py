"""Batching policies: how a replica turns its queue and its batch into iterations."""

from enum import IntEnum


class BatchingPolicy(IntEnum):
    """How a replica forms batches; scenarios write the names in lower case, kernels compare the numbers."""

    CONTINUOUS = 0
    """Prefill first."""
    CHUNKED = 1
    """Chunks of prefill beside decode."""
    STATIC = 2
    """Whole batches, padded."""


BATCHING_POLICIES = {policy.name.lower(): policy for policy in BatchingPolicy}
"""Policies as a scenario writes them."""
