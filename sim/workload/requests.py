"""Requests: what users ask for, as columns in order of arrival."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import DefectError


@dataclass(frozen=True)
class Requests:
    """Columns of equal length n, sorted by arrival."""

    arrival_s: NDArray[np.float64]
    """When each reaches the gateway, after the start of the day; shape (n,)."""
    use_case: NDArray[np.int16]
    """Index into the names of the use cases; shape (n,)."""
    prompt_tokens: NDArray[np.int32]
    """Tokens of the prompt, at least 1; shape (n,)."""
    output_tokens: NDArray[np.int32]
    """Tokens of the answer, at least 1; shape (n,)."""
    cached_tokens: NDArray[np.int32]
    """Tokens of the prompt found in the prefix cache, which need no prefill; fewer than the prompt has; shape (n,)."""
    reused_s: NDArray[np.float64] | None = None
    """When the prefix was last used, NaN where there is none; as long as it stands here, `cached_tokens` are those that
    an endless cache would find. None: the cache has decided, or nothing is reused; shape (n,)."""

    def __post_init__(self) -> None:
        shape, columns = self.arrival_s.shape, self.columns + self._reuse
        if any(column.shape != shape for column in columns) or len(shape) != 1:
            raise DefectError(f"columns of requests differ in shape: {[column.shape for column in columns]}")

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """The columns that an engine takes, in the order of the fields."""
        return self.arrival_s, self.use_case, self.prompt_tokens, self.output_tokens, self.cached_tokens

    @property
    def _reuse(self) -> tuple[NDArray[Any], ...]:
        """The column of last uses, where there is one."""
        return () if self.reused_s is None else (self.reused_s,)

    @property
    def size(self) -> int:
        """How many requests there are."""
        return int(self.arrival_s.size)

    def between(self, start_s: float, stop_s: float) -> "Requests":
        """Those that arrive at or after `start_s` and before `stop_s`, as views of the same memory."""
        start, stop = np.searchsorted(self.arrival_s, (start_s, stop_s))
        return self.part(int(start), int(stop))

    def part(self, start: int, stop: int | None = None) -> "Requests":
        """Those from one place to another, as views of the same memory."""
        return Requests(*(column[start:stop] for column in self.columns + self._reuse))

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Requests":
        """Those chosen by a mask of shape (n,), or by their places, in that order."""
        return Requests(*(column[chosen] for column in self.columns + self._reuse))

    @staticmethod
    def empty() -> "Requests":
        """No requests."""
        return Requests.uncached(np.empty(0), np.empty(0, np.int16), np.empty(0, np.int32), np.empty(0, np.int32))

    @staticmethod
    def uncached(
        arrival_s: NDArray[np.float64],
        use_case: NDArray[np.int16],
        prompt_tokens: NDArray[np.int32],
        output_tokens: NDArray[np.int32],
    ) -> "Requests":
        """Requests of which no prefix is cached."""
        return Requests(arrival_s, use_case, prompt_tokens, output_tokens, np.zeros(arrival_s.size, np.int32))

    @staticmethod
    def concatenate(parts: Sequence["Requests"]) -> "Requests":
        """All requests of parts that follow each other in time; a single part is returned as it is."""
        filled = parts if len(parts) == 1 else [part for part in parts if part.size]
        if len(filled) < 2:
            return filled[0] if filled else Requests.empty()
        if any(part.reused_s is not None for part in filled):
            filled = [part.with_last_use() for part in filled]
        columns = zip(*(part.columns + part._reuse for part in filled), strict=True)
        return Requests(*(np.concatenate(parts) for parts in columns))

    def later(self, by_s: float) -> "Requests":
        """The same, all so much later."""
        return self.at(self.arrival_s + by_s)

    def at(self, arrival_s: NDArray[np.float64]) -> "Requests":
        """The same at other times, each as long after the last use of its prefix as before; shape (n,)."""
        reused_s = None if self.reused_s is None else arrival_s - (self.arrival_s - self.reused_s)
        return replace(self, arrival_s=arrival_s, reused_s=reused_s)

    def with_last_use(self) -> "Requests":
        """The same with a column of last uses, whether or not there are any."""
        return self if self.reused_s is not None else replace(self, reused_s=np.full(self.size, np.nan))

    def found(self, cached_tokens: NDArray[np.int32]) -> "Requests":
        """The same when the cache has decided what it holds; shape (n,)."""
        return replace(self, cached_tokens=cached_tokens, reused_s=None)
