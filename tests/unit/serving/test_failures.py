"""Failures, restorations, speeds and the order of what happens at one instant, worked out by hand."""

import numpy as np
import pytest

from sim.traces.requests import Outcome
from tests.twins.harness import ENGINES, asks, play, spec

pytestmark = pytest.mark.parametrize("engine", ENGINES)

POLICIES = ["continuous", "chunked", "static"]


def outcomes(outcome):
    return [Outcome(kind).name.lower() for kind in outcome.trace.outcome]


def columns(outcome, *names):
    return [tuple(row) for row in np.column_stack([getattr(outcome.trace, name) for name in names]).tolist()]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_failed_server_gives_its_requests_to_another(engine, policy):
    """Running and queued requests of server 0 begin anew on server 1, in order of arrival, after the one there."""
    pool = spec(policy=policy, replicas=2, max_requests=1)
    seen = play(engine, pool, asks((0.0, 1, 4), (0.0, 1, 4), (0.5, 1, 1)), [(2.5, "fail", 0, 0.0)])
    assert seen.failures == [(2, 0)]
    assert seen.counters["requeued"] == 2
    assert seen.trace.attempts.tolist() == [2, 1, 2]
    assert seen.trace.server.tolist() == [1, 1, 1]
    assert columns(seen, "start_s", "first_token_s", "finish_s") == [(4.0, 5.0, 8.0), (0.0, 1.0, 4.0), (8.0, 9.0, 9.0)]
    assert seen.work[0][0] == 2.5 + 9.0


def test_half_read_prompts_are_read_anew(engine):
    pool = spec(policy="chunked", replicas=2, max_batched_tokens=2)
    script = [(1.5, "fail", 0, 0.0), (3.0, "restore", 0, 0.0)]
    seen = play(engine, pool, asks((0.0, 5, 1)), script)
    assert columns(seen, "start_s", "finish_s", "server") == [(1.5, 4.5, 1.0)]
    later = play(engine, pool, asks((0.0, 5, 1), (10.0, 5, 1), (10.0, 5, 1)), script)
    assert columns(later, "start_s", "finish_s")[1:] == [(10.0, 13.0)] * 2


def test_preempted_requests_lose_their_tokens_with_the_server(engine):
    """The second, preempted at 2 with two tokens, starts from nothing on server 1."""
    pool = spec(replicas=2, admission="on_demand", kv_room_tokens=10, routing="least_outstanding", max_requests=2)
    busy = (0.0, 4, 4), (0.0, 1, 9), (0.0, 4, 4)
    seen = play(engine, pool, asks(*busy), [(2.5, "fail", 0, 0.0)])
    assert outcomes(seen) == ["finished"] * 3
    assert seen.trace.attempts.tolist() == [2, 1, 2]
    assert (seen.trace.start_s[[0, 2]] >= 2.5).all()


@pytest.mark.parametrize("policy", POLICIES)
def test_too_many_attempts_lose_a_request(engine, policy):
    """Round robin sends it to server 0, then (turn 1 of servers 1 and 2) to server 2."""
    pool = spec(policy=policy, replicas=3, max_attempts=2)
    script = [(1.5, "fail", 0, 0.0), (3.0, "fail", 2, 0.0)]
    seen = play(engine, pool, asks((0.0, 1, 9)), script)
    assert seen.failures == [(1, 0), (0, 1)]
    assert outcomes(seen) == ["lost"]
    assert columns(seen, "finish_s", "server", "attempts") == [(3.0, -1.0, 2.0)]
    assert np.isnan(seen.trace.start_s[0])


def test_the_last_server_takes_its_requests_with_it(engine):
    seen = play(engine, spec(), asks((0.0, 1, 9), (1.0, 1, 9)), [(2.5, "fail", 0, 0.0)])
    assert seen.failures == [(0, 2)]
    assert outcomes(seen) == ["lost", "lost"]


def test_with_nobody_up_requests_are_refused_until_one_is(engine):
    script = [(1.0, "fail", 0, 0.0), (3.0, "restore", 0, 0.0)]
    seen = play(engine, spec(), asks((2.0, 1, 1), (4.0, 1, 1)), script)
    assert seen.failures == [(0, 0)]
    assert outcomes(seen) == ["refused", "finished"]
    assert seen.counters["too_long"] == 0
    assert seen.trace.finish_s.tolist() == [2.0, 5.0]


def test_replicas_of_a_server_fail_together(engine):
    pool = spec(replicas=4, replicas_per_server=2)
    seen = play(engine, pool, asks(*[(0.0, 1, 3)] * 4), [(1.5, "fail", 1, 0.0)])
    assert seen.failures == [(2, 0)]
    assert seen.trace.attempts.tolist() == [1, 1, 2, 2]
    assert seen.trace.server.tolist() == [0] * 4


def test_a_server_may_fail_again_and_again(engine):
    script = [(at + 0.25 * n, kind, 0, 0.0) for n in range(8) for at, kind in ((1.0 + n, "fail"), (1.5 + n, "restore"))]
    seen = play(engine, spec(replicas=2, max_attempts=50), asks(*[(0.5 * n, 1, 2) for n in range(30)]), script)
    assert outcomes(seen) == ["finished"] * 30
    assert seen.counters["requeued"] == (seen.trace.attempts - 1).sum() == sum(moved for moved, _ in seen.failures)


def test_failing_and_mended_at_one_instant(engine):
    script = [(1.5, "fail", 0, 0.0), (1.5, "restore", 0, 0.0)]
    seen = play(engine, spec(), asks((0.0, 1, 9), (1.5, 1, 1), (1.6, 1, 1)), script)
    assert seen.failures == [(0, 2)]
    assert columns(seen, "finish_s")[2] == (2.6,)


def test_patience_begins_anew_with_a_new_server(engine):
    pool = spec(replicas=2, max_requests=1, patience_s=np.array([4.0, np.inf, np.inf]))
    asked = asks((0.0, 1, 9, 1), (0.0, 1, 9, 1), (1.0, 1, 1))
    assert columns(play(engine, pool, asked, [(3.0, "fail", 0, 0.0)]), "finish_s")[2] == (7.0,)
    assert columns(play(engine, pool, asked), "finish_s")[2] == (5.0,)


# --- speed ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_s", [1.5, 2.0])
def test_speed_takes_effect_from_the_next_iteration(engine, at_s):
    """Prefill to 1, a token to 2, then three at half speed and half the power above idle to 8."""
    seen = play(engine, spec(), asks((0.0, 1, 5)), [(at_s, "speed", 0, 0.5)])
    assert columns(seen, "first_token_s", "finish_s") == [(1.0, 8.0)]
    assert seen.work == [pytest.approx((8.0, 640.0 + 250.0 + 0.5 * 250.0 * 6.0))]


def test_speed_there_and_back_within_an_iteration_is_nothing(engine):
    script = [(1.25, "speed", 0, 0.5), (1.75, "speed", 0, 1.0)]
    assert columns(play(engine, spec(), asks((0.0, 1, 5)), script), "finish_s") == [(5.0,)]


def test_speed_with_growing_kv(engine):
    """Decodes read 2, 3, 4, 5 tokens at 1/8: 1.25 to 2.25, 1.375 to 3.625, then at half speed 3.0 and 3.25."""
    seen = play(engine, spec(kv_s=0.125), asks((0.0, 1, 5)), [(3.0, "speed", 0, 0.5)])
    assert columns(seen, "finish_s") == [(9.875,)]


@pytest.mark.parametrize("policy", POLICIES)
def test_speed_slows_prefill_and_outlasts_failures(engine, policy):
    script = [(0.0, "speed", 0, 0.25), (5.0, "fail", 0, 0.0), (6.0, "restore", 0, 0.0)]
    seen = play(engine, spec(policy=policy), asks((1.0, 1, 1), (7.0, 1, 1)), script)
    assert columns(seen, "finish_s") == [(5.0,), (11.0,)]


# --- one instant: iterations end, then requests arrive, then the fleet acts, then replicas decide ---------------------


def test_an_iteration_ends_before_the_failure_of_its_instant(engine):
    seen = play(engine, spec(), asks((0.0, 1, 4)), [(4.0, "fail", 0, 0.0)])
    assert (outcomes(seen), seen.failures) == (["finished"], [(0, 0)])


def test_a_request_arrives_before_the_failure_of_its_instant(engine):
    seen = play(engine, spec(), asks((4.0, 1, 4)), [(4.0, "fail", 0, 0.0)])
    assert (outcomes(seen), seen.failures) == (["lost"], [(0, 1)])


def test_a_request_arrives_before_the_restoration_of_its_instant(engine):
    seen = play(engine, spec(), asks((4.0, 1, 4)), [(1.0, "fail", 0, 0.0), (4.0, "restore", 0, 0.0)])
    assert outcomes(seen) == ["refused"]


def test_who_arrives_as_an_iteration_ends_joins_the_next(engine):
    seen = play(engine, spec(), asks((0.0, 1, 3), (1.0, 1, 1)))
    assert columns(seen, "start_s", "finish_s") == [(0.0, 4.0), (1.0, 2.0)]


def test_a_finish_frees_its_place_in_the_router_s_eyes_at_once(engine):
    """At 2.0 server 0 is done, before the third request of that instant is routed to the least loaded."""
    pool = spec(replicas=2, routing="least_outstanding")
    seen = play(engine, pool, asks((0.0, 1, 2), (0.0, 1, 9), (2.0, 1, 1)))
    assert columns(seen, "server", "start_s")[2] == (0.0, 2.0)


def test_who_arrives_when_idle_decides_after_the_speed_of_that_instant(engine):
    seen = play(engine, spec(), asks((4.0, 1, 1)), [(4.0, "speed", 0, 0.5)])
    assert columns(seen, "start_s", "finish_s") == [(4.0, 6.0)]


def test_all_of_one_instant_share_a_prefill(engine):
    seen = play(engine, spec(base_s=lambda n: float(n)), asks((3.0, 2, 1), (3.0, 2, 1), (3.0, 2, 1)))
    assert columns(seen, "start_s", "finish_s") == [(3.0, 9.0)] * 3


def test_requests_of_a_failed_server_wait_behind_arrivals_of_that_instant(engine):
    """At 2.0 the third arrives at server 1 (round robin gives it 0; it fails with the first), then both move there."""
    pool = spec(replicas=2, max_requests=1)
    seen = play(engine, pool, asks((0.0, 1, 9), (0.0, 1, 4), (2.0, 1, 1), (2.0, 1, 1)), [(2.0, "fail", 0, 0.0)])
    assert columns(seen, "start_s", "attempts") == [(5.0, 2.0), (0.0, 1.0), (14.0, 2.0), (4.0, 1.0)]


def test_the_mark_of_a_minute_sees_what_ends_with_it(engine):
    seen = play(engine, spec(base_s=30.0), asks((0.0, 1, 2)), until_s=120.0)
    assert seen.gauges == [(0, 0, 0)] * 2
    assert seen.minutes["output_tokens"].tolist() == [2, 0]
