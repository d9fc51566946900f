"""The reports' typeface: two files of Noto Sans SC that come with the program; a page is the same everywhere."""

import struct
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from sim.core.errors import OutputError

FAMILY = "Noto Sans CJK SC"
FOLDER = Path(__file__).parent
FILES = ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf")
HEAD, TABLE = struct.Struct(">4xH6x"), struct.Struct(">4s4xI4x")
MAP_HEAD, MAP = struct.Struct(">2xH"), struct.Struct(">HHI")
RANGES_HEAD, RANGE = struct.Struct(">12xI"), struct.Struct(">II4x")
UNICODE = (0, 4)
"""How OpenType lays out its tables, its maps of characters and their ranges; and the map that has all of Unicode."""


def font_files() -> tuple[Path, ...]:
    """The files of the typeface; OutputError where one is missing or empty."""
    files = tuple(FOLDER / name for name in FILES)
    for file in files:
        if not file.is_file() or not file.stat().st_size:
            raise OutputError(f"{file}: the font is missing; install the program again")
    return files


@cache
def characters() -> frozenset[int]:
    """Code points that both weights can show."""
    try:
        return frozenset.intersection(*map(_code_points, font_files()))
    except (LookupError, struct.error) as error:
        raise OutputError(f"{FOLDER}: a font is damaged: {error}; install the program again") from None


def _code_points(file: Path) -> frozenset[int]:
    """Code points that an OpenType font maps to glyphs.

    Read here, since all libraries that know fonts take longer to import than a report takes to be set.
    """
    data = file.read_bytes()
    tables: dict[bytes, int] = dict(_records(data, 0, HEAD, TABLE))
    start = tables[b"cmap"]
    maps = {(platform, encoding): at for platform, encoding, at in _records(data, start, MAP_HEAD, MAP)}
    ranges = _records(data, start + maps[UNICODE], RANGES_HEAD, RANGE)
    return frozenset(chain.from_iterable(range(first, last + 1) for first, last in ranges))


def _records(data: bytes, at: int, head: struct.Struct, record: struct.Struct) -> Iterator[tuple[Any, ...]]:
    """Records behind a head that tells their number."""
    (count,) = head.unpack_from(data, at)
    begin = at + head.size
    return record.iter_unpack(data[begin : begin + count * record.size])
