"""A pool with degenerate laws is a textbook queue: mean waits lie in 99 % intervals, wrong theories outside.

Intervals come from batch means: the first thirtieth of the requests is dropped (the queue starts empty), the rest is
cut into 29 batches of thousands of requests, far longer than the queue remembers, whose means are taken as independent.
"""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim.traces.requests import Outcome
from sim.workload.requests import Requests
from tests.twins.harness import ENGINES, asks, play, spec

BATCHES = 30
CONFIDENCE = 0.99
TOKEN_S = 1e-3
TOKENS = 1_000.0
SERVERS, LOAD, ANSWER = 2, 0.6, 50.0
WRONG = 1.05


def interval(values):
    """99 % interval of the mean by batch means; the first batch is warm-up."""
    means = [part.mean() for part in np.array_split(values, BATCHES)][1:]
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, len(means) - 1) * np.std(means, ddof=1) / np.sqrt(len(means))
    return np.mean(means) - half, np.mean(means) + half


def agrees(values, expected):
    low, high = interval(values)
    return low <= expected <= high


def waits(outcome):
    assert (outcome.trace.outcome == Outcome.FINISHED).all()
    return outcome.trace.start_s - outcome.trace.arrival_s


def arrivals(rng, count, gap_s, prompts, answers):
    arrival_s = np.cumsum(rng.exponential(gap_s, count))
    columns = (np.zeros(count, np.int16), prompts.astype(np.int32), answers.astype(np.int32))
    return Requests.uncached(arrival_s, *columns), float(arrival_s[-1] + 200.0)


@cache
def one_at_a_time(engine, law, count=60_000):
    """M/M/1 or M/D/1: one request a batch, one token an answer, so that service is the prefill: 1 ms a token."""
    rng = np.random.default_rng(11)
    exponential = np.ceil(rng.exponential(TOKENS, count))
    prompts = exponential if law == "M" else np.full(count, TOKENS)
    requests, until_s = arrivals(rng, count, 2.0, prompts, np.ones(count))
    return play(engine, spec(max_requests=1, base_s=lambda n: TOKEN_S * n), requests, until_s=until_s)


@cache
def many_at_a_time(engine, count=40_000):
    """M/M/c: iterations of constant length; an answer of N tokens, N geometric, takes N of them.

    Two departures from the theory remain. Who comes in mid-iteration waits for its end: half an iteration, for those
    who find anyone there; it is in the formula below. And a geometric length has 2 % less variance than an exponential
    one: a change of one per cent of the wait, well inside the interval.
    """
    rng = np.random.default_rng(12)
    requests, until_s = arrivals(rng, count, 1.0 / (SERVERS * LOAD), np.ones(count), rng.geometric(1.0 / ANSWER, count))
    pool = spec(max_requests=SERVERS, policy="chunked", base_s=1.0 / ANSWER)
    return play(engine, pool, requests, until_s=until_s)


def mm1_wait_s(rate, service_s):
    return rate * service_s**2 / (1.0 - rate * service_s)


def md1_wait_s(rate, service_s):
    return mm1_wait_s(rate, service_s) / 2.0


def mmc_wait_s(servers, rate, service_s):
    """Erlang C, and half an iteration for those who find anyone there (they see time averages)."""
    offered = rate * service_s
    terms = np.cumprod([1.0] + [offered / k for k in range(1, servers + 1)])
    last = terms[-1] / (1.0 - offered / servers)
    empty = 1.0 / (terms[:-1].sum() + last)
    return last * empty * service_s / (servers - offered) + (1.0 - empty) * 0.5 * service_s / ANSWER


MEAN_S = TOKEN_S / -np.expm1(-1.0 / TOKENS)
"""Mean service of prompts rounded up to whole tokens."""

QUEUES = {
    "M/M/1": lambda engine, wrong: (waits(one_at_a_time(engine, "M")), mm1_wait_s(0.5, MEAN_S * wrong)),
    "M/D/1": lambda engine, wrong: (waits(one_at_a_time(engine, "D")), md1_wait_s(0.5, wrong)),
    "M/M/2": lambda engine, wrong: (waits(many_at_a_time(engine)), mmc_wait_s(SERVERS, SERVERS * LOAD, wrong)),
}


def test_erlang_c_with_one_server_is_mm1():
    instead = mmc_wait_s(1, 0.5, 1.0) - 0.5 * 0.5 / ANSWER
    assert instead == pytest.approx(mm1_wait_s(0.5, 1.0))


@pytest.mark.parametrize("queue", QUEUES)
@pytest.mark.parametrize("engine", ENGINES)
def test_mean_wait(engine, queue):
    assert agrees(*QUEUES[queue](engine, 1.0))


@pytest.mark.parametrize("wrong", [WRONG, 1.0 / WRONG])
@pytest.mark.parametrize("queue", QUEUES)
@pytest.mark.parametrize("engine", ENGINES)
def test_mean_wait_with_service_five_per_cent_wrong_is_refused(engine, queue, wrong):
    assert not agrees(*QUEUES[queue](engine, wrong))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_other_law_is_refused(engine):
    assert not agrees(waits(one_at_a_time(engine, "D")), mm1_wait_s(0.5, 1.0))
    assert not agrees(waits(one_at_a_time(engine, "M")), md1_wait_s(0.5, MEAN_S))


@pytest.mark.parametrize(("wrong", "right"), [(1.0, True), (1.04, False), (1.0 / 1.04, False)])
@pytest.mark.parametrize("engine", ENGINES)
def test_utilisation_is_load(engine, wrong, right):
    """Busy time a minute: renewal rewards, so batch means over the minutes; the run's last minutes are partly empty."""
    busy_s = one_at_a_time(engine, "M").minutes["prefill_busy_s"][:-5]
    assert agrees(busy_s / 60.0, 0.5 * MEAN_S * wrong) == right


# --- Little's law and conservation, exact on a whole run with its edges -----------------------------------------------


@cache
def cut_short(engine):
    """A loaded pool with queues, shared batches and requests in flight at the end."""
    rng = np.random.default_rng(13)
    count = 3_000
    lengths = np.ceil(rng.exponential(200.0, count)), rng.geometric(0.05, count)
    requests, _ = arrivals(rng, count, 0.25, *lengths)
    pool = spec(replicas=3, max_requests=4, base_s=lambda n: 0.05 + 1e-3 * n, kv_s=1e-5, routing="least_outstanding")
    until_s = float(requests.arrival_s[-1]) + 0.5
    return play(engine, pool, requests, until_s=until_s), until_s


def integral_of_number(began_s, ended_s, until_s):
    """Number present, integrated over the run by walking along its steps."""
    at_s = np.concatenate([began_s, ended_s])
    order = np.argsort(at_s, kind="stable")
    number = np.cumsum(np.repeat([1, -1], [began_s.size, ended_s.size])[order])
    return float((number * np.diff(at_s[order], append=until_s)).sum())


def stays(engine, since, cut=True):
    outcome, until_s = cut_short(engine)
    began_s, ended_s = getattr(outcome.trace, since), outcome.trace.finish_s
    came, left = began_s[~np.isnan(began_s)], ended_s[~np.isnan(ended_s)]
    present = np.where(np.isnan(ended_s), until_s if cut else began_s, ended_s) - began_s
    return came, left, present[~np.isnan(present)], until_s


@pytest.mark.parametrize("engine", ENGINES)
def test_little_for_the_whole_system(engine):
    came, left, present_s, until_s = stays(engine, "arrival_s")
    mean_number = integral_of_number(came, left, until_s) / until_s
    assert mean_number == pytest.approx(came.size / until_s * present_s.mean(), rel=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_little_for_the_batch_against_the_minutes(engine):
    """The engine sums batch sizes over time, minute by minute; requests know only when they started and finished."""
    came, _, present_s, until_s = stays(engine, "start_s")
    mean_batch = cut_short(engine)[0].total("batch_request_s") / until_s
    assert mean_batch == pytest.approx(came.size / until_s * present_s.mean(), rel=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_little_without_those_in_flight_is_refused(engine):
    came, left, present_s, until_s = stays(engine, "arrival_s", cut=False)
    mean_number = integral_of_number(came, left, until_s) / until_s
    assert mean_number != pytest.approx(came.size / until_s * present_s.mean(), rel=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_everybody_is_finished_or_in_flight(engine):
    outcome, _ = cut_short(engine)
    finished, in_flight = outcome.count(Outcome.FINISHED), outcome.count(Outcome.IN_FLIGHT)
    assert in_flight > 0
    assert finished + in_flight == 3_000
    assert outcome.gauges[-1][0] + outcome.gauges[-1][1] == in_flight


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_pool_does_nothing(engine):
    outcome = play(engine, spec(), asks(), until_s=150.0)
    assert outcome.work == [(0.0, 0.0)] * 3
