"""What a replica and a server draw, by what they do."""

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types import Efficiency, Gpu, Server

Floats = NDArray[np.float64]


def prefill_w(gpu: Gpu, efficiency: Efficiency, gpus: int) -> float:
    """Power of `gpus` GPUs while they prefill [W]: matrix work keeps them at, or close to, their limit.

    >>> from types import SimpleNamespace as Some
    >>> prefill_w(Some(tdp_w=Some(value=700.0)), Some(prefill_power_fraction=Some(value=1.0)), gpus=8)
    5600.0
    """
    return gpus * gpu.tdp_w.value * efficiency.prefill_power_fraction.value


def decode_w(gpu: Gpu, efficiency: Efficiency, gpus: int, batch: Floats) -> Floats:
    """Power of `gpus` GPUs while they decode a batch [W], between a floor at one sequence and a ceiling at many.

    share of TDP = floor + (ceiling - floor) * batch / (batch + half); between measured points, not below idle.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["gpus", "efficiencies"])
    >>> decode_w(book.gpus["h100_sxm"], book.efficiencies["roofline_2026"], 8, np.array([0.0, 48.0])).round(3).tolist()
    [3584.0, 4396.0]
    """
    floor, ceiling = efficiency.decode_power_floor_fraction.value, efficiency.decode_power_ceiling_fraction.value
    share = floor + (ceiling - floor) * batch / (batch + efficiency.decode_power_half_tokens.value)
    return np.maximum(gpus * gpu.tdp_w.value * share, gpus * gpu.idle_w.value)


def host_j(server: Server, up_s: float, busy_s: float) -> float:
    """Energy of hosts [J] that were up for `up_s` [s] and fully busy for `busy_s` [s] of it: linear between the two.

    >>> from types import SimpleNamespace as Some
    >>> server = Some(host_idle_w=Some(value=1600.0), host_busy_w=Some(value=2200.0))
    >>> host_j(server, up_s=60.0, busy_s=30.0)
    114000.0
    """
    return server.host_idle_w.value * up_s + (server.host_busy_w.value - server.host_idle_w.value) * busy_s
