"""A report as one HTML page that needs nothing else: the same blocks, and curves that can be looked into."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from reports.documents.blocks import Cards, Column, Heading, Paragraph, Plot, Points, Report, Section, Series, Table
from reports.documents.language import Language, language

FOLDER = Path(__file__).parent / "web"
SCRIPTS = ("uPlot.iife.min.js", "page.js")
STYLES = ("uPlot.min.css", "page.css")


def html_page(report: Report, drawings: Mapping[str, str]) -> str:
    """The page, its drawings as SVG by name; every text of a scenario is escaped."""
    curves = [block for section in report.sections for block in section.blocks if isinstance(block, Series)]
    setter = _Setter(drawings, report.words, language(report.language))
    sections = "\n".join(setter.section(section, number) for number, section in enumerate(report.sections))
    body = (
        f"<main>\n{_cover(report)}\n{_contents(report)}\n{sections}\n<footer>{escape(report.footer)}</footer>\n</main>"
    )
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


def _contents(report: Report) -> str:
    """Links to all sections."""
    links = "".join(
        f'<a href="#section-{number}">{escape(section.title)}</a>' for number, section in enumerate(report.sections)
    )
    return f"<nav><h2>{escape(report.words['contents'])}</h2>{links}</nav>"


@dataclass
class _Setter:
    """Sets sections one after the other; counts curves, figures and tables on the way, as the PDF does."""

    drawings: Mapping[str, str]
    words: Mapping[str, str]
    language: Language
    curves: int = 0
    figures: int = 0
    tables: int = 0

    def section(self, section: Section, number: int) -> str:
        """A chapter; its curves come first, and stand for its drawings where scripts run."""
        curves = [block for block in section.blocks if isinstance(block, Series)]
        parts = [f'<h2 id="section-{number}">{escape(section.title)}</h2>']
        if curves:
            parts.append(self._series(curves))
        still = bool(curves)
        parts += [self._block(block, still) for block in section.blocks if not isinstance(block, Series)]
        return "<section>\n" + "\n".join(parts) + "\n</section>"

    def _block(self, block: Any, still: bool) -> str:
        if isinstance(block, Plot):
            self.figures += 1
            return _plot(block, self.drawings[block.name], self._label("figure", self.figures), still)
        if isinstance(block, Table):
            self.tables += bool(block.caption)
            return _table(block, self._label("table", self.tables))
        return _SETTERS[type(block)](block)

    def _label(self, kind: str, number: int) -> str:
        return f"<b>{escape(self.language(f'page.{kind}'))} {number}</b>"

    def _series(self, curves: list[Series]) -> str:
        """Places for the curves; the script draws them."""
        places = "".join(
            f"<div><h4>{escape(curve.title)} <span>{escape(curve.unit)}</span></h4>"
            f'<div id="panel-{number}"></div></div>'
            for number, curve in enumerate(curves, self.curves)
        )
        self.curves += len(curves)
        zoom, reset = (escape(self.words[name]) for name in ("zoom", "reset"))
        return f'<p class="small zoom">{zoom} <button id="reset">{reset}</button></p><div class="series">{places}</div>'


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


def _table(block: Table, label: str) -> str:
    caption = f"<caption>{label}{escape(block.caption)}</caption>" if block.caption else ""
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


def _plot(block: Plot, svg: str, label: str, still: bool) -> str:
    """A drawing; one that is still gives way to curves that can be looked into."""
    drawing = svg[svg.index("<svg") :]
    drawing = drawing.replace("<svg ", f'<svg role="img" aria-label="{escape(block.alt)}" ', 1)
    kind = ' class="still"' if still else ""
    return f"<figure{kind}>{drawing}<figcaption>{label}{escape(block.caption)}</figcaption></figure>"


_SETTERS: dict[type, Callable[[Any], str]] = {
    Paragraph: _paragraph, Points: _points, Heading: _heading, Cards: _cards,
}  # fmt: skip
