"""What every choice of a scenario has in common: numbers with units, and the ranges that recur."""

import math
from typing import Annotated, Any, get_origin

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from sim.catalogue.parameter import Frozen
from sim.core.errors import one_line
from sim.core.units import parse_quantity, unit_of
from sim.files.diagnostics import kind_of


def _one_line(text: str) -> str:
    if one_line(text) != text:
        raise ValueError("must be one line of text, without control characters")
    return text


Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Years = Annotated[float, Field(ge=0, le=1000)]
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
_AS_WRITTEN = (float, int, type(None))
"""Types of values in which there is nothing to read."""
LARGEST = 1e20
"""Of any number, either way."""
SMALLEST = 1e-9
"""Of any number that is not zero: what is smaller divides into infinities."""
NO_TRUTH = "is {}, where no yes-or-no is asked"


def number_in(value: Any, name: str) -> Any:
    """A written quantity, or each of a list of them, as plain numbers in the unit of a field's name."""
    if isinstance(value, list | tuple) and unit_of(name):
        return [number_in(part, name) for part in value]
    if isinstance(value, bool) and unit_of(name):
        raise ValueError(NO_TRUTH.format(str(value).lower()))
    return parse_quantity(value, name) if isinstance(value, str) and unit_of(name) else value


class Choice(Frozen):
    """Base of all that a scenario holds: numbers may be written with a unit, as in "10.2 kW".

    An entry of a mapping of named things (pools, use cases, ...) that is null is not there: so a file takes away what
    the file it extends has.
    """

    @field_validator("*", mode="before")
    @classmethod
    def _read_unit(cls, value: Any, info: ValidationInfo) -> Any:
        """Convert a written quantity by the suffix of the field's name; true and false are never numbers."""
        if type(value) in _AS_WRITTEN:
            return _bounded(value)
        name = info.field_name or ""
        annotation = cls.model_fields[name].annotation
        if isinstance(value, bool) and annotation is not bool:
            raise ValueError(NO_TRUTH.format(str(value).lower()))
        if isinstance(value, dict) and get_origin(annotation) is dict:
            return {key: inner for key, inner in value.items() if inner is not None}
        return _bounded(number_in(value, name))


def _bounded(value: Any) -> Any:
    """Refuse what no choice can be and sums would overflow with; infinities are refused elsewhere."""
    if isinstance(value, list | tuple):
        return [_bounded(part) for part in value]
    if isinstance(value, float | int) and LARGEST < abs(value) < math.inf:
        shown = f"{value:g}" if isinstance(value, float) else kind_of(value)
        raise ValueError(f"must be a number of at most {LARGEST:g}, not {shown}")
    if isinstance(value, float) and 0.0 < abs(value) < SMALLEST:
        raise ValueError(f"must be zero or a number of at least {SMALLEST:g}, not {value:g}")
    return value
