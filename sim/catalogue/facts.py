"""A claim about the world and where it comes from: no number of the catalogue travels without its source."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator

from sim.units import HOURS_PER_DAY, MONTHS_PER_YEAR

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
