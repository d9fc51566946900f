"""What all tests share: one profile of Hypothesis, one compilation, and an end to what has none."""

import faulthandler
import os

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
