"""The command check: all problems of a file, or what it comes to, whether it is a day, a batch or a study."""

from collections.abc import Callable
from pathlib import Path

from reports.commands.describe import pools_table
from reports.terminal.console import tell
from reports.terminal.day_summary import counted
from reports.terminal.study_summary import plan_table
from sim import catalogue as claims
from sim.core.errors import FitError
from sim.core.streams import Streams
from sim.files.documents import read_document
from sim.fleet.pool_specs import build_pools, check_fit
from sim.fleet.preflight import foresee
from sim.scenario.file_kinds import kinds_of
from sim.scenario.reading import read_question, read_scenario, scenario_file
from sim.studies.questions.cell_plan import Plan
from sim.studies.questions.reading import read_batch, read_study
from sim.workload.source import open_workload


def check_file(file: str) -> None:
    """Tell what is in a file; its problems are raised."""
    document = read_question(scenario_file(file))
    kinds = kinds_of(document)
    if "batch" in kinds and "study" not in kinds:
        _check_question(file, read_batch)
    elif "study" in kinds:
        _check_question(file, read_study)
    else:
        _check_day(file, document.path)


def _check_question(file: str, read: Callable[[str], Plan]) -> None:
    plan = read(file)
    days = len({part.day for part in plan.parts()})
    what = f"no problems; {counted(plan.cells, 'cell')} on {counted(days, 'simulated day')}"
    tell(plan_table(plan), f"\n{file}: {what}")


def _check_day(file: str, path: Path) -> None:
    catalogue = claims.read_catalogue()
    day = read_scenario(file, catalogue=catalogue)
    catalogue = claims.with_facts(catalogue, day.facts)
    misfits = check_fit(day, catalogue)
    if misfits:
        document = read_document(path)
        raise FitError([document.problem(where, what) for where, what in misfits])
    foreseen = [f"warning: {read_document(path).problem(where, told)}" for where, told in foresee(day, catalogue)]
    if day.workload.trace and day.workload.trace.path is None:
        what = "no problems, but it needs --set workload.trace.path=FILE.csv to run"
    else:
        what = f"no problems; {open_workload(day, catalogue, Streams(day.seed)).expected:,.0f} requests expected"
    tell(pools_table(build_pools(day, catalogue, Streams(day.seed)), day), "", *foreseen, f"{file}: {what}")
