"""The cover: the answer in a sentence, how sure it is, what to change, and the figures that matter."""

from reports.day.advice import advice
from reports.day.context import Day
from reports.day.evidence import doubtful_share, figure_name, widest_doubtful
from reports.day.price_ranges import Ranges
from reports.documents.blocks import Card, Cards
from reports.documents.plain_text import plain
from reports.documents.wording import each_request, is_tiny, part_name, thousand_requests


def answer(day: Day, ranges: Ranges) -> tuple[str, ...]:
    """What the day cost, how sure that is, and what to change where there is anything."""
    words, numbers = day.words, day.numbers
    total = words.money_rounded(numbers["cost_usd"]["total"])
    duration = words.duration(numbers["duration_s"])
    if numbers["usd_per_request"] is None:
        first = words("day.answer_idle", duration=duration, total=total)
    else:
        request = each_request(numbers["usd_per_request"], words)
        tokens = words.money_rounded(numbers["usd_per_million_output_tokens"])
        first = words("day.answer", duration=duration, total=total, request=request, tokens=tokens)
    return tuple(filter(None, (first, how_sure(day, ranges), advice(day))))


def how_sure(day: Day, ranges: Ranges) -> str:
    """The bounds that prices alone make, the share that rests on assumptions, and the widest of these."""
    words, widest = day.words, widest_doubtful(day.result, ranges)
    told = [words("day.assumed", share=words.percent(doubtful_share(day.result), 0))]
    if ranges.claims:
        low, high = words.money_rounded(ranges.cheap_usd), words.money_rounded(ranges.dear_usd)
        told.insert(0, words("day.sure", low=low, high=high))
    else:
        told.insert(0, words("day.sure_no_range"))
    if widest is not None:
        ends = sorted((widest.at_low_usd, widest.at_high_usd))
        low, high = map(words.money_rounded, ends)
        told.append(words("day.widest", figure=figure_name(widest, words), low=low, high=high))
    return words.sentences(told)


def cards(day: Day) -> Cards:
    """Six figures that matter."""
    words, numbers = day.words, day.numbers
    costs, counts, latency, fleet = (numbers[key] for key in ("cost_usd", "requests", "latency", "fleet"))
    largest = max((name for name in costs if name != "total"), key=lambda name: costs[name])
    share = words.percent(costs[largest] / costs["total"] if costs["total"] else None, 0)
    busy, available = words.percent(fleet["mean_utilisation"]), words.percent(fleet["availability"], 3)
    made = words.large(numbers["tokens"]["output"])
    total, tokens = (words.money_rounded(usd) for usd in (costs["total"], numbers["usd_per_million_output_tokens"]))
    named = words.known(f"category.{largest}", largest)
    wh = words("card.wh", digits=words.figures(numbers["wh_per_request"], 3))
    return Cards(
        (
            Card(words("card.total", span=day.span), total, words("card.total_note", largest=named, share=share)),
            _request(day, served(day, counts["finished"], counts["arrived"])),
            _card(day, "tokens", tokens, output=made),
            _card(day, "ttft", words.time(latency["ttft_s"]["p99"]), p50=words.time(latency["ttft_s"]["p50"])),
            _card(day, "energy", wh, pue=words.number(numbers["pue"], 3)),
            _card(day, "busy", busy, availability=available),
        )
    )


def _request(day: Day, note: str) -> Card:
    """A request, or a thousand of them where one costs less than a cent."""
    words, usd = day.words, day.numbers["usd_per_request"]
    if is_tiny(usd):
        return Card(words("card.thousand"), thousand_requests(usd, words), note)
    return Card(words("card.request"), words.money_rounded(usd), note)


def served(day: Day, finished: int, arrived: int) -> str:
    """How many of the requests were finished, so that a difference is seen."""
    words = day.words
    if finished == arrived:
        return words("card.all_finished", arrived=words.large(arrived))
    shown, of = words.large(finished), words.large(arrived)
    if shown == of:
        shown, of = words.count(finished), words.count(arrived)
    return words("card.request_note", finished=shown, arrived=of)


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
        key = (line.category, line.component)
        sums[key] = sums.get(key, 0.0) + line.amount_usd
    (category, part), amount = max(sums.items(), key=lambda entry: entry[1])
    named = day.words.known(f"category.{category}", category)
    return day.words("cost.entry", part=part_name(part, day.words), category=named), amount
