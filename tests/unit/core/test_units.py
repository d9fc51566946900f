import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.units import _SPELLINGS, SUFFIXES, parse_quantity, suffix_of, unit_of


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("10.2 kW", "idle_w", 10_200.0),
        ("8.3 ct/kWh", "electricity_usd_per_kwh", 0.083),
        ("24 h", "duration_s", 86_400.0),
        ("65 min", "duration_s", 3_900.0),
        ("18:15:46", "start_s", 65_746.0),
        ("18:15", "start_s", 65_700.0),
        ("1,200 W", "idle_w", 1_200.0),
        ("1_200", "idle_w", 1_200.0),
        ("1e3", "idle_w", 1_000.0),
        (".5kW", "idle_w", 500.0),
        ("-3 ct/kWh", "electricity_usd_per_kwh", -0.03),
        ("50%", "salvage_fraction", 0.5),
        ("80 GiB", "memory_bytes", 80 * 2.0**30),
        ("3 1/year", "contract_fraction_per_year", 3.0),
    ],
)
def test_quantities_become_plain_numbers(text: str, name: str, value: float) -> None:
    assert parse_quantity(text, name) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("8,3 ct/kWh", "electricity_usd_per_kwh"),  # a decimal comma must not become 83
        ("1 000 W", "idle_w"),
        ("10 kWh", "idle_w"),
        ("10 kW", "gpus"),
        ("nan", "idle_w"),
        ("inf W", "idle_w"),
        ("1e308 kW", "idle_w"),
        ("", "idle_w"),
        ("kW", "idle_w"),
        ("1.5.2 s", "wait_s"),
        ("12:30", "idle_w"),
        ("٣ W", "idle_w"),
        ("9" * 10_000, "idle_w"),
    ],
)
def test_what_is_not_a_quantity_is_refused(text: str, name: str) -> None:
    with pytest.raises(ValueError, match=r"not a|takes no unit") as error:
        parse_quantity(text, name)
    assert len(str(error.value)) < 250


@pytest.mark.parametrize("text", ["25:00", "12:60", "7:5", "-1:00", "1:2:3:4"])
def test_a_clock_that_no_day_shows_is_told_the_range(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is no time of a day; write 00:00 to 23:59:59, "):
        parse_quantity(text, "start_s")
    with pytest.raises(ValueError, match="unit of idle_w"):
        parse_quantity("25:00", "idle_w")


def test_the_longest_suffix_wins() -> None:
    assert suffix_of("electricity_usd_per_kwh") == "_usd_per_kwh"
    assert unit_of("servers") is None


def test_every_spelling_belongs_to_a_unit_of_some_suffix() -> None:
    assert set(_SPELLINGS) == {unit for unit, _ in SUFFIXES.values()}


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(sorted(SUFFIXES)))
def test_a_bare_number_is_itself_in_any_unit(number: float, suffix: str) -> None:
    assert parse_quantity(repr(number), f"x{suffix}") == number


@given(
    st.floats(-1e6, 1e6),
    st.sampled_from([(s, u, f) for s, (unit, _) in SUFFIXES.items() for u, f in _SPELLINGS[unit].items()]),
)
def test_a_spelled_unit_multiplies_by_its_factor(number: float, spelled: tuple[str, str, float]) -> None:
    suffix, unit, factor = spelled
    assert math.isclose(parse_quantity(f"{number!r} {unit}", f"x{suffix}"), number * factor, rel_tol=1e-12)


@given(st.text(max_size=30))
def test_any_text_gives_a_finite_number_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert math.isfinite(parse_quantity(text, "idle_w"))
