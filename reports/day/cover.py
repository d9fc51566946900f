"""The cover: the answer in a sentence, how sure it is, and the figures that matter."""

from reports.blocks import Card, Cards
from reports.day.context import Day
from reports.day.ranges import Ranges, assumed_share
from reports.plain import plain
from reports.wording import part_name, part_of


def answer(day: Day, ranges: Ranges) -> tuple[str, ...]:
    """What the day cost, and how sure that is."""
    words, numbers = day.words, day.numbers
    total = words.money(numbers["cost_usd"]["total"])
    duration = words.duration(numbers["duration_s"])
    if numbers["usd_per_request"] is None:
        first = words("day.answer_idle", duration=duration, total=total)
    else:
        request, tokens = words.money(numbers["usd_per_request"]), words.money(numbers["usd_per_million_output_tokens"])
        first = words("day.answer", duration=duration, total=total, request=request, tokens=tokens)
    return first, how_sure(day, ranges)


def how_sure(day: Day, ranges: Ranges) -> str:
    """The spread that prices alone make, and the share that rests on assumptions."""
    words, share = day.words, day.words.percent(assumed_share(day.result), 0)
    if not ranges.claims:
        return words("day.sure_no_range", share=share)
    low, high = words.money(ranges.cheap_usd), words.money(ranges.dear_usd)
    return words("day.sure", low=low, high=high, share=share)


def cards(day: Day) -> Cards:
    """Six figures that matter."""
    words, numbers = day.words, day.numbers
    costs, counts, latency, fleet = (numbers[key] for key in ("cost_usd", "requests", "latency", "fleet"))
    largest = max((name for name in costs if name != "total"), key=lambda name: costs[name])
    share = words.percent(costs[largest] / costs["total"] if costs["total"] else None, 0)
    busy, available = words.percent(fleet["mean_utilisation"]), words.percent(fleet["availability"], 3)
    finished, arrived = words.large(counts["finished"]), words.large(counts["arrived"])
    made = words.large(numbers["tokens"]["output"])
    named = words.known(f"category.{largest}", largest)
    wh = words("card.wh", digits=words.figures(numbers["wh_per_request"], 3))
    return Cards(
        (
            _card(day, "total", words.money(costs["total"]), largest=named, share=share),
            _card(day, "request", words.money(numbers["usd_per_request"]), finished=finished, arrived=arrived),
            _card(day, "tokens", words.money(numbers["usd_per_million_output_tokens"]), output=made),
            _card(day, "ttft", words.time(latency["ttft_s"]["p99"]), p50=words.time(latency["ttft_s"]["p50"])),
            _card(day, "energy", wh, pue=words.number(numbers["pue"], 3)),
            _card(day, "busy", busy, availability=available),
        )
    )


def _card(day: Day, name: str, value: str, **note: str) -> Card:
    return Card(day.words(f"card.{name}"), value, day.words(f"card.{name}_note", **note))


def facts(day: Day) -> tuple[tuple[str, str], ...]:
    """What was run."""
    words, scenario, numbers = day.words, day.result.scenario, day.numbers
    fleet = words(
        "day.fleet_of", servers=words.count(numbers["fleet"]["servers"]), gpus=words.count(numbers["fleet"]["gpus"])
    )
    pick = day.result.catalogue.pick
    models = dict.fromkeys(pick("models", pool.model).title for pool in scenario.fleet.pools.values())
    rows = [
        ("date", words.date(scenario.day.date)),
        ("fleet", fleet),
        ("model", plain(words.list(list(models)))),
        ("site", plain(pick("sites", scenario.plant.site).title)),
        ("seed", str(scenario.seed)),
        ("hash", str(numbers["scenario_hash"])),
        ("version", plain(str(numbers["version"]))),
    ]
    return tuple((words(f"day.{name}"), value) for name, value in rows)


def heaviest(day: Day) -> tuple[str, float]:
    """The entry, pools taken together, that weighs most in the ledger."""
    sums: dict[tuple[str, str], float] = {}
    for line in day.result.ledger.lines:
        key = (line.category, part_of(line))
        sums[key] = sums.get(key, 0.0) + line.amount_usd
    (category, part), amount = max(sums.items(), key=lambda entry: entry[1])
    named = day.words.known(f"category.{category}", category)
    return f"{part_name(part, day.words)} ({named})", amount
