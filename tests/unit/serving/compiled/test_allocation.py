"""What the compiled pool cannot count is refused, not counted wrongly."""

import pytest

from sim.core.errors import InputError
from sim.serving.compiled import allocation as memory
from tests.twins.harness import asks, play, spec


def test_iterations_too_short_to_count_are_refused():
    """35 bits tell 34 billion iterations; a minute's day of 2 ns each fits, one of 1 ns does not."""
    assert play("compiled", spec(base_s=2e-9), asks((0.0, 1, 2)), []).trace.outcome.size == 1
    with pytest.raises(InputError, match=r"fleet\.pools\.pool: iterations of 1e-09 s are too short to count"):
        play("compiled", spec(base_s=1e-9), asks((0.0, 1, 2)), [])


def test_a_crowd_beyond_the_room_for_indices_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "FIRST_NODES", 4)
    monkeypatch.setattr(memory, "MOST_NODES", 8)
    assert play("compiled", spec(), asks(*((0.0, 1, 2) for _ in range(6))), []).trace.outcome.size == 6
    with pytest.raises(InputError, match="over 8 requests wait for one cell of the fleet: give it servers or patience"):
        play("compiled", spec(), asks(*((0.0, 1, 2) for _ in range(9))), [])
