"""Hand-computed batches: every time below was worked out on paper from the policy's rules."""

import numpy as np
import pytest

from sim.traces.requests import Outcome
from tests.twins.harness import ENGINES, asks, play, spec

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def per_token(n):
    """An iteration takes a second a token."""
    return float(n)


def sloped(n):
    return 1.0 + 0.25 * n


def rows(outcome):
    """Start, first token and finish of every request."""
    trace = outcome.trace
    return [tuple(row) for row in np.column_stack([trace.start_s, trace.first_token_s, trace.finish_s]).tolist()]


def outcomes(outcome):
    return [Outcome(kind).name.lower() for kind in outcome.trace.outcome]


def gone_at(at_s):
    """A row of somebody who never got service."""
    return pytest.approx((np.nan, np.nan, at_s), nan_ok=True)


# --- continuous -------------------------------------------------------------------------------------------------------


def test_continuous_prefill_stalls_decode(engine):
    """Prefill of 4 to 2.0; decode to 3.25; prefill of 8 to 6.25 (the first stalls); both decode to 7.75."""
    seen = play(engine, spec(base_s=sloped), asks((0.0, 4, 3), (2.5, 8, 2)))
    assert rows(seen) == [(0.0, 2.0, 7.75), (3.25, 6.25, 7.75)]


def test_kv_and_attention_take_time(engine):
    """Prefill 1 + 10 pairs / 8; decode reads 5, then 6 KV tokens (its own among them) at 1/16."""
    seen = play(engine, spec(kv_s=0.0625, attention_s=0.125), asks((0.0, 4, 3)))
    assert rows(seen) == [(0.0, 2.25, 4.9375)]


def test_continuous_shares_a_prefill_up_to_the_token_limit(engine):
    seen = play(engine, spec(base_s=per_token, max_batched_tokens=10), asks((0.0, 6, 1), (0.0, 4, 1), (0.0, 1, 1)))
    assert rows(seen) == [(0.0, 10.0, 10.0), (0.0, 10.0, 10.0), (10.0, 11.0, 11.0)]


def test_continuous_longer_prompt_than_the_limit_goes_alone(engine):
    seen = play(engine, spec(base_s=per_token, max_batched_tokens=10), asks((0.0, 12, 1), (0.0, 3, 1)))
    assert rows(seen) == [(0.0, 12.0, 12.0), (12.0, 15.0, 15.0)]


def test_batch_limit_of_one_serves_in_turn(engine):
    seen = play(engine, spec(max_requests=1), asks((0.0, 1, 2), (0.5, 1, 2), (0.75, 1, 1)))
    assert rows(seen) == [(0.0, 1.0, 2.0), (2.0, 3.0, 4.0), (4.0, 5.0, 5.0)]


def test_an_idle_replica_starts_at_the_arrival(engine):
    seen = play(engine, spec(), asks((0.375, 1, 1), (10.625, 1, 1)))
    assert rows(seen) == [(0.375, 1.375, 1.375), (10.625, 11.625, 11.625)]


# --- chunked ----------------------------------------------------------------------------------------------------------


def test_chunked_decodes_first_and_prefills_in_what_is_left(engine):
    """Budget 8. To 4: prompt of 4. To 12: one decode and 7 of 10. To 16: one decode and the last 3."""
    pool = spec(policy="chunked", base_s=per_token, max_batched_tokens=8)
    seen = play(engine, pool, asks((0.0, 4, 3), (1.0, 10, 1)))
    assert rows(seen) == [(0.0, 4.0, 16.0), (4.0, 16.0, 16.0)]


def test_chunked_shares_a_budget_and_splits_the_last_prompt(engine):
    """To 8: prompts of 3 and 4 and 1 of 5. To 12: the other 4."""
    pool = spec(policy="chunked", base_s=per_token, max_batched_tokens=8)
    seen = play(engine, pool, asks((0.0, 3, 1), (0.0, 4, 1), (0.0, 5, 1)))
    assert rows(seen) == [(0.0, 8.0, 8.0), (0.0, 8.0, 8.0), (0.0, 12.0, 12.0)]


def test_chunked_long_prompt_takes_several_iterations(engine):
    """17 tokens at 5 an iteration: 5 + 5 + 5 + 2 tokens in 4 seconds; attention sees all that was read before."""
    pool = spec(policy="chunked", max_batched_tokens=5, attention_s=0.125)
    seen = play(engine, pool, asks((0.0, 17, 1)))
    assert rows(seen) == [(0.0, 4.0 + 0.125 * 17 * 18 / 2, 4.0 + 0.125 * 17 * 18 / 2)]


def test_chunked_reads_the_kv_of_those_who_decode(engine):
    """Prefill of 4: 1 s. Then one decode (5 KV tokens at 1/16) beside a prompt of 2: 1.3125 s."""
    seen = play(engine, spec(policy="chunked", kv_s=0.0625), asks((0.0, 4, 2), (0.5, 2, 1)))
    assert rows(seen) == [(0.0, 1.0, 2.3125), (1.0, 2.3125, 2.3125)]


def test_chunked_without_budget_left_only_decodes(engine):
    """Two who decode use up a budget of two; the third's prompt waits until one of them is done."""
    pool = spec(policy="chunked", max_batched_tokens=2)
    seen = play(engine, pool, asks((0.0, 1, 3), (0.0, 1, 4), (0.5, 1, 1)))
    assert rows(seen) == [(0.0, 1.0, 3.0), (0.0, 1.0, 4.0), (3.0, 4.0, 4.0)]


# --- static -----------------------------------------------------------------------------------------------------------


def test_static_pads_and_returns_the_whole_batch(engine):
    """Full at 1: prefill of 2 x 4 to 9; three decodes of two to 15, for the longest answer of 4."""
    pool = spec(policy="static", base_s=per_token, max_requests=2, wait_s=5.0)
    seen = play(engine, pool, asks((0.0, 4, 2), (1.0, 2, 4)))
    assert rows(seen) == [(1.0, 9.0, 15.0), (1.0, 9.0, 15.0)]
    assert seen.total("prompt_tokens") == 6
    assert seen.total("output_tokens") == 6


def test_static_reads_padded_kv(engine):
    """Prefill to 1; then 2 x 4 padded KV tokens and the two new ones, at 1/8."""
    pool = spec(policy="static", max_requests=2, kv_s=0.125)
    seen = play(engine, pool, asks((0.0, 4, 2), (0.0, 2, 1)))
    assert rows(seen) == [(0.0, 1.0, 3.25), (0.0, 1.0, 3.25)]


def test_static_waits_for_others_only_so_long(engine):
    pool = spec(policy="static", base_s=per_token, max_requests=3, wait_s=5.0)
    seen = play(engine, pool, asks((0.0, 2, 1), (3.0, 1, 1)))
    assert rows(seen) == [(5.0, 9.0, 9.0), (5.0, 9.0, 9.0)]


def test_static_who_comes_as_the_wait_ends_is_taken_along(engine):
    pool = spec(policy="static", max_requests=3, wait_s=5.0)
    assert rows(play(engine, pool, asks((0.0, 2, 1), (5.0, 1, 1)))) == [(5.0, 6.0, 6.0), (5.0, 6.0, 6.0)]


def test_static_late_comers_wait_for_the_batch_to_return(engine):
    """The second's own wait is over when the first batch returns at 6."""
    pool = spec(policy="static", max_requests=2, wait_s=2.0)
    seen = play(engine, pool, asks((0.0, 1, 4), (2.5, 1, 1), (7.0, 1, 1)))
    assert rows(seen) == [(2.0, 3.0, 6.0), (6.0, 7.0, 7.0), (9.0, 10.0, 10.0)]


def test_static_keeps_the_padded_limits(engine):
    """A third prompt would pad the batch to 3 x 4 tokens, above the limit of 10."""
    pool = spec(policy="static", max_requests=3, max_batched_tokens=10)
    seen = play(engine, pool, asks((0.0, 2, 1), (0.0, 3, 1), (0.0, 4, 1)))
    assert [row[0] for row in rows(seen)] == [0.0, 0.0, 1.0]
    room = spec(policy="static", max_requests=3, kv_room_tokens=9)
    seen = play(engine, room, asks((0.0, 2, 1), (0.0, 3, 1), (0.0, 4, 1)))
    assert [row[0] for row in rows(seen)] == [0.0, 0.0, 1.0]


def test_static_full_batches_start_at_once(engine):
    pool = spec(policy="static", max_requests=2, wait_s=50.0)
    seen = play(engine, pool, asks((0.0, 1, 1), (4.0, 1, 1), (4.0, 1, 1)), until_s=120.0)
    assert [row[0] for row in rows(seen)] == [4.0, 4.0, 54.0]


# --- admission and preemption -----------------------------------------------------------------------------------------

FOUR_AND_FOUR = ((0.0, 4, 4), (0.0, 4, 4))


@pytest.mark.parametrize("policy", ["continuous", "chunked"])
def test_reserved_admits_what_fits_to_the_end(engine, policy):
    seen = play(engine, spec(policy=policy, kv_room_tokens=10), asks(*FOUR_AND_FOUR))
    assert rows(seen) == [(0.0, 1.0, 4.0), (4.0, 5.0, 8.0)]
    assert seen.counters["preempted"] == 0


@pytest.mark.parametrize("policy", ["continuous", "chunked"])
def test_on_demand_preempts_the_latest_who_resumes(engine, policy):
    """At 2 both hold 5 of 10 and want one more each: the second goes, and at 4 its 4 + 2 tokens are read anew."""
    pool = spec(policy=policy, admission="on_demand", kv_room_tokens=10)
    seen = play(engine, pool, asks(*FOUR_AND_FOUR), slices_s=(1.5, 2.5, 4.5, 5.5))
    assert rows(seen) == [(0.0, 1.0, 4.0), (0.0, 1.0, 6.0)]
    assert seen.counters["preempted"] == 1
    assert seen.total("prompt_tokens") == 4 + 4 + 6
    assert seen.total("output_tokens") == 8
    assert seen.gauges[:-1] == [(0, 2, 8), (1, 1, 5), (0, 1, 6), (0, 1, 6)]


def test_on_demand_preempts_in_reverse_order_of_admission(engine):
    """Room 12, three at 3 + 1: the third goes at 1 + 1, the second at 3 (5 + 5 + 2 = 12 fits, 6 + 6 + 2 does not)."""
    pool = spec(admission="on_demand", kv_room_tokens=12)
    seen = play(engine, pool, asks((0.0, 3, 6), (0.0, 3, 6), (0.0, 3, 6)))
    first, second, third = (row[2] for row in rows(seen))
    assert first < second < third
    assert first == 6.0
    assert outcomes(seen) == ["finished"] * 3
    assert seen.total("output_tokens") == 18


@pytest.mark.parametrize("policy", ["continuous", "chunked"])
def test_the_tightest_room_still_serves_everybody(engine, policy):
    """Room for exactly one whole request, budget of one token: slow, but each gets its turn."""
    pool = spec(policy=policy, admission="on_demand", kv_room_tokens=8, max_batched_tokens=1, base_s=0.125)
    seen = play(engine, pool, asks(*[(0.0, 4, 4)] * 6))
    assert outcomes(seen) == ["finished"] * 6
    assert seen.total("output_tokens") == 24
    assert max(held for _, _, held in seen.gauges) <= 8


# --- patience and refusal ---------------------------------------------------------------------------------------------

PATIENT_SECONDS = np.array([2.0, np.inf, 6.0])


def test_the_impatient_leave_when_their_patience_ends(engine):
    pool = spec(max_requests=1, patience_s=PATIENT_SECONDS)
    seen = play(engine, pool, asks((0.0, 1, 5), (1.0, 1, 1), (1.5, 1, 1, 1)))
    assert outcomes(seen) == ["finished", "abandoned", "finished"]
    assert rows(seen)[1] == gone_at(3.0)
    assert rows(seen)[2] == (5.0, 6.0, 6.0)
    assert seen.trace.server.tolist() == [0, -1, 0]


@pytest.mark.parametrize("policy", ["continuous", "chunked", "static"])
def test_the_impatient_leave_also_from_behind_the_patient(engine, policy):
    """At 10 the second is admitted and the third, who left at 4, is not, although both would fit."""
    pool = spec(policy=policy, base_s=per_token, patience_s=PATIENT_SECONDS)
    seen = play(engine, pool, asks((0.0, 10, 1), (1.0, 1, 1, 1), (2.0, 1, 1, 0)))
    assert outcomes(seen) == ["finished", "finished", "abandoned"]
    assert rows(seen)[1:] == [(10.0, 11.0, 11.0), gone_at(4.0)]


def test_patience_that_ends_with_the_wait_is_enough(engine):
    pool = spec(max_requests=1, patience_s=PATIENT_SECONDS)
    seen = play(engine, pool, asks((0.0, 1, 3), (1.0, 1, 1)))
    assert rows(seen)[1] == (3.0, 4.0, 4.0)


def test_patience_is_over_once_service_began(engine):
    pool = spec(patience_s=PATIENT_SECONDS)
    assert outcomes(play(engine, pool, asks((0.0, 1, 30)))) == ["finished"]


def test_the_impatient_leave_before_the_end_of_the_day(engine):
    """Nobody looks at the queue between 0 and the end, yet who left at 2 has left."""
    pool = spec(max_requests=1, base_s=100.0, patience_s=PATIENT_SECONDS)
    seen = play(engine, pool, asks((0.0, 1, 1), (0.0, 1, 1, 1), (0.0, 1, 1), (58.0, 1, 1, 2)))
    assert outcomes(seen) == ["in_flight", "in_flight", "abandoned", "in_flight"]
    assert rows(seen)[2] == gone_at(2.0)


def test_a_preempted_request_keeps_its_place_and_its_patience(engine):
    pool = spec(admission="on_demand", kv_room_tokens=10, patience_s=np.array([1.0, 1.0, 1.0]))
    seen = play(engine, pool, asks(*FOUR_AND_FOUR))
    assert rows(seen) == [(0.0, 1.0, 4.0), (0.0, 1.0, 6.0)]


def test_too_long_for_context_or_cache_is_refused(engine):
    pool = spec(kv_room_tokens=10, max_context_tokens=12)
    seen = play(engine, pool, asks((0.0, 9, 1), (1.0, 9, 2), (2.0, 9, 9)))
    assert outcomes(seen) == ["finished", "refused", "refused"]
    assert seen.counters["too_long"] == 2
    context = spec(max_context_tokens=10)
    assert outcomes(play(engine, context, asks((0.0, 9, 1), (1.0, 9, 2)))) == ["finished", "refused"]


# --- edges ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["continuous", "chunked", "static"])
def test_no_requests(engine, policy):
    seen = play(engine, spec(policy=policy, replicas=2), asks(), until_s=90.0)
    assert seen.trace.arrival_s.size == 0
    assert seen.gauges == [(0, 0, 0)] * 2
    assert not any(column.any() for column in seen.minutes.values())


@pytest.mark.parametrize("policy", ["continuous", "chunked", "static"])
def test_two_thousand_in_one_instant(engine, policy):
    """Eight replicas of eight, all prompts of one token: batch after batch in the order of arrival."""
    pool = spec(policy=policy, replicas=8, base_s=0.01, routing="least_outstanding")
    seen = play(engine, pool, asks(*[(1.0, 1, 3)] * 2_000))
    assert outcomes(seen) == ["finished"] * 2_000
    assert seen.total("output_tokens") == 6_000
    for replica in range(8):
        assert (np.diff(seen.trace.finish_s[replica::8]) >= 0).all()
        assert (seen.trace.server[replica::8] == replica).all()
    assert seen.trace.finish_s.max() == pytest.approx(1.0 + 32 * 0.03, abs=1e-6)


def test_an_end_between_two_events(engine):
    """Iterations end at 1, 2, 3 ...; the day at 2.5: two tokens made, half an iteration counted, energy above idle."""
    seen = play(engine, spec(), asks((0.0, 3, 9)), until_s=2.5)
    assert outcomes(seen) == ["in_flight"]
    assert rows(seen) == [pytest.approx((0.0, 1.0, np.nan), nan_ok=True)]
    assert (seen.total("prompt_tokens"), seen.total("output_tokens")) == (3, 2)
    assert seen.work == [pytest.approx((2.5, 640.0 + 1.5 * 250.0))]


def test_an_end_at_an_event_commits_it(engine):
    seen = play(engine, spec(), asks((0.0, 3, 2)), until_s=2.0)
    assert rows(seen) == [(0.0, 1.0, 2.0)]


def test_work_falls_into_its_own_minute(engine):
    """A prefill of 90 s from 15 on: 45 s in each of the first two minutes, tokens when it ends; a decode from 105."""
    seen = play(engine, spec(base_s=90.0), asks((15.0, 5, 2)), until_s=240.0)
    assert seen.minutes["prefill_busy_s"].tolist() == pytest.approx([45.0, 45.0, 0.0, 0.0])
    assert seen.minutes["decode_busy_s"].tolist() == pytest.approx([0.0, 15.0, 60.0, 15.0])
    assert seen.minutes["prompt_tokens"].tolist() == [0, 5, 0, 0]
    assert seen.minutes["output_tokens"].tolist() == [0, 1, 0, 1]
    assert [joules for _, joules in seen.work] == pytest.approx([28_800.0, 28_800 + 3_750.0, 15_000.0, 3_750.0])


@pytest.mark.parametrize("window_s", [0.5, 7.0, 60.0])
def test_neither_windows_nor_looks_change_anything(engine, window_s):
    wanted = asks(*[(0.3 * n, 1 + n % 5, 1 + n % 7) for n in range(150)])
    pool = spec(replicas=2, base_s=0.1, kv_s=1e-3, routing="power_of_two")
    plain = play(engine, pool, wanted)
    looked_at = play(engine, pool, wanted, window_s=window_s, slices_s=np.linspace(0.1, 59.0, 40))
    assert rows(looked_at) == rows(plain)
    for name, column in plain.minutes.items():
        assert looked_at.minutes[name].tolist() == column.tolist()
