"""Unit tests lie as the packages do: those of `sim/plant/gpu/power.py` are in `tests/unit/plant/gpu/test_power.py`."""

from pathlib import Path

from tests.architecture.source_files import ROOT

UNIT = ROOT / "tests" / "unit"
OF_SEVERAL = {
    "fleet/test_watchdog.py": "the watchdog is a part of sim/fleet/simulate.py",
    "reports/samples/test_samples.py": "a package that is run as a program",
    "serving/test_cached_prefixes.py": "both engines",
    "serving/test_drains.py": "both engines",
    "serving/test_failures.py": "both engines",
    "test_loading.py": "sim/saving.py reads what it writes",
}
"""Tests that are named after what they are about, and why."""


def home_of(test: Path) -> Path:
    """The module that a file of unit tests is named after."""
    path = test.relative_to(UNIT)
    package = ROOT if path.parts[0] == "reports" else ROOT / "sim"
    return package / path.parent / test.name.removeprefix("test_")


def test_a_modules_tests_are_found_by_its_name() -> None:
    tests = sorted(UNIT.rglob("test_*.py"))
    lost = [str(test.relative_to(UNIT)) for test in tests if not home_of(test).exists()]
    assert lost == sorted(OF_SEVERAL)


def test_a_test_of_no_module_would_be_seen() -> None:
    assert not home_of(UNIT / "plant" / "gpu" / "test_nothing.py").exists()
