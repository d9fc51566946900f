"""Reports of screening and of indices: Morris, Sobol' and PAWN.

A tornado's report: how far each outcome moves with each input.
"""

from typing import Any

from reports.documents.blocks import Column, Heading, Paragraph, Section, Table
from reports.documents.plain_text import plain
from reports.figures.intervals import Estimate, Row, interval_figure
from reports.figures.tornado_chart import Swing, tornado_figure
from reports.study.drivers import NOTHING, SHARES, drivers
from reports.study.study_context import Many, input_names, input_value

MOST_BARS = 16
EFFECTS = "morris"
"""The kind whose indices are in the outcome's unit; those of the others are parts of a whole."""
BESIDE = {"morris": "sigma", "pawn": "tail"}
"""A number without interval beside a kind's indices."""


def index_section(many: Many) -> Section:
    """Indices of the main outcome with their intervals; tables of all outcomes."""
    sentences = [Paragraph(sentence, "lead" if index == 0 else "plain") for index, sentence in enumerate(drivers(many))]
    tables = [_table(many, outcome) for outcome in many.summary["outcomes"]]
    return Section(many.words("many.drivers"), (*sentences, *_plot(many), *tables), new_page=True)


def _plot(many: Many) -> list[Any]:
    words, kind = many.words, many.result.kind
    names, scale = SHARES[kind], _scale(many, many.main)
    shown = [row for row in many.main_result["indices"][:MOST_BARS] if row[names[0]]["estimate"] is not None]
    if not shown:
        return []
    labels = input_names([row["path"] for row in shown], words)
    rows = [
        Row(
            label,
            tuple(_estimate(row[name], scale) for name in names),
            _number(many, many.main, row[names[-1]]["estimate"]),
        )
        for label, row in zip(labels, shown, strict=True)
    ]
    series = tuple(words(f"many.{kind}_{name}") for name in names)
    title = many.about(f"many.{kind}_axis", many.main)
    title += f", {many.unit(many.main)}" if kind == EFFECTS and many.unit(many.main) else ""
    line = many.main_result.get("dummy") if kind == "pawn" else None
    caption = many.about(f"many.{kind}_caption", many.main)
    return [many.sketcher.plot("indices", caption, interval_figure, rows, series, title, words, line)]


def _scale(many: Many, outcome: str) -> float:
    return many.scale(outcome) if many.result.kind == EFFECTS else 1.0


def _estimate(told: dict[str, Any], scale: float) -> Estimate:
    value = told["estimate"]
    low, high = (value if told[end] is None else told[end] for end in ("low", "high"))
    return Estimate(scale * value, scale * low, scale * high)


def _table(many: Many, outcome: str) -> Table:
    """Indices of an outcome, those of hardly any effect summed up in a row."""
    words, kind = many.words, many.result.kind
    indices = many.summary["results"][outcome]["indices"]
    shown = _shown(many, indices)
    rows = [(plain(row["path"]), *_cells(many, outcome, row)) for row in shown]
    columns = [Column(words("many.input"), False, 1.0, code=True)]
    for name in SHARES[kind]:
        columns += [Column(words(f"many.{kind}_{name}")), Column(words("many.interval"))]
    columns += [Column(words(f"many.{kind}_{BESIDE[kind]}"))] if kind in BESIDE else []
    left = len(indices) - len(shown)
    if left:
        rows.append((many.counted("many.others", left), *[""] * (len(columns) - 1)))
    chance = many.words.number(many.summary["results"][outcome].get("dummy_tail"), 3)
    return Table(tuple(columns), tuple(rows), caption=many.about(f"many.{kind}_table", outcome, chance=chance))


def _shown(many: Many, indices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows worth reading: not those of nothing beside the largest."""
    by = SHARES[many.result.kind][-1]
    sizes = [row[by]["estimate"] or 0.0 for row in indices]
    least = NOTHING / 2 * (max(sizes, default=0.0) if many.result.kind == EFFECTS else 1.0)
    return [row for row, size in zip(indices, sizes, strict=True) if size > least][:MOST_BARS]


def _cells(many: Many, outcome: str, row: dict[str, Any]) -> list[str]:
    cells, kind = [], many.result.kind
    for name in SHARES[kind]:
        cells += [_number(many, outcome, row[name]["estimate"]), _interval(many, outcome, row[name])]
    return [*cells, _number(many, outcome, row[BESIDE[kind]])] if kind in BESIDE else cells


def _number(many: Many, outcome: str, value: float | None) -> str:
    return many.value(outcome, value) if many.result.kind == EFFECTS else many.words.number(value, 3)


def _interval(many: Many, outcome: str, told: dict[str, Any]) -> str:
    if told["low"] is None or told["high"] is None:
        return many.words("none")
    low, high = (_number(many, outcome, told[end]) for end in ("low", "high"))
    return many.words("number.range", low=low, high=high)


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
    return [
        Paragraph(lead, "plain" if index else "lead"),
        *_tornado_plot(many, outcome, index),
        _tornado_table(many, outcome),
    ]


def _tornado_plot(many: Many, outcome: str, index: int) -> list[Any]:
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


def _tornado_table(many: Many, outcome: str) -> Table:
    words, rows = many.words, []
    for bar in many.summary["results"][outcome]["bars"]:
        path = bar["path"]
        inputs = [input_value(path, bar[end], words) for end in ("low_input", "high_input")]
        rows.append((plain(path), *inputs, *(many.value(outcome, bar[end]) for end in ("at_low", "at_high"))))
    heads = ("low_input", "high_input", "at_low", "at_high")
    columns = (Column(words("many.input"), False, 1.0, code=True), *(Column(words(f"many.{head}")) for head in heads))
    return Table(columns, tuple(rows), caption=many.about("many.tornado_table", outcome))
