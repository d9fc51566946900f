"""The command line: what a day of serving a large language model costs."""

import io
import os
import platform
import resource
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from sim.errors import InputError, OutputError
from sim.version import __version__

if TYPE_CHECKING:
    from rich.console import RenderableType

DEFAULT_DAY = "support_chatbot"
RESULTS = Path("out")
BYTES_PER_KIB = 1024
WIDTH_OF_FILES = 200
PROGRAM = "run_sim.py"
DEFECT, WRONG_INPUT, STOPPED = 1, 2, 130

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


class Engine(StrEnum):
    """How batching is simulated."""

    REFERENCE = "reference"


class TraceMode(StrEnum):
    """Which requests are written one by one."""

    NONE = "none"
    SAMPLE = "sample"
    FULL = "full"


class Topic(StrEnum):
    """What can be described."""

    SCENARIO = "scenario"
    CATALOGUE = "catalogue"
    SOURCES = "sources"


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")] = DEFAULT_DAY,
    seed: Annotated[int | None, typer.Option(help="Seed of all random streams, in place of the scenario's.")] = None,
    engine: Annotated[Engine, typer.Option(help="How batching is simulated.")] = Engine.REFERENCE,
    trace: Annotated[TraceMode, typer.Option(help="Requests to write one by one.")] = TraceMode.NONE,
    change: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one value.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results; out/NAME/ID otherwise.")] = None,
) -> None:
    """Simulate one day and say what it costs."""
    import sim
    from reports.terminal import day_summary
    from sim.saving import claimed, default_folder
    from sim.scenario.reading import read_scenario

    started, clock = datetime.now(UTC), time.perf_counter()
    day = read_scenario(scenario, change or [], seed)
    folder = out or default_folder(RESULTS, day.name, day)
    with claimed(folder):
        with _progress(day.name, day.day.duration_s) as progress:
            begun = time.perf_counter()
            result = sim.run(day, engine=engine.value, progress=progress)
            simulate_s = time.perf_counter() - begun
        sim.save(result, folder, trace.value, _run_record(started, time.perf_counter() - clock, simulate_s))
    _tell(day_summary(sim.summary(result), str(folder)))


@app.command()
def check(file: Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")]) -> None:
    """Tell all problems of a scenario, and what it comes to."""
    from reports.inventory import pools_table
    from sim.catalogue import read_catalogue, with_facts
    from sim.documents import read_document
    from sim.errors import FitError
    from sim.fleet.building import build_pools, check_fit
    from sim.scenario.reading import read_scenario, scenario_file
    from sim.streams import Streams
    from sim.workload.source import open_workload

    day = read_scenario(file)
    catalogue = with_facts(read_catalogue(), day.facts)
    misfits = check_fit(day, catalogue)
    if misfits:
        document = read_document(scenario_file(file))
        raise FitError("\n".join(document.problem(path, what) for path, what in misfits))
    if day.workload.trace and day.workload.trace.path is None:
        what = "no problems, but it needs --set workload.trace.path=FILE.csv to run"
    else:
        what = f"no problems; {open_workload(day, catalogue, Streams(day.seed)).expected:,.0f} requests expected"
    _tell(pools_table(build_pools(day, catalogue, Streams(day.seed)), day), f"\n{file}: {what}")


@app.command("list")
def list_shipped() -> None:
    """List the scenarios that come with the program."""
    from reports.inventory import shipped_table
    from sim.scenario.reading import summaries

    _tell(shipped_table(summaries()))


@app.command()
def describe(
    topic: Annotated[Topic, typer.Argument(help="What to describe.")] = Topic.SCENARIO,
    name: Annotated[str | None, typer.Argument(help="An entry of the catalogue, or the start of a path.")] = None,
) -> None:
    """Print keys of a scenario, figures, or sources."""
    from reports.inventory import catalogue_table, scenario_table, sources_table
    from sim.catalogue import read_catalogue

    if topic == Topic.SCENARIO:
        _tell(scenario_table(name, _width()))
    elif topic == Topic.CATALOGUE:
        _tell(catalogue_table(read_catalogue(), name, _width()))
    else:
        _tell(sources_table(read_catalogue(), name, _width()))


UNBUILT = {
    "batch": "a batch of scenarios side by side",
    "study": "Monte Carlo and sensitivity studies",
    "report": "the PDF report",
    "predict": "the laws against measured points",
    "warmup": "compiling ahead of the first run",
}


def _add_unbuilt(name: str, what: str) -> None:
    """A command of the contract that this version does not have yet: it says so, and exits with 2."""

    @app.command(name, help=f"Not built yet: {what}.", context_settings={"ignore_unknown_options": True})
    def unbuilt(arguments: Annotated[list[str] | None, typer.Argument(hidden=True)] = None) -> None:
        raise InputError(f"{name}: not built yet in version {__version__}: {what}")


for _name, _what in UNBUILT.items():
    _add_unbuilt(_name, _what)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        _tell(__version__)
        raise typer.Exit


def _tell(*parts: "RenderableType") -> None:
    """Print on stdout. A reader who has had enough (`| head`) is no error; a disk that is full is."""
    if sys.stdout is None:  # closed by the shell
        return
    text = _rendered(parts)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try once more at its end
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"standard output: cannot be written: {error.strerror}") from None


def _rendered(parts: "Iterable[RenderableType]") -> str:
    """What a console shows; for a file or a pipe without colours, nor folded to the width of some terminal."""
    from rich.console import Console

    file, terminal = io.StringIO(), sys.stdout.isatty()
    console = Console(file=file, force_terminal=terminal, width=_width(), highlight=False, markup=False, emoji=False)
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip(' ')}\n" for line in file.getvalue().splitlines())


def _width() -> int:
    """Columns to write in."""
    return shutil.get_terminal_size().columns if sys.stdout and sys.stdout.isatty() else WIDTH_OF_FILES


@contextmanager
def _progress(name: str, duration_s: float) -> Iterator[Callable[[float], None]]:
    """A live bar on a terminal, a line every tenth of the day elsewhere; both on stderr."""
    if not sys.stderr.isatty():
        yield _progress_lines(duration_s)
        return
    from rich.console import Console
    from rich.progress import Progress
    from rich.text import Text

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(Text(name).plain[:40].replace("[", "("), total=duration_s)
        yield lambda now_s: bar.update(task, completed=now_s)


def _progress_lines(duration_s: float) -> Callable[[float], None]:
    told = 0

    def tell(now_s: float) -> None:
        nonlocal told
        tenth = int(10 * now_s / duration_s)
        if tenth > told:
            told = tenth
            with suppress(OSError):  # nobody reads it: the day goes on
                sys.stderr.write(f"simulated {10 * tenth} %\n")

    return tell


def _run_record(started: datetime, wall_s: float, simulate_s: float) -> dict[str, Any]:
    """All that may differ between two equal runs."""
    return {
        "command": sys.argv,
        "started": started.isoformat(timespec="seconds"),
        "wall_s": round(wall_s, 3),
        "simulate_s": round(simulate_s, 3),
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_KIB,
        "threads": 1,
        "host": platform.node(),
    }


def main() -> None:
    """Run a command; exit with 0 when done, 2 when the user's input is wrong, 1 when we are."""
    try:
        status = app(standalone_mode=False, prog_name=PROGRAM)
    except InputError as error:
        _stop(str(error), WRONG_INPUT)
    except KeyboardInterrupt:
        status = STOPPED
    except Exception as error:
        if hasattr(error, "format_message"):  # of the command line itself: an unknown option, a missing argument
            _stop(_usage_problem(error), WRONG_INPUT)
        traceback.print_exc()
        _stop("this is a defect of the program, not of your input; please report it with the lines above", DEFECT)
    if status == STOPPED:
        _stop("stopped; nothing was written", STOPPED)
    sys.exit(status or 0)


def _stop(message: str, status: int) -> NoReturn:
    with suppress(OSError):
        sys.stderr.write(f"{message}\n")
    sys.exit(status)


def _usage_problem(error: Any) -> str:
    """One line for a mistake on the command line; the whole help where nothing was asked."""
    message = str(error.format_message()).replace("Value error, ", "").strip()
    if message.startswith("Usage:") or not message:
        return message
    command = error.ctx.command_path if getattr(error, "ctx", None) else PROGRAM
    return f"{' '.join(message.split()).rstrip('.')} (see {command} --help)"


if __name__ == "__main__":
    main()
