"""README, requirements and CI tell the same story, on any machine."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source_files import ROOT

RUN = (
    "python3 -m venv .venv && .venv/bin/python -m pip install --quiet --require-hashes -r requirements.txt"
    " && .venv/bin/python run_sim.py run"
)
TEST = (
    "python3 -m venv .venv && .venv/bin/python -m pip install --quiet --require-hashes -r requirements-dev.txt"
    " && .venv/bin/python -m pytest -n 2"
)
REQUIREMENTS = ["requirements.txt", "requirements-dev.txt"]
PLACES = ["/work" + "/", "/root" + "/", "../" + "shared", "/tmp" + "/"]
"""Addresses of some one machine; written in two parts, for this file is searched too."""
IGNORE = "# type: " + "ignore"


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _commands() -> list[str]:
    """The README's commands for a fresh machine."""
    return [line for line in _text("README.md").splitlines() if line.startswith("python3 -m venv")]


def test_readme_has_two_commands_for_a_fresh_machine() -> None:
    assert _commands() == [RUN, TEST]


def test_ci_runs_the_readmes_test_command() -> None:
    [wanted] = re.findall(r"\$\(grep -m1 '(.+)' README\.md\)", _text(".ci/run"))
    found = [line for line in _text("README.md").splitlines() if wanted in line]
    assert found[0] == TEST
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_ci_is_valid_bash() -> None:
    subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, check=True)


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_by_hash(name: str) -> None:
    pinned = re.findall(r"^([a-z0-9-]+)==\S+( ; [^\n\\]+)? \\\n    --hash=sha256:", _text(name), re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[^#\s]", _text(name), re.MULTILINE)) > 0


def _normal(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement)[0]).lower()


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_dependency_is_required(name: str) -> None:
    project = tomllib.loads(_text("pyproject.toml"))["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"]["dev"] if "dev" in name else [])
    pinned = set(re.findall(r"^([a-z0-9-]+)==", _text(name), re.MULTILINE))
    assert {_normal(requirement) for requirement in wanted} - pinned == set()


def test_the_version_is_one() -> None:
    from sim import __version__

    assert tomllib.loads(_text("pyproject.toml"))["project"]["version"] == __version__
    assert re.search(rf"^version: {re.escape(__version__)}$", _text("CITATION.cff"), re.MULTILINE)
    assert f"## [{__version__}]" in _text("CHANGELOG.md")


def test_the_changelog_is_no_wider_than_the_code() -> None:
    width = tomllib.loads(_text("pyproject.toml"))["tool"]["ruff"]["line-length"]
    assert [line for line in _text("CHANGELOG.md").splitlines() if len(line) > width] == []


@pytest.mark.parametrize("name", ["sim", "reports", "run_sim.py", "tests/architecture", "benchmarks"])
def test_mypy_is_overruled_with_a_code_and_a_reason(name: str) -> None:
    files = [ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if IGNORE in line]
    assert [line for line in lines if not re.search(IGNORE + r"\[[a-z, -]+\]  # \w+", line)] == []


def test_no_file_is_left_unchecked() -> None:
    assert [line for file in (ROOT / "sim").rglob("*.py") for line in _comments(file)] == []


def _comments(file: Path) -> list[str]:
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("# mypy: ")]


def _project_files() -> list[Path]:
    """Files under version control, or soon to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_no_file_names_a_place_on_some_machine() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    texts = {file: file.read_bytes().decode("utf-8", "ignore") for file in _project_files()}
    found = [f"{file.relative_to(ROOT)}: {place}" for file, text in texts.items() for place in PLACES if place in text]
    assert found == []
