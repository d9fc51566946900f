"""The router's choices: hand-made orders for the plain policies, counts for the random ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.core.streams import mix
from sim.serving.engine.rules import candidate
from sim.serving.policies.routing import halves, routing_keys
from sim.traces.requests import Outcome
from tests.twins.harness import ENGINES, asks, play, spec

on_every_engine = pytest.mark.parametrize("engine", ENGINES)
REFUSED = 1e-6
PLAUSIBLE = 1e-3


def spread(count, gap_s=0.25, output=8):
    return asks(*[(gap_s * n, 1, output) for n in range(count)])


@on_every_engine
def test_round_robin_goes_round(engine):
    seen = play(engine, spec(replicas=3), spread(7))
    assert seen.trace.server.tolist() == [0, 1, 2, 0, 1, 2, 0]


@on_every_engine
def test_round_robin_passes_over_the_failed(engine):
    """Turns 0, 1, 2 of three, then turns 3, 4, 5 of the two that are left, then 6, 7, 8 of three again."""
    script = [(0.7, "fail", 1, 0.0), (1.45, "restore", 1, 0.0)]
    seen = play(engine, spec(replicas=3, base_s=0.01), spread(9, output=1), script)
    assert seen.trace.server.tolist() == [0, 1, 2, 2, 0, 2, 0, 1, 2]


@on_every_engine
def test_least_outstanding_takes_the_first_of_the_emptiest(engine):
    """The first runs longest: all three get one, then 1 and 2, freed at 2.25 and 2.5, the next."""
    wanted = asks((0.0, 1, 20), (0.25, 1, 2), (0.5, 1, 2), (0.75, 1, 9), (2.5, 1, 9), (2.75, 1, 1), (2.8, 1, 1))
    seen = play(engine, spec(replicas=3, routing="least_outstanding"), wanted)
    assert seen.trace.server.tolist() == [0, 1, 2, 0, 1, 2, 1]


@on_every_engine
def test_stale_loads_send_everybody_to_the_same(engine):
    """Until the first look at 1 all seem empty; what is seen at 1 (four at server 0) holds until 2."""
    pool = spec(replicas=2, routing="least_outstanding", stale_s=1.0)
    seen = play(engine, pool, asks(*[(0.2 * n + 0.1, 1, 30) for n in range(13)]))
    assert seen.trace.server.tolist() == [0] * 5 + [1] * 5 + [0] * 3


@on_every_engine
def test_an_arrival_at_the_look_sees_the_new_loads(engine):
    pool = spec(replicas=2, routing="least_outstanding", stale_s=1.0)
    seen = play(engine, pool, asks((0.5, 1, 30), (1.0, 1, 30)))
    assert seen.trace.server.tolist() == [0, 1]


@pytest.mark.parametrize("routing", ["random", "power_of_two"])
@on_every_engine
def test_random_candidates_are_those_of_the_keys(engine, routing):
    """Far apart, all servers are empty, so that the first candidate is taken."""
    pool = spec(replicas=7, base_s=0.001, routing=routing, routing_salt=99)
    seen = play(engine, pool, spread(50, 1.0, 1))
    first, _ = halves(routing_keys(99, np.arange(50), np.ones(50, np.int64)))
    assert seen.trace.server.tolist() == [candidate(int(key), 7) for key in first]


@on_every_engine
def test_two_choices_are_better_than_one_and_stale_ones_worse(engine):
    """Mean wait of 4,000 requests at 90 % load on 20 servers: Mitzenmacher's exponential improvement."""
    rng = np.random.default_rng(5)
    arrival_s = np.cumsum(rng.exponential(1 / 18, 4_000))
    wanted = asks(*[(at_s, prompt, 1) for at_s, prompt in zip(arrival_s, rng.geometric(0.01, 4_000), strict=True)])
    waits = {}
    fresh = [(routing, 0.0) for routing in ("random", "power_of_two", "least_outstanding")]
    for routing, stale_s in (*fresh, ("power_of_two", 20.0)):
        pool = spec(replicas=20, max_requests=1, base_s=lambda n: 0.01 * n, routing=routing, stale_s=stale_s)
        trace = play(engine, pool, wanted, until_s=600.0).trace
        assert (trace.outcome == Outcome.FINISHED).all()
        waits[routing, stale_s] = (trace.start_s - trace.arrival_s).mean()
    assert waits["power_of_two", 0.0] < 0.5 * waits["random", 0.0]
    assert waits["least_outstanding", 0.0] < waits["power_of_two", 0.0] < waits["power_of_two", 20.0]


# --- keys -------------------------------------------------------------------------------------------------------------


def spread_p(values, bins):
    """p of a chi-square test that values below 2**32 fall evenly into bins."""
    return stats.chisquare(np.bincount((values.astype(np.int64) * bins) >> 32, minlength=bins)).pvalue


@pytest.mark.parametrize("salt", [0, 1, 2**63 + 5])
@pytest.mark.parametrize("attempts", [1, 2])
def test_halves_are_even_and_independent(salt, attempts):
    first, second = halves(routing_keys(salt, np.arange(200_000), np.full(200_000, attempts)))
    assert spread_p(first, 1_000) > PLAUSIBLE
    assert spread_p(second, 1_000) > PLAUSIBLE
    cells = (first * 30 >> 32) * 30 + (second * 30 >> 32)
    assert stats.chisquare(np.bincount(cells, minlength=900)).pvalue > PLAUSIBLE
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 4 / np.sqrt(first.size)


def test_a_bare_counter_would_be_refused():
    assert spread_p(np.arange(200_000), 1_000) < REFUSED


def test_attempts_and_salts_draw_anew():
    numbers, ones = np.arange(100_000), np.ones(100_000, np.int64)
    first = halves(routing_keys(7, numbers, ones))[0]
    for other in (routing_keys(7, numbers, 2 * ones), routing_keys(8, numbers, ones)):
        assert abs(np.corrcoef(first, halves(other)[0])[0, 1]) < 4 / np.sqrt(numbers.size)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**40), st.integers(1, 200))
def test_a_key_depends_on_nothing_but_its_own_request(salt, number, attempts):
    alone = routing_keys(salt, np.array([number]), np.array([attempts]))
    among = routing_keys(salt, number + np.arange(-1 if number else 0, 3), np.full(4 if number else 3, attempts))
    assert alone[0] == among[1 if number else 0]


@given(st.integers(0, 2**64 - 1), st.integers(0, 63))
def test_every_bit_flips_about_half_of_the_others(state, bit):
    """Avalanche: 32 bits of 64 flip on average; fewer than 8 or more than 56 would be a one-in-a-billion chance."""
    one, other = mix(np.array([state, state ^ (1 << bit)], np.uint64))
    assert 8 <= int(one ^ other).bit_count() <= 56
