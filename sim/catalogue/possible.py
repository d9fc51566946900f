"""Which numbers a claim can have, told from the ending of its name."""

ABOVE_ZERO = (
    *("_bytes", "_bytes_per_s", "_flops_per_s", "_tokens", "_years", "tdp_w", "nameplate_w", "gpus", "layers"),
    *("hidden", "heads", "head_dim", "params", "kv_values_per_token", "memory_fraction", "matrix_fraction"),
    *("design_utilisation_fraction", "rate_usd"),
    *("attention_fraction", "link_fraction", "capacity_fraction", "_cop", "_j_per_k_per_w", "rise_coefficient"),
    *("air_rise_k", "rating_fraction", "capped_exponent", "_shape", "lemon_factor"),
)
"""Endings of names whose numbers divide something."""
ANY_SIGN = ("_c", "utc_offset_h", "rank_correlation", "electricity_usd_per_kwh")
"""Endings of names whose numbers may be negative."""
ABOVE_ONE = ("capacity_fraction", "rating_fraction")
"""Names of fractions that may exceed one."""


COLDEST_C, HOTTEST_C = -100.0, 150.0
"""Beyond these nothing in or about a hall can be: it is colder than the poles, or hotter than any part."""


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
    if name.endswith("_fraction") and name not in ABOVE_ONE and value > 1.0:
        return f"is a fraction and cannot exceed one, not {value:g}"
    return ""
