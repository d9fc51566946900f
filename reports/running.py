"""How commands run a day: on all processors, with a bar, and with the engine compiled before."""

import os
from pathlib import Path
from typing import Literal

import sim
from reports.console import progress_bar, say
from sim.catalogue import Catalogue, with_facts
from sim.day import DayResult
from sim.fleet.building import check_fit
from sim.scenario.schema import Scenario
from sim.traces.sinks import Sink, Spill, open_sink


def simulate_day(
    day: Scenario, engine: Literal["compiled", "reference"], sink: Sink, catalogue: Catalogue
) -> DayResult:
    """Run a day with all threads and a bar; says so where the engine has to be compiled first."""
    if engine == "compiled" and not check_fit(day, with_facts(catalogue, day.facts)):  # else it will be refused
        compile_once()
    with progress_bar(day.name, day.day.duration_s) as progress:
        return sim.run(day, None, engine, sink, threads(), progress, catalogue)


def threads() -> int:
    """Threads to run cells on: one for each processor this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def sink_of(trace: str, unfinished: Path, day: Scenario) -> Sink:
    """Where requests go: all of them stream to disk, for they may be more than memory holds."""
    if trace == "full":
        return Spill(unfinished / "requests.parquet", tuple(day.workload.use_cases))
    return open_sink(trace)


def compile_once() -> None:
    """Compile the engine where that has not been done, and say so, for it takes a while."""
    from sim.serving.warming import is_warm, warm_up

    if not is_warm():
        say("compiling once, this takes a minute or so ...")
        warm_up()
