"""What to change: what a day's own numbers say about its fleet, its contract, its hall and the article's formula."""

from collections.abc import Iterator
from typing import Any

from reports.day.context import Day
from reports.documents.plain_text import plain
from reports.figures.panels import HOURLY_QUANTILES, hourly_quantiles

UNUSED = ("idle", "asleep", "spare")
"""Uses that are paid for and serve nobody."""
MUCH = 0.1
"""Share of the total from which on unused servers are worth a word."""
NEARLY_ALL = 0.999
"""Share of the requests served above which the others are not worth a word."""
RENT = "on_demand"


def advice(day: Day) -> str:
    """Sentences that the day's numbers bear out; empty where there are none."""
    told = [*_unserved(day), *_hot(day), *_unused(day), *_renting(day), *_article(day)]
    return day.words("change.title", told=day.words.sentences(told)) if told else ""


def _unserved(day: Day) -> Iterator[str]:
    words, counts = day.words, day.numbers["requests"]
    missed = counts["refused"] + counts["lost"]
    if missed and counts["arrived"] and missed > (1 - NEARLY_ALL) * counts["arrived"]:
        yield words("change.unserved", count=words.count(missed), share=words.percent(missed / counts["arrived"], 2))


def _hot(day: Day) -> Iterator[str]:
    """A day on which heat or a limited feed slowed servers down."""
    words, plant = day.words, day.numbers["plant"]
    if plant["slowest_speed"] < 1.0:
        warmest, speed = words.number(plant["warmest_inlet_c"], 1), words.percent(plant["slowest_speed"], 0)
        yield words("change.slow", warmest=warmest, speed=speed, ttft=words.time(_worst_hour_s(day)))


def _worst_hour_s(day: Day) -> float | None:
    """The highest 99th percentile of the time to first token by hour of arrival."""
    quantiles = hourly_quantiles(day.result.traces.digest, "ttft_s")[list(HOURLY_QUANTILES).index("p99")]
    known = quantiles[quantiles == quantiles]
    return float(known.max()) if known.size else None


def _unused(day: Day) -> Iterator[str]:
    words, uses, total = day.words, day.numbers["cost_by_use_usd"], day.numbers["cost_usd"]["total"]
    usd = sum(uses[name] for name in UNUSED)
    waited = [words(f"use.{name}").lower() for name in UNUSED if uses[name]]
    if total > 0 and usd > MUCH * total:
        share, named = words.percent(usd / total, 0), words.list(waited)
        yield words("change.unused", usd=words.money_rounded(usd), share=share, uses=named)


def _renting(day: Day) -> Iterator[str]:
    """The dearest owned pool beside its GPUs on demand for the hours at work."""
    found = [
        (owning["usd_per_gpu_h"] * pool.server_h * pool.pool.gpus_per_server, pool.pool.name, owning)
        for pool in day.result.usage.pools
        if _break_even(owning := day.numbers["owning"][pool.pool.name])
    ]
    if found:
        yield _beside_rent(day, *max(found, key=lambda pool: pool[0]))


def _break_even(owning: dict[str, Any]) -> float | None:
    """Utilisation from which a pool is cheaper than its GPUs on demand; None where no rent is known."""
    return (owning["break_even_utilisation"] or {}).get(RENT)


def _beside_rent(day: Day, owned_usd: float, name: str, owning: dict[str, Any]) -> str:
    words, busy, level = day.words, owning["utilisation"], _break_even(owning) or 1.0
    key = "change.own" if busy >= level else "change.rent" if level <= 1.0 else "change.rent_always"
    return words(
        key,
        pool=plain(name),
        owned=words.money_rounded(owned_usd),
        rented=words.money_rounded(owned_usd * busy / level),
        busy=words.percent(busy, 0),
        level=words.percent(level, 0),
    )


def _article(day: Day) -> Iterator[str]:
    """The article's total beside the ledger's."""
    if "article_usd" not in day.numbers:
        return
    words, ours, article = day.words, day.numbers["cost_usd"]["total"], day.numbers["article_usd"]["total"]
    key = "change.article" if article > ours > 0 else "change.article_less"
    times = words.figures(article / ours if ours else None, 3)
    yield words(key, article=words.money_rounded(article), ours=words.money_rounded(ours), times=times)
