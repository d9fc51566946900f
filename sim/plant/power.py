"""What a replica and a server draw, by what they do."""

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types import Server
from sim.plant.replica import WEIGHT_BYTES, Replica
from sim.plant.steptime import (
    StepTimeLaw,
    expert_work,
    native_precision,
    reached_bytes_per_s,
    shared_work,
)

Floats = NDArray[np.float64]

TINY_SHARE = 1e-6
"""Share of an iteration that its kernels take at least: only so that nothing is divided by none."""


def gpu_w(replica: Replica, busy_share: Floats, memory_share: Floats, matrix_share: Floats) -> Floats:
    """Power of one GPU [W] that runs kernels for a share of the time, and in it uses shares of its peak rates.

    idle (1 - busy) + busy TDP (active + memory * share of peak bandwidth + matrix * (share of peak rate)^order),
    between idle power and TDP.

    >>> from sim.catalogue import read_catalogue
    >>> from sim.plant.replica import find_replica
    >>> book = read_catalogue(kinds=["models", "gpus", "generations", "efficiencies"])
    >>> one = find_replica(book, "llama_2_7b", "h100_sxm", "serving_2026")
    >>> gpu_w(one, *(np.array([0.0, 1.0]) for _ in range(3))).tolist()
    [121.6, 700.0]
    """
    kernels, tdp_w, idle_w = replica.kernels, replica.gpu.tdp_w.value, replica.gpu.idle_w.value
    dynamic = kernels.memory_power_fraction * memory_share
    dynamic = dynamic + kernels.matrix_power_fraction * matrix_share**kernels.matrix_power_order
    running = np.clip(tdp_w * (kernels.active_power_fraction + dynamic), idle_w, tdp_w)
    return np.asarray(idle_w + busy_share * (running - idle_w))


def iteration_w(replica: Replica, tokens: Floats, kv_tokens: Floats, duration_s: Floats) -> Floats:
    """Power of a replica's GPUs [W] during iterations of `tokens` [token] that read `kv_tokens` [token] of cache.

    While the host schedules an iteration the GPUs wait. Shares of the peak rates follow from what is streamed and
    multiplied in the rest of the time that the iteration takes.
    """
    stages = replica.layout.pipeline
    own = tokens / stages
    device_s = np.maximum(duration_s - replica.kernels.iteration_overhead_s, TINY_SHARE * duration_s)
    works = shared_work(replica, own), expert_work(replica, own)
    streamed = sum(work.stream_s for work in works) * reached_bytes_per_s(replica)
    cache = kv_tokens * replica.kv_values * WEIGHT_BYTES[replica.kv_precision] * replica.kv_copies
    memory_share = (streamed + cache / (replica.layout.data * stages)) / replica.gpu.memory_bytes_per_s.value
    reached = replica.kernels.matrix_share(native_precision(replica.gpu, replica.precision))
    matrix_share = reached * sum(work.multiply_s for work in works)
    shares = (np.minimum(share / device_s, 1.0) for share in (memory_share, matrix_share))
    return replica.layout.gpus * gpu_w(replica, device_s / duration_s, *shares)


def decode_w(replica: Replica, law: StepTimeLaw, batch: Floats) -> Floats:
    """Power of a replica's GPUs while they decode a batch [W], with half-way contexts where these are known."""
    context = replica.context_tokens if np.isfinite(replica.context_tokens) else 0.0
    cache = batch * context
    duration_s = np.interp(batch, np.arange(len(law.base_s)), law.base_s) + law.kv_s * cache
    return iteration_w(replica, batch, cache, duration_s)


def prefill_w(replica: Replica, law: StepTimeLaw, tokens: float) -> float:
    """Power of a replica's GPUs while they prefill `tokens` [token] an iteration [W]."""
    n = np.array([tokens])
    return float(iteration_w(replica, n, np.zeros(1), law.base_s[[int(tokens)]])[0])


def capped_speed(dynamic_share: float, cap_order: float) -> float:
    """Speed left when the power above idle is capped to a share of what the work would draw: share ** order.

    An order of one is speed in proportion to power; below one, slowing down saves more power than speed.

    >>> capped_speed(1.0, 0.74), round(capped_speed(0.74, 0.74), 2)
    (1.0, 0.8)
    """
    return float(dynamic_share**cap_order)


def host_j(server: Server, up_s: float, busy_s: float) -> float:
    """Energy of hosts [J] that were up for `up_s` [s] and fully busy for `busy_s` [s] of it: linear between the two.

    >>> from types import SimpleNamespace as Some
    >>> server = Some(host_idle_w=Some(value=1600.0), host_busy_w=Some(value=2200.0))
    >>> host_j(server, up_s=60.0, busy_s=30.0)
    114000.0
    """
    return server.host_idle_w.value * up_s + (server.host_busy_w.value - server.host_idle_w.value) * busy_s


def wall_w(server: Server, gpus_w: float, busy_share: float) -> float:
    """Power of a server at the wall [W] whose GPUs draw `gpus_w` [W] and are busy for a share of the time.

    >>> from types import SimpleNamespace as Some
    >>> wall_w(Some(host_idle_w=Some(value=1600.0), host_busy_w=Some(value=2200.0)), gpus_w=5000.0, busy_share=1.0)
    7200.0
    """
    return gpus_w + host_j(server, 1.0, busy_share)
