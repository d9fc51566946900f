"""Turns of a conversation, and what of their prompts a prefix cache finds."""

from collections import OrderedDict

import numpy as np
import pytest

from sim.catalogue import read_catalogue
from sim.core.streams import Streams
from sim.scenario.schema import Scenario
from sim.workload.prefix_cache import EndlessCache, NoCache, PrefixCache
from sim.workload.requests import Requests
from sim.workload.source import open_workload
from tests.golden.tiny_day import tiny_day

DAY_S = 86_400.0
CHAT = {"turns": 4, "think_s": 120, "answer_s": 20}


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue(kinds=["shapes", "weeks", "clients", "lengths", "sites"])


@pytest.fixture
def draw(catalogue):
    """All requests of a day of conversations, in windows of so many seconds."""

    def drawn(chat, requests_per_day=30_000, window_s=DAY_S, share=1.0):
        cases = {"chat": {"share": share, "conversation": chat}}
        cases |= {"single": {"share": 1 - share}} if share < 1 else {}
        demand = {"requests_per_day": requests_per_day, "shape": "flat"}
        scenario = Scenario(name="t", workload={"demand": demand, "use_cases": cases})
        source = open_workload(scenario, catalogue, Streams(1))
        assert source.expected == pytest.approx(requests_per_day)
        return Requests.concatenate([source.take(end) for end in np.arange(window_s, DAY_S + 1, window_s)])

    return drawn


def test_a_turn_carries_all_that_was_said_before(draw):
    turns = draw(CHAT)
    later = np.flatnonzero(np.isfinite(turns.reused_s) & (turns.reused_s >= 0))
    before = np.searchsorted(turns.arrival_s, turns.reused_s[later] - 1e-7)
    assert later.size > 15_000
    assert turns.arrival_s[before] == pytest.approx(turns.reused_s[later], abs=1e-6)
    history = turns.prompt_tokens[before] + turns.output_tokens[before]
    assert (turns.cached_tokens[later] == history).all()
    assert (turns.prompt_tokens[later] > history).all()
    assert (turns.arrival_s[later] - turns.reused_s[later]).mean() == pytest.approx(140, rel=0.03)


def test_every_hour_has_its_requests_the_first_one_too(draw):
    by_hour = np.histogram(draw(CHAT, 200_000).arrival_s, np.arange(25) * 3600.0)[0]
    expected = 200_000 / 24
    assert np.abs(by_hour - expected).max() < 8 * np.sqrt(expected)


def test_shares_count_requests_not_conversations(draw):
    turns = draw(CHAT, 200_000, share=0.4)
    assert (turns.use_case == 0).mean() == pytest.approx(0.4, abs=0.02)
    assert not turns.cached_tokens[turns.use_case == 1].any()


def test_windows_change_no_byte(draw):
    whole, parts = draw(CHAT), draw(CHAT, window_s=600.0)
    assert [a.tobytes() for a in whole.columns] == [a.tobytes() for a in parts.columns]
    assert whole.reused_s.tobytes() == parts.reused_s.tobytes()


def test_a_history_that_was_cut_has_lost_its_prefix(draw):
    short = draw(CHAT | {"context_tokens": 600})
    assert short.prompt_tokens.max() <= 600 + 9990
    grown = short.cached_tokens > 0
    assert short.cached_tokens.max() <= 600
    assert 0 < grown.mean() < (draw(CHAT).cached_tokens > 0).mean()


def test_conversations_of_one_turn_are_single_requests(draw, catalogue):
    assert draw({"turns": 1}).reused_s is None
    assert draw(CHAT | {"max_turns": 1}).reused_s is None


# The cache


def requests(arrival_s, prompt, output, cached, reused_s):
    n = len(arrival_s)
    whole = (np.asarray(column, np.int32) for column in (prompt, output, cached))
    return Requests(np.asarray(arrival_s, float), np.zeros(n, np.int16), *whole, np.asarray(reused_s, float))


def exact_lru(turns, room):
    """Tokens found by an LRU cache that keeps every conversation as an entry, by the time of its last use."""
    entries, held, found = OrderedDict(), 0, []
    rows = zip(*turns.columns[2:], turns.arrival_s, turns.reused_s, strict=True)
    for prompt, output, cached, now_s, last_s in rows:
        size = entries.pop(last_s, 0)
        held -= size
        found.append(cached if size else 0)
        entries[now_s] = prompt + output
        held += entries[now_s]
        while held > room:
            held -= entries.popitem(last=False)[1]
    return np.array(found)


@pytest.mark.parametrize("room", [12_000, 25_000, 60_000])
def test_the_cache_finds_what_an_exact_lru_finds(draw, room):
    """But for turns near the age at which entries go: a second of grain, and eviction by five."""
    turns = draw(CHAT, 20_000)
    turns = requests(*turns.columns[:1], *turns.columns[2:], turns.reused_s)
    cache = PrefixCache(DAY_S)
    found = [cache.find(turns.between(start, start + 60.0), room).cached_tokens for start in range(0, 86_400, 60)]
    ours, exact = np.concatenate(found), exact_lru(turns, room)
    assert 0.02 < (exact > 0).mean() < 0.95
    assert ours.sum() == pytest.approx(exact.sum(), rel=0.15)
    assert ((ours > 0) == (exact > 0)).mean() > 0.9
    assert exact_lru(turns, room / 4).sum() < 0.8 * exact.sum()


def test_endless_and_none_are_the_bounds():
    turns = requests([1.0, 2.0], [10, 30], [5, 5], [0, 15], [np.nan, 1.0])
    assert EndlessCache().find(turns, 1e9).cached_tokens.tolist() == [0, 15]
    assert NoCache().find(turns, 1e9).cached_tokens.tolist() == [0, 0]
    assert PrefixCache(10.0).find(turns, 1e9).cached_tokens.tolist() == [0, 15]


def test_the_last_token_of_a_prompt_is_always_computed():
    assert EndlessCache().find(requests([1.0], [512], [5], [512], [0.5]), 1e9).cached_tokens.tolist() == [511]


def test_what_was_evicted_does_not_come_back():
    cache = PrefixCache(100.0)
    cache.find(requests([1.0], [10], [5], [0], [np.nan]), 1000)
    cache.find(requests([5.0], [1], [1], [0], [np.nan]), 14)
    assert cache.held_tokens == 2
    assert cache.find(requests([9.0], [30], [5], [15], [1.0]), 1000).cached_tokens.tolist() == [0]


# Days


def conversing(kind):
    chat = {"turns": 4, "think_s": 30, "answer_s": 5}
    return tiny_day(
        {
            "workload.use_cases.code.conversation": chat,
            "fleet.pools.main.prefix_cache": kind,
            "fleet.pools.main.servers": 1,
            "workload.demand.requests_per_day": 40_000,
        }
    )


@pytest.mark.usefixtures("engine_compiled")
def test_a_day_prefills_what_the_cache_does_not_find_on_both_engines():
    import sim
    from sim.result_json import summary

    tokens = {kind: summary(sim.run(conversing(kind)))["tokens"] for kind in ("none", "lru", "endless")}
    assert tokens["none"]["cached"] == 0 < tokens["lru"]["cached"] <= tokens["endless"]["cached"]
    assert len({one["reusable"] for one in tokens.values()}) == 1
    assert tokens["endless"]["cached"] <= tokens["endless"]["reusable"]
    slow = summary(sim.run(conversing("lru"), engine="reference"))
    fast = summary(sim.run(conversing("lru")))
    assert slow["tokens"] == fast["tokens"]
    assert slow["latency"] == fast["latency"]
