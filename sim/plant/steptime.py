"""How long one iteration of a replica takes: a roofline over weights, arithmetic and collectives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types import Efficiency, Gpu, Model

Floats = NDArray[np.float64]

WEIGHT_BYTES = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0, "fp4": 0.5}
"""Bytes of one number in each format."""
ALL_REDUCES_PER_LAYER = 2
"""Tensor parallelism joins partial sums once after attention and once after the feed-forward layer."""


@dataclass(frozen=True)
class StepTimeLaw:
    """An iteration of n tokens that reads K tokens of KV and A attention pairs takes base[n] + kv K + attention A."""

    base_s: Floats
    """Time by tokens in the batch, from none."""
    kv_s: float
    """Time a KV token read."""
    attention_s: float
    """Time a pair of a prompt token and an earlier (or the same) token."""


def matrix_rate(gpu: Gpu, precision: str) -> float | None:
    """Dense matrix rate of a GPU [FLOP/s] at a precision, or None where the hardware has none.

    >>> from sim.catalogue import read_catalogue
    >>> matrix_rate(read_catalogue(kinds=["gpus"]).gpus["h100_sxm"], "bf16")
    989000000000000.0
    """
    fact = getattr(gpu, f"{precision}_flops_per_s")
    return fact.value if fact else None


def expert_fraction_touched(tokens: Floats, experts: float, active: float) -> Floats:
    """Share of a layer's experts that at least one of `tokens` [token] uses, when each picks `active` of `experts`.

    1 - (1 - active / experts) ** tokens: choices taken as independent and even (balanced router).

    >>> float(expert_fraction_touched(np.array([4.0]), 8, 2)[0])
    0.68359375
    """
    return np.asarray(1.0 - (1.0 - active / experts) ** tokens)


def weights_read(model: Model, tokens: Floats) -> Floats:
    """Weights that an iteration of `tokens` [token] streams from memory; all of them in a dense model.

    The split into shared and routed weights follows from the total and the active count.

    >>> from sim.catalogue import read_catalogue
    >>> model = read_catalogue(kinds=["models"]).models["mixtral_8x7b"]
    >>> weights_read(model, np.array([1.0])).round().tolist() == [model.active_params.value]
    True
    """
    if model.experts is None or model.active_experts is None or not model.experts.value:
        return np.full_like(tokens, model.params.value)
    experts, active = model.experts.value, model.active_experts.value
    routed = (model.params.value - model.active_params.value) / (1.0 - active / experts)
    return model.params.value - routed + routed * expert_fraction_touched(tokens, experts, active)


def all_reduce_s(tokens: Floats, model: Model, gpu: Gpu, efficiency: Efficiency, gpus: int) -> Floats:
    """Time of all tensor-parallel sums of an iteration [s]: latency plus ring traffic over the GPU links.

    bytes = tokens * hidden * 2 (activations stay at 16 bits), each sent 2 (gpus - 1) / gpus times.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["models", "gpus", "efficiencies"])
    >>> replica = book.models["llama_2_70b"], book.gpus["h100_sxm"], book.efficiencies["roofline_2026"]
    >>> all_reduce_s(np.array([1.0]), *replica, gpus=8).round(9).tolist()
    [0.000862564]
    """
    if gpus == 1:
        return np.zeros_like(tokens)
    sums = ALL_REDUCES_PER_LAYER * model.layers.value
    sent = tokens * model.hidden.value * WEIGHT_BYTES["bf16"] * 2.0 * (gpus - 1) / gpus
    link_bytes_per_s = gpu.link_bytes_per_s.value * efficiency.link_fraction.value
    return sums * (efficiency.collective_latency_s.value + sent / link_bytes_per_s)


def step_time_law(
    model: Model, gpu: Gpu, efficiency: Efficiency, precision: str, kv_precision: str, gpus: int, tokens: int
) -> StepTimeLaw:
    """The law of a replica of `gpus` GPUs, tabulated up to `tokens` tokens an iteration.

    base[n] = max(weights read / bandwidth, 2 n active weights / matrix rate) + all-reduce + overhead;
    kv = KV bytes a token / bandwidth; attention = 4 layers heads head_dim FLOPs a pair.
    Valid where kernels are bound by memory or arithmetic, that is from a few hundred million weights up.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["models", "gpus", "efficiencies"])
    >>> replica = book.models["llama_2_70b"], book.gpus["h100_sxm"], book.efficiencies["roofline_2026"]
    >>> round(float(step_time_law(*replica, "bf16", "bf16", gpus=8, tokens=1).base_s[1]), 9)
    0.009046952
    """
    rate = matrix_rate(gpu, precision)
    if rate is None:
        raise ValueError(f"{gpu.title} has no {precision} matrix rate")
    n = np.arange(tokens + 1, dtype=np.float64)
    bandwidth = gpus * gpu.memory_bytes_per_s.value * efficiency.memory_fraction.value
    streaming = weights_read(model, n) * WEIGHT_BYTES[precision] / bandwidth
    arithmetic = 2.0 * n * model.active_params.value / (gpus * rate * efficiency.matrix_fraction.value)
    base = np.maximum(streaming, arithmetic) + all_reduce_s(n, model, gpu, efficiency, gpus)
    kv_bytes = model.kv_values_per_token.value * WEIGHT_BYTES[kv_precision]
    pair_flops = 2.0 * 2.0 * model.layers.value * model.heads.value * model.head_dim.value
    attention = pair_flops / (gpus * gpu.bf16_flops_per_s.value * efficiency.attention_fraction.value)
    return StepTimeLaw(base + efficiency.iteration_overhead_s.value, kv_bytes / bandwidth, attention)
