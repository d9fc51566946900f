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


class PrefixCache:
    """Tokens of one pool by the second of their last use."""

    def __init__(self, duration_s: float) -> None:
        self._tokens = np.zeros(math.ceil(duration_s) + 1, np.int64)
        self._kept_from = 0
        self.held_tokens = 0
        """Tokens in the cache."""

    def evict(self, room_tokens: float) -> None:
        """Drop what was used longest ago, whole seconds at a time, until the rest fits into the room."""
        while self.held_tokens > room_tokens and self._kept_from < self._tokens.size:
            self.held_tokens -= int(self._tokens[self._kept_from])
            self._kept_from += 1

    def find(self, requests: Requests) -> Requests:
        """Decide what of each prompt is found, and keep what the requests leave behind; in order of arrival."""
        if requests.reused_s is None:
            return requests
        there = requests.reused_s >= self._kept_from
        cached = np.where(there, requests.cached_tokens, 0).astype(np.int32)
        self._keep(requests.reused_s[there], -cached[there])
        self._keep(requests.arrival_s, requests.prompt_tokens + requests.output_tokens)
        return requests.found(cached)

    def _keep(self, used_s: NDArray[np.float64], tokens: NDArray[np.signedinteger[Any]]) -> None:
        """Add tokens at the seconds of their use."""
        np.add.at(self._tokens, used_s.astype(np.intp), tokens.astype(np.int64))
        self.held_tokens += int(tokens.sum(dtype=np.int64))


class NoCache:
    """A pool that prefills every prompt anew."""

    def evict(self, room_tokens: float) -> None:
        """Nothing is held."""

    def find(self, requests: Requests) -> Requests:
        """Nothing is found."""
        return requests.found(np.zeros(requests.size, np.int32)) if requests.reused_s is not None else requests


class EndlessCache(NoCache):
    """A cache that keeps all there ever was: the upper bound of what prefixes can save."""

    def find(self, requests: Requests) -> Requests:
        """Everything is found."""
        return requests.found(requests.cached_tokens)


Cache = PrefixCache | NoCache
"""Any of the three."""


def cache_of(kind: str, duration_s: float) -> Cache:
    """The cache that a pool asks for by name: lru, endless or none."""
    if kind == "lru":
        return PrefixCache(duration_s)
    return EndlessCache() if kind == "endless" else NoCache()
