"""What a replica and a server draw, by what they do."""

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types import Efficiency, Gpu, Server

Floats = NDArray[np.float64]


def prefill_w(gpu: Gpu, efficiency: Efficiency, gpus: int) -> float:
    """Power of `gpus` GPUs while they prefill [W]: matrix work keeps them at, or close to, their limit."""
    return gpus * gpu.tdp_w.value * efficiency.prefill_power_fraction.value


def decode_w(gpu: Gpu, efficiency: Efficiency, gpus: int, batch: Floats) -> Floats:
    """Power of `gpus` GPUs while they decode a batch [W], between a floor at one sequence and a ceiling at many.

    share of TDP = floor + (ceiling - floor) * batch / (batch + half); between measured points, not below idle.
    """
    floor, ceiling = efficiency.decode_power_floor_fraction.value, efficiency.decode_power_ceiling_fraction.value
    share = floor + (ceiling - floor) * batch / (batch + efficiency.decode_power_half_tokens.value)
    return np.maximum(gpus * gpu.tdp_w.value * share, gpus * gpu.idle_w.value)


def host_j(server: Server, up_s: Floats, busy_s: Floats) -> Floats:
    """Energy of hosts [J] that were up for `up_s` [s] and fully busy for `busy_s` [s] of it: linear between the two."""
    return np.asarray(server.host_idle_w.value * up_s + (server.host_busy_w.value - server.host_idle_w.value) * busy_s)
