"""A tornado's report: how far each outcome moves with each input."""

from typing import Any

from reports.blocks import Column, Heading, Paragraph, Section, Table
from reports.figures.tornado import Swing, tornado_figure
from reports.many.context import Many
from reports.many.drivers import drivers
from reports.many.naming import input_names, input_value
from reports.plain import plain

MOST_BARS = 16
MOST_FIGURES = 4


def tornado_section(many: Many) -> Section:
    """The main outcome in full; the others with a table and, the first of them, a figure."""
    blocks: list[Any] = [Paragraph(sentence) for sentence in drivers(many)]
    for index, outcome in enumerate(many.summary["outcomes"]):
        blocks += [Heading(many.name(outcome)), *_outcome(many, outcome, index)]
    return Section(many.words("many.drivers"), tuple(blocks), new_page=True)


def _outcome(many: Many, outcome: str, index: int) -> list[Any]:
    told = many.summary["results"][outcome]
    lead = many.about("many.tornado_lead", outcome, base=many.value(outcome, told["base"]))
    return [Paragraph(lead, "plain" if index else "lead"), *_plot(many, outcome, index), _table(many, outcome)]


def _plot(many: Many, outcome: str, index: int) -> list[Any]:
    told, scale, words = many.summary["results"][outcome], many.scale(outcome), many.words
    bars = [bar for bar in told["bars"] if bar["at_low"] is not None and bar["at_high"] is not None][:MOST_BARS]
    labels = input_names([bar["path"] for bar in bars], words)
    swings = [
        Swing(
            label,
            scale * bar["at_low"],
            scale * bar["at_high"],
            *(input_value(bar["path"], bar[end], words) for end in ("low_input", "high_input")),
        )
        for label, bar in zip(labels, bars, strict=True)
    ]
    if not swings or told["base"] is None or index >= MOST_FIGURES:
        return []
    caption = many.about("many.tornado_caption", outcome)
    values = (swings, scale * told["base"], many.titled(outcome), words)
    return [many.sketcher.plot(f"tornado_{index + 1}" if index else "tornado", caption, tornado_figure, *values)]


def _table(many: Many, outcome: str) -> Table:
    words, rows = many.words, []
    for bar in many.summary["results"][outcome]["bars"]:
        path = bar["path"]
        inputs = [input_value(path, bar[end], words) for end in ("low_input", "high_input")]
        rows.append((plain(path), *inputs, *(many.value(outcome, bar[end]) for end in ("at_low", "at_high"))))
    heads = ("low_input", "high_input", "at_low", "at_high")
    columns = (Column(words("many.input"), False, 1.0, code=True), *(Column(words(f"many.{head}")) for head in heads))
    return Table(columns, tuple(rows), caption=many.about("many.tornado_table", outcome))
