"""run.json: all that may differ between two equal runs.

How commands run a day: on all processors, with a bar, and with the engine compiled before.
"""

import os
import platform
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sim
from reports.documents.language import Code
from reports.terminal.console import progress_bar, say, tell, tell_files
from reports.terminal.day_summary import day_summary
from sim.catalogue import Catalogue, with_facts
from sim.core.compile_cache import is_warm
from sim.day import DayResult, EngineName
from sim.files.staging import workshop
from sim.fleet.pool_specs import check_fit
from sim.saving import DAY_FILES, finish
from sim.scenario.schema import Scenario
from sim.traces.sinks import Sink, Spill, open_sink

BYTES_PER_KIB = 1024


class Stopwatch:
    """Remembers when a command began."""

    def __init__(self) -> None:
        self.started, self.begun_s = datetime.now(UTC), time.perf_counter()

    def record(self, **more: Any) -> dict[str, Any]:
        """What is to be remembered of the command until now."""
        return {
            "command": sys.argv,
            "started": self.started.isoformat(timespec="seconds"),
            "wall_s": round(time.perf_counter() - self.begun_s, 3),
            **more,
            "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_KIB,
            "host": platform.node(),
        }


def run_day(
    day: Scenario, catalogue: Catalogue, folder: Path, watch: Stopwatch, engine: EngineName, trace: str
) -> DayResult:
    """Simulate a day, write it into a folder, and tell what it is."""
    with workshop(folder, DAY_FILES) as unfinished:
        begun = time.perf_counter()
        result = simulate_day(day, engine, sink_of(trace, unfinished, day), catalogue)
        simulate_s = time.perf_counter() - begun
        finish(result, unfinished, folder, watch.record(simulate_s=round(simulate_s, 3), threads=threads()))
    tell(day_summary(sim.summary(result), str(folder)))
    return result


def report_day(result: DayResult, folder: Path, code: Code) -> None:
    """Make the report of a day that has just been simulated, and name its files."""
    from reports.commands.report import Order, make_of_day

    tell_files(make_of_day(result, sim.summary(result), Order(folder, code)))


def simulate_day(day: Scenario, engine: EngineName, sink: Sink, catalogue: Catalogue) -> DayResult:
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
    if not is_warm():
        from sim.serving.warmup import warm_up

        say("compiling once, this takes a minute or so ...")
        warm_up()
