"""The edges of a pool on both engines: nobody, too many, too long, everybody down; and nothing runs for ever."""

from itertools import product

import numpy as np
import pytest

from sim.core.errors import DefectError
from sim.day import run
from sim.serving.policies.admission import ADMISSIONS
from sim.serving.policies.batching import BATCHING_POLICIES
from sim.serving.policies.routing import ROUTINGS
from sim.serving.shards import CelledPool, cell_starts
from sim.traces.digest import Digest
from sim.traces.requests import Outcome
from sim.workload.requests import Requests
from tests.golden.tiny_day import BREAKING, tiny_day
from tests.twins.comparing import same_requests, same_work, twins
from tests.twins.harness import CASES, ENGINES, NAMES, asks, play, spec

pytestmark = pytest.mark.limit_s(60)

on_every_engine = pytest.mark.parametrize("engine", ENGINES)
in_every_policy = pytest.mark.parametrize("policy", sorted(BATCHING_POLICIES))
with_every_routing = pytest.mark.parametrize("routing", sorted(ROUTINGS))
HOUR_S = 3_600.0
MANY = 20_000


def at_one_instant(count, at_s=1.0, prompt=1, output=3):
    columns = (np.full(count, at_s), np.zeros(count, np.int16))
    return Requests.uncached(*columns, np.full(count, prompt, np.int32), np.full(count, output, np.int32))


def fates(seen):
    return {outcome.name.lower(): seen.count(outcome) for outcome in Outcome if seen.count(outcome)}


def both(pool, wanted, script=(), **options):
    """The day on the reference, once it is certain that the compiled engine tells the same."""
    reference, compiled = (play(engine, pool, wanted, script, **options) for engine in ENGINES)
    twins(reference, compiled, pool.replicas)
    return reference


# --- nobody, and one --------------------------------------------------------------------------------------------------


@in_every_policy
@with_every_routing
def test_nobody_comes(policy, routing):
    script = [(5.0, "fail", 0, 0.0), (7.0, "speed", -1, 0.5), (65.0, "restore", 0, 0.0)]
    pool = spec(policy=policy, routing=routing, replicas=2, stale_s=3.0, cells=2)
    for threads in (1, 2):
        seen = both(pool, asks(), script, until_s=150.0, threads=threads)
        assert fates(seen) == {}
        assert seen.gauges == [(0, 0, 0)] * 3
        assert seen.work == [(0.0, 0.0)] * 3
        assert not seen.digest.outcomes.any()


@on_every_engine
def test_a_day_without_demand(engine, engine_compiled):
    traces = run(tiny_day({"workload.demand.requests_per_day": 0}), engine=engine, trace="full").traces
    assert traces.arrived == 0 and traces.requests.arrival_s.size == 0


@in_every_policy
@with_every_routing
def test_one_server(policy, routing):
    pool = spec(policy=policy, routing=routing, stale_s=2.0, max_requests=2)
    seen = both(pool, asks(*[(0.5 * n, 2, 4) for n in range(12)]), [(3.5, "fail", 0, 0.0), (4.5, "restore", 0, 0.0)])
    assert seen.count(Outcome.LOST) > 0 and seen.count(Outcome.REFUSED) > 0 and seen.count(Outcome.FINISHED) > 0


@in_every_policy
@pytest.mark.parametrize("admission", sorted(ADMISSIONS))
def test_a_batch_of_one(policy, admission):
    """One after the other: a prefill of 1 s and three decodes each."""
    pool = spec(policy=policy, admission=admission, max_requests=1)
    seen = both(pool, asks(*[(0.0, 1, 4)] * 5))
    assert seen.trace.finish_s.tolist() == [4.0, 8.0, 12.0, 16.0, 20.0]
    assert seen.total("batch_request_s") == 20.0


@in_every_policy
@pytest.mark.parametrize("admission", sorted(ADMISSIONS))
@pytest.mark.parametrize("answer", [1, 2])
def test_shortest_answers_and_the_smallest_budget(policy, admission, answer):
    pool = spec(policy=policy, admission=admission, max_requests=1, max_batched_tokens=1, base_s=0.125)
    seen = both(pool, asks(*[(0.25 * n, 3, answer) for n in range(20)]))
    assert fates(seen) == {"finished": 20}
    assert (seen.trace.first_token_s == seen.trace.finish_s).all() == (answer == 1)


# --- too long ---------------------------------------------------------------------------------------------------------


@in_every_policy
@pytest.mark.parametrize("admission", sorted(ADMISSIONS))
@pytest.mark.parametrize("limit", ["max_context_tokens", "kv_room_tokens"])
def test_longer_than_the_limit_is_refused_and_counted_and_exactly_the_limit_is_served(policy, admission, limit):
    pool = spec(policy=policy, admission=admission, **{limit: 100})
    wanted = asks((0.0, 99, 1), (1.0, 100, 1), (2.0, 1, 99), (3.0, 1, 100), (4.0, 2**31 - 1, 2**31 - 1), (5.0, 60, 40))
    seen = both(pool, wanted, until_s=1_000.0)
    refused = [False, True, False, True, True, False]
    assert (seen.trace.outcome == Outcome.REFUSED).tolist() == refused
    assert seen.counters["too_long"] == 3
    assert fates(seen) == {"finished": 3, "refused": 3}
    assert (seen.trace.server[refused] == -1).all()


def test_too_long_while_all_are_down_is_still_too_long():
    pool = spec(max_context_tokens=10)
    seen = both(pool, asks((2.0, 20, 1), (3.0, 1, 1)), [(1.0, "fail", 0, 0.0)])
    assert fates(seen) == {"refused": 2}
    assert seen.counters["too_long"] == 1


# --- patience ---------------------------------------------------------------------------------------------------------


@with_every_routing
@in_every_policy
@pytest.mark.parametrize("stale_s", [0.0, 2.0])
def test_who_is_gone_from_behind_a_full_batch_is_no_longer_a_load(policy, routing, stale_s):
    """Batches fill up before the queue ends, and behind them stand those whose patience is over."""
    pool = spec(
        policy=policy,
        routing=routing,
        stale_s=stale_s,
        replicas=2,
        base_s=0.75,
        max_requests=3,
        patience_s=np.array([4.0, np.inf, 9.0]),
    )
    wanted = asks(*[(0.3 * n, 1 + n % 7, 1 + n % 5, n % CASES) for n in range(300)])
    seen = both(pool, wanted, until_s=100.0, slices_s=np.arange(0.4, 99.0, 0.7))
    assert seen.count(Outcome.ABANDONED) > 20


# --- very many --------------------------------------------------------------------------------------------------------


@in_every_policy
@with_every_routing
def test_twenty_thousand_at_one_instant(policy, routing):
    """More than the compiled pool has nodes and rows for at first: both grow, several times."""
    pool = spec(policy=policy, routing=routing, replicas=16, max_requests=64, base_s=0.01)
    seen = both(pool, at_one_instant(MANY), until_s=120.0)
    assert fates(seen) == {"finished": MANY}
    assert seen.total("output_tokens") == 3 * MANY


@pytest.mark.parametrize("count", [4_095, 4_096, 4_097, 8_191, 8_192, 8_193])
@pytest.mark.parametrize("keep_below", [0, 2**64 - 1])
def test_the_compiled_pool_grows_at_its_first_sizes(count, keep_below):
    """Nobody is served within the day, so that all are inside together; then all their rows are written at once."""
    pool = spec(replicas=2, base_s=1_000.0)
    seen = play("compiled", pool, at_one_instant(count), keep_below=keep_below)
    assert seen.rows.size == (count if keep_below else 0)
    assert seen.digest.count(Outcome.IN_FLIGHT) == seen.digest.arrived == count
    assert seen.gauges == [(count - 16, 16, 64)]
    if keep_below:
        assert seen.rows["number"].tolist() == list(range(count))


def test_rows_overflow_between_two_collections_and_none_is_lost():
    """Fifty thousand done within a minute, all at different times: rows are taken out as they fill up."""
    count = 50_000
    wanted = at_one_instant(count)
    wanted.arrival_s[:] = np.linspace(0.0, 50.0, count)
    pool = spec(replicas=4, base_s=1e-4, routing="least_outstanding")
    seen = play("compiled", pool, wanted)
    assert fates(seen) == {"finished": count}
    assert seen.rows["number"].tolist() == list(range(count))
    assert np.array_equal(seen.trace.arrival_s, wanted.arrival_s)
    sliced = play("compiled", pool, wanted, window_s=13.0, slices_s=np.arange(0.5, 59.0, 1.5))
    same_requests(seen, sliced)
    same_work(seen, sliced)


@on_every_engine
def test_a_server_fails_with_thousands_inside(engine):
    """Six thousand go from the failed to the other; then that one fails, too, and all are lost at once."""
    pool = spec(replicas=2, base_s=1_000.0)
    script = [(10.0, "fail", 0, 0.0), (20.0, "fail", 1, 0.0)]
    seen = play(engine, pool, at_one_instant(12_000), script)
    assert seen.failures == [(6_000, 0), (0, 12_000)]
    assert fates(seen) == {"lost": 12_000}
    assert seen.trace.attempts.tolist() == [2, 1] * 6_000


def test_rows_may_be_asked_for_only_when_thousands_are_inside():
    """As a sample does: at first all, then fewer; and here none at first, then all."""
    from tests.twins.harness import maker

    digest = Digest.empty(NAMES, 1)
    engine = maker("compiled", None, 1)(spec(base_s=1_000.0), digest, 0)
    engine.deposit(at_one_instant(9_000))
    engine.advance(30.0)
    assert engine.collect().size == 0
    engine.keep_below(2**64 - 1)
    engine.close(60.0)
    assert engine.collect().size == 9_000
    assert digest.count(Outcome.IN_FLIGHT) == 9_000


# --- everybody down ---------------------------------------------------------------------------------------------------


@in_every_policy
@with_every_routing
def test_every_server_fails_at_once_and_the_day_goes_on(policy, routing):
    """Servers fail in turn at 10: requests go from the first to the others, and with the last one they are lost."""
    pool = spec(policy=policy, routing=routing, replicas=4, max_attempts=9, stale_s=1.0)
    wanted = asks(*[(0.5 * n, 1, 30) for n in range(100)])
    down = [(10.0, "fail", server, 0.0) for server in range(4)]
    up = [(30.0, "restore", server, 0.0) for server in (2, 0, 3, 1)]
    seen = both(pool, wanted, down + up, until_s=2_000.0)
    arrival_s = seen.trace.arrival_s
    before, while_down, after = arrival_s <= 10.0, (arrival_s > 10.0) & (arrival_s <= 30.0), arrival_s > 30.0
    assert set(seen.trace.outcome[before].tolist()) <= {Outcome.LOST, Outcome.FINISHED}
    assert seen.count(Outcome.LOST) == sum(lost for _, lost in seen.failures) > 0
    assert set(seen.trace.outcome[while_down].tolist()) == {Outcome.REFUSED}
    assert set(seen.trace.outcome[after].tolist()) == {Outcome.FINISHED}


@on_every_engine
def test_all_cells_down_but_one(engine):
    """The gateway goes on to send a third of the requests to each cell; cells that are down refuse theirs."""
    pool = spec(replicas=3, cells=3, base_s=0.01)
    script = [(10.0, "fail", 0, 0.0), (10.0, "fail", 2, 0.0)]
    seen = play(engine, pool, asks(*[(20.0 + 0.01 * n, 1, 1) for n in range(3_000)]), script, threads=2)
    assert 800 < seen.count(Outcome.FINISHED) < 1_200
    assert seen.count(Outcome.FINISHED) + seen.count(Outcome.REFUSED) == 3_000
    assert set(seen.trace.server.tolist()) == {1, -1}


@on_every_engine
def test_a_day_on_which_all_servers_stay_down(engine, engine_compiled):
    dead = {"facts.hazards.llama_3.restart_s": 1e6, "plant.failures.multiplier": 1e7, "day.duration_s": 1_000}
    traces = run(tiny_day(BREAKING | dead), engine=engine, trace="full").traces
    assert len(traces.events.of("failed")) == 3
    assert traces.utilisation.pools[0].up_server_s[-1] == 0.0
    assert (traces.requests.outcome[traces.requests.arrival_s > 200.0] == Outcome.REFUSED).all()


# --- the end ----------------------------------------------------------------------------------------------------------


@in_every_policy
@pytest.mark.parametrize("until_s", [0.25, 2.0, 2.5, 59.999, 60.0, 60.001, 121.0])
def test_an_end_at_or_between_events(policy, until_s):
    """Whatever has happened by the end has, whatever has not has not: a longer day begins as the shorter one."""
    pool = spec(policy=policy, replicas=2, base_s=0.75, max_requests=3, patience_s=np.array([4.0, np.inf, 9.0]))
    wanted = asks(*[(0.125 * n, 1 + n % 7, 1 + n % 5, n % CASES) for n in range(2)])
    crowd = asks(*[row for n in range(400) if (row := (0.3 * n, 1 + n % 7, 1 + n % 5, n % CASES))[0] < until_s])
    for asked in (wanted if until_s > 0.125 else asks(), crowd):
        short = both(pool, asked, until_s=until_s)
        long = play("reference", pool, asked, until_s=500.0)
        left = long.trace.outcome == Outcome.ABANDONED  # they go once their patience is over, not with its last moment
        ended = np.where(left, long.trace.finish_s < until_s, long.trace.finish_s <= until_s)
        assert (short.trace.outcome == np.where(ended, long.trace.outcome, Outcome.IN_FLIGHT)).all()
        assert np.array_equal(short.trace.finish_s[ended], long.trace.finish_s[ended])
        busy_s = short.total("prefill_busy_s") + short.total("decode_busy_s")
        assert busy_s <= pool.replicas * until_s * (1.0 + 1e-12)


def test_hours_begin_and_end_where_they_should():
    """The last moment of each hour, and the first of the next, on both engines' digests."""
    edges = np.arange(1, 24) * HOUR_S
    at_s = np.sort(np.concatenate([np.nextafter(edges, 0.0), edges, np.nextafter(edges, np.inf)]))
    wanted = asks(*[(float(at), 1, 1) for at in at_s])
    seen = both(spec(base_s=0.25), wanted, until_s=24 * HOUR_S)
    assert seen.digest.outcomes[0, :, Outcome.FINISHED].tolist() == [1] + [3] * 22 + [2]


# --- cells ------------------------------------------------------------------------------------------------------------


def test_cells_are_as_equal_as_can_be():
    for servers, cells in product(range(1, 40), range(1, 12)):
        if cells <= servers:
            sizes = np.diff(cell_starts(servers, cells), append=servers)
            assert sizes.sum() == servers
            assert sizes.max() - sizes.min() <= 1 and sizes.min() >= 1


def test_more_threads_than_cells_do_no_harm_and_a_closed_pool_has_none_left():
    seen = play("compiled", spec(replicas=3, cells=3), asks(*[(0.1 * n, 1, 3) for n in range(50)]), threads=64)
    assert fates(seen) == {"finished": 50}


def test_a_failing_cell_stops_the_day_and_is_not_lost_on_its_thread():
    class Lame:
        def __init__(self, broken):
            self.broken = broken

        @staticmethod
        def advance_all(pools, until_s):
            if any(each.broken for each in pools):
                raise DefectError("a cell broke")

    pool = CelledPool(spec(replicas=2, cells=2), Digest.empty(NAMES, 1), lambda s, d, first: Lame(first == 1), 0, 2)
    with pytest.raises(DefectError, match="a cell broke"):
        pool.advance(1.0)


# --- the clock of these tests -----------------------------------------------------------------------------------------


FOR_EVER = """
import faulthandler, numba

@numba.njit(nogil=True)
def forever(n):
    while n > 0:
        n += 2 * (n % 2)

forever(0)
faulthandler.dump_traceback_later(1.0, exit=True)
forever(2)
"""


def test_a_test_that_never_ends_is_ended():
    """The time limit of the test suite works in machine code too: an endless loop there cannot be interrupted."""
    import subprocess
    import sys
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", FOR_EVER], capture_output=True, text=True, timeout=50, cwd=root, check=False
    )
    assert done.returncode == 1
    assert "Timeout" in done.stderr
