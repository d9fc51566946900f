"""What the catalogue describes: one class a file, one field a claim."""

from sim.catalogue.demand_types import Clients, Lengths, Shape, Week
from sim.catalogue.entry import Entry
from sim.catalogue.facts import Fact, Series, Table
from sim.catalogue.plant_types import Chiller, ColdStart, Cooling, Delivery, Hazard, Thermals
from sim.catalogue.price_types import Article, Currency, PriceBook, Rental


class Gpu(Entry):
    """One accelerator."""

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


class Server(Entry):
    """A server with its GPUs, its power beside them and its price by component."""

    gpu: str
    """Catalogue name of its GPU."""
    gpus: Fact
    """GPUs in a server."""
    cpus: Fact
    """CPU sockets in a server."""
    host_idle_w: Fact
    """Wall power beside the GPUs when idle: CPUs, memory, switches, network cards, fans, conversion."""
    host_busy_w: Fact
    """The same with all GPUs busy."""
    asleep_w: Fact
    """Power of the whole server when asleep: management controller and supplies on standby."""
    storage_w: Fact
    """Power of its share of storage."""
    network_w: Fact
    """Power of its share of the cluster network."""
    nameplate_w: Fact
    """Largest power it may draw."""
    server_usd: Fact
    """Price of the server without GPUs, CPUs, memory, storage and network."""
    gpu_usd: Fact
    """Price of one GPU."""
    cpu_usd: Fact
    """Price of one CPU."""
    memory_usd: Fact
    """Price of a server's memory."""
    storage_usd: Fact
    """Price of its share of storage."""
    network_usd: Fact
    """Price of its share of the cluster network."""
    rack_usd: Fact
    """Price of its share of a rack with power strips and cables."""


class Model(Entry):
    """A transformer's shape: enough to count its weights, its FLOPs and its KV cache."""

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
    """Window of the layers that attend locally (every second one)."""


class Site(Entry):
    """A place: its weather, its electricity, its labour."""

    utc_offset_h: Fact
    """Local standard time less UTC."""
    dry_bulb_c: Table
    """Typical outdoor temperature, twelve months by 24 local hours."""
    wet_bulb_c: Table
    """Typical wet-bulb temperature, twelve months by 24 local hours."""
    dry_bulb_spread_k: Series
    """Standard deviation of a day's mean temperature, by month."""
    wet_bulb_spread_k: Series
    """Standard deviation of a day's mean wet bulb, by month."""
    design_dry_bulb_c: Fact
    """Outdoor temperature that cooling is sized for."""
    design_wet_bulb_c: Fact
    """Wet bulb that cooling is sized for."""
    electricity_usd_per_kwh: Fact
    """Mean price that a data centre pays."""
    electricity_shape: Series
    """Price by local hour, relative to its mean over the day."""
    carbon_g_per_kwh: Fact
    """Carbon intensity of the grid's electricity, by place and not by contract."""
    carbon_shape: Series
    """Carbon intensity by local hour, relative to its mean over the day."""
    technician_usd_per_h: Fact
    """An hour of a technician, with all that an employer pays."""
    colocation_usd_per_kw_month: Fact
    """Rent of a furnished hall, land included, a kW of contracted power and month; electricity is paid apart."""
    facility_usd_per_w: Fact
    """Building a hall, a watt of IT power."""
    water_usd_per_m3: Fact
    """Water with sewerage."""


class Efficiency(Entry):
    """How far real kernels stay below the data sheet."""

    memory_fraction: Fact
    """Share of peak memory bandwidth that streaming weights and KV reach."""
    matrix_fraction: Fact
    """Share of the peak matrix rate that large multiplications reach."""
    attention_fraction: Fact
    """Share of the peak matrix rate that prefill attention reaches."""
    iteration_overhead_s: Fact
    """Time of an iteration beside kernels: scheduling, launches, sampling."""
    collective_latency_s: Fact
    """Latency of one all-reduce among the GPUs of a server."""
    link_fraction: Fact
    """Share of the link bandwidth that an all-reduce reaches."""
    memory_reserve_fraction: Fact
    """Share of GPU memory not given to weights and KV: activations, framework, fragmentation."""
    prefill_power_fraction: Fact
    """GPU power while prefilling, as a share of TDP."""
    decode_power_floor_fraction: Fact
    """GPU power while decoding one sequence, as a share of TDP."""
    decode_power_ceiling_fraction: Fact
    """GPU power while decoding many sequences, as a share of TDP."""
    decode_power_half_tokens: Fact
    """Batch at which decode power is half-way between the two."""


KINDS: dict[str, type[Entry]] = {
    "gpus": Gpu,
    "servers": Server,
    "models": Model,
    "sites": Site,
    "prices": PriceBook,
    "rentals": Rental,
    "currencies": Currency,
    "hazards": Hazard,
    "cooling": Cooling,
    "chillers": Chiller,
    "thermals": Thermals,
    "delivery": Delivery,
    "starts": ColdStart,
    "efficiencies": Efficiency,
    "shapes": Shape,
    "weeks": Week,
    "clients": Clients,
    "lengths": Lengths,
    "article": Article,
}
"""File name of each kind of entry, without `.yaml`."""

ENTRY_DEFAULTS = ("source", "known")
"""Keys an entry may give once, for all its bare numbers."""
