"""Imports run downward only, and each heavy library has its rooms."""

import ast
import tomllib

import pytest
from importlinter.cli import lint_imports

from sim.core.compile_cache import SOURCES
from tests.architecture.source_files import ROOT, imports, inside, model, module_name, names_from, outside, sources

ROOMS = {
    "simpy": ("sim.fleet", "sim.serving.reference"),
    "numba": ("sim.core.compiling",),
    "llvmlite": (),
    "pyarrow": ("sim.traces",),
    "dask": ("sim.studies.running.workers",),
    "distributed": ("sim.studies.running.workers",),
    "SALib": ("sim.studies.sampling.designs", "sim.studies.statistics.sensitivity"),
    "matplotlib": ("reports.figures", "reports.samples"),
    "typst": ("reports.documents",),
    "rich": ("reports",),
    "typer": ("reports.commands.app",),
    "run_sim": (),
    "sim.core.compiling": ("sim.serving.compiled", "sim.workload.drawing"),
    "sim.serving.compiled": ("sim.serving", "sim.fleet.simulate", "sim.studies.running.cells", "reports.commands.run"),
    "sim.serving.reference": ("sim.serving.reference", "sim.fleet.simulate", "sim.calibration.closed_loop"),
}
"""Library, or a room of our own: the packages and modules that may import it."""

ON_DEMAND = (
    "pyarrow",
    "pandas",
    "scipy",
    "dask",
    "distributed",
    "SALib",
    "matplotlib",
    "typst",
    "sim.serving.compiled",
    "sim.serving.warmup",
    "sim.serving.compiled.warmup",
    "sim.workload.drawing",
)
"""Imported inside functions only: slow to import, and not needed by every run."""


def test_rooms_import_downward_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out


def test_contract_names_every_room() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    named = {room.strip() for layer in contract["layers"] for room in layer.split("|")}
    rooms = {".".join(name.split(".")[:2]) for name in model()} - {"sim"}
    assert sorted(rooms - named) == [], "no layer of pyproject.toml holds these"


@pytest.mark.parametrize("library", ROOMS)
def test_library_stays_in_its_rooms(library: str) -> None:
    guests = [name for name, tree in sources().items() if any(inside(module, library) for module in imports(tree))]
    assert [name for name in guests if not inside(name, *ROOMS[library])] == []


@pytest.mark.parametrize("library", ON_DEMAND)
def test_library_is_imported_on_demand(library: str) -> None:
    eager = [
        name
        for name, tree in sources().items()
        if any(inside(module, library) for module in imports(outside(tree))) and not inside(name, *ON_DEMAND)
    ]
    assert eager == []


def test_machine_code_is_named_by_all_that_is_compiled() -> None:
    kernels = [
        name for name, tree in sources().items() if {"compiled", "apart"} & set(names_from("sim.core.compiling", tree))
    ]
    assert len(kernels) > 2
    assert [name for name in kernels if name not in {module_name(file) for file in SOURCES}] == []


DRAW = "def draw():\n    import matplotlib.pyplot as plt\n"


def test_an_import_inside_a_function_is_seen() -> None:
    assert [module for module in imports(ast.parse(DRAW)) if inside(module, "matplotlib")] == ["matplotlib.pyplot"]


def test_an_import_inside_a_function_is_not_outside() -> None:
    tree = ast.parse(f"import json\nif TYPE_CHECKING:\n    import pandas\n{DRAW}")
    assert list(imports(outside(tree))) == ["json"]
