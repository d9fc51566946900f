"""The commands batch and study: a plan is carried out with a bar, and what came of it is told."""

import platform
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.console import say, tell
from reports.progress import study_progress
from reports.study_summary import failures, study_summary
from sim.errors import SimError
from sim.studies.cluster import open_workers
from sim.studies.outcomes import unit
from sim.studies.plan import Plan
from sim.studies.results import StudyResult
from sim.studies.running import State, carry_out
from sim.studies.store import as_json, write_whole

BYTES_PER_KIB = 1024


class StoppedError(SimError):
    """Somebody pressed Ctrl-C; the message says what is saved."""


def conduct(plan: Plan, folder: Path, jobs: int, scheduler: str | None, resume: bool, bias: bool) -> int:
    """Carry out a plan and tell what came of it; the number of cells that failed."""
    started, clock, last = datetime.now(UTC), time.perf_counter(), State(0, plan.cells, 0, 0, lambda: None)

    def note(state: State) -> None:
        nonlocal last
        last = state
        show(state)

    try:
        with (
            study_progress(plan.question.name, unit(plan.main)) as show,
            open_workers(jobs, scheduler, plan.engine) as workers,
        ):
            result = carry_out(plan, folder, workers, resume, note, bias)
            count = workers.count
    except KeyboardInterrupt:
        saved = f"{last.done:,} of {last.planned:,} cells are saved in {folder}"
        raise StoppedError(f"stopped; {saved}; the same command with --resume goes on") from None
    record = _record(started, time.perf_counter() - clock, count, scheduler, last)
    write_whole(folder / "run.json", as_json(record))
    return _tell(result)


def _tell(result: StudyResult) -> int:
    """The summary on stdout, and on stderr what failed."""
    tell(study_summary(result.summary, str(result.folder)))
    for line in failures(result.summary):
        say(line)
    return int(result.summary["cells"]["failed"])


def _record(started: datetime, wall_s: float, workers: int, scheduler: str | None, last: State) -> dict[str, Any]:
    """All that may differ between two equal studies."""
    return {
        "command": sys.argv,
        "started": started.isoformat(timespec="seconds"),
        "wall_s": round(wall_s, 3),
        "cells_of_earlier_runs": last.found,
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_KIB,
        "workers": workers,
        "scheduler": scheduler,
        "host": platform.node(),
    }
