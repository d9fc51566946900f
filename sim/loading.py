"""A saved day back from its folder: its numbers, or all of it, to be looked at or priced again."""

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from sim.catalogue import Catalogue, read_catalogue
from sim.day import DayResult, priced_day
from sim.errors import InvariantError, OutputError
from sim.scenario.reading import read_scenario
from sim.traces.day import DayTraces
from sim.traces.restoring import columns_of, digest_of, events_of, utilisation_of
from sim.version import __version__


def read_summary(folder: Path) -> dict[str, Any]:
    """The numbers of a saved day."""
    try:
        data: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputError(f"{folder}: holds no result: {error.strerror}") from None
    except ValueError as error:
        raise OutputError(f"{folder}/result.json: is damaged: {error}") from None
    return data


def load_result(folder: str | Path, catalogue: Catalogue | None = None) -> DayResult:
    """A saved day with its traces, priced as its scenario says; single requests stay in requests.parquet.

    Claims are those of the catalogue at hand (the program's own unless given), changed by the scenario's facts.
    """
    folder = Path(folder)
    numbers = read_summary(folder)
    scenario = read_scenario(str(_file(folder, "scenario.yaml")), catalogue=catalogue or read_catalogue())
    traces = _traces(folder, numbers)
    return priced_day(scenario, catalogue or read_catalogue(), numbers["engine"], traces)


def _traces(folder: Path, numbers: dict[str, Any]) -> DayTraces:
    numbered = numbers["requests"] | {"reusable_tokens": numbers["tokens"]["reusable"]}
    counts = {field.name: numbered[field.name] for field in fields(DayTraces) if field.type is int}
    traces = DayTraces(
        requests=None,
        sampled=False,
        digest=_read(folder, numbers, digest_of, "digest.parquet", "histogram.parquet"),
        utilisation=_read(folder, numbers, utilisation_of, "utilisation.parquet"),
        events=_read(folder, numbers, events_of, "events.parquet"),
        **counts,
    )
    try:
        traces.check()
    except InvariantError as error:
        raise OutputError(f"{folder}: its files do not belong together: {error}") from None
    return traces


def _read(folder: Path, numbers: dict[str, Any], make: Callable[..., Any], *names: str) -> Any:
    """What `make` makes of the tables in some files; a table that is not what it should be is the folder's fault."""
    paths = [_file(folder, name) for name in names]
    try:
        return make(*map(columns_of, paths))
    except (OSError, ValueError, LookupError) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise OutputError(f"{paths[0]}: cannot be used: {what}{_remedy(numbers)}") from None


def _file(folder: Path, name: str) -> Path:
    if not (folder / name).is_file():
        raise OutputError(f"{folder}: has no {name}: run the day again to have all its files")
    return folder / name


def _remedy(numbers: dict[str, Any]) -> str:
    version = numbers.get("version")
    return "" if version == __version__ else f"; it was written by version {version}, this is {__version__}"
