"""A claim about the world and where it comes from: no number of the catalogue travels without its source.

Which numbers a claim can have, told from the ending of its name.

The base of all that the catalogue names.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sim.core.units import HOURS_PER_DAY, MONTHS_PER_YEAR, suffix_of

Known = Literal["read", "secondary", "computed", "unverified", "assumption"]


def _words(value: object) -> object:
    """Rows of numbers may be written as text: one scalar for YAML to read instead of one a number."""
    return value.split() if isinstance(value, str) else value


def _lines(value: object) -> object:
    return value.splitlines() if isinstance(value, str) else value


Numbers = Annotated[tuple[FiniteFloat, ...], BeforeValidator(_words)]
Rows = Annotated[tuple[Numbers, ...], BeforeValidator(_lines)]


class Frozen(BaseModel):
    """Base of all data that people write: unknown keys are refused, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Source(Frozen):
    """Where claims come from."""

    title: str
    """Name of the publication, data set or page, with its authors or owner."""
    kind: Literal["measurement", "specification", "publication", "market", "computed", "assumption"]
    """What sort of evidence it is; reports print assumptions apart."""
    where: str
    """Address, identifier or repository and commit at which a reader finds it."""
    date: str
    """ISO date, or year, of publication or of the reading."""
    note: str = ""
    """Anything a user of the figure should know."""


class Claim(Frozen):
    """What all claims carry beside their value."""

    source: str
    """Id of an entry in sources.yaml."""
    known: Known = "read"
    """How well it is known: read in the source, in a secondary copy, computed from data, unverified, or assumed."""
    note: str = ""
    """What the figure means where its name does not say it."""


class Fact(Claim):
    """One number, with a range where one is known."""

    value: FiniteFloat
    """The central value in the unit of the field's name."""
    low: FiniteFloat | None = None
    """Lower end of the plausible range."""
    high: FiniteFloat | None = None
    """Upper end of the plausible range."""

    @model_validator(mode="after")
    def _ordered(self) -> "Fact":
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        if not low <= self.value <= high:
            raise ValueError(f"low <= value <= high does not hold: {low}, {self.value}, {high}")
        return self


class Series(Claim):
    """Numbers along one axis, such as the hours of a day."""

    value: Annotated[Numbers, Field(min_length=1)]
    """The numbers, in order."""


class Table(Claim):
    """Numbers along two axes, such as months by hours."""

    value: Annotated[Rows, Field(min_length=1)]
    """Rows of equal length."""

    @model_validator(mode="after")
    def _rectangular(self) -> "Table":
        if len({len(row) for row in self.value}) != 1:
            raise ValueError("rows differ in length")
        return self


def _of_length(length: int, width: int = 0) -> AfterValidator:
    """Refuse a series of another length, or a table of other sides."""

    def check(claim: Series | Table) -> Series | Table:
        first, found = claim.value[0], len(claim.value)
        if found != length:
            raise ValueError(f"must have {length} {'rows' if width else 'numbers'}, not {found}")
        if isinstance(first, tuple) and len(first) != width:
            raise ValueError(f"must have {width} numbers in a row, not {len(first)}")
        return claim

    return AfterValidator(check)


Quadratic = Annotated[Series, _of_length(len(("constant", "slope", "bend")))]
"""A curve by its three terms."""
Hourly = Annotated[Series, _of_length(HOURS_PER_DAY)]
"""A number for each local hour of a day."""
Monthly = Annotated[Series, _of_length(MONTHS_PER_YEAR)]
"""A number a month, January first."""
MonthlyHourly = Annotated[Table, _of_length(MONTHS_PER_YEAR, HOURS_PER_DAY)]
"""A row a month, January first, with a number for each local hour."""


def numbers(claim: Claim | None) -> tuple[float, ...]:
    """All numbers of a claim in one row; none of a claim that is not made."""
    if isinstance(claim, Table):
        return tuple(number for row in claim.value for number in row)
    if isinstance(claim, Series):
        return claim.value
    return (claim.value,) if isinstance(claim, Fact) else ()


ABOVE_ZERO = (
    *("_bytes", "_bytes_per_s", "_flops_per_s", "_tokens", "_years", "tdp_w", "nameplate_w", "gpus", "layers"),
    *("hidden", "heads", "head_dim", "params", "kv_values_per_token", "memory_fraction", "matrix_fraction"),
    *("design_utilisation_fraction", "rate_usd"),
    *("attention_fraction", "link_fraction", "capacity_fraction", "_cop", "_j_per_k_per_w", "rise_coefficient"),
    *("air_rise_k", "rating_fraction", "capped_exponent", "infant_shape", "wear_shape", "lemon_factor"),
)
"""Endings of names whose numbers divide something."""
ANY_SIGN = ("_c", "_curve", "utc_offset_h", "rank_correlation", "electricity_usd_per_kwh", "electricity_shape")
"""Endings of names whose numbers may be negative."""
ABOVE_ONE = ("capacity_fraction", "rating_fraction")
"""Names of fractions that may exceed one."""


COLDEST_C, HOTTEST_C = -100.0, 150.0
"""Beyond these nothing in or about a hall can be: it is colder than the poles, or hotter than any part."""
LEAST_ORDER, MOST_ORDER = 0.1, 100.0
"""Beyond these a norm is all of its parts many times over, or the largest alone."""


def impossible(name: str, value: float) -> str:
    """Why a number is none that the thing so named can have, or nothing.

    >>> impossible("tdp_w", 0.0), impossible("design_c", -20.0)
    ('must be above zero, not 0', '')
    """
    if name.endswith(ABOVE_ZERO) and value <= 0.0:
        return f"must be above zero, not {value:g}"
    if value < 0.0 and not name.endswith(ANY_SIGN):
        return f"must not be negative, not {value:g}"
    if name.endswith("_c") and not COLDEST_C <= value <= HOTTEST_C:
        return f"is no temperature of a hall or its weather: {value:g} degC lies outside {COLDEST_C:g}..{HOTTEST_C:g}"
    if suffix_of(name) == "_k" and value > HOTTEST_C - COLDEST_C:
        return f"is no difference of such temperatures: must be at most {HOTTEST_C - COLDEST_C:g} K, not {value:g}"
    if name.endswith("_order") and not LEAST_ORDER <= value <= MOST_ORDER:
        return f"must lie between {LEAST_ORDER:g} and {MOST_ORDER:g}, not {value:g}"
    if name.endswith("_fraction") and name not in ABOVE_ONE and value > 1.0:
        return f"is a fraction and cannot exceed one, not {value:g}"
    return ""


class Entry(Frozen):
    """A named thing of the catalogue."""

    title: str
    """Name for people."""

    @field_validator("*", mode="after")
    @classmethod
    def _possible(cls, claim: Any, info: ValidationInfo) -> Any:
        """Refuse a number that the thing so named cannot have."""
        written = numbers(claim) if isinstance(claim, Claim) else ()
        for number in (min(written), max(written)) if written else ():
            why = impossible(info.field_name or "", number)
            if why:
                raise ValueError(why)
        return claim
