"""A model on its GPUs: all that the laws of time, memory and power need to know of a replica."""

from dataclasses import dataclass
from math import inf

from sim.catalogue.catalogue import Catalogue
from sim.catalogue.types.compute import Gpu, Model
from sim.plant.gpu.efficiency import Kernels, kernels_of

WEIGHT_BYTES = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0, "fp4": 0.5, "int4": 0.5}
"""Bytes of one number in each format."""
NARROW = ("fp4", "int4")
"""Formats in which mixtures of experts are published with only their routed experts narrow, the rest at 16 bits."""
WIDE = "bf16"


@dataclass(frozen=True)
class Layout:
    """How a replica's work is divided among GPUs."""

    tensor: int = 1
    """GPUs that share every matrix."""
    data: int = 1
    """Groups that attend to different requests while experts are spread over all GPUs (attention data parallelism)."""
    pipeline: int = 1
    """Stages of layers, each on its own GPUs."""

    @property
    def stage(self) -> int:
        """GPUs of one stage."""
        return self.tensor * self.data

    @property
    def gpus(self) -> int:
        """GPUs of the replica."""
        return self.stage * self.pipeline


@dataclass(frozen=True)
class Replica:
    """One instance of a model."""

    model: Model
    """Its shape."""
    gpu: Gpu
    """The accelerator."""
    kernels: Kernels
    """What its software reaches there."""
    precision: str
    """Number format of weights and multiplications."""
    kv_precision: str
    """Number format of the KV cache."""
    layout: Layout
    """How it is divided."""
    context_tokens: float = inf
    """Context of a typical request half-way: how much of a window's layers counts; infinite where none is known."""

    @property
    def looked_up(self) -> float:
        """Weights that are looked up and never streamed: an embedding table of its own."""
        model = self.model
        tied = model.tied_embeddings is not None and bool(model.tied_embeddings.value)
        return 0.0 if tied else model.vocabulary.value * model.hidden.value

    @property
    def routed(self) -> float:
        """Weights of routed experts, from the total and the active count: r = (P - P_a) / (1 - a/E)."""
        model = self.model
        if not model.experts or not model.active_experts or not model.experts.value:
            return 0.0
        share = model.active_experts.value / model.experts.value
        return (model.params.value - model.active_params.value) / (1.0 - share)

    @property
    def shared(self) -> float:
        """Weights that every token is multiplied with."""
        return self.model.params.value - self.routed - self.looked_up

    @property
    def shared_precision(self) -> str:
        """Number format of weights outside routed experts."""
        return WIDE if self.precision in NARROW and self.routed else self.precision

    @property
    def whole_layers(self) -> float:
        """Layers' worth of attention to the whole context: a layer with a window counts as far as its window reaches.

        full + (layers - full) min(1, window / context); layers with recurrent state count nothing.
        """
        model = self.model
        full = model.attention_layers.value if model.attention_layers else model.layers.value
        if model.sliding_window_tokens is None:
            return full
        reach = min(1.0, model.sliding_window_tokens.value / self.context_tokens)
        return full + (model.layers.value - full) * reach

    @property
    def kv_values(self) -> float:
        """Numbers of KV cache a token that are kept and read, windows taken into account."""
        values = self.model.kv_values_per_token.value
        return values * self.whole_layers / self.model.layers.value if self.model.sliding_window_tokens else values

    @property
    def kv_copies(self) -> float:
        """Share of a token's KV that each GPU of its group holds: a head cannot be cut, a latent is kept whole."""
        if self.model.kv_lora_rank:
            return 1.0
        return max(1.0 / self.layout.tensor, 1.0 / self.model.kv_heads.value)

    @property
    def expert_layers(self) -> float:
        """Layers with experts."""
        dense = self.model.dense_layers.value if self.model.dense_layers else 0.0
        return self.model.layers.value - dense if self.routed else 0.0


def find_replica(
    book: Catalogue,
    model: str,
    gpu: str,
    efficiency: str,
    precision: str = WIDE,
    kv_precision: str = WIDE,
    layout: Layout | None = None,
    context_tokens: float = inf,
) -> Replica:
    """A replica by the names of its parts; on one GPU where no layout is given.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["models", "gpus", "generations", "efficiencies"])
    >>> find_replica(book, "gpt_oss_120b", "h100_sxm", "serving_2026").shared_precision
    'bf16'
    """
    accelerator = book.pick("gpus", gpu)
    kernels = kernels_of(book, efficiency, accelerator)
    shape = book.pick("models", model)
    return Replica(shape, accelerator, kernels, precision, kv_precision, layout or Layout(), context_tokens)
