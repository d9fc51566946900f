"""What drives an outcome: tornado, screening and indices, in bars and in words."""

from typing import Any

from reports.blocks import Column, Paragraph, Section, Table
from reports.figures.intervals import Estimate, Row, interval_figure
from reports.figures.tornado import Swing, tornado_figure
from reports.many.context import Many, leaf
from reports.plain import plain

MOST_BARS = 16
SHARES = {"sobol": ("first", "total"), "morris": ("mu_star",), "pawn": ("median",)}
NOTHING = 0.02
"""An index below this is as good as none."""


def tornado_section(many: Many) -> Section:
    """How far the main outcome moves with each input."""
    words, told, outcome = many.words, many.main_result, many.main
    scale = many.scale(outcome)
    swings = [
        Swing(
            leaf(bar["path"]),
            scale * bar["at_low"],
            scale * bar["at_high"],
            many.end(bar["low_input"]),
            many.end(bar["high_input"]),
        )
        for bar in told["bars"][:MOST_BARS]
        if bar["at_low"] is not None and bar["at_high"] is not None
    ]
    blocks: list[Any] = [
        Paragraph(
            words("many.tornado_lead", outcome=many.name(outcome), base=many.value(outcome, told["base"])), "lead"
        )
    ]
    if swings:
        caption, base = words("many.tornado_caption", outcome=many.name(outcome)), scale * told["base"]
        blocks.append(many.sketcher.plot("tornado", caption, tornado_figure, swings, base, many.titled(outcome), words))
    rows = tuple(
        (
            plain(bar["path"]),
            many.end(bar["low_input"]),
            many.end(bar["high_input"]),
            many.value(outcome, bar["at_low"]),
            many.value(outcome, bar["at_high"]),
        )
        for bar in told["bars"]
    )
    heads = ("low_input", "high_input", "at_low", "at_high")
    columns = (Column(words("many.input"), False, 1.0, code=True), *(Column(words(f"many.{head}")) for head in heads))
    return Section(words("many.drivers"), (*blocks, Table(columns, rows)), new_page=True)


def index_section(many: Many) -> Section:
    """Indices of the main outcome with their intervals; tables of all outcomes."""
    words, kind = many.words, many.result.kind
    names = SHARES[kind]
    shown = [row for row in many.main_result["indices"][:MOST_BARS] if row[names[0]]["estimate"] is not None]
    blocks: list[Any] = [
        Paragraph(sentence, "lead" if index == 0 else "plain") for index, sentence in enumerate(drivers(many))
    ]
    if shown:
        rows = [
            Row(
                leaf(row["path"]),
                tuple(_estimate(row[name]) for name in names),
                words.number(row[names[-1]]["estimate"], 2),
            )
            for row in shown
        ]
        series = tuple(words(f"many.{kind}_{name}") for name in names)
        title = words(f"many.{kind}_axis", outcome=many.name(many.main))
        line = many.main_result.get("dummy") if kind == "pawn" else None
        caption = words(f"many.{kind}_caption", outcome=many.name(many.main))
        blocks.append(many.sketcher.plot("indices", caption, interval_figure, rows, series, title, words, line))
    blocks += [_indices(many, outcome) for outcome in many.summary["outcomes"]]
    return Section(words("many.drivers"), tuple(blocks), new_page=True)


def _estimate(told: dict[str, Any]) -> Estimate:
    value = told["estimate"]
    low, high = (value if told[end] is None else told[end] for end in ("low", "high"))
    return Estimate(value, low, high)


def _indices(many: Many, outcome: str) -> Table:
    words, kind = many.words, many.result.kind
    rows = []
    for row in many.summary["results"][outcome]["indices"][:MOST_BARS]:
        cells: list[str] = [plain(row["path"])]
        for name in SHARES[kind]:
            cells += [words.number(row[name]["estimate"], 3), _interval(many, row[name])]
        rows.append(tuple(cells))
    columns = [Column(words("many.input"), False, 1.0, code=True)]
    for name in SHARES[kind]:
        columns += [Column(words(f"many.{kind}_{name}")), Column(words("many.interval"))]
    return Table(tuple(columns), tuple(rows), caption=words("many.index_caption", outcome=many.name(outcome)))


def _interval(many: Many, told: dict[str, Any]) -> str:
    if told["low"] is None or told["high"] is None:
        return many.words("none")
    return many.words("number.range", low=many.words.number(told["low"], 3), high=many.words.number(told["high"], 3))


def drivers(many: Many) -> tuple[str, ...]:
    """What drives the main outcome, and what to measure next, in words."""
    words, kind = many.words, many.result.kind
    ranked = ranking(many)
    if not ranked or ranked[0][1] < NOTHING:
        return (words("many.no_driver", outcome=many.name(many.main)),)
    values = {"outcome": many.name(many.main), "first": leaf(ranked[0][0]), "index": words.number(ranked[0][1], 2)}
    others = [leaf(path) for path, index in ranked[1:3] if index >= NOTHING]
    told = [words(f"many.{kind}_driver", **values)]
    if others:
        told.append(words("many.next_drivers", names=words.list(others)))
    told.append(words("many.measure", first=leaf(ranked[0][0])))
    idle = sum(index < NOTHING for _, index in ranked)
    if idle:
        told.append(words("many.idle_inputs", count=idle, all=len(ranked)))
    return tuple(told)


def ranking(many: Many) -> list[tuple[str, float]]:
    """Inputs and how much they matter to the main outcome, the largest first: shares, or ranks of means."""
    kind, told = many.result.kind, many.main_result
    if kind == "monte_carlo":
        pairs = [(path, rank**2) for path, rank in told["rank_correlations"].items() if rank is not None]
    elif kind == "tornado":
        spans = [
            (b["path"], abs(b["at_high"] - b["at_low"]))
            for b in told["bars"]
            if b["at_low"] is not None and b["at_high"] is not None
        ]
        whole = sum(span for _, span in spans) or 1.0
        pairs = [(path, span / whole) for path, span in spans]
    else:
        name = SHARES[kind][-1]
        pairs = [(row["path"], row[name]["estimate"]) for row in told["indices"] if row[name]["estimate"] is not None]
        largest = max((index for _, index in pairs), default=0.0) if kind == "morris" else 1.0
        pairs = [(path, index / largest if largest else 0.0) for path, index in pairs]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
