"""The watchdog: a pool that has work, and servers, but gets nowhere ends the day with the cause instead of a result."""

from dataclasses import dataclass

from sim.errors import InputError
from sim.fleet.census import PoolBook
from sim.units import MINUTES_PER_HOUR, SECONDS_PER_HOUR

FEWEST_TOKENS_PER_PREEMPTION = 4
"""A pool that makes fewer tokens than this a preemption spends its time prefilling what it has just thrown away."""


@dataclass
class Watchdog:
    """Looks back at one pool once an hour."""

    book: PoolBook
    """The pool."""
    preempted: int = 0
    """Preemptions up to the last full hour."""
    busy_s: float = 0.0
    """Replica-seconds spent in iterations since then."""

    def look(self, minute: int, now_s: float) -> None:
        """After every minute: raise InputError if the hour that has just ended brought nothing."""
        self.busy_s += self.book.busy_s
        if (minute + 1) % MINUTES_PER_HOUR == 0:
            self._look_back(minute, now_s)

    def _look_back(self, minute: int, now_s: float) -> None:
        preempted = self.book.engine.counters()["preempted"]
        lost_again, never_idle = preempted - self.preempted, self.busy_s >= self.book.spec.replicas * SECONDS_PER_HOUR
        self.preempted, self.busy_s = preempted, 0.0
        if not lost_again and not never_idle:
            return
        work = self.book.engine.minutes()
        hour = slice(minute + 1 - MINUTES_PER_HOUR, minute + 1)
        made = float(work["output_tokens"][hour].sum())
        if lost_again and made < FEWEST_TOKENS_PER_PREEMPTION * lost_again:
            raise InputError(self._thrashing(now_s, made, lost_again))
        if never_idle and not made and not work["prompt_tokens"][hour].any():
            raise InputError(self._stuck(now_s))

    def _thrashing(self, now_s: float, made: float, preempted: int) -> str:
        return (
            f"fleet.pools.{self.book.spec.name}: the KV cache thrashes: in the hour before "
            f"{now_s / SECONDS_PER_HOUR:g} h {preempted:,} preemptions left time for {made:,.0f} tokens; lower "
            "batching.max_requests, admit with reserved instead of on_demand, or leave the KV cache more memory"
        )

    def _stuck(self, now_s: float) -> str:
        return (
            f"fleet.pools.{self.book.spec.name}: no progress: every replica was busy in the hour before "
            f"{now_s / SECONDS_PER_HOUR:g} h, and not one token was read or made; an iteration takes longer than that, "
            "so look at the facts and the speed of this pool"
        )
