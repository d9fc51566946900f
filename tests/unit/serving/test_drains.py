"""Servers that are drained, worked out by hand."""

import numpy as np
import pytest

from sim.traces.requests import Outcome
from tests.twins.harness import ENGINES, asks, play, spec

pytestmark = pytest.mark.parametrize("engine", ENGINES)

POLICIES = ["continuous", "chunked", "static"]


def served(seen, *names):
    return [tuple(row) for row in np.column_stack([getattr(seen.trace, name) for name in names]).tolist()]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_drained_server_serves_what_it_has_and_takes_nothing_new(engine, policy):
    """Two on server 0, one of them in its queue, stay there; whoever comes later goes to server 1."""
    pool = spec(policy=policy, replicas=2, max_requests=1)
    wanted = asks((0.0, 1, 3), (0.0, 1, 3), (0.5, 1, 2), (2.0, 1, 1), (2.25, 1, 1))
    seen = play(engine, pool, wanted, [(1.5, "drain", 0, 0.0)], slices_s=[2.0, 4.0, 6.0])
    assert seen.trace.server.tolist() == [0, 1, 0, 1, 1]
    assert served(seen, "start_s", "finish_s")[2] == (3.0, 5.0)
    assert seen.outstanding == [[2], [1], [0], [0]]
    assert seen.counters["requeued"] == 0


def test_a_drained_server_that_is_restored_keeps_what_it_still_has(engine):
    """Round robin over both servers again from 3 on, while the first request goes on undisturbed."""
    pool, wanted = spec(replicas=2), asks((0.0, 1, 9), (2.0, 1, 1), (2.0, 1, 1), (3.5, 1, 1), (3.5, 1, 1))
    seen = play(engine, pool, wanted, [(1.5, "drain", 0, 0.0), (3.0, "restore", 0, 0.0)])
    assert sorted(seen.trace.server[1:].tolist()) == [0, 1, 1, 1]
    assert served(seen, "start_s", "attempts")[0] == (0.0, 1.0)
    assert seen.counters["requeued"] == 0


def test_a_server_may_fail_while_it_drains_and_returns_empty(engine):
    script = [(1.5, "drain", 0, 0.0), (2.5, "fail", 0, 0.0), (4.0, "restore", 0, 0.0)]
    seen = play(engine, spec(replicas=2), asks((0.0, 1, 9), (6.0, 1, 1), (6.0, 1, 1)), script, slices_s=[2.0, 3.0])
    assert seen.failures == [(1, 0)]
    assert served(seen, "server", "start_s", "attempts")[0] == (1.0, 2.5, 2.0)
    assert sorted(seen.trace.server[1:].tolist()) == [0, 1]
    assert seen.outstanding[:2] == [[1], [0]]


def test_nobody_is_left_to_take_a_request(engine):
    seen = play(engine, spec(replicas=2), asks((0.0, 1, 3), (2.0, 1, 1)), [(1.0, "drain", s, 0.0) for s in (0, 1)])
    assert [Outcome(kind) for kind in seen.trace.outcome] == [Outcome.FINISHED, Outcome.REFUSED]


def test_a_server_drained_and_restored_at_one_instant_is_as_before(engine):
    wanted = asks((0.0, 1, 5), (2.0, 1, 5))
    seen = play(engine, spec(), wanted, [(1.5, "drain", 0, 0.0), (1.5, "restore", 0, 0.0)])
    assert served(seen, "finish_s") == served(play(engine, spec(), wanted), "finish_s")
