"""What a person may choose of the workload: drawn demand or a trace, and the kinds of request."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.choice import Choice, Count, Fraction, Name, NonNegative, Positive
from sim.scenario.demand import Demand, check_shares

Layout = Literal["azure_2023", "azure_2024", "burstgpt", "mooncake", "servegen"]


class Trace(Choice):
    """Arrivals replayed from a file."""

    path: Name | None = None
    """File of the layout, plain or gzipped; relative paths are taken from the working folder."""
    layout: Layout = "azure_2023"
    """Azure's columns (or arrival_s, input_tokens, output_tokens), BurstGPT's, Mooncake's lines or columns; or
    ServeGen's rates, from which arrivals are drawn, with the lengths of the use case."""
    use_case: Name | None = None
    """Use case the requests belong to; the first one when none is named."""
    model: Name | None = None
    """ServeGen: the model whose rates are meant; needed where the file holds several."""
    skip_s: NonNegative = 0.0
    """Time of the trace left out at its start."""
    speed: Positive = 1.0
    """How much faster than it was the trace is played."""
    volume: Annotated[float, Field(gt=0, le=10_000)] = 1.0
    """Requests for each one of the trace, window by window; bursts keep their form."""
    skip_bad_rows: bool = False
    """Count rows that cannot be replayed and go on, where else the first would end the run."""


class Conversation(Choice):
    """How a use case goes on after its first question: open loop, by stated times, whatever the fleet does."""

    turns: Annotated[float, Field(ge=1, le=1000)] = 3.0
    """Mean number of turns before the longest are cut; their number is geometric."""
    max_turns: Annotated[int, Field(ge=1, le=1000)] = 50
    """Most turns of a conversation."""
    think_s: NonNegative = 60.0
    """Mean time that a user thinks and writes; exponential."""
    answer_s: NonNegative = 15.0
    """Time that a turn's answer and its reading are taken to last, before thinking begins."""
    context_tokens: Count = 32_768
    """Longest history sent along; beyond it the oldest part is dropped, and with it the cached prefix."""


class UseCase(Choice):
    """A kind of request."""

    share: Fraction = 1.0
    """Share of all requests; the shares of all use cases sum to one."""
    lengths: Name = "servegen_m_mid"
    """Catalogue name of its prompt and output lengths; of what each turn adds, in a conversation."""
    shape: Name | None = None
    """Catalogue name of its daily shape, where it differs from that of the demand."""
    patience_s: Positive | None = None
    """How long a user waits for service to begin before leaving; none: for ever."""
    conversation: Conversation | None = None
    """How it goes on; none: every request stands alone."""


class Workload(Choice):
    """What is asked of the fleet: drawn demand, or a trace."""

    demand: Demand = Demand()
    """Drawn arrivals, used when no trace is given."""
    trace: Trace | None = None
    """Replayed arrivals and lengths."""
    use_cases: dict[Name, UseCase] = Field(default={"chat": UseCase()}, min_length=1)
    """Kinds of request by name."""

    @model_validator(mode="after")
    def _shares(self) -> "Workload":
        check_shares({name: case.share for name, case in self.use_cases.items()}, "use_cases")
        return self
