"""The rules as plain mathematics: inverses, sums, bounds."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.schema import Batching, Pool
from sim.serving.engine import rules
from sim.serving.policies.admission import ADMISSIONS, Admission
from sim.serving.policies.batching import BATCHING_POLICIES
from sim.serving.policies.routing import ROUTINGS
from sim.serving.reference.batching import BATCHES
from sim.serving.reference.router import ROUTERS

firsts = st.floats(1e-4, 10.0)
growths = st.one_of(st.just(0.0), st.floats(1e-18, 1e-2))
counts = st.integers(0, 1_000_000)


def run(first_s, growth_s):
    """A run whose first iteration is longer than its growth, as every run of a law with positive times is."""
    return first_s + growth_s, growth_s


@given(firsts, growths, st.integers(1, 300))
def test_elapsed_is_the_sum_of_iterations(first_s, growth_s, iterations):
    first_s, growth_s = run(first_s, growth_s)
    summed = np.sum(first_s + 2.0 * growth_s * np.arange(iterations))
    assert rules.elapsed_s(first_s, growth_s, iterations) == pytest.approx(summed, rel=1e-12)


@given(firsts, growths, counts)
def test_iterations_by_inverts_elapsed_but_for_rounding(first_s, growth_s, iterations):
    first_s, growth_s = run(first_s, growth_s)
    ends_s = rules.elapsed_s(first_s, growth_s, iterations)
    assert rules.iterations_by(first_s, growth_s, ends_s * (1.0 + 1e-12)) == iterations
    if iterations:
        assert rules.iterations_by(first_s, growth_s, ends_s * (1.0 - 1e-12)) == iterations - 1


@given(firsts, growths, st.floats(0.0, 86_400.0))
def test_iterations_by_counts_those_that_ended_but_for_rounding(first_s, growth_s, time_s):
    first_s, growth_s = run(first_s, growth_s)
    ended = rules.iterations_by(first_s, growth_s, time_s)
    before_s, after_s = (rules.elapsed_s(first_s, growth_s, count) for count in (ended, ended + 1))
    assert before_s * (1.0 - 1e-12) <= time_s < after_s * (1.0 + 1e-12)


def test_iterations_by_survives_a_growth_that_hardly_is_one():
    """Written as (root - linear) / growth, the count would lose all its digits here."""
    assert rules.iterations_by(0.01, 1e-21, 864.001) == 86_400


@given(st.integers(0, 10_000), st.lists(st.integers(1, 500), min_size=1, max_size=8))
def test_pairs_do_not_depend_on_how_a_prompt_is_cut(done, chunks):
    starts = done + np.cumsum([0, *chunks[:-1]])
    cut = sum(rules.pairs(int(start), chunk) for start, chunk in zip(starts, chunks, strict=True))
    assert cut == rules.pairs(done, sum(chunks))


@given(st.integers(0, 100), st.integers(1, 60))
def test_pairs_count_what_each_token_sees(done, tokens):
    assert rules.pairs(done, tokens) == sum(done + place for place in range(1, tokens + 1))


@given(st.integers(1, 100_000))
def test_candidate_is_unbiased(replicas):
    """Each index owns an interval of keys; the lengths of any two differ by one key at most."""
    places = np.arange(0, replicas + 1, max(1, replicas // 50))
    edges = [-(-(int(place) << 32) // replicas) for place in places]
    assert edges[0] == 0
    for place, edge in zip(places.tolist(), edges, strict=True):
        if place < replicas:
            assert rules.candidate(edge, replicas) == place
        if edge:
            assert rules.candidate(edge - 1, replicas) == place - 1
    lengths = {-(-((i + 1) << 32) // replicas) + -(i << 32) // replicas for i in range(min(replicas, 200))}
    assert max(lengths) - min(lengths) <= 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 2**20))
def test_candidate_is_an_index(key, replicas):
    assert 0 <= rules.candidate(key, replicas) < replicas


@given(st.lists(st.floats(0.0, 10.0), min_size=2, max_size=9), st.integers(0, 50))
def test_table_goes_on_along_its_last_step(values, n):
    table = np.array(values)
    expected = values[n] if n < len(values) else values[-1] + (values[-1] - values[-2]) * (n - len(values) + 1)
    assert rules.table(table, n) == pytest.approx(expected, abs=1e-9)


room = st.integers(1, 10_000)


@given(room, st.integers(1, 5_000), st.integers(1, 5_000))
def test_an_empty_cache_takes_whatever_can_ever_run(room_tokens, prompt, output):
    """Also after a preemption, when all but its last token have to be read anew."""
    if not rules.can_ever_run(prompt, output, 10**9, room_tokens):
        assert prompt + output > room_tokens
        return
    whole = prompt + output
    assert rules.can_join(Admission.RESERVED, room_tokens, 0, 0, prompt, whole)
    assert rules.can_join(Admission.ON_DEMAND, room_tokens, 0, 0, prompt, whole)
    assert rules.can_join(Admission.ON_DEMAND, room_tokens, 0, 0, whole - 1, whole)


@given(room, st.integers(0, 10_000), st.integers(0, 100), st.integers(1, 5_000))
def test_who_joins_on_demand_leaves_everybody_a_token(room_tokens, held, running, prompt):
    if rules.can_join(Admission.ON_DEMAND, room_tokens, held, running, prompt, 10**9):
        assert held + prompt + running + 1 <= room_tokens


def test_scenarios_name_the_policies_that_engines_know() -> None:
    for field, table in (
        (Batching.model_fields["policy"], BATCHING_POLICIES),
        (Batching.model_fields["admission"], ADMISSIONS),
        (Pool.model_fields["routing"], ROUTINGS),
    ):
        assert sorted(get_args(field.annotation)) == sorted(table)
    assert set(BATCHES) == set(BATCHING_POLICIES.values()) and set(ROUTERS) == set(ROUTINGS.values())
