"""The workload of a scenario as one thing to take requests from, whether they are drawn or replayed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sim.errors import InputError
from sim.scenario.schema import Scenario
from sim.scenario.workload import Trace
from sim.streams import Streams
from sim.workload.arrivals import Mix, Windows, blocks
from sim.workload.intensity import intensity, naming
from sim.workload.replay import read_azure_2023
from sim.workload.requests import Requests
from sim.workload.tokens import LengthTables, length_tables

if TYPE_CHECKING:
    from sim.catalogue import Catalogue


class Source(Protocol):
    """Where requests come from."""

    @property
    def use_cases(self) -> tuple[str, ...]:
        """Names of the use cases, in the order of their indices."""

    @property
    def expected(self) -> float:
        """Requests of the whole day: the mean of a drawn workload, the count of a replayed one."""

    @property
    def left_out(self) -> int:
        """Requests of a trace that arrive after the day has ended."""

    def take(self, until_s: float) -> Requests:
        """All requests not yet taken that arrive before `until_s` after the start of the day."""


@dataclass(frozen=True)
class OpenWorkload:
    """A Source over windows of time."""

    windows: Windows
    """What is still to come."""
    use_cases: tuple[str, ...]
    """Names of the use cases, in the order of their indices."""
    expected: float
    """Requests of the whole day: the mean of a drawn workload, the count of a replayed one."""
    left_out: int = 0
    """Requests of a trace that arrive after the day has ended."""

    def take(self, until_s: float) -> Requests:
        """All requests not yet taken that arrive before `until_s` after the start of the day."""
        return self.windows.take(until_s)


def open_workload(scenario: Scenario, catalogue: "Catalogue", streams: Streams) -> Source:
    """The requests of a scenario's day: those of its trace where it has one, drawn ones otherwise."""
    trace = scenario.workload.trace
    return _drawn(scenario, catalogue, streams) if trace is None else _replayed(scenario, trace)


def _drawn(scenario: Scenario, catalogue: "Catalogue", streams: Streams) -> OpenWorkload:
    cases = scenario.workload.use_cases
    asked = intensity(scenario, catalogue, streams)
    mix = Mix(asked.shares, [_lengths(catalogue, case.lengths) for case in cases.values()], asked.start_s)
    return OpenWorkload(Windows(blocks(asked.rate, mix, streams)), tuple(cases), asked.plain.total)


def _lengths(catalogue: "Catalogue", name: str) -> LengthTables:
    entry = catalogue.pick("lengths", name)
    with naming(f"lengths.{name}"):
        return length_tables(entry)


def _replayed(scenario: Scenario, trace: Trace) -> OpenWorkload:
    if trace.path is None:
        raise InputError("workload.trace.path: is missing; name a CSV file, or drop workload.trace to draw requests")
    names = tuple(scenario.workload.use_cases)
    replay = read_azure_2023(trace.path, scenario.day.duration_s, _index(names, trace.use_case))
    return OpenWorkload(Windows(iter([replay.requests])), names, float(replay.requests.size), replay.left_out)


def _index(names: tuple[str, ...], wanted: str | None) -> int:
    """Place of the use case that the trace's requests belong to: the first where none is named."""
    if wanted is None:
        return 0
    if wanted not in names:
        raise InputError(f"workload.trace.use_case: {wanted!r} is not among workload.use_cases ({', '.join(names)})")
    return names.index(wanted)
