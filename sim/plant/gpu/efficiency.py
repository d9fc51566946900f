"""What kernels and software reach on a GPU: the generation's efficiencies with those of the software over them."""

from dataclasses import MISSING, dataclass, fields
from math import inf

from sim.catalogue.catalogue import Catalogue
from sim.catalogue.types.compute import Efficiency, Generation, Gpu


@dataclass(frozen=True)
class Kernels:
    """Efficiencies of one software on one generation of GPUs; each is told in sim.catalogue.types.compute."""

    memory_fraction: float
    """Share of peak memory bandwidth."""
    matrix_fraction: float
    """Share of the peak matrix rate at 16 bits, and at 8-bit integers."""
    fp8_matrix_fraction: float
    """Share of the peak matrix rate at 8-bit floating point."""
    fp4_matrix_fraction: float
    """Share of the peak matrix rate at 4-bit floating point."""
    expert_matrix_fraction: float
    """Grouped multiplications of experts over large ones."""
    attention_fraction: float
    """Share of the peak 16-bit matrix rate in prefill attention."""
    link_fraction: float
    """Share of the link bandwidth in an all-reduce."""
    active_power_fraction: float
    """Power of a GPU with an engine running, as a share of TDP."""
    memory_power_ratio: float
    """What memory at its peak rate adds, as a share of TDP."""
    matrix_power_ratio: float
    """What matrix units would add at their peak rate, as a share of TDP."""
    sequence_power_fraction: float
    """What work on sequences adds, as a share of TDP."""
    power_order: float
    """Order of the norm that keeps power below TDP."""
    iteration_overhead_s: float
    """Time of an iteration beside kernels."""
    layer_overhead_s: float
    """Time of a layer beside streaming and multiplying."""
    expert_overhead_s: float
    """The same of a layer's experts."""
    sequence_overhead_s: float
    """Host time a sequence."""
    activation_passes: float
    """Reads and writes of the residual stream a layer and token."""
    collective_latency_s: float
    """Latency of one all-reduce."""
    first_token_overhead_s: float
    """Front end before the queue and after the first token."""
    roofline_order: float
    """Order of the norm that joins memory and arithmetic."""
    memory_reserve_fraction: float
    """Share of memory for neither weights nor KV."""
    expert_tile_s: float = 0.0
    """Time of each expert that is touched, beside streaming."""
    launch_layer_s: float = 0.0
    """Host time to launch a layer's kernels."""
    prefill_launch_layer_s: float = 0.0
    """The same in an iteration with prefill."""
    poll_iterations: float = 0.0
    """Iterations before a new request is seen."""
    large_message_bytes: float = inf
    """Message from which an all-reduce takes a slower path."""
    large_link_fraction: float = 1.0
    """Share of the link bandwidth on that path."""

    def matrix_share(self, precision: str) -> float:
        """Share of the peak matrix rate at a number format."""
        shares = {"fp8": self.fp8_matrix_fraction, "fp4": self.fp4_matrix_fraction}
        return shares.get(precision, self.matrix_fraction)


NAMES = tuple(field.name for field in fields(Kernels))
"""Names of all efficiencies."""
_DEFAULTS = {field.name: field.default for field in fields(Kernels) if field.default is not MISSING}


def join_kernels(generation: Generation, efficiency: Efficiency) -> Kernels:
    """The efficiencies of a software on a generation; what the software says itself wins.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["generations", "efficiencies"])
    >>> joined = join_kernels(book.generations["hopper"], book.efficiencies["fastertransformer_2022"])
    >>> joined.memory_fraction == book.efficiencies["fastertransformer_2022"].memory_fraction.value
    True
    """
    facts = {name: getattr(efficiency, name, None) or getattr(generation, name, None) for name in NAMES}
    return Kernels(**{name: _DEFAULTS[name] if fact is None else fact.value for name, fact in facts.items()})


def kernels_of(catalogue: Catalogue, efficiency: str, gpu: Gpu) -> Kernels:
    """The efficiencies of a software, by name, on a GPU."""
    return join_kernels(
        catalogue.pick("generations", gpu.generation),
        catalogue.pick("efficiencies", efficiency),
    )
