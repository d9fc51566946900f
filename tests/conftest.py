"""What tests share: a profile of Hypothesis, one compilation, an end to what has none, commands, a day."""

import faulthandler
import os
import sys

import pytest
from hypothesis import settings

from tests.once import compile_once

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

LONGEST_TEST_S = 600.0
STDERR = os.dup(2)


def pytest_configure(config):
    config.addinivalue_line("markers", "limit_s(seconds): the longest that a test may take, compiling aside")


@pytest.fixture(scope="session")
def engine_compiled() -> None:
    """For tests that run whole days: whoever comes first compiles, and no others meanwhile."""
    compile_once()


@pytest.fixture(autouse=True)
def time_limit(request):
    """No test runs for ever, not even in machine code: the process shows where it is, and ends."""
    marker = request.node.get_closest_marker("limit_s")
    if marker:
        compile_once()
    faulthandler.dump_traceback_later(marker.args[0] if marker else LONGEST_TEST_S, exit=True, file=STDERR)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run a command; its exit status and what it wrote to stdout and stderr."""
    import run_sim

    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["run_sim.py", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            run_sim.main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def two_pools():
    """An hour and a half of two pools that break, three uses of them, and prices of all kinds: simulated once."""
    from sim.day import run
    from tests.golden.tiny_day import TWO_POOLS, tiny_day

    return run(tiny_day(TWO_POOLS), engine="reference")
