"""How a purchase becomes a cost of each day: three ways to write it off, and what the money tied up in it costs.

Every function takes plain numbers or arrays, one number a draw.
"""

import numpy as np

from sim.accounting.amounts import Number
from sim.core.units import DAYS_PER_YEAR


def straight_line_per_day(salvage_fraction: Number, lifetime_years: Number) -> Number:
    """Share of the price written off a day in equal parts [1/day]: (1 - salvage) / (lifetime * 365.25).

    Valid for salvage 0..1 and lifetimes above zero.

    >>> straight_line_per_day(0.0, 4.0) * 1461
    1.0
    """
    return (1 - salvage_fraction) / (lifetime_years * DAYS_PER_YEAR)


def book_value(salvage_fraction: Number, lifetime_years: Number, factor: Number, age_years: Number) -> Number:
    """Share of the price still in the books under declining depreciation [1]: (1 - factor/lifetime)^age, straight
    lines between whole years, not below salvage; a factor beyond the lifetime writes all off in the first year.

    >>> float(book_value(0.1, 4.0, 2.0, 1.5)), float(book_value(0.1, 4.0, 2.0, 9.0))
    (0.375, 0.1)
    """
    left, whole_years = 1 - np.minimum(factor / lifetime_years, 1.0), np.floor(age_years)
    begin, end = left**whole_years, left ** (whole_years + 1)
    return np.maximum(begin + (end - begin) * (age_years - whole_years), salvage_fraction)


def declining_per_day(
    salvage_fraction: Number, lifetime_years: Number, factor: Number, age_years: Number, days: float
) -> Number:
    """Mean share of the price written off a day over some days from an age on, by declining balance [1/day].

    >>> round(float(declining_per_day(0.0, 4.0, 2.0, 0.0, 365.25)) * 365.25, 12)
    0.5
    """
    before = book_value(salvage_fraction, lifetime_years, factor, age_years)
    after = book_value(salvage_fraction, lifetime_years, factor, age_years + days / DAYS_PER_YEAR)
    return (before - after) / days


def annuity(rate_per_year: Number, years: Number) -> Number:
    """Yearly payment that repays 1 with interest in some years [1/year]: r / (1 - (1 + r)^-years); 1/years at r = 0.

    >>> round(float(annuity(0.10, 5.0)), 6), float(annuity(0.0, 5.0))
    (0.263797, 0.2)
    """
    growth = np.log1p(rate_per_year) * years
    safe = np.where(growth == 0.0, 1.0, growth)
    return np.where(growth == 0.0, 1.0 / years, rate_per_year / -np.expm1(-safe))


def capital_per_day(rate_per_year: Number, salvage_fraction: Number, lifetime_years: Number) -> Number:
    """Share of the price that its money costs a day [1/day], beyond straight-line depreciation.

    The annuity of the price less the present value of its salvage, less the write-off itself.

    >>> round(float(capital_per_day(0.10, 0.0, 5.0)) * 365.25, 6), abs(float(capital_per_day(0.0, 0.2, 5.0))) < 1e-18
    (0.063797, True)
    """
    owed = 1 - salvage_fraction * (1 + rate_per_year) ** -lifetime_years
    yearly = owed * annuity(rate_per_year, lifetime_years)
    return yearly / DAYS_PER_YEAR - straight_line_per_day(salvage_fraction, lifetime_years)
