"""Inputs in the order in which they move an outcome, and which of them stand out from chance."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.studies.sensitivity import bar_length

Told = dict[str, Any]
SHARES = {"sobol": ("first", "total"), "morris": ("mu_star",), "pawn": ("median",)}
NOTHING = 0.02
"""An index below this is as good as none."""


@dataclass(frozen=True)
class Rank:
    """What an input does to an outcome."""

    path: str
    """The input."""
    index: float
    """How much it matters: a share, or a share of the largest."""
    stands_out: bool
    """Whether an input without any effect would hardly come so far."""


def ranking(kind: str, told: Told) -> list[Rank]:
    """Inputs and how much they matter to an outcome, the largest first."""
    return sorted(_FOUND[kind](told), key=lambda rank: (-rank.index, rank.path))


def idle_inputs(kind: str, results: dict[str, Told]) -> list[str]:
    """Inputs that hardly matter to any outcome; none where chance alone would hide as much."""
    if not all(_tells_idle(kind, told) for told in results.values()):
        return []
    ranked = [{rank.path: rank.index for rank in ranking(kind, told)} for told in results.values()]
    paths = ranked[0] if ranked else {}
    return [path for path in paths if all(indices.get(path, 1.0) < NOTHING for indices in ranked)]


def _tells_idle(kind: str, told: Told) -> bool:
    if kind == "monte_carlo":
        return told["rank_noise"] is not None and told["rank_noise"] ** 2 < NOTHING
    return kind != "pawn"


def _by_ranks(told: Told) -> list[Rank]:
    """Shares of the variance of ranks."""
    noise, known = told["rank_noise"], told["rank_correlations"].items()
    return [
        Rank(path, rank**2, noise is not None and abs(rank) > noise and rank**2 >= NOTHING)
        for path, rank in known
        if rank is not None
    ]


def _by_bars(told: Told) -> list[Rank]:
    """Shares of all bars together."""
    known = [bar for bar in told["bars"] if bar["at_low"] is not None and bar["at_high"] is not None]
    spans = {bar["path"]: bar_length(bar, told["base"]) for bar in known}
    whole = sum(spans.values()) or 1.0
    return [Rank(path, span / whole, span / whole >= NOTHING) for path, span in spans.items()]


def _by_effects(told: Told) -> list[Rank]:
    """Mean absolute effects over the largest."""
    known = {row["path"]: row["mu_star"]["estimate"] for row in told["indices"]}
    known = {path: effect for path, effect in known.items() if effect is not None}
    largest = max(known.values(), default=0.0) or 1.0
    return [Rank(path, effect / largest, effect / largest >= NOTHING) for path, effect in known.items()]


def _by_total(told: Told) -> list[Rank]:
    """Shares of the variance, interactions included."""
    known = {row["path"]: row["total"]["estimate"] for row in told["indices"]}
    return [Rank(path, total, total >= NOTHING) for path, total in known.items() if total is not None]


def _by_distance(told: Told) -> list[Rank]:
    """PAWN's medians, which stand out where even the low end of their interval is above that of no effect."""
    known = [(row["path"], row["median"]) for row in told["indices"] if row["median"]["estimate"] is not None]
    return [
        Rank(path, median["estimate"], median["low"] is not None and median["low"] > told["dummy"])
        for path, median in known
    ]


_FOUND: dict[str, Callable[[Told], list[Rank]]] = {
    "monte_carlo": _by_ranks,
    "tornado": _by_bars,
    "morris": _by_effects,
    "sobol": _by_total,
    "pawn": _by_distance,
}
