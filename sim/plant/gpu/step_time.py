"""How long one iteration of a replica takes: streaming, multiplying, attending, summing, and what the host adds.

Mixtures of experts: how many of them a batch touches.

What it takes GPUs of one replica to tell each other their parts.
"""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types.compute import Gpu
from sim.plant.gpu.replica import WEIGHT_BYTES, WIDE, Replica

Floats = NDArray[np.float64]

FLOPS_PER_WEIGHT = 2.0
"""A multiplication and an addition."""


@dataclass(frozen=True)
class StepTimeLaw:
    """An iteration of n tokens that reads K tokens of KV and A attention pairs takes base[n] + kv K + attention A."""

    base_s: Floats
    """Time by tokens in the batch, from none."""
    kv_s: float
    """Time a KV token read."""
    attention_s: float
    """Time a pair of a prompt token and an earlier (or the same) token."""


@dataclass(frozen=True)
class Work:
    """What weights ask of each GPU of a replica, by tokens of the iteration; times at the rates that kernels reach."""

    stream_s: Floats
    """To stream weights from memory."""
    multiply_s: Floats
    """To multiply with them."""
    together_s: Floats
    """Both, as far as they overlap."""


def native_precision(gpu: Gpu, precision: str) -> str:
    """Format in which a GPU multiplies weights of a format: 4 bits it cannot multiply are widened to 16 on the way.

    >>> from sim.catalogue import read_catalogue
    >>> gpus = read_catalogue(kinds=["gpus", "generations"]).gpus
    >>> native_precision(gpus["h100_sxm"], "fp4"), native_precision(gpus["b200_sxm"], "fp4")
    ('bf16', 'fp4')
    """
    return WIDE if precision == "int4" or (precision == "fp4" and gpu.fp4_flops_per_s is None) else precision


def matrix_rate(gpu: Gpu, precision: str) -> float | None:
    """Dense matrix rate of a GPU [FLOP/s] at a precision, or None where the hardware has none.

    >>> from sim.catalogue import read_catalogue
    >>> matrix_rate(read_catalogue(kinds=["gpus", "generations"]).gpus["h100_sxm"], "bf16")
    989000000000000.0
    """
    fact = getattr(gpu, f"{precision}_flops_per_s")
    return fact.value if fact else None


def reached_flops_per_s(replica: Replica, precision: str) -> float:
    """Matrix rate that large multiplications reach on one GPU of a replica [FLOP/s]."""
    native = native_precision(replica.gpu, precision)
    rate = matrix_rate(replica.gpu, native)
    if rate is None:
        raise ValueError(f"{replica.gpu.title} has no {precision} matrix rate")
    return rate * replica.kernels.matrix_share(native)


def reached_bytes_per_s(replica: Replica) -> float:
    """Memory bandwidth that one GPU of a replica reaches [B/s]."""
    return replica.gpu.memory_bytes_per_s.value * replica.kernels.memory_fraction


def join(stream_s: Floats, multiply_s: Floats, order: float) -> Floats:
    """Time of work that streams and multiplies at once [s]: (stream^p + multiply^p)^(1/p), a rounded roofline.

    >>> join(np.array([3.0]), np.array([4.0]), 2.0).tolist(), join(np.array([3.0]), np.array([4.0]), inf).tolist()
    ([5.0], [4.0])
    """
    longest = np.maximum(stream_s, multiply_s)
    if order == inf:
        return longest
    shortest = np.minimum(stream_s, multiply_s)
    share = np.divide(shortest, longest, out=np.zeros_like(longest), where=longest > 0.0)
    return np.asarray(longest * (1.0 + share**order) ** (1.0 / order))


def shared_work(replica: Replica, tokens: Floats) -> Work:
    """Weights that every token needs, divided among the GPUs of a tensor-parallel group."""
    gpus, precision = replica.layout.tensor, replica.shared_precision
    size = replica.shared * WEIGHT_BYTES[precision]
    stream = np.full_like(tokens, size / (gpus * reached_bytes_per_s(replica)))
    flops = FLOPS_PER_WEIGHT * tokens / replica.layout.data * replica.shared
    multiply = flops / (gpus * reached_flops_per_s(replica, precision))
    return Work(stream, multiply, join(stream, multiply, replica.kernels.roofline_order))


def expert_work(replica: Replica, tokens: Floats) -> Work:
    """Routed experts, spread over all GPUs of a stage: those that a batch touches are streamed."""
    model, gpus, routed = replica.model, replica.layout.stage, replica.routed
    if not routed or model.experts is None or model.active_experts is None:
        return Work(*(np.zeros_like(tokens) for _ in range(3)))
    experts, active = model.experts.value, model.active_experts.value
    touched = routed * expert_fraction_touched(tokens, experts, active)
    stream = touched * WEIGHT_BYTES[replica.precision] / (gpus * reached_bytes_per_s(replica))
    rate = reached_flops_per_s(replica, replica.precision) * replica.kernels.expert_matrix_fraction
    multiply = FLOPS_PER_WEIGHT * tokens * routed * (active / experts) / (gpus * rate)
    return Work(stream, multiply, join(stream, multiply, replica.kernels.roofline_order))


def activation_s(replica: Replica, tokens: Floats) -> Floats:
    """Time of reading and writing the residual stream [s]: every GPU of a group does it for all the group's tokens."""
    model, own = replica.model, tokens / replica.layout.data
    size = own * model.layers.value * model.hidden.value * WEIGHT_BYTES[WIDE]
    return np.asarray(size * replica.kernels.activation_passes / reached_bytes_per_s(replica))


def state_s(replica: Replica, sequences: Floats) -> Floats:
    """Time to read and write the recurrent state of `sequences` [s], where layers keep one in place of a cache."""
    state = replica.model.state_values_per_request
    if state is None:
        return np.zeros_like(sequences)
    size = 2.0 * sequences * state.value * WEIGHT_BYTES[WIDE]
    return np.asarray(size / (replica.layout.stage * reached_bytes_per_s(replica)))


def host_s(replica: Replica, sequences: Floats) -> Floats:
    """Time that the GPUs wait for the host [s]: scheduling an iteration, sampling each sequence."""
    return replica.kernels.iteration_overhead_s + replica.kernels.sequence_overhead_s * sequences


def tails_s(replica: Replica) -> float:
    """Time of launches and the tails of small kernels [s], of each layer and of each layer's experts."""
    kernels = replica.kernels
    return kernels.layer_overhead_s * replica.model.layers.value + kernels.expert_overhead_s * replica.expert_layers


def tiles_s(replica: Replica, tokens: Floats) -> Floats:
    """Time of the tiles that each GPU of a stage computes for its experts that `tokens` touch [s], mostly padding."""
    model = replica.model
    if not replica.routed or model.experts is None or model.active_experts is None:
        return np.zeros_like(tokens)
    touched = model.experts.value * expert_fraction_touched(tokens, model.experts.value, model.active_experts.value)
    return np.asarray(replica.kernels.expert_tile_s * replica.expert_layers * touched / replica.layout.stage)


def launch_s(replica: Replica, prefills: NDArray[np.bool_]) -> Floats:
    """Host time to launch all kernels of an iteration [s]; the GPU works meanwhile."""
    kernels, layers = replica.kernels, replica.model.layers.value
    return layers * np.where(prefills, kernels.prefill_launch_layer_s, kernels.launch_layer_s)


def kv_token_s(replica: Replica) -> float:
    """Time to read a token of KV cache [s]; where a latent is attended to, not less than to multiply with it."""
    size = replica.kv_values * WEIGHT_BYTES[replica.kv_precision] * replica.kv_copies
    stream = size / (replica.layout.data * reached_bytes_per_s(replica))
    if replica.model.kv_lora_rank is None:
        return stream
    flops = FLOPS_PER_WEIGHT * 2.0 * replica.kv_values * replica.model.heads.value
    rate = replica.gpu.bf16_flops_per_s.value * replica.kernels.matrix_fraction
    return float(max(stream, flops / (replica.layout.stage * rate)))


def attention_pair_s(replica: Replica) -> float:
    """Time of a pair in prefill [s]: 2 FLOPs for each number of a query head and of a value head, over all layers."""
    model = replica.model
    rotary = model.rope_head_dim.value if model.rope_head_dim else 0.0
    width = 2.0 * model.head_dim.value + rotary
    flops = FLOPS_PER_WEIGHT * replica.whole_layers * model.heads.value * width
    rate = replica.gpu.bf16_flops_per_s.value * replica.kernels.attention_fraction
    return float(flops / (replica.layout.stage * rate))


def base_s(replica: Replica, tokens: Floats, most_sequences: float | Floats) -> Floats:
    """Time of an iteration of `tokens` [token] without KV and attention [s]; at most so many of them are sequences.

    In a pipeline of p stages the tokens are p micro-batches: a round of all of them lasts as long as one, of n/p
    tokens, takes through all stages. More tokens than sequences mean that some are prefilled.
    """
    n = tokens / replica.layout.pipeline
    sequences = np.minimum(n, most_sequences / replica.layout.pipeline)
    weights = shared_work(replica, n).together_s + expert_work(replica, n).together_s
    beside = host_s(replica, sequences) + tails_s(replica) + tiles_s(replica, n) + state_s(replica, sequences)
    links = all_reduce_s(n, replica) + stage_hand_over_s(n, replica)
    device = weights + activation_s(replica, n) + links
    return beside + join(device, launch_s(replica, n > sequences), replica.kernels.roofline_order)


def step_time_law(replica: Replica, tokens: int, most_sequences: float = inf) -> StepTimeLaw:
    """The law of a replica, tabulated up to `tokens` tokens an iteration.

    Valid from a few hundred million weights up, inside one server (or one NVLink domain).

    >>> from sim.catalogue import read_catalogue
    >>> from sim.plant.gpu.replica import Layout, find_replica
    >>> book = read_catalogue(kinds=["models", "gpus", "generations", "efficiencies"])
    >>> eight = find_replica(book, "llama_2_70b", "h100_sxm", "serving_2026", layout=Layout(tensor=8))
    >>> 0.006 < float(step_time_law(eight, tokens=1).base_s[1]) < 0.014
    True
    """
    table = base_s(replica, np.arange(tokens + 1, dtype=np.float64), most_sequences)
    stages = replica.layout.pipeline
    return StepTimeLaw(table, kv_token_s(replica) / stages, attention_pair_s(replica) / stages)


def expert_fraction_touched(tokens: Floats, experts: float, active: float) -> Floats:
    """Share of a layer's experts that at least one of `tokens` [token] uses, when each picks `active` of `experts`.

    1 - (1 - active / experts) ** tokens: choices taken as independent and even (balanced router).

    >>> float(expert_fraction_touched(np.array([4.0]), 8, 2)[0])
    0.68359375
    """
    return np.asarray(1.0 - (1.0 - active / experts) ** tokens)


ALL_REDUCES_PER_LAYER = 2
"""Tensor parallelism joins partial sums once after attention and once after the feed-forward layer."""


def all_reduce_s(tokens: Floats, replica: Replica) -> Floats:
    """Time of all sums of an iteration [s] over `tokens` [token]: latency plus ring traffic over the GPU links.

    2 layers (latency + tokens * hidden * 2 bytes * 2 (g - 1) / g / (link rate * link_fraction)) among the g GPUs of a
    stage; activations stay at 16 bits; messages from `large_message_bytes` on take a slower path. Under attention data
    parallelism a GPU speaks for its own group's tokens, and what experts exchange is taken to be as much as the sums
    they replace.

    >>> from sim.catalogue import read_catalogue
    >>> from sim.plant.gpu.replica import find_replica
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
