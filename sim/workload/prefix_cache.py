"""The prefix cache of a pool: prompts that begin as an earlier one did skip the prefill of what they share.

What a pool has served stays in KV memory until room is needed; the least recently used goes first. The cache keeps no
entries. It knows how many tokens were last used in each second, and the first second whose tokens are all still there:
a prefix is found if it was last used since then. That is work of constant order a request, and nothing in it depends on
how fast requests are served.

Assumed: the router sends a prompt to where its prefix lies, so that a pool caches as a whole.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.workload.requests import Requests

STEP_S = 5.0
"""How often what no longer fits goes."""


class PrefixCache:
    """Tokens of one pool by the second of their last use."""

    def __init__(self, duration_s: float) -> None:
        self._tokens = np.zeros(math.ceil(duration_s) + 1, np.int64)
        self._kept_from = 0
        self.held_tokens = 0
        """Tokens in the cache."""

    def find(self, requests: Requests, room_tokens: float) -> Requests:
        """Decide what of each prompt is found, and keep what the requests leave behind; in order of arrival.

        Every few seconds what was used longest ago goes, until the rest fits into the room again.
        """
        if requests.reused_s is None or not requests.size:
            return requests
        first, last = requests.arrival_s[[0, -1]] // STEP_S
        steps = (np.arange(first, last + 1) * STEP_S).tolist()
        return Requests.concatenate(
            [self._find(requests.between(start_s, start_s + STEP_S), room_tokens) for start_s in steps]
        )

    def _find(self, requests: Requests, room_tokens: float) -> Requests:
        self._evict(room_tokens)
        reused_s = np.full(requests.size, np.nan) if requests.reused_s is None else requests.reused_s
        there = np.asarray(reused_s >= self._kept_from)
        self._keep(reused_s[there], -requests.cached_tokens[there])
        self._keep(requests.arrival_s, requests.prompt_tokens + requests.output_tokens)
        return _but_the_last(requests, there)

    def _evict(self, room_tokens: float) -> None:
        """Drop what was used longest ago, whole seconds at a time, until the rest fits into the room."""
        while self.held_tokens > room_tokens and self._kept_from < self._tokens.size:
            self.held_tokens -= int(self._tokens[self._kept_from])
            self._kept_from += 1

    def _keep(self, used_s: NDArray[np.float64], tokens: NDArray[np.signedinteger[Any]]) -> None:
        """Add tokens at the seconds of their use."""
        np.add.at(self._tokens, used_s.astype(np.intp), tokens.astype(np.int64))
        self.held_tokens += int(tokens.sum(dtype=np.int64))


class NoCache:
    """A pool that prefills every prompt anew."""

    def find(self, requests: Requests, room_tokens: float) -> Requests:
        """Nothing is found."""
        return requests if requests.reused_s is None else _but_the_last(requests, np.zeros(requests.size, np.bool_))


class EndlessCache(NoCache):
    """A cache that keeps all there ever was: the upper bound of what prefixes can save."""

    def find(self, requests: Requests, room_tokens: float) -> Requests:
        """Everything is found."""
        return requests if requests.reused_s is None else _but_the_last(requests, np.ones(requests.size, np.bool_))


def _but_the_last(requests: Requests, there: NDArray[np.bool_]) -> Requests:
    """What is found of each prompt that is there: all but its last token, whose pass makes the first of the answer."""
    found = np.minimum(requests.cached_tokens, requests.prompt_tokens - 1)
    return requests.found(np.where(there, found, 0).astype(np.int32))


Cache = PrefixCache | NoCache
"""Any of the three."""


def cache_of(kind: str, duration_s: float) -> Cache:
    """The cache that a pool asks for by name: lru, endless or none."""
    if kind == "lru":
        return PrefixCache(duration_s)
    return EndlessCache() if kind == "endless" else NoCache()
