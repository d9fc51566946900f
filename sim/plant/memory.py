"""What fits into GPU memory: weights first, the KV cache in what is left."""

from sim.catalogue.types import Efficiency, Gpu, Model
from sim.plant.steptime import WEIGHT_BYTES


def weights_bytes(params: float, precision: str) -> float:
    """Memory of `params` weights [B] at a precision.

    >>> weights_bytes(70e9, "bf16")
    140000000000.0
    """
    return params * WEIGHT_BYTES[precision]


def kv_bytes_per_token(model: Model, kv_precision: str) -> float:
    """KV cache of one token over all layers [B]; grouped-query and latent attention are in the model's count.

    >>> from sim.catalogue import read_catalogue
    >>> kv_bytes_per_token(read_catalogue(kinds=["models"]).models["llama_2_70b"], "bf16")
    327680.0
    """
    return model.kv_values_per_token.value * WEIGHT_BYTES[kv_precision]


def usable_bytes(gpu: Gpu, efficiency: Efficiency, gpus: int) -> float:
    """Memory of `gpus` GPUs left for weights and KV [B], after activations and the framework's reserve.

    >>> from types import SimpleNamespace as Some
    >>> usable_bytes(Some(memory_bytes=Some(value=80e9)), Some(memory_reserve_fraction=Some(value=0.1)), gpus=8)
    576000000000.0
    """
    return gpus * gpu.memory_bytes.value * (1.0 - efficiency.memory_reserve_fraction.value)


def kv_room_bytes(model: Model, gpu: Gpu, efficiency: Efficiency, precision: str, gpus: int) -> float:
    """Memory left for the KV cache of a replica [B]; negative by as much as the weights do not fit.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["models", "gpus", "efficiencies"])
    >>> replica = book.models["llama_2_70b"], book.gpus["h100_sxm"], book.efficiencies["roofline_2026"]
    >>> kv_room_bytes(*replica, "bf16", gpus=8)
    438046703616.0
    """
    return usable_bytes(gpu, efficiency, gpus) - weights_bytes(model.params.value, precision)


def kv_room_tokens(model: Model, gpu: Gpu, efficiency: Efficiency, precision: str, kv_precision: str, gpus: int) -> int:
    """Tokens whose KV fits in a replica of `gpus` GPUs; zero where not even the weights do.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["models", "gpus", "efficiencies"])
    >>> replica = book.models["llama_2_70b"], book.gpus["h100_sxm"], book.efficiencies["roofline_2026"]
    >>> kv_room_tokens(*replica, "bf16", "bf16", gpus=8)
    1336812
    """
    room = kv_room_bytes(model, gpu, efficiency, precision, gpus)
    return max(0, int(room // kv_bytes_per_token(model, kv_precision)))
