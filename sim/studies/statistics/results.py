"""The result of a batch or study: a summary, and a table with one row a cell. MODEL.md says what each key holds."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.core.errors import OutputError

if TYPE_CHECKING:
    import pandas as pd

SUMMARY = "summary.json"
OUTCOMES = "outcomes.parquet"
FORMAT = 1
"""Version of the summary's layout."""


class Interval(NamedTuple):
    """An estimate and its confidence interval; the summary holds it as a mapping of these three keys."""

    estimate: float
    """The estimate, in the unit of what is estimated."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""


@dataclass(frozen=True)
class StudyResult:
    """A finished batch or study."""

    folder: Path
    """Where it lies."""
    summary: dict[str, Any]
    """What summary.json holds."""

    @property
    def kind(self) -> str:
        """One of batch, monte_carlo, tornado, morris, sobol, pawn."""
        return str(self.summary["kind"])

    def table(self, columns: list[str] | None = None) -> "pd.DataFrame":
        """One row a cell, in the order of cells; all columns, or those named."""
        import pandas as pd

        try:
            return pd.read_parquet(self.folder / OUTCOMES, columns=columns)
        except (OSError, ValueError) as error:
            raise OutputError(f"{self.folder / OUTCOMES}: cannot be read: {error}") from None


def load(folder: Path | str) -> StudyResult:
    """Read the result of a batch or study from its folder."""
    path = Path(folder) / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputError(f"{folder}: holds no finished batch or study: {error.strerror or error}") from None
    except ValueError as error:
        raise OutputError(f"{path}: is damaged: {error}") from None
    if not isinstance(summary, dict) or summary.get("format") != FORMAT:
        raise OutputError(f"{path}: is not the summary of a batch or study that this version reads")
    return StudyResult(Path(folder), summary)
