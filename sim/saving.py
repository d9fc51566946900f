"""A result on disk: written whole or not at all, in formats that other tools open."""

import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.accounting.allocation import Share
from sim.accounting.hourly import hourly
from sim.day import DayResult
from sim.headlines import summary
from sim.scenario.identity import canonical, scenario_hash
from sim.survey import Survey
from sim.workshop import publish, workshop

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
