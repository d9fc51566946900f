"""Replicas for tests, by the names of their parts."""

from sim.catalogue import read_catalogue
from sim.plant.gpu.replica import Layout, Replica, find_replica

BOOK = read_catalogue(kinds=["models", "gpus", "generations", "efficiencies", "servers"])


def replica_of(model="llama_2_70b", gpu="h100_sxm", gpus=8, precision="bf16", kv="bf16", **more) -> Replica:
    """A replica on so many GPUs, with the efficiencies of mixed software unless others are named."""
    efficiency = more.pop("efficiency", "serving_2026")
    layout = more.pop("layout", Layout(tensor=gpus))
    return find_replica(BOOK, model, gpu, efficiency, precision, kv, layout, **more)
