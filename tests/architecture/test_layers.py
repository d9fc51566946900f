"""Imports run downward only, and each heavy library has its rooms."""

import ast
import tomllib

import pytest
from importlinter.cli import lint_imports

from tests.architecture.source_files import ROOT, imports, inside, model, sources

ROOMS = {
    "simpy": ("sim.fleet", "sim.serving.reference"),
    "numba": ("sim.serving", "sim.traces"),
    "llvmlite": (),
    "matplotlib": ("reports",),
    "typst": ("reports",),
    "rich": ("reports", "run_sim"),
    "typer": ("run_sim",),
    "run_sim": (),
}
"""Library: the packages and modules that may import it."""


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


def test_an_import_inside_a_function_is_seen() -> None:
    tree = ast.parse("def draw():\n    import matplotlib.pyplot as plt\n")
    assert [module for module in imports(tree) if inside(module, "matplotlib")] == ["matplotlib.pyplot"]
