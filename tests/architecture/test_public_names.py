"""What a user sees: few names, all documented; and a model that imports at once and keeps silent."""

import ast
import inspect
import subprocess
import sys

import pytest

import sim
from tests.architecture.source_files import ROOT, Function, inside, model

HEAVY = ("numpy", "pandas", "pydantic", "ruamel", "numba", "scipy", "simpy", "matplotlib", "pyarrow", "rich")


def test_names_are_few_and_sorted() -> None:
    assert list(sim.__all__) == sorted(sim.__all__)
    assert len(sim.__all__) <= 20
    assert set(sim._HOMES) | {"__version__"} == set(sim.__all__)


@pytest.mark.parametrize("name", sorted(sim.__all__))
def test_name_is_documented(name: str) -> None:
    value = getattr(sim, name)
    assert name == "__version__" or inspect.getdoc(value)
    assert name in (ROOT / "MODEL.md").read_text(encoding="utf-8")


def test_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'lod'"):
        sim.lod  # noqa: B018


def test_import_is_light() -> None:
    code = "import sys, sim; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(HEAVY) == set()


def _public(tree: ast.Module) -> list[Function | ast.ClassDef]:
    """Public functions and classes of a module, and public methods; not the signatures of an overload."""
    owners = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))]
    found = [node for owner in owners for node in owner.body if isinstance(node, Function | ast.ClassDef)]
    return [node for node in found if not node.name.startswith("_") and not _is_overload(node)]


def _is_overload(node: Function | ast.ClassDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "overload" for mark in node.decorator_list)


def test_all_that_is_public_has_a_docstring() -> None:
    bare = [
        f"{module}.{node.name}"
        for module, tree in model().items()
        for node in _public(tree)
        if not ast.get_docstring(node)
    ]
    assert bare == []


def test_the_model_neither_prints_nor_logs() -> None:
    calls = [
        f"{module}:{node.lineno}"
        for module, tree in model().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "sys.stdout.write", "sys.stderr.write"}
    ]
    assert calls == []
    loggers = ("logging", "warnings")
    imported = [
        f"{module}: {name}"
        for module, tree in model().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
        if inside(name, *loggers)
    ]
    assert imported == []
