"""Whether a batch's variants keep up with their demand: how busy they are, and what becomes of the requests."""

from typing import Any

from reports.blocks import Column, Table
from reports.many.context import Many
from reports.plain import plain

BUSY = "fleet.mean_utilisation"
FATES = ("requests.finished", "requests.refused", "requests.lost", "requests.in_flight")
TURNED_AWAY = ("requests.refused", "requests.lost")
ARRIVED = "requests.arrived"
QUEUE, TTFT = "latency.queue_s.p99", "latency.ttft_s.p99"
WAITING = 0.5
"""Share of the time to first token, at the 99th percentile of both, from which on it is the queue that is felt.

A busy share tells less: a replica that serves one request at a time is as busy as one with a hundred in its batch.
"""
PILED_UP = 0.01
"""Share of all requests from which on those in flight at the end are a queue that grows."""
COLUMNS = (BUSY, ARRIVED, *FATES, QUEUE, TTFT)


def busy_sentences(many: Many) -> tuple[str, ...]:
    """Who is at the limit, so that cost and latency of the day say little of a longer one."""
    names = [plain(name) for name, told in _means(many).items() if _at_the_limit(told)]
    if not names:
        return ()
    values = {"names": many.words.list(names), "waiting": many.words.percent(WAITING, 0)}
    return (many.words("many.at_the_limit" if len(names) > 1 else "many.at_the_limit_one", **values),)


def busy_table(many: Many) -> list[Any]:
    """How busy each variant is and what became of its requests, means over days."""
    words, told = many.words, _means(many)
    rows = [
        (
            plain(name),
            words.percent(means[BUSY]),
            *(words.number(means[fate], 0) for fate in FATES),
            words("many.saturated") if _at_the_limit(means) else "",
        )
        for name, means in told.items()
    ]
    columns = (
        Column(words("many.variant"), False, 1.0),
        Column(many.name(BUSY)),
        *(Column(words(f"many.{fate.rpartition('.')[2]}")) for fate in FATES),
        Column("", False),
    )
    caption = words("many.busy_caption", waiting=words.percent(WAITING, 0), piled=words.percent(PILED_UP, 0))
    return [Table(columns, tuple(rows), caption=caption)] if rows else []


def _means(many: Many) -> dict[str, dict[str, float]]:
    """Means over finished days by variant, in the order of the batch."""
    frame = many.result.table(["variant", "status", *COLUMNS])
    means = frame[frame["status"] == "done"].groupby("variant")[list(COLUMNS)].mean()
    order = [variant["name"] for variant in many.summary["variants"]]
    return {
        name: {str(key): float(value) for key, value in means.loc[name].items()}
        for name in order
        if name in means.index
    }


def _at_the_limit(told: dict[str, float]) -> bool:
    turned_away = any(told[fate] > 0 for fate in TURNED_AWAY)
    piled_up = told["requests.in_flight"] > PILED_UP * told[ARRIVED]
    return turned_away or piled_up or told[QUEUE] > WAITING * told[TTFT]
