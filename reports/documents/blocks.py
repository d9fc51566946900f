"""What a report is made of, before anybody sets it: the PDF and the HTML page are two settings of the same blocks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

Tone = Literal["plain", "lead", "note", "code"]


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    kind: ClassVar[str] = "paragraph"
    text: str
    """What it says."""
    tone: Tone = "plain"
    """How loud."""


@dataclass(frozen=True)
class Points:
    """A list of short statements."""

    kind: ClassVar[str] = "points"
    items: tuple[str, ...]
    """One statement each."""


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str
    """What it says."""


@dataclass(frozen=True)
class Card:
    """One figure that matters."""

    label: str
    """What it is."""
    value: str
    """The figure with its unit."""
    note: str = ""
    """What it is made of, or compared with."""


@dataclass(frozen=True)
class Cards:
    """Figures that matter, side by side."""

    kind: ClassVar[str] = "cards"
    cards: tuple[Card, ...]
    """In the order of their weight."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    title: str
    """Its head."""
    right: bool = True
    """Whether its cells are numbers, set to the right."""
    share: float = 0.0
    """Its part of the width left by the others; 0: as wide as its cells."""
    code: bool = False
    """Whether its cells are keys and commands."""


@dataclass(frozen=True)
class Table:
    """Rows under heads."""

    kind: ClassVar[str] = "table"
    columns: tuple[Column, ...]
    """Its columns."""
    rows: tuple[tuple[str, ...], ...]
    """Cells as text."""
    strong: tuple[int, ...] = ()
    """Rows that sum up or stand out."""
    groups: tuple[int, ...] = ()
    """Rows that begin a group: a rule stands above them."""
    caption: str = ""
    """What it shows."""
    halves: bool = False
    """Whether it is long and narrow, and set in two columns."""


@dataclass(frozen=True)
class Plot:
    """The place of a figure, whose drawing comes beside the report."""

    kind: ClassVar[str] = "plot"
    name: str
    """Name of the drawing."""
    caption: str
    """What is seen."""
    alt: str
    """The same for who cannot see it."""


@dataclass(frozen=True)
class Series:
    """Curves over the day that a reader may look into: on the page only, where the PDF has the drawing."""

    kind: ClassVar[str] = "series"
    title: str
    """What they are."""
    unit: str
    """Of the vertical axis."""
    labels: tuple[str, ...]
    """Names of the curves."""
    colours: tuple[str, ...]
    """Their colours."""
    at_s: tuple[float, ...]
    """Local time after midnight."""
    values: tuple[tuple[float | None, ...], ...]
    """A row a curve."""
    stacked: bool = False
    """Whether each curve stands on those before it."""


@dataclass(frozen=True)
class Section:
    """A chapter."""

    title: str
    """Its heading."""
    blocks: tuple[Any, ...]
    """Its contents."""
    new_page: bool = False
    """Whether it begins a page in the PDF."""


@dataclass(frozen=True)
class Report:
    """All of a report."""

    language: str
    """ISO code."""
    title: str
    """Name of what is reported on."""
    kicker: str
    """What sort of report it is."""
    question: str
    """What was asked."""
    answer: tuple[str, ...]
    """The answer, a sentence or two."""
    cards: Cards
    """Key figures."""
    facts: tuple[tuple[str, str], ...]
    """What was run: label and value."""
    sections: tuple[Section, ...]
    """Chapters."""
    footer: str
    """At the foot of each page."""
    words: dict[str, str] = field(default_factory=dict)
    """Words that the setting itself needs."""


def plots(report: Report) -> list[Plot]:
    """Every figure of a report, in order."""
    return [block for section in report.sections for block in section.blocks if isinstance(block, Plot)]


def content(value: Any) -> Any:
    """Blocks as plain data, each with its kind; curves stay behind, for only a page needs them."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [content(inner) for inner in value if not isinstance(inner, Series)]
    if isinstance(value, dict):
        return value
    if not hasattr(value, "__dataclass_fields__"):
        return value
    kind = {"kind": value.kind} if hasattr(value, "kind") else {}
    return kind | {name: content(getattr(value, name)) for name in value.__dataclass_fields__ if name != "kind"}
