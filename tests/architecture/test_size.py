"""Files that fit a mind, functions that fit a screen."""

import statistics
from collections.abc import Callable

from tests.architecture.source_files import ROOT, functions, length, sources

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
LONGEST_MEDIAN_FUNCTION = 7


def test_files_are_short() -> None:
    files = [*ROOT.glob("sim/**/*.py"), *ROOT.glob("reports/**/*.py"), ROOT / "run_sim.py"]
    lines = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8").count("\n") for file in files}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def test_functions_are_short(record_property: Callable[[str, object], None]) -> None:
    lines = {f"{name}:{f.lineno} {f.name}": length(f) for name, tree in sources().items() for f in functions(tree)}
    median = statistics.median(lines.values())
    record_property("median_function_lines", median)
    print(f"{len(lines)} functions, median {median} lines, longest {max(lines.values())}")
    assert {name: count for name, count in lines.items() if count > LONGEST_FUNCTION} == {}
    assert median <= LONGEST_MEDIAN_FUNCTION
