"""Who and what the dollars went to: uses, use cases, tokens, one more request; and owning against renting."""

from typing import Any

from reports.day.context import Day
from reports.documents.blocks import Column, Heading, Paragraph, Section, Table
from reports.documents.plain_text import plain
from reports.documents.wording import each_request, is_tiny, thousand_requests

SERVING = ("prompts", "answers")
RENTS = ("on_demand", "reserved", "spot")


def uses_section(day: Day) -> Section:
    """The ledger's total, told by what it was for."""
    words, numbers = day.words, day.numbers
    blocks = [
        Paragraph(_lead(day), "lead"),
        _uses(day),
        _tokens(day),
        Heading(words("uses.cases")),
        _cases(day),
        Heading(words("uses.more")),
        Paragraph(_marginal(day)),
        _owning(day),
    ]
    if numbers["usd_per_user_per_day"] is not None:
        blocks.append(Paragraph(words("uses.user", usd=words.money(numbers["usd_per_user_per_day"]))))
    return Section(words("uses.title"), tuple(blocks))


def _lead(day: Day) -> str:
    words, uses = day.words, day.numbers["cost_by_use_usd"]
    total = day.numbers["cost_usd"]["total"]
    served = sum(uses[name] for name in SERVING)
    return words("uses.lead", served=words.money(served), share=words.percent(served / total if total else None))


def _uses(day: Day) -> Table:
    """Dollars by use; a use that came to nothing is left out."""
    words, total = day.words, day.numbers["cost_usd"]["total"]
    uses = {name: usd for name, usd in day.numbers["cost_by_use_usd"].items() if usd}
    rows = [(words(f"use.{name}"), words(f"use.{name}_is"), *_amount(day, usd, total)) for name, usd in uses.items()]
    rows.append((words("category.total"), "", *_amount(day, total, total)))
    columns = (
        Column(words("uses.use"), right=False),
        Column(words("uses.is"), right=False, share=1.0),
        Column(words("cost.amount")),
        Column(words("cost.share")),
    )
    return Table(columns, tuple(rows), strong=(len(rows) - 1,), caption=words("uses.caption"))


def _amount(day: Day, usd: float, total: float) -> tuple[str, str]:
    return day.words.money(usd), day.words.percent(usd / total if total else None)


def _tokens(day: Day) -> Table:
    words, each = day.words, day.numbers["usd_per_million_tokens"]
    rows = tuple(
        (words(f"uses.{name}"), words.money(each[name]["used"]), words.money(each[name]["allocated"]))
        for name in ("prompt", "output")
    )
    heads = (words("uses.used"), words("uses.allocated"))
    columns = (Column(words("uses.tokens"), right=False, share=1.0), *map(Column, heads))
    return Table(columns, rows, caption=words("uses.tokens_caption"))


def _cases(day: Day) -> Table:
    words = day.words
    cases = day.numbers["use_cases"]
    tiny = any(is_tiny(case["usd_per_request"]) for case in cases.values())
    rows = tuple(_case(day, name, case, tiny) for name, case in cases.items())
    heads = [
        words(f"uses.{name}") for name in ("requests", "used", "allocated", "thousand" if tiny else "each", "million")
    ]
    columns = (Column(words("uses.case"), right=False, share=1.0), *map(Column, heads))
    return Table(columns, rows, caption=words("uses.cases_caption"))


def _case(day: Day, name: str, case: dict[str, Any], tiny: bool) -> tuple[str, ...]:
    """A use case; its requests by the thousand where one of them costs next to nothing."""
    words, each = day.words, case["usd_per_request"]
    amounts = [words.money(case[key]) for key in ("used_usd", "allocated_usd", "usd_per_million_output_tokens")]
    amounts.insert(2, thousand_requests(each, words) if tiny and each is not None else words.money(each))
    return plain(name), words.count(case["requests"]), *amounts


def _marginal(day: Day) -> str:
    words, more = day.words, day.numbers["marginal"]
    request = each_request(more["usd_per_request"], words)
    million = words.money(more["usd_per_million_output_tokens"])
    return words("uses.marginal", usd=words.money(more["usd"]), request=request, million=million)


def _owning(day: Day) -> Table:
    words = day.words
    rows = tuple(_pool(day, name, pool) for name, pool in day.numbers["owning"].items())
    heads = [words(f"uses.{name}") for name in ("gpu_h", "busy", *RENTS)]
    columns = (Column(words("uses.pool"), right=False, share=1.0), *map(Column, heads))
    return Table(columns, rows, caption=words("uses.owning_caption"))


def _pool(day: Day, name: str, pool: dict[str, Any]) -> tuple[str, ...]:
    words, known = day.words, pool["break_even_utilisation"] or {}
    levels = (words.percent(known.get(rent)) for rent in RENTS)
    return plain(name), words.money(pool["usd_per_gpu_h"]), words.percent(pool["utilisation"]), *levels
