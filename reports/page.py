"""A report as one HTML page that needs nothing else: the same blocks, and curves that can be looked into."""

import json
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from reports.blocks import Cards, Column, Heading, Paragraph, Plot, Points, Report, Section, Series, Table

FOLDER = Path(__file__).parent / "web"
SCRIPTS = ("uPlot.iife.min.js", "page.js")
STYLES = ("uPlot.min.css", "page.css")


def html_page(report: Report, drawings: Mapping[str, str]) -> str:
    """The page, its drawings as SVG by name; every text of a scenario is escaped."""
    curves = [block for section in report.sections for block in section.blocks if isinstance(block, Series)]
    numbers = iter(range(len(curves)))
    sections = "\n".join(_section(section, report, drawings, numbers) for section in report.sections)
    body = f"<main>\n{_cover(report)}\n{sections}\n<footer>{escape(report.footer)}</footer>\n</main>"
    return Template(_file("page.html")).substitute(
        language=escape(report.language),
        title=escape(report.title),
        style="\n".join(map(_file, STYLES)),
        body=body,
        series=_json(_curves(curves, report)),
        script="\n".join(map(_file, SCRIPTS)) if curves else "",
    )


def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _json(data: Any) -> str:
    """Data inside a script element, where `</script>` and `<!--` would end it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _curves(curves: list[Series], report: Report) -> dict[str, Any]:
    panels = [
        {name: getattr(series, name) for name in ("title", "labels", "colours", "at_s", "values", "stacked")}
        for series in curves
    ]
    times = [at for series in curves for at in series.at_s]
    span_s = max(times) - min(times) if times else 0.0
    return {"language": report.language, "time": report.words["time"], "span_s": span_s, "panels": panels}


def _cover(report: Report) -> str:
    answer = "".join(f"<p>{escape(sentence)}</p>" for sentence in report.answer)
    facts = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in report.facts)
    question = f'<p class="question">{escape(report.question)}</p>' if report.question else ""
    head = f'<p class="kicker">{escape(report.kicker)}</p>\n<h1>{escape(report.title)}</h1>\n{question}'
    return f'<header>\n{head}\n<div class="answer">{answer}</div>\n{_cards(report.cards)}\n<dl>{facts}</dl>\n</header>'


def _section(section: Section, report: Report, drawings: Mapping[str, str], numbers: Any) -> str:
    parts = [f"<h2>{escape(section.title)}</h2>"]
    curves = [block for block in section.blocks if isinstance(block, Series)]
    parts += [_block(block, drawings) for block in section.blocks if not isinstance(block, Series)]
    if curves:
        parts.insert(1, _series(curves, report.words, numbers))
    return "<section>\n" + "\n".join(parts) + "\n</section>"


def _block(block: Any, drawings: Mapping[str, str]) -> str:
    return _plot(block, drawings[block.name]) if isinstance(block, Plot) else _SETTERS[type(block)](block)


def _series(curves: list[Series], words: Mapping[str, str], numbers: Any) -> str:
    """Places for the curves; the script draws them."""
    places = "".join(
        f'<div><h4>{escape(curve.title)} <span>{escape(curve.unit)}</span></h4><div id="panel-{number}"></div></div>'
        for curve, number in zip(curves, numbers, strict=False)
    )
    help_ = f'<p class="small zoom">{escape(words["zoom"])} <button id="reset">{escape(words["reset"])}</button></p>'
    return f'{help_}<div class="series">{places}</div>'


def _paragraph(block: Paragraph) -> str:
    if block.tone == "code":
        return f"<pre>{escape(block.text)}</pre>"
    return f'<p class="{block.tone}">{escape(block.text)}</p>'


def _points(block: Points) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in block.items) + "</ul>"


def _heading(block: Heading) -> str:
    return f"<h3>{escape(block.text)}</h3>"


def _cards(block: Cards) -> str:
    cards = (
        f'<div class="card"><span class="label">{escape(card.label)}</span><b>{escape(card.value)}</b>'
        f'<span class="small">{escape(card.note)}</span></div>'
        for card in block.cards
    )
    return f'<div class="cards">{"".join(cards)}</div>'


def _table(block: Table) -> str:
    caption = f"<caption>{escape(block.caption)}</caption>" if block.caption else ""
    heads = "".join(f"<th{_class(column)}>{escape(column.title)}</th>" for column in block.columns)
    head = f"<thead><tr>{heads}</tr></thead>" if any(column.title for column in block.columns) else ""
    rows = "".join(_row(cells, block, index in block.strong) for index, cells in enumerate(block.rows))
    return f'<div class="scroll"><table>{caption}{head}<tbody>{rows}</tbody></table></div>'


def _row(cells: tuple[str, ...], block: Table, strong: bool) -> str:
    inside = "".join(
        f"<td{_class(column)}>{escape(cell)}</td>" for cell, column in zip(cells, block.columns, strict=True)
    )
    return f'<tr class="strong">{inside}</tr>' if strong else f"<tr>{inside}</tr>"


def _class(column: Column) -> str:
    kinds = [name for name, is_so in (("right", column.right), ("code", column.code)) if is_so]
    return f' class="{" ".join(kinds)}"' if kinds else ""


def _plot(block: Plot, svg: str) -> str:
    drawing = svg[svg.index("<svg") :]
    drawing = drawing.replace("<svg ", f'<svg role="img" aria-label="{escape(block.alt)}" ', 1)
    return f"<figure>{drawing}<figcaption>{escape(block.caption)}</figcaption></figure>"


_SETTERS: dict[type, Callable[[Any], str]] = {
    Paragraph: _paragraph, Points: _points, Heading: _heading, Cards: _cards, Table: _table,
}  # fmt: skip
