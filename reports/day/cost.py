"""What the day cost: the waterfall, every line, and the article's view where it was asked for."""

import math

from reports.day.context import Day
from reports.day.cover import heaviest
from reports.documents.blocks import Column, Paragraph, Section, Table
from reports.documents.plain_text import plain
from reports.documents.wording import component, part_name, unit
from reports.figures.style import BLUE, CATEGORY_COLOURS, GREY, INK, RED
from reports.figures.waterfall import Bar, steps, waterfall
from sim.accounting.ledger import CostLedger, Line

SMALL = 0.004
"""Entries below this share of the total are taken together, where there are several of a category."""
CENTS, MOST_CENTS, MOST_DECIMALS = 2, 4, 6
"""Decimals of amounts, of those of a small total, and at most of unit prices."""
FEW_USD = 10.0


def cost_section(day: Day) -> Section:
    """The waterfall and the lines."""
    words, costs = day.words, day.numbers["cost_usd"]
    largest = max((name for name in costs if name != "total"), key=lambda name: costs[name])
    share = words.percent(costs[largest] / costs["total"] if costs["total"] else None)
    entry, amount = heaviest(day)
    weighs = words.money_rounded(amount)
    lead = words("cost.lead", largest=_category(day, largest), share=share, component=entry, amount=weighs)
    bars = steps(_parts(day), words("category.total"), words)
    plot = day.sketcher.plot("cost", words("cost.waterfall", span=day.span), waterfall, bars, words)
    lines = Table(*_ledger(day, day.result.ledger), caption=_lines_caption(day, day.result.ledger, "ledger.csv"))
    return Section(words("cost.title", span=day.span), (Paragraph(lead, "lead"), plot, lines), new_page=True)


def _lines_caption(day: Day, ledger: CostLedger, file: str) -> str:
    """How amounts are reckoned, and where the lines are that come to nothing, if there are any."""
    words, zero = day.words, sum(not line.amount_usd for line in ledger.lines)
    told = [words("cost.lines_caption")]
    if zero:
        told.append(words("cost.lines_zero", zero=words.count(zero), file=file))
    return words.sentences(told)


def _category(day: Day, name: str) -> str:
    return day.words.known(f"category.{name}", name)


def _parts(day: Day) -> list[tuple[str, float, str]]:
    """Label, amount and colour of each bar: parts of all pools together, small ones of a category as one."""
    total_usd, found = day.result.ledger.total_usd, []
    for category in day.result.ledger.by("category"):
        amounts: dict[str, float] = {}
        for line in day.result.ledger.lines:
            if line.category == category:
                amounts[line.component] = amounts.get(line.component, 0.0) + line.amount_usd
        small = [name for name, amount in amounts.items() if abs(amount) < SMALL * abs(total_usd)]
        small = small if len(small) > 1 else []
        colour = CATEGORY_COLOURS.get(category, GREY)
        shown = [(name, amount) for name, amount in amounts.items() if name not in small]
        found += [(_label(day, category, name), amount, colour) for name, amount in shown]
        if any(amounts[name] for name in small):
            named = _category(day, category)
            label = day.words("entry.other", category=named.lower()) if shown else named
            found.append((label, sum(amounts[name] for name in small), colour))
    return found


def _label(day: Day, category: str, part: str) -> str:
    return day.words("cost.bar", category=_category(day, category), part=part_name(part, day.words))


def _ledger(day: Day, ledger: CostLedger) -> tuple[tuple[Column, ...], tuple[tuple[str, ...], ...], tuple[int, ...]]:
    """Columns, rows and the rows that stand out: a sum after the lines of each category, and the total."""
    words, rows, strong = day.words, [], []
    shown = [line for line in ledger.lines if line.amount_usd]
    cents, decimals = (CENTS if ledger.total_usd >= FEW_USD else MOST_CENTS), _decimals(shown)
    for category, amount in ledger.by("category").items():
        lines = [line for line in shown if line.category == category]
        rows += [_row(day, line, ledger.total_usd, (decimals, cents)) for line in lines]
        strong.append(len(rows))
        name = words("cost.sum", category=_category(day, category))
        rows.append((name, "", "", "", words.money_to(amount, cents), _share(day, amount, ledger.total_usd)))
    strong.append(len(rows))
    rows.append((words("category.total"), "", "", "", words.money_to(ledger.total_usd, cents), words.percent(1.0)))
    heads = [words(f"cost.{name}") for name in ("component", "quantity", "unit", "price", "amount", "share")]
    columns = tuple(
        Column(head, right=name not in (0, 2), share=1.0 if name == 0 else 0.0) for name, head in enumerate(heads)
    )
    return columns, tuple(rows), tuple(strong)


def _decimals(lines: list[Line]) -> int:
    """Of a column of unit prices: cents, and more where the least of them would have less than three figures."""
    least = min((abs(line.unit_price_usd) for line in lines), default=1.0)
    return min(max(CENTS, math.ceil(-math.log10(least)) + CENTS), MOST_DECIMALS)


def _row(day: Day, line: Line, total_usd: float, decimals: tuple[int, int]) -> tuple[str, ...]:
    words = day.words
    return (
        component(line, words),
        words.trimmed(line.quantity, 5),
        unit(line.unit, words),
        words.money_to(line.unit_price_usd, decimals[0]),
        words.money_to(line.amount_usd, decimals[1]),
        _share(day, line.amount_usd, total_usd),
    )


def _share(day: Day, amount: float, total_usd: float) -> str:
    return day.words.percent(amount / total_usd if total_usd else None)


def article_section(day: Day) -> Section | None:
    """The article's formula, its total, and the walk from it to ours; where it was asked for."""
    view, words = day.result.article, day.words
    if view is None:
        return None
    article, ours = view.ledger.total_usd, day.result.ledger.total_usd
    ratio = words.percent(ours / article if article else None, 2)
    total = words("article.total", article=words.money(article), ours=words.money(ours), ratio=ratio)
    walk = day.sketcher.plot("article", words("article.walk"), waterfall, _walk(day), words)
    lines = Table(*_ledger(day, view.ledger), caption=_lines_caption(day, view.ledger, "article.csv"))
    blocks = (Paragraph(words("article.formula")), Paragraph(total, "lead"), walk, _steps(day), lines)
    return Section(words("article.title"), blocks, new_page=True)


def _step_name(day: Day, name: str) -> str:
    if name == "article":
        return day.words("article.start")
    return day.words.known(f"article.steps.{name}", plain(name))


def _walk(day: Day) -> list[Bar]:
    """A bar a step between the article's total and ours."""
    view, words = day.result.article, day.words
    bars: list[Bar] = []
    for step in view.steps if view else ():
        name = step.name
        if not bars:
            bars.append(Bar(_step_name(day, name), 0.0, step.total_usd, INK, words.money(step.total_usd), total=True))
            continue
        start, label = bars[-1].to_usd, words.money(step.change_usd, signed=True)
        colour = RED if step.change_usd > 0 else BLUE
        bars.append(Bar(_step_name(day, name), start, step.total_usd, colour, label))
    end = bars[-1].to_usd
    return [*bars, Bar(words("article.end"), 0.0, end, INK, words.money(end), total=True)]


def _steps(day: Day) -> Table:
    view, words = day.result.article, day.words
    rows = [
        (_step_name(day, step.name), words.money(step.change_usd, signed=True), words.money(step.total_usd))
        for step in (view.steps if view else ())
    ]
    rows.append((words("article.end"), "", words.money(day.result.ledger.total_usd)))
    columns = (
        Column(words("article.step"), right=False, share=1.0),
        Column(words("article.change")),
        Column(words("article.after")),
    )
    return Table(columns, tuple(rows), strong=(0, len(rows) - 1))
