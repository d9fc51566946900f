"""What it takes GPUs of one replica to tell each other their parts."""

import numpy as np
from numpy.typing import NDArray

from sim.plant.replica import WEIGHT_BYTES, WIDE, Replica

Floats = NDArray[np.float64]

ALL_REDUCES_PER_LAYER = 2
"""Tensor parallelism joins partial sums once after attention and once after the feed-forward layer."""


def all_reduce_s(tokens: Floats, replica: Replica) -> Floats:
    """Time of all sums of an iteration [s] over `tokens` [token]: latency plus ring traffic over the GPU links.

    2 layers (latency + tokens * hidden * 2 bytes * 2 (g - 1) / g / (link rate * link_fraction)) among the g GPUs of a
    stage; activations stay at 16 bits; messages from `large_message_bytes` on take a slower path. Under attention data
    parallelism a GPU speaks for its own group's tokens, and what experts exchange is taken to be as much as the sums
    they replace.

    >>> from sim.catalogue import read_catalogue
    >>> from sim.plant.replica import find_replica
    >>> book = read_catalogue(kinds=["models", "gpus", "generations", "efficiencies"])
    >>> all_reduce_s(np.array([1.0]), find_replica(book, "llama_2_70b", "h100_sxm", "serving_2026")).tolist()
    [0.0]
    """
    gpus = replica.layout.stage
    if gpus == 1:
        return np.zeros_like(tokens)
    model, kernels = replica.model, replica.kernels
    sums = ALL_REDUCES_PER_LAYER * model.layers.value
    own = tokens / replica.layout.data * model.hidden.value * WEIGHT_BYTES[WIDE]
    share = np.where(own < kernels.large_message_bytes, kernels.link_fraction, kernels.large_link_fraction)
    link_bytes_per_s = replica.gpu.link_bytes_per_s.value * share
    return np.asarray(sums * (kernels.collective_latency_s + own * 2.0 * (gpus - 1) / gpus / link_bytes_per_s))


def stage_hand_over_s(tokens: Floats, replica: Replica) -> Floats:
    """Time to hand `tokens` [token] from stage to stage [s]: a latency and the residual stream over one link, each."""
    hops = replica.layout.pipeline - 1
    sent = tokens * replica.model.hidden.value * WEIGHT_BYTES[WIDE]
    rate = replica.gpu.link_bytes_per_s.value * replica.kernels.link_fraction
    return np.asarray(hops * (replica.kernels.collective_latency_s + sent / rate))
