"""Two engines, one day: whatever the pool, whatever fails, they tell the same of every request, to the last bit."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings

from sim.serving.policies.admission import ADMISSIONS
from sim.serving.policies.batching import BATCHING_POLICIES
from sim.serving.policies.routing import ROUTINGS
from sim.traces.requests import Outcome
from tests.twins.comparing import same_requests, same_work, twins
from tests.twins.days import BUSY_S, END_S, days
from tests.twins.harness import CASES, ENGINES, asks, play, spec

pytestmark = pytest.mark.limit_s(120)

SLICES_S = np.arange(0.3125, BUSY_S, 1.1875)
EXAMPLES = settings(max_examples=40, deadline=None)
PATIENT = np.array([3.0, np.inf, 9.5])
CELLS = [1, 2, 3]


def taken(engine, day, **kwargs):
    return play(engine, day.pool, day.requests, day.script, until_s=END_S, **kwargs)


@given(day=days())
@settings(max_examples=150, deadline=None)
def test_the_compiled_engine_is_the_reference(day):
    """All of the door, looked at often: policies, admissions, routings, failures, speeds, patience and stale loads."""
    reference, compiled = (taken(engine, day, slices_s=SLICES_S) for engine in ENGINES)
    twins(reference, compiled, day.pool.replicas)


@pytest.mark.parametrize("engine", ENGINES)
@given(day=days())
@EXAMPLES
def test_neither_looks_nor_windows_change_a_bit(engine, day):
    plain = taken(engine, day, window_s=END_S)
    for window_s, slices_s in ((60.0, SLICES_S), (13.0, ()), (13.0, SLICES_S), (0.875, ())):
        sliced = taken(engine, day, window_s=window_s, slices_s=slices_s)
        same_requests(plain, sliced)
        same_work(plain, sliced)


# --- every combination of policy, admission and routing, with awkward numbers -----------------------------------------

COMBINATIONS = [
    pytest.param(dict(zip(("policy", "admission", "routing"), chosen, strict=True)), id="-".join(chosen))
    for chosen in product(sorted(BATCHING_POLICIES), sorted(ADMISSIONS), sorted(ROUTINGS))
]
SCRIPT = [
    (7.123, "speed", 0, 0.7),
    (11.5, "fail", 1, 0.0),
    (19.25, "speed", -1, 0.83),
    (23.75, "fail", 0, 0.0),
    (23.75, "fail", 2, 0.0),
    (31.1, "restore", 1, 0.0),
    (37.3, "speed", 1, 1.0),
    (38.2, "drain", 0, 0.0),
    (40.0, "restore", 0, 0.0),
    (44.4, "drain", 1, 0.0),
    (66.6, "restore", 2, 0.0),
    (71.3, "drain", 0, 0.0),
    (79.9, "restore", 1, 0.0),
    (83.0, "fail", 0, 0.0),
    (90.0, "fail", 2, 0.0),
    (100.0, "speed", -1, 1.0),
]
UNTIL_S = 112.77


def crowd(count=300, seed=5):
    """Requests of three use cases, three out of ten at an instant they share with another."""
    rng = np.random.default_rng(seed)
    at_s = np.cumsum(rng.exponential(0.55, count) * (rng.random(count) > 0.3))
    prompt = rng.geometric(0.025, count)
    cached = (rng.random(count) < 0.5) * rng.integers(0, prompt)
    columns = (at_s, prompt, rng.geometric(0.08, count), rng.integers(0, CASES, count), cached)
    return asks(*zip(*(column.tolist() for column in columns), strict=True))


def awkward(**chosen):
    """Three servers of two replicas with laws that are no powers of two, short of memory and of patience."""
    return spec(
        replicas=6,
        replicas_per_server=2,
        base_s=lambda n: 0.2317 + 1.7e-3 * n,
        kv_s=3.3e-5,
        attention_s=1.1e-6,
        kv_room_tokens=180,
        max_context_tokens=160,
        max_requests=5,
        max_batched_tokens=48,
        wait_s=1.3,
        patience_s=PATIENT,
        **chosen,
    )


@pytest.mark.parametrize("stale_s", [0.0, 1.7])
@pytest.mark.parametrize("chosen", COMBINATIONS)
def test_every_combination_is_the_same_on_both_engines_and_in_any_slices(chosen, stale_s):
    pool, wanted = awkward(stale_s=stale_s, **chosen), crowd()
    looks_s = np.linspace(0.05, UNTIL_S - 1.0, 37)
    reference, compiled = (play(engine, pool, wanted, SCRIPT, until_s=UNTIL_S, slices_s=looks_s) for engine in ENGINES)
    twins(reference, compiled, pool.replicas)
    assert reference.count(Outcome.FINISHED) > 50
    assert reference.counters["requeued"] > 0 and reference.counters["too_long"] > 0
    for engine, first in zip(ENGINES, (reference, compiled), strict=True):
        whole = play(engine, pool, wanted, SCRIPT, until_s=UNTIL_S, window_s=UNTIL_S)
        short = play(engine, pool, wanted, SCRIPT, until_s=UNTIL_S, window_s=13.0)
        for other in (whole, short):
            same_requests(first, other)
            same_work(first, other)


def test_the_awkward_pool_meets_every_fate():
    """Else the sweep would prove less than it says."""
    fates = set()
    for parameter in COMBINATIONS:
        fates |= set(play("compiled", awkward(**parameter.values[0]), crowd(), SCRIPT, UNTIL_S).trace.outcome.tolist())
    preempted = play("compiled", awkward(policy="continuous", admission="on_demand"), crowd(), SCRIPT, UNTIL_S)
    assert preempted.counters["preempted"] > 0
    lost = play("compiled", replace(awkward(), max_attempts=1), crowd(), SCRIPT, UNTIL_S)
    assert lost.count(Outcome.LOST) > 0
    assert fates | {Outcome.LOST} == set(Outcome)


@pytest.mark.parametrize("changed", ["output", "salt", "speed"])
def test_a_small_difference_is_seen(changed):
    """The comparison has teeth: a token, a key, a speed in its twelfth digit."""
    pool, wanted, script = awkward(routing="random"), crowd(), SCRIPT
    first = play("reference", pool, wanted, script, until_s=UNTIL_S)
    if changed == "output":
        wanted.output_tokens[100] += 1
    elif changed == "salt":
        pool = replace(pool, routing_salt=pool.routing_salt + 1)
    else:
        script = [(7.123, "speed", 0, 0.7 * (1.0 + 1e-12)), *SCRIPT[1:]]
    with pytest.raises(AssertionError):
        twins(first, play("compiled", pool, wanted, script, until_s=UNTIL_S), pool.replicas)


# --- cells ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("routing", sorted(ROUTINGS))
def test_cells_are_the_same_on_both_engines_and_any_threads(routing, cells):
    """The SimPy cells of the reference share a clock, so that they have no threads of their own."""
    pool, wanted = awkward(routing=routing, policy="chunked", cells=cells), crowd()
    reference = play("reference", pool, wanted, SCRIPT, until_s=UNTIL_S, threads=1)
    for threads, window_s in ((1, 60.0), (2, 60.0), (4, 60.0), (2, 13.0)):
        compiled = play("compiled", pool, wanted, SCRIPT, until_s=UNTIL_S, threads=threads, window_s=window_s)
        twins(reference, compiled, pool.replicas)
        assert compiled.rows.tolist() == reference.rows.tolist()


@pytest.mark.parametrize("engine", ENGINES)
@given(day=days())
@settings(max_examples=15, deadline=None)
def test_random_cells(engine, day):
    for cells in CELLS:
        pool = replace(day.pool, cells=min(cells, day.pool.servers))
        ways = [{"threads": 1}, {"threads": 2}, {"threads": 2, "window_s": 13.0, "slices_s": SLICES_S}]
        first, *others = (taken(engine, day._replace(pool=pool), **way) for way in ways)
        for other in others:
            same_requests(first, other)
            same_work(first, other)
        twins(taken("reference", day._replace(pool=pool), threads=1), first, pool.replicas)
    bare, one_cell = taken(engine, day), taken(engine, day, threads=2)
    same_requests(bare, one_cell)
    same_work(bare, one_cell)


@pytest.mark.parametrize("engine", ENGINES)
def test_cells_share_out_requests_by_their_servers(engine):
    """Seven servers in three cells of two, two and three: chi-square, and who counts all cells alike is refused."""
    from scipy import stats

    pool = spec(replicas=7, base_s=1e-3, cells=3)
    wanted = asks(*[(0.01 * n, 1, 1) for n in range(5_000)])
    server = play(engine, pool, wanted, threads=1).trace.server
    counts = np.bincount(server, minlength=7)
    found = [counts[:2].sum(), counts[2:4].sum(), counts[4:].sum()]
    shares = np.array([2, 2, 3]) / 7
    assert stats.chisquare(found, 5_000 * shares).pvalue > 1e-3
    assert stats.chisquare(found, np.full(3, 5_000 / 3)).pvalue < 1e-6


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_failing_server_of_a_cell_sends_its_requests_on_inside_the_cell(engine, threads):
    pool = spec(replicas=4, cells=2, routing="random")
    wanted = asks(*[(0.01 * n, 1, 50) for n in range(20)])
    seen = play(engine, pool, wanted, [(5.5, "fail", 3, 0.0)], until_s=400.0, threads=threads)
    ((moved, lost),) = seen.failures
    assert moved > 0 and lost == 0
    assert seen.trace.server[seen.trace.attempts == 2].tolist() == [2] * moved


# --- fewer rows -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [0, 1, 2])
@pytest.mark.parametrize("cells", [1, 3])
def test_asking_for_fewer_rows_gives_out_fewer_and_changes_nothing_else(cells, threads):
    """A lot at the middle keeps about half; none at all are kept below zero."""
    if cells > 1 and not threads:
        pytest.skip("a bare engine has no cells")
    pool, wanted = awkward(cells=cells), crowd()
    for engine in ENGINES:
        whole, half, none = (
            play(engine, pool, wanted, SCRIPT, until_s=UNTIL_S, threads=threads, keep_below=lot)
            for lot in (2**64 - 1, 2**63, 0)
        )
        assert none.rows.size == 0
        assert 0.35 * whole.rows.size < half.rows.size < 0.65 * whole.rows.size
        assert set(half.rows.tolist()) < set(whole.rows.tolist())
        for other in (half, none):
            assert (other.counters, other.failures, other.gauges) == (whole.counters, whole.failures, whole.gauges)
            assert np.array_equal(other.digest.bins, whole.digest.bins)
            same_work(whole, other)
    halves = [play(e, pool, wanted, SCRIPT, until_s=UNTIL_S, threads=threads, keep_below=2**63) for e in ENGINES]
    assert halves[0].rows.tolist() == halves[1].rows.tolist()
