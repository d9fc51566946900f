"""The command line: what a day of serving a large language model costs."""

import gc
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from reports.documents.language import Code
from sim.core.errors import InputError, one_line
from sim.core.version import __version__

if TYPE_CHECKING:
    from sim.catalogue import Catalogue
    from sim.scenario.schema import Scenario
    from sim.studies.questions.cell_plan import Plan

DEFAULT_DAY = "support_chatbot"
RESULTS = Path("out")
PROGRAM = "run_sim.py"
DEFECT, WRONG_INPUT, STOPPED = 1, 2, 130
OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""What a command imports stays; Python's usual 700 has it searched for garbage for a tenth of the start."""

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


Day = Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")]
Seed = Annotated[int | None, typer.Option(help="Seed of all random streams, in place of the scenario's.")]
Engine = Annotated[Literal["compiled", "reference"], typer.Option(help="How batching is simulated.")]
Trace = Annotated[Literal["none", "sample", "full"], typer.Option(help="Requests to write one by one.")]
Topic = Annotated[
    Literal["scenario", "batch", "study", "catalogue", "sources"], typer.Argument(help="What to describe.")
]
Changes = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one value.")]
Out = Annotated[Path | None, typer.Option(help="Folder for the results; out/NAME/ID otherwise.")]
SkipBadRows = Annotated[bool, typer.Option("--skip-bad-rows", help="Count bad rows of a trace and go on.")]
Language = Annotated[Code, typer.Option(help="Language of the report.")]
Draws = Annotated[int | None, typer.Option(min=1, help="Draws of a study, or random days of a batch.")]
Jobs = Annotated[int | None, typer.Option(min=1, max=1024, help="Worker processes; one for each processor otherwise.")]
Scheduler = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Work on the cluster of this dask scheduler.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with what the folder holds.")]
Bias = Annotated[bool, typer.Option("--bias", help="Measure a fleet's fraction against the whole fleet, too.")]
StudyOut = Annotated[Path | None, typer.Option(help="Folder for the results; out/NAME otherwise.")]
Points = Annotated[Path, typer.Argument(help="Measured points, a CSV file, plain or gzipped.")]
Kind = Annotated[str, typer.Option(help="Layout of the file: serving, splitwise, ml-energy or mlperf.")]


@app.command()
def run(
    scenario: Day = DEFAULT_DAY,
    seed: Seed = None,
    engine: Engine = "compiled",
    trace: Trace = "none",
    change: Changes = None,
    skip_bad_rows: SkipBadRows = False,
    out: Out = None,
    with_report: Annotated[bool, typer.Option("--report", help="Write report.pdf and report.html, too.")] = False,
    lang: Language = "en",
) -> None:
    """Simulate one day and say what it costs."""
    from reports.commands.run import Stopwatch, report_day, run_day
    from sim.catalogue import read_catalogue
    from sim.saving import default_folder

    watch, catalogue = Stopwatch(), read_catalogue()
    day = _read(scenario, change or [], seed, catalogue, skip_bad_rows)
    folder = out or default_folder(RESULTS, day.name, day)
    result = run_day(day, catalogue, folder, watch, engine, trace)
    if with_report:
        report_day(result, folder, lang)


def _read(name: str, changes: list[str], seed: int | None, catalogue: "Catalogue", skip_bad_rows: bool) -> "Scenario":
    """A scenario as the command line asks for it."""
    from sim.scenario.reading import read_scenario

    day = read_scenario(name, changes, seed, catalogue)
    if skip_bad_rows and day.workload.trace is None:
        raise InputError(f"--skip-bad-rows: {name} replays no trace")
    return day.replace({"workload.trace.skip_bad_rows": True}) if skip_bad_rows else day


@app.command()
def demand(
    scenario: Day = DEFAULT_DAY,
    seed: Seed = None,
    change: Changes = None,
    skip_bad_rows: SkipBadRows = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the results; out/NAME/ID/demand otherwise.")] = None,
) -> None:
    """Count a day's requests without serving them."""
    from reports.commands.demand import draw
    from reports.commands.run import Stopwatch
    from sim.catalogue import read_catalogue
    from sim.saving import default_folder

    watch, catalogue = Stopwatch(), read_catalogue()
    day = _read(scenario, change or [], seed, catalogue, skip_bad_rows)
    draw(day, catalogue, out or default_folder(RESULTS, day.name, day) / "demand", watch)


@app.command()
def check(file: Annotated[str, typer.Argument(help="A file, or the name of a shipped one.")]) -> None:
    """Tell all problems of a file, and what it comes to."""
    from reports.commands.check import check_file

    check_file(file)


@app.command("list")
def list_shipped() -> None:
    """List the scenarios that come with the program."""
    from reports.commands.describe import shipped_table
    from reports.terminal.console import tell
    from sim.scenario.reading import summaries

    tell(shipped_table(summaries()))


@app.command()
def describe(
    topic: Topic = "scenario",
    name: Annotated[str | None, typer.Argument(help="An entry of the catalogue, or the start of a path.")] = None,
) -> None:
    """Print keys of a scenario, batch or study, figures, or sources."""
    from reports.commands.describe import topic_table
    from reports.terminal.console import tell

    tell(topic_table(topic, name))


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a saved day, batch or study.")],
    lang: Language = "en",
    out: Annotated[Path | None, typer.Option(metavar="FILE.pdf", help="The PDF; DIR/report.pdf otherwise.")] = None,
    figures: Annotated[bool, typer.Option("--figures", help="Write every figure as SVG and PNG, too.")] = False,
) -> None:
    """Make a PDF and a page of results on disk."""
    from reports.figures.worker import drafter

    with drafter() as helper:
        from reports.commands.report import Order, make
        from reports.terminal.console import tell_files

        tell_files(make(Order(folder, lang, out, figures), helper))


@app.command()
def reprice(folder: Annotated[Path, typer.Argument(metavar="DIR")], change: Changes = None, out: Out = None) -> None:
    """Price a saved day again at other prices; nothing is simulated."""
    from reports.commands.reprice import reprice_day

    reprice_day(folder, change or [], out, RESULTS)


@app.command()
def warmup() -> None:
    """Compile the engine ahead of the first run."""
    from reports.commands.run import compile_once
    from reports.terminal.console import tell
    from sim.core.compile_cache import cache_folder

    compile_once()
    tell(f"the engine is compiled; its machine code is in {cache_folder()}")


def _add_points(name: str, what: str, written: str) -> None:
    """A command that holds the laws against measured points."""

    @app.command(name, help=what)
    def compare(points: Points, kind: Kind, out: Annotated[Path, typer.Option(help=written)]) -> None:
        from reports.commands.calibrate import calibrate_file, predict_file

        (predict_file if name == "predict" else calibrate_file)(points, kind, out)


_add_points("predict", "Predict measured points, and tell how far off the laws are.", "File for the predictions.")
_add_points(
    "calibrate",
    "Refit the laws to your own stack, and say what was held.",
    "File for the profile, to be named as the software of a pool.",
)


def _add_question(name: str, what: str) -> None:
    """A command that runs many days: batch or study; both take the same options."""

    @app.command(name, help=what)
    def ask(
        file: Annotated[str, typer.Argument(help=f"A {name} file, or the name of a shipped one.")],
        draws: Draws = None,
        jobs: Jobs = None,
        scheduler: Scheduler = None,
        resume: Resume = False,
        bias: Bias = False,
        engine: Engine = "compiled",
        out: StudyOut = None,
    ) -> None:
        from sim.studies.questions.reading import read_batch, read_study

        plan = (read_batch if name == "batch" else read_study)(file, draws, engine)
        _conduct(plan, jobs, scheduler, resume, bias, out)


_add_question("batch", "Run scenarios side by side and compare what their days cost.")
_add_question("study", "Say how sure a day's cost is, or what moves it.")


def _conduct(plan: "Plan", jobs: int | None, scheduler: str | None, resume: bool, bias: bool, out: Path | None) -> None:
    """Carry out a plan; exit with 1 where cells failed, with 130 where Ctrl-C ended it."""
    from reports.commands.run import compile_once, threads
    from reports.commands.study import StoppedError, conduct
    from sim.core.errors import InputError
    from sim.saving import slug

    if bias and plan.fraction is None:
        raise InputError(f"--bias: {plan.question.name!r} has no fleet_fraction whose bias could be measured")

    if plan.engine == "compiled":
        compile_once()
    try:
        workers, folder = min(jobs or threads(), plan.cells), out or RESULTS / slug(plan.question.name)
        failed = conduct(plan, folder, workers, scheduler, resume, bias)
    except StoppedError as stopped:
        _stop(str(stopped), STOPPED)
    if failed:
        raise typer.Exit(DEFECT)


@app.callback(invoke_without_command=True)
def _options(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        from reports.terminal.console import tell

        tell(__version__)
        raise typer.Exit


def main() -> None:
    """Run a command; exit with 0 when done, 2 when the user's input is wrong, 1 when we are."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices here are tiny: starting its threads costs 0.2 s
    try:
        status = app(standalone_mode=False, prog_name=PROGRAM)
    except InputError as error:
        _stop(str(error), WRONG_INPUT)
    except KeyboardInterrupt:
        status = STOPPED
    except MemoryError:
        _stop("there is not enough memory; choose fewer servers, less demand or a shorter day", WRONG_INPUT)
    except Exception as error:
        if hasattr(error, "format_message"):  # of the command line itself: an unknown option, a missing argument
            _stop(_usage_problem(error), WRONG_INPUT)
        traceback.print_exc()
        _stop("this is a defect of the program, not of your input; please report it with the lines above", DEFECT)
    if status == STOPPED:
        _stop("stopped; nothing is half-written", STOPPED)
    sys.exit(status or 0)


def _stop(message: str, status: int) -> NoReturn:
    """End with one message on stderr."""
    with suppress(OSError):
        sys.stderr.write(f"{message}\n")
    sys.exit(status)


def _usage_problem(error: Any) -> str:
    """One line for a mistake on the command line; the whole help where nothing was asked."""
    message = str(error.format_message()).replace("Value error, ", "").strip()
    if message.startswith("Usage:") or not message:
        return message
    command = error.ctx.command_path if getattr(error, "ctx", None) else PROGRAM
    return f"{one_line(' '.join(message.split())).rstrip('.')} (see {command} --help)"
