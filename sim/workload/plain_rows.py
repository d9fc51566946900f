"""Many plain lines of CSV at once, by pandas; whatever is odd about one of them is left to a closer look."""

from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.workload.layouts import Columns

if TYPE_CHECKING:
    import pandas as pd

QUOTE = '"'


def read_plainly(lines: list[str], places: list[int], columns: Columns) -> tuple[NDArray[np.float64], ...] | None:
    r"""The columns at some places as numbers, timestamps in microseconds since 1970; shapes (n,).

    None unless each line is one row without quotes whose cells are all numbers, or timestamps, as they should be.

    >>> from sim.workload.layouts import OURS
    >>> read_plainly(["0,7,1\n", "1.5,8,2\n"], [0, 1, 2], OURS)[0].tolist()
    [0.0, 1.5]
    >>> read_plainly(["0,7,1\n", "1.5,many,2\n"], [0, 1, 2], OURS) is None
    True
    """
    import pandas as pd

    text = "".join(lines)
    if QUOTE in text:
        return None
    first, *others = places
    kinds: Any = {first: str} | dict.fromkeys(others, np.float64)
    stream = StringIO(text)
    try:
        table = pd.read_csv(stream, header=None, usecols=places, dtype=kinds, skipinitialspace=True, na_filter=False)
        time = _microseconds(table[first]) if columns.stamped else np.array(list(map(float, table[first])))
    except ValueError:
        return None
    numbers = (time, *(table[place].to_numpy(np.float64) for place in others))
    whole = len(table) == len(lines) and not any(np.isnan(column).any() for column in numbers)
    return numbers if whole else None


def _microseconds(stamps: "pd.Series[Any]") -> NDArray[np.float64]:
    """Microseconds since 1970 of ISO timestamps, in UTC where they name no zone; shape (n,)."""
    import pandas as pd

    times = pd.to_datetime(stamps, format="ISO8601", utc=True).dt.tz_localize(None)
    return times.to_numpy("datetime64[us]").astype(np.int64).astype(np.float64)
