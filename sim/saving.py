"""A result on disk: written whole or not at all, in formats that other tools open."""

import json
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sim.accounting.allocation import Share
from sim.accounting.hourly import hourly
from sim.day import DayResult
from sim.errors import OutputError
from sim.headlines import summary
from sim.scenario.identity import canonical, scenario_hash
from sim.survey import Survey

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


def claim_folder(folder: Path, names: Sequence[str] = ()) -> None:
    """Make sure that a folder can be written, before any work is done for it, and that no stranger's file is lost.

    `names` are the files that will be put there, the last one last of all: only beside it are the others ours.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        theirs = [name for name in names if (folder / name).exists()]
        if theirs and names[-1] not in theirs:
            raise OutputError(
                f"{folder}: holds a {theirs[0]} but no {names[-1]}: not a result of this kind, and left "
                "as it is; choose another with --out"
            )
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}; choose another with --out") from None


@contextmanager
def workshop(folder: Path, names: Sequence[str] = ()) -> Iterator[Path]:
    """A hidden folder inside `folder` for files that are not finished; gone afterwards, whatever happens.

    Should the work fail, `folder` goes again, too, with the parents made for it, unless it holds something.
    """
    made = [path for path in (folder, *folder.parents) if not _is_there(path)]
    claim_folder(folder, names)
    try:
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder, ignore_cleanup_errors=True) as unfinished:
            yield Path(unfinished)
    except BaseException as error:
        with suppress(OSError):  # not empty: then it holds what was written after all
            for path in made:
                path.rmdir()
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from None
        raise


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # of a name that no file can have
        return False


def save(result: DayResult, folder: Path, run: Mapping[str, Any] | None = None) -> None:
    """Write a day's files; an earlier result in the folder stays as it was until all new files are complete."""
    with workshop(folder, DAY_FILES) as unfinished:
        finish(result, unfinished, folder, run or {})


def finish(result: DayResult, unfinished: Path, folder: Path, run: Mapping[str, Any]) -> None:
    """Write a day's files into its workshop, beside those that are there already, and move all into place."""
    _write(result, unfinished, run)
    _publish(unfinished, folder, DAY_FILES)


def finish_survey(survey: Survey, unfinished: Path, folder: Path, run: Mapping[str, Any]) -> None:
    """Write the files of a survey of demand into its workshop, and move all into place."""
    _parquet(survey.windows(), unfinished / "demand.parquet")
    survey.lengths().to_csv(unfinished / "lengths.csv", index=False)
    (unfinished / "scenario.yaml").write_text(canonical(survey.scenario), encoding="utf-8")
    (unfinished / "run.json").write_text(_json(run), encoding="utf-8")
    (unfinished / "demand.json").write_text(_json(survey.summary()), encoding="utf-8")
    _publish(unfinished, folder, SURVEY_FILES)


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


def _publish(unfinished: Path, folder: Path, names: Sequence[str]) -> None:
    """Move the complete files into place; what an earlier run left and this one has not is removed."""
    for name in names:
        if (unfinished / name).exists():
            (unfinished / name).replace(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)
