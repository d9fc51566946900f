"""What fits into GPU memory: weights first, the KV cache in what is left."""

from sim.plant.gpu.replica import WEIGHT_BYTES, Replica


def weights_bytes(replica: Replica) -> float:
    """Memory of a replica's weights [B], over all its GPUs; what is kept once a data-parallel group counts for each.

    >>> from sim.catalogue import read_catalogue
    >>> from sim.plant.gpu.replica import find_replica
    >>> book = read_catalogue(kinds=["models", "gpus", "generations", "efficiencies"])
    >>> weights_bytes(find_replica(book, "llama_2_70b", "h100_sxm", "serving_2026")) / 1e9
    137.953296384
    """
    kept = replica.shared + replica.looked_up
    shared = kept * WEIGHT_BYTES[replica.shared_precision] * replica.layout.data
    return shared + replica.routed * WEIGHT_BYTES[replica.precision]


def kv_bytes_per_token(replica: Replica) -> float:
    """KV cache of one token over all layers and all copies of it [B].

    Grouped-query and latent attention are in the model's count; a head cannot be cut, so beyond one head a GPU the
    cache is copied, and a latent is kept whole on every GPU of a tensor-parallel group.

    >>> from sim.catalogue import read_catalogue
    >>> from sim.plant.gpu.replica import Layout, find_replica
    >>> book = read_catalogue(kinds=["models", "gpus", "generations", "efficiencies"])
    >>> kv_bytes_per_token(find_replica(book, "llama_2_70b", "h100_sxm", "serving_2026", layout=Layout(tensor=8)))
    327680.0
    """
    return replica.kv_values * WEIGHT_BYTES[replica.kv_precision] * replica.kv_copies * replica.layout.tensor


def usable_bytes(replica: Replica) -> float:
    """Memory of a replica's GPUs left for weights and KV [B], after activations and the framework's reserve."""
    return replica.layout.gpus * replica.gpu.memory_bytes.value * (1.0 - replica.kernels.memory_reserve_fraction)


def kv_room_bytes(replica: Replica) -> float:
    """Memory left for the KV cache of a replica [B]; negative by as much as the weights do not fit."""
    return usable_bytes(replica) - weights_bytes(replica)


def kv_room_tokens(replica: Replica) -> int:
    """Tokens whose KV fits in a replica; zero where not even the weights do.

    >>> from sim.catalogue import read_catalogue
    >>> from sim.plant.gpu.replica import Layout, find_replica
    >>> book = read_catalogue(kinds=["models", "gpus", "generations", "efficiencies"])
    >>> kv_room_tokens(find_replica(book, "llama_2_70b", "h100_sxm", "serving_2026", layout=Layout(tensor=8)))
    1466451
    """
    return max(0, int(kv_room_bytes(replica) // kv_bytes_per_token(replica)))
