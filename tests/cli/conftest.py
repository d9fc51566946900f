"""What tests of commands share."""

import sys

import pytest

import run_sim


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run a command; its exit status and what it wrote to stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["run_sim.py", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            run_sim.main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return run
