"""What the catalogue describes of GPUs and models; one field a claim.

How far a generation of GPUs, and the software that serves on it, stay below the data sheet; what benchmarks ask.
"""

from pydantic import model_validator

from sim.catalogue.parameter import Entry, Fact


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


class Generation(Entry):
    """What kernels reach on one generation of GPUs, whoever calls them."""

    memory_fraction: Fact
    """Share of peak memory bandwidth that streaming weights and KV reach."""
    matrix_fraction: Fact
    """Share of the peak 16-bit matrix rate that large multiplications reach; of 8-bit integers too."""
    fp8_matrix_fraction: Fact
    """The same at 8-bit floating point."""
    fp4_matrix_fraction: Fact
    """The same at 4-bit floating point."""
    expert_matrix_fraction: Fact
    """Rate of the grouped multiplications of a mixture of experts, as a share of that of large ones."""
    attention_fraction: Fact
    """Share of the peak 16-bit matrix rate that prefill attention reaches, of the pairs that count."""
    link_fraction: Fact
    """Share of the link bandwidth that an all-reduce reaches."""
    active_power_fraction: Fact
    """GPU power with an engine running, clocks up, that neither streams nor multiplies, as a share of TDP."""
    memory_power_ratio: Fact
    """What memory read at its peak rate adds, as a share of TDP."""
    matrix_power_ratio: Fact
    """What matrix units would add at their peak rate if nothing kept a GPU to its TDP, as a share of TDP."""
    sequence_power_fraction: Fact
    """What sampling and other work on sequences adds while it lasts, as a share of TDP."""
    power_order: Fact
    """Order p of the norm x / (1 + x^p)^(1/p) that keeps power below TDP; the greater, the sharper."""


class Efficiency(Entry):
    """What the software that serves adds; where it differs from the generation's kernels, it says so."""

    iteration_overhead_s: Fact
    """Time of an iteration beside kernels, whatever the model: scheduling, launches, sampling."""
    layer_overhead_s: Fact
    """Time of a layer beside what it streams and multiplies: launches and the tails of small kernels."""
    expert_overhead_s: Fact
    """What a layer with experts takes beyond that: routing, sorting, gathering."""
    expert_tile_s: Fact | None = None
    """What each expert that a batch touches takes beyond streaming: multiplying tiles that are mostly padding."""
    sequence_overhead_s: Fact
    """Time a sequence of the batch: scheduling, sampling, detokenising, on the host."""
    launch_layer_s: Fact | None = None
    """Host time to launch a layer's kernels one by one, beside which the GPU works; none where graphs are replayed."""
    prefill_launch_layer_s: Fact | None = None
    """The same in an iteration with prefill."""
    poll_iterations: Fact | None = None
    """Mean iterations before the engine looks for a new request; none where it looks each time."""
    large_message_bytes: Fact | None = None
    """Message of an all-reduce from which it takes a slower path; none where there is one path."""
    large_link_fraction: Fact | None = None
    """Share of the link bandwidth on that path."""
    activation_passes: Fact
    """Reads and writes of the residual stream's width a layer and token, on every GPU of a tensor-parallel group."""
    collective_latency_s: Fact
    """Latency of one all-reduce among the GPUs of a server."""
    first_token_overhead_s: Fact
    """From a request's arrival to its queue, and from the first token to the client: HTTP, tokeniser, network."""
    roofline_order: Fact
    """Order p of the norm (stream^p + multiply^p)^(1/p) that joins memory and arithmetic; the greater, the sharper."""
    memory_reserve_fraction: Fact
    """Share of GPU memory not given to weights and KV: activations, framework, fragmentation."""
    memory_fraction: Fact | None = None
    """As a generation's, where this software differs."""
    matrix_fraction: Fact | None = None
    """As a generation's, where this software differs."""
    fp8_matrix_fraction: Fact | None = None
    """As a generation's, where this software differs."""
    fp4_matrix_fraction: Fact | None = None
    """As a generation's, where this software differs."""
    expert_matrix_fraction: Fact | None = None
    """As a generation's, where this software differs."""
    attention_fraction: Fact | None = None
    """As a generation's, where this software differs."""
    link_fraction: Fact | None = None
    """As a generation's, where this software differs."""
    active_power_fraction: Fact | None = None
    """As a generation's, where this software differs."""
    memory_power_ratio: Fact | None = None
    """As a generation's, where this software differs."""
    matrix_power_ratio: Fact | None = None
    """As a generation's, where this software differs."""
    sequence_power_fraction: Fact | None = None
    """As a generation's, where this software differs."""


class Benchmark(Entry):
    """What a public benchmark asks of a server, where its result files do not say it."""

    prompt_tokens: Fact
    """Mean prompt, what pictures become included."""
    output_tokens: Fact | None = None
    """Mean answer, where the results do not tell it."""
    media_s: Fact | None = None
    """Time that a request's pictures or film hold up a batch, on the part of a host that one GPU has to itself."""
    crowded_above_requests: Fact | None = None
    """Batch beyond which runs on one GPU of a B200 server waited for a host that they shared."""
    server_fraction: Fact | None = None
    """Throughput that waiting for a first token leaves of what the limit on time per token allows."""
    tail_ratio: Fact | None = None
    """Slowest hundredth of times per token over their mean."""
    cap_fraction: Fact | None = None
    """Power limit of runs for efficiency, as a share of TDP."""
    cap_order: Fact | None = None
    """Speed left under a power limit is the share of power above idle to this order."""
