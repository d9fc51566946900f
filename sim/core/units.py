"""Units: what a suffix of a name means, and how a written quantity such as "10.2 kW" becomes a plain SI number.

Inside the model every number is a bare float (or integer) in the unit that its name ends with; kWh, percent, minutes
and cents exist only at the edge, where a person writes or reads.
"""

import math
import re
from functools import cache

# Suffix of a name -> (unit, what a reader calls it). Longest suffix wins: `_usd_per_kwh` before `_kwh`.
SUFFIXES: dict[str, tuple[str, str]] = {
    "_usd_per_kwh": ("USD/kWh", "price of electricity"),
    "_usd_per_w": ("USD/W", "price by power"),
    "_usd_per_h": ("USD/h", "price by hour"),
    "_usd_per_request": ("USD/request", "cost of a request"),
    "_usd_per_kw_month": ("USD/kW-month", "monthly price by power"),
    "_usd_per_year": ("USD/year", "price by year"),
    "_usd_per_t": ("USD/t", "price of carbon"),
    "_usd_per_m3": ("USD/m3", "price of water"),
    "_usd": ("USD", "money"),
    "_flops_per_s": ("FLOP/s", "arithmetic rate"),
    "_bytes_per_s": ("B/s", "bandwidth"),
    "_bytes_per_token": ("B/token", "memory of a token"),
    "_requests_per_s": ("request/s", "request rate"),
    "_tokens_per_s": ("token/s", "token rate"),
    "_j_per_k_per_w": ("J/(K W)", "heat capacity by power"),
    "_w_per_k": ("W/K", "heat conductance"),
    "_w_per_w": ("1", "ratio of powers"),
    "_j_per_k": ("J/K", "heat capacity"),
    "_g_per_kwh": ("g/kWh", "carbon intensity"),
    "_per_year": ("1/year", "rate by year"),
    "_per_day": ("1/day", "rate by day"),
    "_per_s": ("1/s", "rate"),
    "_per_k": ("1/K", "change by kelvin"),
    "_fraction": ("1", "fraction"),
    "_tokens": ("token", "tokens"),
    "_bytes": ("B", "memory"),
    "_flops": ("FLOP", "arithmetic"),
    "_years": ("year", "long duration"),
    "_kwh": ("kWh", "energy for people"),
    "_kw": ("kW", "power for people"),
    "_h": ("h", "time for people"),
    "_s": ("s", "time"),
    "_w": ("W", "power"),
    "_j": ("J", "energy"),
    "_c": ("degC", "temperature"),
    "_k": ("K", "temperature difference"),
    "_pa": ("Pa", "pressure"),
    "_m3": ("m3", "volume of water"),
    "_g": ("g", "mass"),
}

ZERO_CELSIUS_K = 273.15
SECONDS_PER_MINUTE = 60.0
SECONDS_PER_HOUR = 3600.0
SECONDS_PER_DAY = 86_400.0
HOURS_PER_DAY = 24
MINUTES_PER_HOUR = 60
DAYS_PER_WEEK = 7
MONTHS_PER_YEAR = 12
QUARTERS_PER_HOUR = 4
QUARTERS_PER_DAY = QUARTERS_PER_HOUR * HOURS_PER_DAY
SECONDS_PER_QUARTER = SECONDS_PER_HOUR / QUARTERS_PER_HOUR
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR
SECONDS_PER_YEAR = SECONDS_PER_DAY * DAYS_PER_YEAR
JOULES_PER_KWH = 3.6e6
TOKENS_PER_MILLION = 1e6
WATTS_PER_KILOWATT = 1e3
LITRES_PER_M3 = 1e3
GRAMS_PER_TONNE = 1e6
KILOGRAMS_PER_TONNE = 1e3
BITS_PER_BYTE = 8
MILLISECONDS_PER_SECOND = 1e3
BYTES_PER_GIGABYTE = 1e9

_PREFIXES = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}


def _prefixed(symbol: str, prefixes: str = "mkMGTP") -> dict[str, float]:
    return {prefix + symbol: _PREFIXES[prefix] for prefix in ["", *prefixes]}


# Unit of a suffix -> spellings a person may write, each with its factor to that unit.
_SPELLINGS: dict[str, dict[str, float]] = {
    "s": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0, "d": 86_400.0, "day": 86_400.0, "days": 86_400.0},
    "year": {"year": 1.0, "years": 1.0, "y": 1.0, "month": 1 / 12, "months": 1 / 12, "d": 1 / DAYS_PER_YEAR},
    "W": _prefixed("W"),
    "J": _prefixed("J") | {"Wh": 3600.0, "kWh": 3.6e6, "MWh": 3.6e9},
    "kWh": {"kWh": 1.0, "Wh": 1e-3, "MWh": 1e3, "GWh": 1e6, "J": 1 / JOULES_PER_KWH},
    "B": _prefixed("B", "kMGTP") | {"KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40},
    "B/s": _prefixed("B/s", "kMGTP"),
    "FLOP": _prefixed("FLOP"),
    "FLOP/s": _prefixed("FLOP/s") | _prefixed("FLOPS"),
    "USD": {"USD": 1.0, "$": 1.0, "kUSD": 1e3, "MUSD": 1e6, "ct": 0.01, "¢": 0.01},
    "USD/kWh": {"USD/kWh": 1.0, "$/kWh": 1.0, "ct/kWh": 0.01, "USD/MWh": 1e-3, "$/MWh": 1e-3},
    "USD/h": {"USD/h": 1.0, "$/h": 1.0, "USD/day": 1 / 24, "USD/year": 1 / (24 * DAYS_PER_YEAR)},
    "USD/W": {"USD/W": 1.0, "$/W": 1.0, "USD/kW": 1e-3, "$/kW": 1e-3},
    "USD/kW-month": {"USD/kW-month": 1.0, "$/kW-month": 1.0},
    "USD/year": {"USD/year": 1.0, "$/year": 1.0, "USD/month": 12.0},
    "USD/t": {"USD/t": 1.0, "$/t": 1.0},
    "USD/m3": {"USD/m3": 1.0, "$/m3": 1.0},
    "request/s": {"request/s": 1.0, "requests/s": 1.0, "1/s": 1.0, "requests/min": 1 / 60, "requests/h": 1 / 3600},
    "token/s": {"token/s": 1.0, "tokens/s": 1.0},
    "token": {"token": 1.0, "tokens": 1.0, "ktokens": 1e3},
    "g/kWh": {"g/kWh": 1.0, "kg/kWh": 1e3, "kg/MWh": 1.0, "t/MWh": 1e3},
    "1/year": {"1/year": 1.0, "/year": 1.0, "%/year": 0.01, "1/day": DAYS_PER_YEAR, "/day": DAYS_PER_YEAR},
    "1/day": {"1/day": 1.0, "/day": 1.0, "1/year": 1 / DAYS_PER_YEAR, "/year": 1 / DAYS_PER_YEAR},
    "1/s": {"1/s": 1.0, "/s": 1.0},
    "degC": {"degC": 1.0, "°C": 1.0, "C": 1.0},
    "K": {"K": 1.0},
    "Pa": _prefixed("Pa", "kM") | {"mbar": 100.0, "hPa": 100.0},
    "kW": {"kW": 1.0, "W": 1e-3, "MW": 1e3},
    "h": {"h": 1.0, "min": 1 / 60, "s": 1 / 3600},
    "m3": {"m3": 1.0, "L": 1e-3, "l": 1e-3},
    "W/K": {"W/K": 1.0, "kW/K": 1e3, "MW/K": 1e6},
    "J/(K W)": {"J/(K W)": 1.0, "J/K/W": 1.0},
    "1/K": {"1/K": 1.0, "/K": 1.0, "%/K": 0.01},
    "J/K": {"J/K": 1.0, "kJ/K": 1e3, "MJ/K": 1e6},
    "g": {"g": 1.0, "kg": 1e3, "t": 1e6},
    "1": {"%": 0.01},
    "B/token": _prefixed("B/token", "kMGTP"),
    "USD/request": {"USD/request": 1.0, "$/request": 1.0, "ct/request": 0.01},
}

# A comma only parts thousands: "8,3 ct" is refused rather than read as 83.
_QUANTITY = re.compile(
    r"\s*([-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(?:\s*([^\s\d.,].*?|1/.*?))?\s*\Z",
    re.ASCII,
)
_CLOCK = re.compile(r"\s*([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?\s*\Z", re.ASCII)

_NO_CLOCK = "no time of a day; write 00:00 to 23:59:59, 24:00 for an end, or a number with a unit, as in 90 min"
_LIKE_A_CLOCK = re.compile(r"\s*-?\d+(:\d+)+\s*\Z", re.ASCII)


@cache
def suffix_of(name: str) -> str | None:
    """The unit suffix that a field name ends with, or None: `idle_w` gives `_w`."""
    return max((s for s in SUFFIXES if name.endswith(s)), key=len, default=None)


def unit_of(name: str) -> str | None:
    """The unit of a field by its name, or None where the name has no unit suffix.

    >>> unit_of("electricity_usd_per_kwh"), unit_of("gpus")
    ('USD/kWh', None)
    """
    suffix = suffix_of(name)
    return SUFFIXES[suffix][0] if suffix else None


def parse_quantity(text: str, name: str) -> float:
    """Read "10.2 kW" for a field called `name`, in the unit of that name; ValueError says what would be understood.

    A time may also be written as a clock shows it, "18:15" or "18:15:46".

    >>> parse_quantity("10.2 kW", "idle_w"), parse_quantity("8.3 ct/kWh", "electricity_usd_per_kwh")
    (10200.0, 0.083)
    """
    clock = _CLOCK.match(text) if unit_of(name) == "s" else None
    if clock:
        return int(clock[1]) * SECONDS_PER_HOUR + int(clock[2]) * SECONDS_PER_MINUTE + float(clock[3] or 0)
    if unit_of(name) == "s" and _LIKE_A_CLOCK.match(text):
        raise ValueError(f"{_shown(text)} is {_NO_CLOCK}")
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(f"{_shown(text)} is not a number with a unit")
    number = float(match[1].replace(",", "").replace("_", "")) * (_factor(match[2], name) if match[2] else 1.0)
    if not math.isfinite(number):
        raise ValueError(f"{_shown(text)} is not a finite number")
    return number


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "...")


def _factor(spelling: str, name: str) -> float:
    unit = unit_of(name)
    spellings = _SPELLINGS.get(unit or "", {})
    if spelling in spellings:
        return spellings[spelling]
    if unit is None:
        raise ValueError(f"{name} is a plain number and takes no unit, not {spelling!r}")
    raise ValueError(f"{spelling!r} is not a unit of {name}; write one of {', '.join(spellings)}")


def clock(at_s: float) -> str:
    """A local time after midnight [s] as a clock shows it.

    >>> clock(65_700.0), clock(86_400.0)
    ('18:15', '24:00')
    """
    hours, left_s = divmod(at_s, SECONDS_PER_HOUR)
    return f"{hours:02.0f}:{left_s // SECONDS_PER_MINUTE:02.0f}"
