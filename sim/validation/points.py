"""Points files: read as tables, rows as mappings, and written back with what was predicted."""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.documents import is_file
from sim.errors import InputError
from sim.validation.predicting import PREFIX, REASON, Form, Row, check_columns

if TYPE_CHECKING:
    import pandas as pd

FIRST_LINE = 2
"""Line of the first row, below the header."""


def read_points(path: Path, form: Form) -> "pd.DataFrame":
    """A points file, plain or gzipped, without what an earlier prediction added; InputError where it is none."""
    import pandas as pd

    if not is_file(path):
        raise InputError(f"{path}: no such file")
    try:
        table = pd.read_csv(path)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a table of comma-separated values: {error}") from None
    written = [name for name in table.columns if name.startswith(PREFIX) or name == REASON]
    table = table.drop(columns=written)
    check_columns(form, list(table.columns), str(path))
    if not len(table):
        raise InputError(f"{path}: holds no rows")
    return table


def rows_of(table: "pd.DataFrame") -> list[Row]:
    """Rows of a table as mappings from column to cell."""
    records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]  # its keys are column names
    return list(records)


def with_predictions(table: "pd.DataFrame", form: Form, predicted: Sequence[dict[str, float] | str]) -> "pd.DataFrame":
    """The table with a column for every prediction, and one that says why a row has none."""
    told = table.copy()
    for name in form.measured:
        told[name] = [float("nan") if isinstance(found, str) else found.get(name, float("nan")) for found in predicted]
    told[REASON] = [found if isinstance(found, str) else "" for found in predicted]
    return told


def reasons(predicted: Sequence[dict[str, float] | str]) -> dict[str, list[int]]:
    """Why rows have no prediction, each with the lines of the file that it holds for."""
    found: dict[str, list[int]] = {}
    for line, prediction in enumerate(predicted, FIRST_LINE):
        if isinstance(prediction, str):
            found.setdefault(prediction, []).append(line)
    return found
