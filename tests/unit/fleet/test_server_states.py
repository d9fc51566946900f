"""States of servers: each in one state, every second in one of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.core.states import ServerState
from sim.fleet.server_states import ServerStates

CHANGES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(ServerState), st.integers(0, 20)), max_size=30)


def test_states_by_hand():
    """Server 1 drains at 10 s and sleeps from 15 s; server 0 fails at 30 s."""
    states = ServerStates(3)
    states.change(1, ServerState.DRAINING, 10.0)
    states.change(1, ServerState.ASLEEP, 15.0)
    states.change(0, ServerState.DOWN, 30.0)
    spent = {ServerState.UP: 80.0, ServerState.DRAINING: 5.0, ServerState.ASLEEP: 25.0, ServerState.DOWN: 10.0}
    assert states.read(40.0) == [spent.get(state, 0.0) for state in ServerState]
    assert states.read(41.0)[ServerState.ASLEEP] == 1.0
    assert [states.state(server) for server in range(3)] == [ServerState.DOWN, ServerState.ASLEEP, ServerState.UP]
    assert states.servers(ServerState.UP) == [2] and states.count(ServerState.UP) == 1


@given(CHANGES)
def test_no_second_is_lost_or_counted_twice(changes):
    states, now_s, seen = ServerStates(4), 0.0, np.zeros(len(ServerState))
    for server, state, later_s in changes:
        now_s += later_s
        states.change(server, state, now_s)
        assert states.state(server) == state
        if later_s % 2:
            seen += states.read(now_s)
    seen += states.read(now_s + 1.0)
    assert seen.sum() == 4.0 * (now_s + 1.0)
    assert sum(states.count(state) for state in ServerState) == 4
