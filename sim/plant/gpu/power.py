"""What a replica and a server draw, by what they do."""

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types import Server
from sim.plant.gpu.replica import WEIGHT_BYTES, Replica
from sim.plant.gpu.step_time import (
    StepTimeLaw,
    expert_work,
    native_precision,
    reached_bytes_per_s,
    shared_work,
    state_s,
    tiles_s,
)

Floats = NDArray[np.float64]


def matrix_share(replica: Replica, precision: str) -> float:
    """Share of the peak matrix rate that large multiplications of a format reach on a replica's GPUs."""
    return replica.kernels.matrix_share(native_precision(replica.gpu, precision))


def gpu_w(replica: Replica, memory_share: Floats, matrix_share: Floats, sequence_share: Floats) -> Floats:
    """Power of one GPU [W] whose engine uses shares of its peak rates, and works on sequences for a share of the time.

    TDP x / (1 + x^p)^(1/p), no less than idle power, with
    x = active + memory * share of peak bandwidth + matrix * share of peak rate + sequence * share of the time.
    Fitted to steady batches of ML.ENERGY v3 on H100 and B200 (source fitted_power); shares lie between 0 and 1.

    >>> from sim.catalogue import read_catalogue
    >>> from sim.plant.gpu.replica import find_replica
    >>> book = read_catalogue(kinds=["models", "gpus", "generations", "efficiencies"])
    >>> one = find_replica(book, "llama_2_7b", "h100_sxm", "serving_2026")
    >>> gpu_w(one, *(np.array([0.0, 1.0]) for _ in range(3))).round().tolist()
    [160.0, 700.0]
    """
    kernels, tdp_w = replica.kernels, replica.gpu.tdp_w.value
    asked = kernels.active_power_fraction + kernels.memory_power_ratio * memory_share
    asked = asked + kernels.matrix_power_ratio * matrix_share + kernels.sequence_power_fraction * sequence_share
    drawn = asked / (1.0 + asked**kernels.power_order) ** (1.0 / kernels.power_order)
    return np.maximum(replica.gpu.idle_w.value, tdp_w * drawn)


def iteration_w(replica: Replica, tokens: Floats, kv_tokens: Floats, duration_s: Floats, sequences: Floats) -> Floats:
    """Power of a replica's GPUs [W] during iterations of `tokens` [token] that read `kv_tokens` [token] of cache.

    Shares of the peak rates follow from what is streamed and multiplied in the time that an iteration takes; padded
    tiles of experts keep matrix units as busy as large multiplications do.
    """
    stages, peak = replica.layout.pipeline, replica.gpu.memory_bytes_per_s.value
    own, of_stage = tokens / stages, sequences / stages
    shared, experts = shared_work(replica, own), expert_work(replica, own)
    streaming_s = shared.stream_s + experts.stream_s + state_s(replica, of_stage)
    cache = kv_tokens * replica.kv_values * WEIGHT_BYTES[replica.kv_precision] * replica.kv_copies
    memory_s = (streaming_s * reached_bytes_per_s(replica) + cache / (replica.layout.data * stages)) / peak
    matrix_s = matrix_share(replica, replica.shared_precision) * shared.multiply_s
    matrix_s = matrix_s + matrix_share(replica, replica.precision) * (experts.multiply_s + tiles_s(replica, own))
    sequence_s = replica.kernels.sequence_overhead_s * of_stage
    shares = (np.minimum(spent / duration_s, 1.0) for spent in (memory_s, matrix_s, sequence_s))
    return replica.layout.gpus * gpu_w(replica, *shares)


def decode_w(replica: Replica, law: StepTimeLaw, batch: Floats) -> Floats:
    """Power of a replica's GPUs while they decode a batch [W], with half-way contexts where these are known."""
    context = replica.context_tokens if np.isfinite(replica.context_tokens) else 0.0
    cache = batch * context
    duration_s = np.interp(batch, np.arange(len(law.base_s)), law.base_s) + law.kv_s * cache
    return iteration_w(replica, batch, cache, duration_s, batch)


def prefill_w(replica: Replica, law: StepTimeLaw, tokens: float) -> float:
    """Power of a replica's GPUs while they prefill `tokens` [token] an iteration [W]."""
    n = np.array([tokens])
    return float(iteration_w(replica, n, np.zeros(1), law.base_s[[int(tokens)]], np.zeros(1))[0])


def capped_speed(power_fraction: float, exponent: float) -> float:
    """Speed factor [1] of GPUs that are given a share of the power they want above idle: share ** exponent.

    Args:
        power_fraction: Power given over power wanted, both above idle [1]; values outside 0..1 count as the nearer end.
        exponent: Below one, slowing down saves more power than speed; the catalogue has it by way of delivery
            (`capped_exponent`) and by benchmark (`cap_order`).

    The published trade: a limit of 960 W on GPUs of 1,200 W brought 11 % more throughput per watt, 0.8^k = 0.8 * 1.11.

    >>> capped_speed(1.0, 0.74), round(capped_speed(0.74, 0.74), 2), round(capped_speed(0.8, 0.53), 3)
    (1.0, 0.8, 0.888)
    """
    return float(min(1.0, max(0.0, power_fraction)) ** exponent)


def power_at_speed(speed: float, exponent: float) -> float:
    """Share of their power above idle [1] that capped GPUs draw at a speed factor: the inverse of `capped_speed`.

    >>> round(power_at_speed(capped_speed(0.7, 0.74), 0.74), 9)
    0.7
    """
    return float(speed ** (1.0 / exponent))


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
