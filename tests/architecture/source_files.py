"""The program's source as syntax trees, for the tests of its architecture."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@cache
def sources() -> dict[str, ast.Module]:
    """Syntax tree of every file of the program by module name."""
    files = [*sorted(ROOT.glob("sim/**/*.py")), *sorted(ROOT.glob("reports/**/*.py")), ROOT / "run_sim.py"]
    return {module_name(file): ast.parse(file.read_text(encoding="utf-8"), str(file)) for file in files}


def model() -> dict[str, ast.Module]:
    """The same of the package sim alone."""
    return {name: tree for name, tree in sources().items() if inside(name, "sim")}


def module_name(file: Path) -> str:
    """`sim/units.py` is sim.core.units, `sim/__init__.py` is sim."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def inside(module: str, *packages: str) -> bool:
    """Whether a module is one of the packages, or lies in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module that a file imports, at its top, inside a function or for type checking."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"line {node.lineno}: imports are written in full, never relative"
            yield node.module


def names_from(module: str, tree: ast.Module) -> Iterator[str]:
    """What a file imports from one module."""
    chosen = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == module)
    return (alias.name for node in chosen for alias in node.names)


def outside(tree: ast.Module) -> ast.Module:
    """What runs when a module is imported: no function or class, and nothing that is there for type checking only."""
    return ast.Module([node for node in tree.body if not isinstance(node, Definition) and not _is_for_types(node)], [])


def _is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines of a function from `def` to its end, its docstring not counted."""
    first = function.body[0]
    told = first.end_lineno - first.lineno + 1 if ast.get_docstring(function) is not None else 0
    return function.end_lineno - function.lineno + 1 - told
