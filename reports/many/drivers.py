"""What drives the main outcome, and what to measure next, in words."""

from reports.many.context import Many
from reports.many.naming import input_name
from reports.many.ranking import Rank, idle_inputs, ranking

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
