"""Which numbers a claim can have, told from the ending of its name."""

from sim.units import suffix_of

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
