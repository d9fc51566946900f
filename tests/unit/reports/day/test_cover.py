"""What a day's first page answers, and what its tables of dollars say."""

from dataclasses import replace

import pytest

from reports.day.advice import advice
from reports.day.context import Day
from reports.day.cost import article_section, cost_section
from reports.day.cover import answer, cards, served
from reports.day.evidence import doubtful_share, widest_doubtful
from reports.day.method import method_section
from reports.day.price_ranges import price_ranges
from reports.documents.language import language
from reports.figures.queue import Sketcher
from sim.result_json import summary
from tests.unit.reports.day.test_report import catalogue as catalogue
from tests.unit.reports.day.test_report import eventful as eventful
from tests.unit.reports.day.test_report import idle as idle

pytestmark = pytest.mark.usefixtures("engine_compiled")

BUSY = {
    "requests": {"arrived": 1000, "finished": 1000, "refused": 0, "lost": 0},
    "plant": {"slowest_speed": 1.0, "warmest_inlet_c": 24.0},
    "cost_by_use_usd": {"idle": 1.0, "asleep": 0.0, "spare": 0.0},
    "cost_usd": {"total": 100.0},
}
"""Numbers of a day on which there is nothing to change."""


def day_of(result, code="en", **numbers):
    words = language(code)
    return Day(result, summary(result) | numbers, words, Sketcher(words))


def owning(busy, level):
    return {"main": {"usd_per_gpu_h": 2.0, "utilisation": busy, "break_even_utilisation": {"on_demand": level}}}


def quiet(result, **numbers):
    told = BUSY | {"owning": {"main": owning(0.5, 0.5)["main"] | {"break_even_utilisation": None}}}
    return {key: value for key, value in summary(result).items() if "article" not in key} | told | numbers


def told(result, **numbers):
    words = language("en")
    return advice(Day(result, quiet(result, **numbers), words, Sketcher(words)))


def with_claim(result, kind, entry, field, **changes):
    """The day's result, one claim of its catalogue told otherwise."""
    entries = result.catalogue.entries(kind)
    claim = getattr(entries[entry], field).model_copy(update=changes)
    changed = {**entries, entry: entries[entry].model_copy(update={field: claim})}
    other = replace(result, catalogue=replace(result.catalogue, **{kind: changed}))
    return other.reprice(result.scenario.prices)


def test_a_line_counts_if_any_figure_it_rests_on_is_assumed(idle):
    field = ("sites", idle.scenario.plant.site, "colocation_usd_per_kw_month")
    read, assumed = (with_claim(idle, *field, known=known) for known in ("read", "assumption"))
    [hall] = [line for line in idle.ledger.lines if line.unit == "kW-day"]
    share = hall.amount_usd / idle.ledger.total_usd
    assert share > 0.1
    assert doubtful_share(assumed) - doubtful_share(read) == pytest.approx(share)


def test_the_widest_doubtful_figure_is_named(idle):
    ranges = price_ranges(idle)
    widest = widest_doubtful(idle, ranges)
    assert widest.fact.known == "assumption" and widest.width_usd < ranges.claims[0].width_usd
    sure = answer(day_of(idle), ranges)[1]
    assert "the price of software licences moves the total most" in sure
    assert "bounds, not a likelihood" in sure


def test_there_is_no_advice_where_there_is_nothing_to_say(idle):
    assert told(idle) == ""
    assert len(answer(Day(idle, quiet(idle), language("en"), Sketcher(language("en"))), price_ranges(idle))) == 2


def test_idle_servers_and_unserved_requests_are_told(idle):
    uses = {"idle": 40.0, "asleep": 0.0, "spare": 5.0}
    assert "What to change: $45.00, 45 % of the total" in told(idle, cost_by_use_usd=uses).replace("\xa0", " ")
    assert "(idle and spare)" in told(idle, cost_by_use_usd=uses)
    counts = BUSY["requests"] | {"finished": 980, "lost": 15, "refused": 5}
    assert "20 requests, 2.00 % of all" in told(idle, requests=counts).replace("\xa0", " ")


def test_owning_is_told_beside_the_rent_of_the_hours_at_work(idle):
    pool = idle.usage.pools[0]
    owned = 2.0 * pool.server_h * pool.pool.gpus_per_server
    words = language("en")
    rent = told(idle, owning=owning(0.2, 0.5))
    assert f"would have cost {words.money_rounded(0.4 * owned)} instead of {words.money_rounded(owned)}, if" in rent
    assert told(idle, owning=owning(0.8, 0.5)).startswith("What to change: Owning pool main pays")
    assert "cheaper at any utilisation" in told(idle, owning=owning(0.9, 1.5))


def test_a_hot_day_tells_how_slow_and_how_late(eventful):
    hot = told(eventful, plant={"slowest_speed": 0.48, "warmest_inlet_c": 45.26}).replace("\xa0", " ")
    assert "to 48 % of full speed" in hot and "up to 45.3 °C" in hot and "waited –" not in hot


@pytest.mark.parametrize("code", ["en", "zh"])
def test_the_article_stands_beside_the_ledger(eventful, code):
    day = day_of(eventful, code)
    article = day.numbers["article_usd"]["total"]
    assert day.words.money_rounded(article) in advice(day)
    whole = Day(eventful, day.numbers | {"cost_usd": {"total": article / 50}}, day.words, day.sketcher)
    assert day.words.figures(50.0, 3) in advice(whole) and "50.0" not in advice(day)


def test_a_difference_in_requests_is_seen(idle):
    day = day_of(idle)
    assert served(day, 4_501_135, 4_501_159) == "4,501,135 of 4,501,159 finished"
    assert served(day, 4_400_000, 4_501_159).replace("\xa0", " ") == "4.400 million of 4.501 million finished"
    assert served(day, 4_501_159, 4_501_159).replace("\xa0", " ") == "all 4.501 million finished"


def test_an_hour_is_not_called_the_day(idle):
    hour, whole = day_of(idle), day_of(idle, duration_s=86_400.0)
    labels = [cards(day).cards[0].label.replace("\xa0", " ") for day in (hour, whole)]
    assert labels == ["Cost of 1 h", "Cost of the day"]
    assert cost_section(hour).title.replace("\xa0", " ") == "What 1 h cost"


def table_of(section):
    return section.blocks[-1]


def test_columns_of_dollars_agree_in_decimals(eventful):
    for table in (table_of(cost_section(day_of(eventful))), table_of(article_section(day_of(eventful)))):
        for column in (3, 4):
            cells = [row[column] for row in table.rows if row[column]]
            assert len({len(cell.partition(".")[2]) for cell in cells}) == 1, cells


def test_the_walk_ends_with_the_ledgers_total_and_names_its_file(eventful):
    day = day_of(eventful)
    section = article_section(day)
    steps, lines = [block for block in section.blocks if hasattr(block, "rows")]
    assert steps.rows[-1] == (day.words("article.end"), "", day.words.money(eventful.ledger.total_usd))
    assert "ledger.csv" not in lines.caption
    assert ("article.csv" in lines.caption) == any(not line.amount_usd for line in eventful.article.ledger.lines)


def test_what_is_priced_at_zero_is_told_by_the_ledger(idle):
    [points] = method_section(day_of(idle)).blocks
    assert "Tax" in points.items[-1] and "Software licences" in points.items[-1]
    taxed = idle.reprice(idle.scenario.prices.model_copy(update={"tax_fraction_per_year": 0.01}))
    [points] = method_section(day_of(taxed)).blocks
    assert "Tax" not in points.items[-1]
