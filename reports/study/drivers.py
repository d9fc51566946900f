"""Inputs in the order in which they move an outcome, and which of them stand out from chance.

What drives the main outcome, and what to measure next, in words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reports.study.study_context import Many, input_name
from sim.studies.statistics.sensitivity import bar_length

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


MOST_NAMED = 3
FAINT = 0.5
"""Rank correlation up to which chance may come before advice is founded on what goes beyond it."""
CHANCE = ("monte_carlo", "pawn")
"""Kinds whose inputs are told apart from what chance alone does."""


def drivers(many: Many) -> tuple[str, ...]:
    """What drives the main outcome, and what to measure next, in words."""
    words, kind = many.words, many.result.kind
    ranked = ranking(kind, many.main_result)
    found = [rank for rank in ranked if rank.stands_out]
    if not found:
        key = "none_stands_out" if kind in CHANCE and ranked else "no_driver"
        return (many.about(f"many.{key}", many.main, draws=words.count(many.summary["draws"])), *_idle(many))
    first, *others = (input_name(rank.path, words) for rank in found[:MOST_NAMED])
    told = [many.about(f"many.{kind}_driver", many.main, first=first, index=_index(many, found[0]))]
    if others:
        told.append(words("many.next_drivers", names=words.list(others)))
    return (*told, _measure(many, found), *_idle(many))


def _index(many: Many, rank: Rank) -> str:
    """An index as the sentence tells it: a share as percent, PAWN's distance as it is."""
    return many.words.number(rank.index, 2) if many.result.kind == "pawn" else many.words.percent(rank.index, 0)


def _measure(many: Many, found: list[Rank]) -> str:
    """What to measure first, with what that is worth where it is known."""
    words, path = many.words, found[0].path
    noise = many.main_result.get("rank_noise")
    if noise is not None and noise > FAINT:
        return words("many.more_draws", draws=words.count(many.summary["draws"]), noise=words.number(noise, 2))
    if many.result.kind == "sobol":
        alone = {row["path"]: row["first"]["estimate"] or 0.0 for row in many.main_result["indices"]}
        path = max(alone, key=lambda name: alone[name])
        share = words.percent(min(max(alone[path], 0.0), 1.0), 0)
        return words("many.measure_sobol", first=input_name(path, words), share=share)
    if many.result.kind == "tornado":
        bar = next(bar for bar in many.main_result["bars"] if bar["path"] == path)
        low, high = sorted((bar["at_low"], bar["at_high"]))
        span = {"low": many.brief(many.main, low), "high": many.brief(many.main, high)}
        return words("many.measure_tornado", first=input_name(path, words), outcome=many.inside(many.main), **span)
    return words(f"many.measure_{many.result.kind}", first=input_name(path, words), share=_index(many, found[0]))


def _idle(many: Many) -> tuple[str, ...]:
    """How many inputs hardly matter to any outcome."""
    idle = len(idle_inputs(many.result.kind, many.summary["results"]))
    if not idle:
        return ()
    return (many.counted("many.idle_inputs", idle, all=many.words.count(len(many.summary["inputs"]))),)
