"""Prompts of which a prefix is cached, worked out by hand: a token read takes a second, a pair a hundredth."""

import numpy as np
import pytest

from tests.twins.harness import ENGINES, asks, play, spec

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def reading(**overrides):
    return spec(base_s=lambda n: float(n), **overrides)


def ask(at_s, prompt, output, cached):
    return at_s, prompt, output, 0, cached


@pytest.mark.parametrize("policy", ["continuous", "chunked"])
def test_only_what_is_not_cached_is_read(engine, policy):
    """Two of ten tokens, which attend to 9 and 10: 2 s + 0.19 s."""
    seen = play(engine, reading(policy=policy, attention_s=0.01), asks(ask(0.0, 10, 1, 8)))
    assert seen.trace.first_token_s.tolist() == pytest.approx([2.19])
    assert seen.total("prompt_tokens") == 2
    assert seen.trace.cached_tokens.tolist() == [8]
    assert seen.digest.tokens.sum(axis=(0, 1)).tolist() == [10, 1, 8]


def test_static_batches_are_padded_and_read_all(engine):
    seen = play(engine, reading(policy="static"), asks(ask(0.0, 10, 1, 8)))
    assert seen.trace.first_token_s.tolist() == [10.0]
    assert seen.trace.cached_tokens.tolist() == [0]


def test_cached_tokens_take_none_of_the_token_limit(engine):
    """Both prompts share an iteration of four tokens, though they are twenty long."""
    seen = play(engine, reading(max_batched_tokens=4), asks(ask(0.0, 10, 1, 8), ask(0.0, 10, 1, 8)))
    assert seen.trace.first_token_s.tolist() == [4.0, 4.0]


def test_cached_tokens_hold_their_place_in_the_kv_cache(engine):
    """Two prompts of ten need room for 22 with their answers; 21 takes one at a time."""
    wanted = asks(ask(0.0, 10, 1, 9), ask(0.0, 10, 1, 9))
    together, apart = (play(engine, reading(kv_room_tokens=room), wanted) for room in (22, 21))
    assert together.trace.start_s.tolist() == [0.0, 0.0]
    assert apart.trace.start_s.tolist() == [0.0, 1.0]


def test_another_server_has_not_cached_it(engine):
    """It fails in its first prefill; server 1 reads all ten tokens."""
    seen = play(engine, reading(replicas=2), asks(ask(0.0, 10, 1, 8)), [(1.0, "fail", 0, 0.0)])
    assert seen.trace.first_token_s.tolist() == [11.0]
    assert seen.trace.cached_tokens.tolist() == [0]


@pytest.mark.parametrize("policy", ["continuous", "chunked"])
def test_a_preemption_throws_the_cached_prefix_away(engine, policy):
    """The latest admitted is preempted when the cache is full, and reads its whole prompt again."""
    pool = spec(policy=policy, admission="on_demand", kv_room_tokens=16)
    wanted = asks(ask(0.0, 6, 5, 0), ask(0.0, 6, 5, 4))
    seen = play(engine, pool, wanted)
    assert seen.counters["preempted"] == 1
    assert seen.trace.cached_tokens.tolist() == [0, 0]
    assert seen.total("prompt_tokens") > 12
    assert np.isfinite(seen.trace.finish_s).all()
