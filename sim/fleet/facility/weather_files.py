"""A year of weather from a file: EnergyPlus' EPW, or CSV by hour; what is missing is told with its line."""

import csv
import datetime
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import WeatherError
from sim.core.units import HOURS_PER_DAY, parse_quantity
from sim.files.documents import open_plain
from sim.plant.facility.psychrometrics import STANDARD_PRESSURE_PA, wet_bulb_c

Hours = NDArray[np.float64]

HOURS_PER_YEAR = 8760
PERCENT = 100.0
GZIP_MAGIC = b"\x1f\x8b"
LARGEST_BYTES = 2**28
"""Of a file once unpacked: a year of hours takes two million, and what never ends is not read to its end."""
EPW_HEADER_LINES = 8
EPW_COLUMNS = {"year": 0, "month": 1, "day": 2, "hour": 3, "dry": 6, "humidity": 8, "pressure": 9}
"""Places of an EPW row's fields."""
DRY_BULB_C, HUMIDITY_PERCENT, PRESSURE_PA = (-90.0, 60.0), (0.0, 110.0), (50_000.0, 110_000.0)
"""What can be: the coldest and hottest air on earth, and somewhat beyond; EPW's 99.9, 999 and 999999 cannot."""
FIRST = datetime.datetime(2023, 1, 1)
"""Hours are counted from the first of January of a year without a leap day."""
LEAP_DAY = (2, 29)


@dataclass(frozen=True)
class WeatherYear:
    """The outdoor air by hour of a year without a leap day, from local midnight of 1 January."""

    dry_bulb_c: Hours
    """Temperature."""
    wet_bulb_c: Hours
    """Wet bulb, worked out from temperature, humidity and pressure."""


class _Row(NamedTuple):
    """One hour as it was written."""

    line: int
    hour: int
    """Of the year; hours after midnight of 31 December begin the year anew."""
    dry_bulb_c: float
    humidity_fraction: float
    pressure_pa: float


def read_weather(path: str, station: str | None, utc_offset_h: float) -> WeatherYear:
    """Read a year; `utc_offset_h` turns a column `utc` into local time. WeatherError names line and remedy."""
    file = Path(path)
    lines = _lines(file)
    rows = _epw(file, lines) if lines and lines[0].startswith("LOCATION") else _csv(file, lines, station, utc_offset_h)
    try:
        hours = _complete(file, list(rows))
    except csv.Error as error:
        raise WeatherError(f"{file}: is no year of weather ({error}); give an EPW file or a CSV") from None
    dry = np.array([row.dry_bulb_c for row in hours])
    humidity = np.array([min(1.0, row.humidity_fraction) for row in hours])
    return WeatherYear(dry, wet_bulb_c(dry, humidity, np.array([row.pressure_pa for row in hours])))


def _lines(file: Path) -> list[str]:
    try:
        return _data(file).decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise WeatherError(
            f"{file}: there is no such file (from {Path.cwd()}); set plant.climate.weather.path"
        ) from None
    except UnicodeDecodeError:
        raise WeatherError(f"{file}: is not UTF-8 text; give an EPW file or a CSV, plain or gzipped") from None
    except (OSError, ValueError, EOFError, zlib.error) as error:
        what = getattr(error, "strerror", None) or error
        raise WeatherError(f"{file}: cannot be read: {what}; set plant.climate.weather.path") from None


def _data(file: Path) -> bytes:
    with open_plain(file) as written:
        packed = written.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
        data = (gzip.GzipFile(fileobj=written) if packed else written).read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise WeatherError(f"{file}: is longer than {LARGEST_BYTES:,} bytes, which no year of hours is")
    return data


def _error(file: Path, line: int, what: str, remedy: str) -> WeatherError:
    return WeatherError(f"{file}:{line}: {what}; {remedy}")


def _epw(file: Path, lines: list[str]) -> Iterator[_Row]:
    """Rows of an EPW file: hour 1 is the hour that ends at one o'clock, and its figures are those of that moment."""
    for line, cells in enumerate(csv.reader(lines[EPW_HEADER_LINES:]), EPW_HEADER_LINES + 1):
        if not cells:
            continue
        if len(cells) <= EPW_COLUMNS["pressure"]:
            raise _error(file, line, f"has {len(cells)} fields, too few for an hour of EPW", "fetch the file again")
        picked = {name: cells[place] for name, place in EPW_COLUMNS.items()}
        month, day, hour = (int(_number(file, line, name, picked[name])) for name in ("month", "day", "hour"))
        at = _moment(file, line, month, day, hour)
        if at is not None:
            dry, humidity, pressure = (
                _number(file, line, name, picked[name]) for name in ("dry", "humidity", "pressure")
            )
            yield _Row(line, at, dry, humidity / PERCENT, pressure)


def _csv(file: Path, lines: list[str], station: str | None, utc_offset_h: float) -> Iterator[_Row]:
    """Rows of a CSV: utc, or date and time_lst, drybulb_c, rh_pct, and perhaps pressure_mbar and site."""
    header = next(csv.reader(lines[:1]), [])
    _check_header(file, header)
    stations = set()
    for line, cells in enumerate(csv.reader(lines[1:]), 2):
        row = dict(zip(header, cells, strict=False))
        stations.add(row.get("site", ""))
        if not cells or (station is not None and row.get("site") != station):
            continue
        if len(stations) > 1 and station is None:
            named = ", ".join(sorted(stations))
            raise _error(file, line, f"holds several stations ({named}, ...)", "set plant.climate.weather.station")
        at = _csv_moment(file, line, row, utc_offset_h)
        if at is not None:
            dry, humidity = (_number(file, line, name, row.get(name)) for name in ("drybulb_c", "rh_pct"))
            yield _Row(line, at, dry, humidity / PERCENT, _pressure(row))
    if station is not None and station not in stations:
        known = ", ".join(sorted(stations)[:12])
        raise WeatherError(f"{file}: has no station {station!r} (known: {known}); set plant.climate.weather.station")


def _check_header(file: Path, header: list[str]) -> None:
    times = "utc" in header or {"date", "time_lst"} <= set(header)
    if not times or not {"drybulb_c", "rh_pct"} <= set(header):
        remedy = "give an EPW file, or a CSV with utc (or date and time_lst), drybulb_c and rh_pct"
        raise _error(file, 1, "is not a year of weather", remedy)


def _pressure(row: dict[str, str]) -> float:
    written = row.get("pressure_mbar")
    return parse_quantity(f"{written} mbar", "air_pa") if _is_number(written) else STANDARD_PRESSURE_PA


def _is_number(text: str | None) -> bool:
    return bool(text) and str(text).replace(".", "", 1).isdigit()


def _csv_moment(file: Path, line: int, row: dict[str, str], utc_offset_h: float) -> int | None:
    try:
        if "utc" in row:
            local = datetime.datetime.fromisoformat(row["utc"]) + datetime.timedelta(hours=utc_offset_h)
            return _moment(file, line, local.month, local.day, local.hour)
        month, day = (int(part) for part in row["date"].split("/")[:2])
        return _moment(file, line, month, day, int(row["time_lst"].split(":")[0]))
    except (ValueError, KeyError, IndexError):
        raise _error(
            file, line, "has no time that could be read", "write 2023-01-31T05:00, or 01/31/2023 and 05:00"
        ) from None


def _moment(file: Path, line: int, month: int, day: int, hour: int) -> int | None:
    """Hour of the year, 0 at its first midnight; none on a leap day."""
    if (month, day) == LEAP_DAY:
        return None
    try:
        begun = datetime.datetime(FIRST.year, month, day)
    except ValueError:
        raise _error(file, line, f"{month}/{day} is no day of a year", "mend the date") from None
    if not 0 <= hour <= HOURS_PER_DAY:
        raise _error(file, line, f"{hour} is no hour of a day", "mend the hour")
    return ((begun - FIRST).days * HOURS_PER_DAY + hour) % HOURS_PER_YEAR


def _number(file: Path, line: int, name: str, text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        raise _error(
            file, line, f"{text!r} is not a number for {name}", "mend the row, or fetch the file again"
        ) from None


def _complete(file: Path, rows: list[_Row]) -> list[_Row]:
    """One possible row for every hour of the year, in order."""
    found: dict[int, _Row] = {}
    for row in rows:
        _check_possible(file, row)
        if row.hour in found:
            what = f"{_told(row.hour)} is written a second time, first in line {found[row.hour].line}"
            raise _error(file, row.line, what, "leave one of them")
        found[row.hour] = row
    missing = sorted(set(range(HOURS_PER_YEAR)) - set(found))
    if missing:
        before = found.get(missing[0] - 1)
        what = f"{len(missing):,} of {HOURS_PER_YEAR:,} hours are missing, the first {_told(missing[0])}"
        raise _error(file, before.line + 1 if before else 1, what, "fill them in, or give the file of a whole year")
    return [found[hour] for hour in range(HOURS_PER_YEAR)]


def _check_possible(file: Path, row: _Row) -> None:
    limits = (
        (row.dry_bulb_c, DRY_BULB_C, "degC of dry bulb"),
        (row.humidity_fraction * PERCENT, HUMIDITY_PERCENT, "% of humidity"),
        (row.pressure_pa, PRESSURE_PA, "Pa of pressure"),
    )
    for value, (low, high), what in limits:
        if not low <= value <= high:
            told = f"{value:g} {what} cannot be: it lies outside {low:g}..{high:g}"
            raise _error(file, row.line, told, "fill the hour in, for in such files it stands for a missing figure")


def _told(hour: int) -> str:
    at = FIRST + datetime.timedelta(hours=hour)
    return f"{at.day} {at:%B}, {at.hour}:00"
