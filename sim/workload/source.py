"""The workload of a scenario as one thing to take requests from, whether they are drawn or replayed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sim.core.errors import InputError
from sim.core.streams import Streams
from sim.scenario.schema import Scenario
from sim.scenario.workload import Trace
from sim.workload.conversations import converse, talk_of
from sim.workload.demand.arrivals import Mix, Rate, Windows, blocks, requests_at
from sim.workload.demand.intensity import intensity, naming, uneven
from sim.workload.lengths import LengthTables, length_tables
from sim.workload.requests import Requests
from sim.workload.traces.replay import TraceReader
from sim.workload.traces.scaling import WINDOW_S, scaled, sped_up
from sim.workload.traces.servegen import read_rates

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
        """Requests of a trace that arrive after the day has ended, once all has been taken."""

    @property
    def skipped_rows(self) -> int:
        """Rows of a trace that could not be replayed, as far as it has been read."""

    @property
    def plain(self) -> Rate | None:
        """Mean rate of requests, where they are drawn from one."""

    def take(self, until_s: float) -> Requests:
        """All requests not yet taken that arrive before `until_s` after the start of the day."""


@dataclass(frozen=True)
class OpenWorkload:
    """A Source over windows of time."""

    windows: Windows
    """What is still to come."""
    use_cases: tuple[str, ...]
    """Names of the use cases, in the order of their indices."""
    count: Callable[[], float]
    """Finds out how many requests to expect; for a replayed trace, by reading it."""
    plain: Rate | None = None
    """Mean rate of requests, where they are drawn from one."""
    reader: TraceReader | None = None
    """The trace, where requests are replayed one by one."""
    skipped_rates: int = 0
    """Rows of a file of rates that were left out."""

    @property
    def expected(self) -> float:
        """Requests of the whole day: the mean of a drawn workload, the count of a replayed one."""
        return self.count()

    @property
    def left_out(self) -> int:
        """Requests of a trace that arrive after the day has ended, once all has been taken."""
        return self.reader.left_out if self.reader else 0

    @property
    def skipped_rows(self) -> int:
        """Rows of a trace that could not be replayed, as far as it has been read."""
        return self.reader.complaints.skipped_rows if self.reader else self.skipped_rates

    def take(self, until_s: float) -> Requests:
        """All requests not yet taken that arrive before `until_s` after the start of the day."""
        return self.windows.take(until_s)


def open_workload(scenario: Scenario, catalogue: "Catalogue", streams: Streams) -> Source:
    """The requests of a scenario's day: those of its trace where it has one, drawn ones otherwise."""
    trace = scenario.workload.trace
    if trace is None:
        return _drawn(scenario, catalogue, streams)
    if trace.path is None:
        raise InputError("workload.trace.path: is missing; name a file, or drop workload.trace to draw requests")
    if trace.layout == "servegen":
        return _from_rates(scenario, catalogue, streams, trace, Path(trace.path))
    return _replayed(scenario, streams, trace, Path(trace.path))


def _drawn(scenario: Scenario, catalogue: "Catalogue", streams: Streams) -> OpenWorkload:
    cases = scenario.workload.use_cases
    talk = talk_of([case.conversation for case in cases.values()])
    starts, lead_s = (talk.starts, talk.lead_s) if talk else (None, 0.0)
    asked = intensity(scenario, catalogue, streams, starts, lead_s)
    mix = Mix(asked.shares, _tables(scenario, catalogue), asked.start_s)
    arrivals = blocks(asked.rate, mix, streams)
    requests = converse(arrivals, talk, mix, streams, scenario.day.duration_s) if talk else arrivals
    return OpenWorkload(Windows(requests), tuple(cases), lambda: asked.plain.total, asked.plain)


def _tables(scenario: Scenario, catalogue: "Catalogue") -> list[LengthTables]:
    return [_lengths(catalogue, case.lengths) for case in scenario.workload.use_cases.values()]


def _lengths(catalogue: "Catalogue", name: str) -> LengthTables:
    entry = catalogue.pick("lengths", name)
    with naming(f"lengths.{name}"):
        return length_tables(entry)


def _from_rates(scenario: Scenario, catalogue: "Catalogue", streams: Streams, trace: Trace, path: Path) -> OpenWorkload:
    """Arrivals drawn from ServeGen's rates, with the lengths of the use cases."""
    cases, lasts_s = scenario.workload.use_cases, scenario.day.duration_s
    read = read_rates(path, trace.model, trace.skip_bad_rows)
    plain = read.rate(trace.skip_s, trace.speed, trace.volume, lasts_s)
    shares = np.array([[case.share] for case in cases.values()])
    if trace.use_case is not None:
        shares = np.eye(len(cases))[:, [_index(tuple(cases), trace.use_case)]]
    mix = Mix(shares, _tables(scenario, catalogue))
    if read.by_client:
        times = read.arrivals(trace.skip_s, trace.speed, trace.volume, lasts_s, streams)
        windows = Windows(requests_at(arrival_s, mix, streams, window) for window, arrival_s in enumerate(times))
    else:
        windows = Windows(blocks(uneven(scenario, catalogue, streams, plain), mix, streams))
    skipped = read.skipped_rows
    return OpenWorkload(windows, tuple(cases), lambda: plain.total, plain, skipped_rates=skipped)


def _replayed(scenario: Scenario, streams: Streams, trace: Trace, path: Path) -> OpenWorkload:
    """Requests of a trace, one by one; what is wrong with its first rows is told at once."""
    names = tuple(scenario.workload.use_cases)
    reader = _reader(scenario, trace, path)
    requests = _played(reader, streams, trace, scenario.day.duration_s)
    begun = chain(list(islice(requests, 1)), requests)

    def count() -> float:
        again = _played(_reader(scenario, trace, path), streams, trace, scenario.day.duration_s)
        return float(sum(block.size for block in again))

    return OpenWorkload(Windows(begun), names, count, reader=reader)


def _reader(scenario: Scenario, trace: Trace, path: Path) -> TraceReader:
    names, lasts_s = tuple(scenario.workload.use_cases), scenario.day.duration_s
    read_s = lasts_s if trace.volume == 1 else ceil(lasts_s / WINDOW_S) * WINDOW_S
    until_s = trace.skip_s + read_s * trace.speed
    return TraceReader(path, trace.layout, trace.skip_bad_rows, _index(names, trace.use_case), until_s)


def _played(reader: TraceReader, streams: Streams, trace: Trace, lasts_s: float) -> Iterator[Requests]:
    """A trace at the pace and in the volume that are asked for, in the time of the day."""
    in_time = (sped_up(block, trace.skip_s, trace.speed) for block in reader.blocks())
    return (block.between(0.0, lasts_s) for block in scaled(in_time, trace.volume, streams, lasts_s))


def _index(names: tuple[str, ...], wanted: str | None) -> int:
    """Place of the use case that the trace's requests belong to: the first where none is named."""
    if wanted is None:
        return 0
    if wanted not in names:
        raise InputError(f"workload.trace.use_case: {wanted!r} is not among workload.use_cases ({', '.join(names)})")
    return names.index(wanted)
