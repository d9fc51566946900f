"""The layouts of public traces: which columns hold what, and how their cells are read."""

import difflib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SHOWN_CHARACTERS = 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECONDS_PER_MICROSECOND = 1e-6
SECONDS_PER_MILLISECOND = 1e-3


def timestamp_us(text: str) -> float:
    """Microseconds since 1970 of an ISO timestamp, in UTC where it names no zone; exact in a float."""
    stamp = datetime.fromisoformat(text)
    return ((stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND


@dataclass(frozen=True)
class Columns:
    """One way of writing a request down: the names of what is read."""

    names: tuple[str, ...]
    """Time, prompt tokens, output tokens; perhaps prompt tokens that an endless prefix cache finds."""
    tick_s: float = 1.0
    """Length of the unit of its times."""
    stamped: bool = False
    """Whether times are timestamps, and count from the first."""
    lines: bool = False
    """Whether each line is a JSON object, which may list the ids of the prompt's blocks."""

    def readers(self) -> tuple[Callable[[Any], float], ...]:
        """How the cells of each column become numbers."""
        return (timestamp_us if self.stamped else float, *(float,) * (len(self.names) - 1))


OURS = Columns(("arrival_s", "input_tokens", "output_tokens"))
AZURE = Columns(("TIMESTAMP", "ContextTokens", "GeneratedTokens"), SECONDS_PER_MICROSECOND, stamped=True)
BURSTGPT = Columns(("Timestamp", "Request tokens", "Response tokens"))
MOONCAKE = Columns(("arrival_s", "input_tokens", "output_tokens", "prefix_hit_tokens"))
MOONCAKE_LINES = Columns(("timestamp", "input_length", "output_length"), SECONDS_PER_MILLISECOND, lines=True)
BLOCK_IDS = "hash_ids"
"""Key of the list of a prompt's blocks in a line of Mooncake."""
BLOCK_TOKENS = 512
"""Tokens of such a block."""

LAYOUTS: dict[str, tuple[Columns, ...]] = {
    "azure_2023": (OURS, AZURE),
    "azure_2024": (OURS, AZURE),
    "burstgpt": (BURSTGPT,),
    "mooncake": (MOONCAKE, MOONCAKE_LINES),
}
"""Ways of writing that a layout knows. ServeGen's files hold rates, not requests."""


class NoLayoutError(Exception):
    """A header that is none of the layout's: what is wrong, and what to do."""


def columns_of(layout: str, first_line: str, header: Sequence[str]) -> Columns:
    """Which way of writing a file follows, by its first line and the cells in it; NoLayoutError where it is none."""
    known = LAYOUTS[layout]
    if is_json(first_line):
        if known[-1].lines:
            return known[-1]
        raise NoLayoutError("is JSON, not CSV; set workload.trace.layout=mooncake, or choose another file")
    tables = [columns for columns in known if not columns.lines]
    nearest = max(tables, key=lambda columns: len(set(columns.names) & set(header)))
    missing = [name for name in nearest.names if name not in header]
    if not missing:
        return nearest
    found = ",".join(header)[:SHOWN_CHARACTERS]
    named = " or ".join(",".join(columns.names) for columns in tables)
    raise NoLayoutError(
        f"the header {found!r} has no {', '.join(missing)}{_hint(missing, header)}; {_remedy(layout, header, named)}"
    )


def is_json(line: str) -> bool:
    """Whether a line looks like a JSON object."""
    return line.lstrip("\ufeff \t").startswith("{")


def is_header(cells: Iterable[str]) -> bool:
    """Whether a row holds the names of columns of any layout."""
    held = set(cells)
    return any(set(columns.names) <= held for known in LAYOUTS.values() for columns in known)


def _remedy(layout: str, header: Sequence[str], named: str) -> str:
    fits = [
        name
        for name, known in LAYOUTS.items()
        if name != layout and any(set(columns.names) <= set(header) for columns in known)
    ]
    return f"set workload.trace.layout={fits[0]}" if fits else f"name the columns {named}"


def _hint(missing: Sequence[str], header: Sequence[str]) -> str:
    """Which columns of the header may be the missing ones, in brackets, if any is near."""
    lowered = {cell.lower(): cell for cell in header}
    near = {name: difflib.get_close_matches(name.lower(), lowered, n=1) for name in missing}
    pairs = [f"{name} for {lowered[cells[0]]}" for name, cells in near.items() if cells]
    return f" (did you mean {', '.join(pairs)}?)" if pairs else ""


def json_cells(line: str, names: Sequence[str]) -> list[Any]:
    """The values of a line of JSON by name, then the list of its block ids; ValueError, KeyError where it has none."""
    data = json.loads(line)
    blocks = data.get(BLOCK_IDS, [])
    if not isinstance(blocks, list):
        raise ValueError(f"{BLOCK_IDS} is no list")
    return [*(data[name] for name in names), blocks]
