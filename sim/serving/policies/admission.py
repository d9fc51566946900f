"""Admission policies: how much room in the KV cache a request needs to join a batch."""

from enum import IntEnum


class Admission(IntEnum):
    """What must fit in the KV cache; scenarios write the names in lower case, kernels compare the numbers."""

    RESERVED = 0
    """The prompt and the whole answer."""
    ON_DEMAND = 1
    """The prompt; the answer grows, and requests are preempted where there is no room left."""


ADMISSIONS = {policy.name.lower(): policy for policy in Admission}
"""Policies as a scenario writes them."""
