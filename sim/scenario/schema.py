"""What a person may choose of power states.

What a person may choose: the schema of a scenario file. A choice needs no source; a claim lives in the catalogue.
"""

import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from sim.core.units import SECONDS_PER_DAY
from sim.files.diagnostics import InsideError
from sim.files.documents import Keys
from sim.scenario.plant import Plant
from sim.scenario.prices import Prices
from sim.scenario.quantities import NO_TRUTH, Choice, Count, Fraction, Name, NonNegative, Positive, number_in
from sim.scenario.workload import Workload


class Sleep(Choice):
    """Whether servers of a pool sleep while little is asked of it: a simple rule that reacts."""

    enabled: bool = False
    """Whether they do."""
    mode: Literal["asleep", "off"] = "asleep"
    """Asleep they keep some power and only load their model again; off they draw none and boot first."""
    low: Fraction = 0.3
    """Share of time that servers are busy below which some are drained and sleep."""
    high: Fraction = 0.6
    """Share above which some wake."""
    least_servers: Count = 1
    """Servers that never sleep."""
    start: Name = "h100_measured"
    """Catalogue name of how long a server takes to wake."""
    check_s: Positive = 300.0
    """How often the pool is looked at; whole minutes."""

    @model_validator(mode="after")
    def _low_lies_below_high(self) -> "Sleep":
        if self.low >= self.high:
            raise ValueError(f"low, {self.low:g}, must lie below high, {self.high:g}")
        return self


Precision = Literal["bf16", "fp8", "int8", "fp4"]
FactValue = float | tuple[float, ...] | tuple[tuple[float, ...], ...]


def _read_facts(value: Any, where: tuple[str, ...], problems: list[tuple[Keys, str]]) -> Any:
    """Convert what is written at kind, entry, field by the suffix of the field's name."""
    if isinstance(value, dict) and len(where) < len(("kind", "entry", "field")):
        inside = {str(key): inner for key, inner in value.items() if inner is not None}
        return {key: _read_facts(inner, (*where, key), problems) for key, inner in inside.items()}
    try:
        if isinstance(value, bool):
            raise ValueError(NO_TRUTH.format(str(value).lower()))
        return number_in(value, where[-1]) if where else value
    except ValueError as error:
        problems.append((where, str(error)))
        return value


LONGEST = datetime.timedelta(days=31)
"""Of a simulated stretch of time."""
LAST_DATE = datetime.date.max - 2 * LONGEST
"""After it the calendar might end before the day does."""


def _on_the_calendar(date: datetime.date) -> datetime.date:
    if date > LAST_DATE:
        raise ValueError(f"must be {LAST_DATE} at the latest, not {date}")
    return date


class Day(Choice):
    """Which stretch of time is simulated."""

    date: Annotated[datetime.date, AfterValidator(_on_the_calendar)] = datetime.date(2026, 7, 15)
    """Calendar day, which picks the month of the weather and the day of the week."""
    start_s: Annotated[float, Field(ge=0, lt=SECONDS_PER_DAY)] = 0.0
    """Local time at which it starts, after midnight."""
    duration_s: Annotated[float, Field(gt=0, le=LONGEST.total_seconds())] = SECONDS_PER_DAY
    """How long it lasts; requests still in service then are counted as in flight."""


class Batching(Choice):
    """How a replica forms its batches."""

    policy: Literal["continuous", "chunked", "static"] = "continuous"
    """Prefill first (2023), chunked prefill beside decode (since 2024), or whole batches (2022)."""
    admission: Literal["reserved", "on_demand"] = "reserved"
    """Keep KV room for the whole answer, or grow and preempt by recomputation."""
    max_requests: Annotated[int, Field(ge=1, le=65_536)] = 256
    """Most requests running at once."""
    max_batched_tokens: Annotated[int, Field(ge=1, le=1_048_576)] = 8192
    """Most tokens of one iteration; a single longer prompt still runs, alone, unless prefill is chunked."""
    wait_s: NonNegative = 0.0
    """Static batching: how long the first request waits for others to fill the batch."""


class Pool(Choice):
    """Servers of one kind that serve one model."""

    model: Name = "llama_3_1_70b"
    """Catalogue name of the model."""
    server: Name = "dgx_h100"
    """Catalogue name of the server."""
    servers: Annotated[int, Field(ge=1, le=1_000_000)] = 2
    """How many."""
    software: Name = "serving_2026"
    """Catalogue name of the serving software's efficiencies, or the path of a profile that `calibrate` wrote."""
    precision: Precision = "fp8"
    """Number format of weights and matrix multiplications."""
    kv_precision: Precision = "bf16"
    """Number format of the KV cache."""
    tensor_parallel: Literal[1, 2, 4, 8] = 8
    """GPUs a replica; a server runs as many replicas as fit."""
    batching: Batching = Batching()
    """How replicas form batches."""
    routing: Literal["round_robin", "random", "power_of_two", "least_outstanding"] = "power_of_two"
    """How a request finds its replica."""
    stale_s: NonNegative = 0.0
    """Age of the load information that the router sees."""
    prefix_cache: Literal["none", "lru", "endless"] = "lru"
    """What of earlier prompts is kept: nothing, what room is left for, or all (the upper bound)."""
    cells: Count = 1
    """Parts of the pool that are routed apart from each other."""
    max_attempts: Count = 3
    """Tries a request has before a failing server loses it."""
    sleep: Sleep = Sleep()
    """Whether servers sleep while little is asked of them."""


class Fleet(Choice):
    """The pools, and which use case goes where."""

    pools: dict[Name, Pool] = Field(default={"main": Pool()}, min_length=1)
    """Pools by name."""
    gateway: dict[Name, Name] = Field(default={})
    """Use case to pool; a use case not named goes to the first pool."""


class Scenario(Choice):
    """One day: what is asked, of which fleet, where, at what prices."""

    name: Name
    """Name for people."""
    description: str = ""
    """What question it answers."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """Seed of all random streams."""
    day: Day = Day()
    """The time."""
    workload: Workload = Workload()
    """The demand."""
    fleet: Fleet = Fleet()
    """The servers."""
    plant: Plant = Plant()
    """The site, its cooling and its failures."""
    prices: Prices = Prices()
    """The prices."""
    facts: dict[Name, dict[Name, dict[Name, FactValue]]] = Field(default={})
    """Catalogue numbers that this scenario sets otherwise: kind, entry, field, number."""

    @field_validator("facts", mode="before")
    @classmethod
    def _read_fact_units(cls, value: Any) -> Any:
        """Convert written quantities."""
        problems: list[tuple[Keys, str]] = []
        read = _read_facts(value, (), problems)
        if problems:
            raise InsideError(problems)
        return read

    def replace(self, changes: dict[str, Any]) -> "Scenario":
        """The same scenario with dotted paths set to other values, validated anew."""
        from sim.scenario.paths import replace

        return replace(self, changes)
