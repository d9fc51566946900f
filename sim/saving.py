"""A result on disk: written whole or not at all, in formats that other tools open.

A saved day back from its folder: its numbers, or all of it, to be looked at or priced again.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from sim.accounting.allocation import Share
from sim.accounting.pricing import hourly
from sim.catalogue import Catalogue, read_catalogue
from sim.core.errors import InvariantError, OutputError
from sim.core.version import __version__
from sim.day import DayResult, priced_day
from sim.demand_survey import Survey
from sim.files.staging import publish, workshop
from sim.result_json import summary
from sim.scenario.identity import canonical, scenario_hash
from sim.scenario.reading import read_scenario
from sim.traces.day import DayTraces
from sim.traces.restoring import columns_of, digest_of, events_of, utilisation_of

DAY_FILES = (
    "ledger.csv",
    "allocation.csv",
    "hours.csv",
    "article.csv",
    "utilisation.parquet",
    "events.parquet",
    "digest.parquet",
    "histogram.parquet",
    "requests.parquet",
    "scenario.yaml",
    "run.json",
    "result.json",
)
"""What a day's folder may hold; result.json is put there last."""
SURVEY_FILES = ("demand.parquet", "lengths.csv", "scenario.yaml", "run.json", "demand.json")
"""What the folder of a survey of demand holds; demand.json is put there last."""
LONGEST_NAME = 80


def default_folder(result_root: Path, name: str, scenario: Any) -> Path:
    """Where a day is written unless told otherwise: out/NAME/ID, the same for the same scenario and seed."""
    return result_root / slug(name) / scenario_hash(scenario)


def slug(name: str) -> str:
    """A name as a folder: letters, digits, dots, dashes and underscores.

    >>> slug("Größe: 1/64")
    'Grosse_1_64'
    """
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9.-]+", "_", plain).strip("._")[:LONGEST_NAME] or "day"


def save(result: DayResult, folder: Path, run: Mapping[str, Any] | None = None) -> None:
    """Write a day's files; an earlier result in the folder stays as it was until all new files are complete."""
    with workshop(folder, DAY_FILES) as unfinished:
        finish(result, unfinished, folder, run or {})


def finish(result: DayResult, unfinished: Path, folder: Path, run: Mapping[str, Any]) -> None:
    """Write a day's files into its workshop, beside those that are there already, and move all into place."""
    _write(result, unfinished, run)
    publish(unfinished, folder, DAY_FILES)


def finish_survey(survey: Survey, unfinished: Path, folder: Path, run: Mapping[str, Any]) -> None:
    """Write the files of a survey of demand into its workshop, and move all into place."""
    _parquet(survey.windows(), unfinished / "demand.parquet")
    survey.lengths().to_csv(unfinished / "lengths.csv", index=False)
    (unfinished / "scenario.yaml").write_text(canonical(survey.scenario), encoding="utf-8")
    (unfinished / "run.json").write_text(_json(run), encoding="utf-8")
    (unfinished / "demand.json").write_text(_json(survey.summary()), encoding="utf-8")
    publish(unfinished, folder, SURVEY_FILES)


def _write(result: DayResult, folder: Path, run: Mapping[str, Any]) -> None:
    import pandas as pd

    result.ledger.table().to_csv(folder / "ledger.csv", index=False)
    pd.DataFrame(result.shares, columns=list(Share._fields)).to_csv(folder / "allocation.csv", index=False)
    hourly(result.ledger, result.usage, result.prices).to_csv(folder / "hours.csv", index_label="hour")
    if result.article:
        result.article.ledger.table().to_csv(folder / "article.csv", index=False)
    _parquet(result.traces.utilisation.table(), folder / "utilisation.parquet")
    _parquet(result.traces.events.table(), folder / "events.parquet")
    _parquet(result.traces.digest.table(), folder / "digest.parquet")
    _parquet(result.traces.digest.histogram(), folder / "histogram.parquet")
    if result.traces.requests is not None:
        _parquet(result.traces.requests.table(), folder / "requests.parquet")
    (folder / "scenario.yaml").write_text(canonical(result.scenario), encoding="utf-8")
    (folder / "run.json").write_text(_json(run), encoding="utf-8")
    (folder / "result.json").write_text(_json(summary(result)), encoding="utf-8")


def _parquet(frame: Any, path: Path) -> None:
    frame.to_parquet(path, index=False, compression="zstd")


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


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
