"""What the catalogue describes of GPUs and models; one field a claim."""

from pydantic import model_validator

from sim.catalogue.entry import Entry
from sim.catalogue.facts import Fact


class Gpu(Entry):
    """One accelerator."""

    generation: str
    """Catalogue name of its generation."""
    aliases: str = ""
    """Other names it goes by, with spaces between."""
    bf16_flops_per_s: Fact
    """Dense matrix rate at 16 bits."""
    fp8_flops_per_s: Fact | None = None
    """Dense matrix rate at 8-bit floating point, where the hardware has it."""
    fp4_flops_per_s: Fact | None = None
    """Dense matrix rate at 4-bit floating point, where the hardware has it."""
    int8_flops_per_s: Fact | None = None
    """Dense matrix rate at 8-bit integers, where the hardware has it."""
    memory_bytes: Fact
    """Memory on the package."""
    memory_bytes_per_s: Fact
    """Peak memory bandwidth."""
    link_bytes_per_s: Fact
    """Bandwidth to the other GPUs of the server, one direction."""
    tdp_w: Fact
    """Power limit."""
    idle_w: Fact
    """Power when loaded with a model and idle."""
    bare_idle_w: Fact
    """Power when nothing is loaded."""


class Model(Entry):
    """A transformer's shape: enough to count its weights, its FLOPs and its KV cache."""

    aliases: str = ""
    """Other names it goes by, and models of the same shape, with spaces between."""
    layers: Fact
    """Transformer layers."""
    hidden: Fact
    """Width of the residual stream."""
    heads: Fact
    """Attention heads."""
    kv_heads: Fact
    """Key-value heads: fewer than heads under grouped-query attention."""
    head_dim: Fact
    """Width of a head."""
    params: Fact
    """Weights in all."""
    active_params: Fact
    """Weights that one token touches."""
    kv_values_per_token: Fact
    """Numbers kept in the KV cache a token, over all layers, whatever their precision."""
    max_context_tokens: Fact
    """Longest prompt and answer together."""
    ffn: Fact
    """Width of the dense feed-forward layer (of one expert where there is no other)."""
    vocabulary: Fact
    """Entries of the embedding."""
    experts: Fact | None = None
    """Experts a layer, in a mixture of experts."""
    active_experts: Fact | None = None
    """Routed experts a token uses."""
    shared_experts: Fact | None = None
    """Experts that every token uses."""
    expert_ffn: Fact | None = None
    """Width of one expert."""
    dense_layers: Fact | None = None
    """Layers without experts."""
    kv_lora_rank: Fact | None = None
    """Latent width of multi-head latent attention."""
    rope_head_dim: Fact | None = None
    """Width of the rotary part kept beside the latent."""
    sliding_window_tokens: Fact | None = None
    """Window of the layers that attend locally."""
    attention_layers: Fact | None = None
    """Layers that attend to the whole context, where not all do; others have a window, or a state for a cache."""
    state_values_per_request: Fact | None = None
    """Numbers of recurrent state a request, over all layers without a cache."""
    tied_embeddings: Fact | None = None
    """1 where one table serves as embedding and as output layer."""

    @model_validator(mode="after")
    def _more_than_words(self) -> "Model":
        """Refuse a model with fewer weights than its table of words has."""
        words = self.vocabulary.value * self.hidden.value
        if self.params.value <= words:
            raise ValueError(f"its params, {self.params.value:g}, are no more than its embedding has, {words:g}")
        return self
