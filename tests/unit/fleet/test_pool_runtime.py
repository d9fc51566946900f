"""The roll of servers: each in one state, every second in one of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.core.states import ServerState
from sim.fleet.pool_runtime import Roll

CHANGES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(ServerState), st.integers(0, 20)), max_size=30)


def test_a_roll_by_hand():
    """Server 1 drains at 10 s and sleeps from 15 s; server 0 fails at 30 s."""
    roll = Roll(3)
    roll.change(1, ServerState.DRAINING, 10.0)
    roll.change(1, ServerState.ASLEEP, 15.0)
    roll.change(0, ServerState.DOWN, 30.0)
    spent = {ServerState.UP: 80.0, ServerState.DRAINING: 5.0, ServerState.ASLEEP: 25.0, ServerState.DOWN: 10.0}
    assert roll.read(40.0) == [spent.get(state, 0.0) for state in ServerState]
    assert roll.read(41.0)[ServerState.ASLEEP] == 1.0
    assert [roll.state(server) for server in range(3)] == [ServerState.DOWN, ServerState.ASLEEP, ServerState.UP]
    assert roll.servers(ServerState.UP) == [2] and roll.count(ServerState.UP) == 1


@given(CHANGES)
def test_no_second_is_lost_or_counted_twice(changes):
    roll, now_s, seen = Roll(4), 0.0, np.zeros(len(ServerState))
    for server, state, later_s in changes:
        now_s += later_s
        roll.change(server, state, now_s)
        assert roll.state(server) == state
        if later_s % 2:
            seen += roll.read(now_s)
    seen += roll.read(now_s + 1.0)
    assert seen.sum() == 4.0 * (now_s + 1.0)
    assert sum(roll.count(state) for state in ServerState) == 4
