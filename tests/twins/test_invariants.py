"""What holds for every day of every engine, whatever the policies and whatever fails."""

import numpy as np
import pytest
from hypothesis import given, settings

from sim.serving.policies.admission import Admission
from sim.serving.policies.batching import BatchingPolicy
from sim.traces.requests import Outcome
from tests.twins.days import BUSY_S, END_S, days
from tests.twins.harness import ENGINES, play

SLICES_S = np.arange(0.3125, BUSY_S, 1.1875)
EXAMPLES = settings(max_examples=60, deadline=None)
NO_LATER_S = 1e-9


def taken(engine, day, until_s=END_S, **kwargs):
    return play(engine, day.pool, day.requests, day.script, until_s=until_s, **kwargs)


@pytest.mark.parametrize("engine", ENGINES)
@given(day=days())
@EXAMPLES
def test_everybody_is_accounted_for_once(engine, day):
    seen = taken(engine, day)
    trace, wanted = seen.trace, day.requests
    for name in ("arrival_s", "use_case", "prompt_tokens", "output_tokens"):
        assert np.array_equal(getattr(trace, name), getattr(wanted, name))
    assert sum(seen.count(kind) for kind in Outcome) == wanted.size
    assert seen.count(Outcome.LOST) == sum(lost for _, lost in seen.failures)
    assert seen.counters["requeued"] == sum(moved for moved, _ in seen.failures) == (trace.attempts - 1).sum()
    assert (trace.attempts <= day.pool.max_attempts).all()
    limits = day.pool.max_context_tokens, day.pool.kv_room_tokens
    too_long = wanted.prompt_tokens + wanted.output_tokens > min(limits)
    assert seen.counters["too_long"] == too_long.sum()
    assert (trace.outcome[too_long] == Outcome.REFUSED).all()
    waiting, running, _ = seen.gauges[-1]
    assert running <= seen.count(Outcome.IN_FLIGHT) <= waiting + running


@pytest.mark.parametrize("engine", ENGINES)
@given(day=days())
@EXAMPLES
def test_times_are_in_order(engine, day):
    trace = taken(engine, day).trace
    done = trace.outcome == Outcome.FINISHED
    times = np.array([trace.arrival_s, trace.start_s, trace.first_token_s, trace.finish_s])
    assert (np.diff(times[:, done], axis=0) >= 0.0).all()
    assert (trace.start_s[done] < trace.first_token_s[done]).all()
    assert (trace.server[done] >= 0).all()
    assert (trace.server < day.pool.servers).all()
    unserved = np.isin(trace.outcome, (Outcome.REFUSED, Outcome.LOST))
    assert np.isnan(times[1:3, unserved]).all()
    assert (np.isnan(trace.finish_s) == (trace.outcome == Outcome.IN_FLIGHT)).all()


@pytest.mark.parametrize("engine", ENGINES)
@given(day=days())
@EXAMPLES
def test_patience_is_a_promise(engine, day):
    """Nobody starts after it, and who leaves does so when it ends (for the first server they queued at)."""
    trace = taken(engine, day).trace
    patience_s = day.pool.patience_s[trace.use_case]
    once = trace.attempts == 1
    served = once & ~np.isnan(trace.start_s)
    assert (trace.start_s[served] - trace.arrival_s[served] <= patience_s[served]).all()
    left = once & (trace.outcome == Outcome.ABANDONED)
    assert np.array_equal(trace.finish_s[left], trace.arrival_s[left] + patience_s[left])


@pytest.mark.parametrize("engine", ENGINES)
@given(day=days())
@EXAMPLES
def test_limits_are_kept_at_every_look(engine, day):
    pool, seen = day.pool, taken(engine, day, slices_s=SLICES_S)
    for waiting, running, held in seen.gauges:
        assert waiting >= 0
        assert 0 <= running <= pool.max_requests * pool.replicas
        assert 0 <= held <= pool.kv_room_tokens * pool.replicas
        assert (held > 0) == (running > 0)
    busy_s = seen.minutes["prefill_busy_s"] + seen.minutes["decode_busy_s"]
    assert (busy_s <= pool.replicas * 60.0 + NO_LATER_S).all()
    assert (seen.minutes["batch_request_s"] <= pool.max_requests * busy_s + NO_LATER_S).all()
    assert (seen.minutes["batch_request_s"] >= busy_s - NO_LATER_S).all()
    joules = np.array(seen.work)
    assert np.allclose(joules[:, 0], busy_s)
    assert (joules[:, 1] <= pool.prefill_above_idle_w * busy_s + NO_LATER_S).all()


@pytest.mark.parametrize("engine", ENGINES)
@given(day=days(disturbed=False))
@EXAMPLES
def test_a_quiet_day_serves_all_and_counts_their_tokens(engine, day):
    """Long enough, with nothing broken: whoever is neither too long nor impatient is done."""
    seen = taken(engine, day, until_s=3_000.0)
    trace = seen.trace
    done = trace.outcome == Outcome.FINISHED
    assert np.isin(trace.outcome, (Outcome.FINISHED, Outcome.REFUSED, Outcome.ABANDONED)).all()
    assert seen.total("output_tokens") == trace.output_tokens[done].sum()
    again = seen.total("prompt_tokens") - (trace.prompt_tokens - trace.cached_tokens)[done].sum()
    assert again == 0 or (again > -trace.prompt_tokens.sum() and seen.counters["preempted"] > 0)
    if day.pool.admission == Admission.RESERVED or day.pool.policy == BatchingPolicy.STATIC:
        assert seen.counters["preempted"] == 0
    if seen.counters["preempted"] == 0:
        in_batch_s = (trace.finish_s[done] - trace.start_s[done]).sum()
        assert seen.total("batch_request_s") == pytest.approx(in_batch_s, abs=1e-6)
    assert seen.gauges[-1] == (0, 0, 0)
