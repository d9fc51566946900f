"""Tables of what there is: shipped files, keys of a scenario, figures of the catalogue, sources, pools."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.catalogue import KINDS, Catalogue, claims, read_catalogue
from sim.catalogue.facts import Claim, Fact
from sim.documents import did_you_mean
from sim.errors import InputError
from sim.scenario.reading import Shipped
from sim.scenario.reference import describe_scenario
from sim.scenario.schema import Scenario
from sim.serving.spec import PoolSpec
from sim.units import unit_of

MILLISECONDS = 1e3
WIDE = 140
"""Columns that the widest tables need; on less they are stacked."""


def shipped_table(files: Iterable[Shipped]) -> Table:
    """Shipped scenarios, batches and studies."""
    table = _table("name", "kind", "what it answers")
    for file in files:
        table.add_row(file.name, file.folder, Text(file.description or file.title))
    return table


def scenario_table(start: str | None, width: int = WIDE) -> RenderableType:
    """Every key of a scenario, or those whose path begins so."""
    rows = [row for row in describe_scenario() if row.path.startswith(start or "")]
    if not rows:
        raise InputError(f"{start}: no key begins so{did_you_mean(start or '', [r.path for r in describe_scenario()])}")
    return _wide_or_stacked(("key", "type", "default", "meaning"), rows, width)


def topic_table(topic: str, name: str | None, width: int) -> RenderableType:
    """What is known of a topic: scenario, catalogue or sources."""
    if topic == "scenario":
        return scenario_table(name, width)
    book = read_catalogue()
    return catalogue_table(book, name, width) if topic == "catalogue" else sources_table(book, name, width)


def catalogue_table(catalogue: Catalogue, name: str | None, width: int = WIDE) -> RenderableType:
    """All entries; or, for a kind or an entry, its figures with their sources."""
    if name is None:
        table = _table("kind", "entries")
        for kind in KINDS:
            table.add_row(kind, ", ".join(catalogue.entries(kind)))
        return table
    chosen = [(k, e) for k in KINDS for e in catalogue.entries(k) if name in (k, e, f"{k}.{e}")]
    if not chosen:
        raise InputError(f"{name}: is not in the catalogue{did_you_mean(name, _names(catalogue))}")
    columns = ("entry", "figure", "value", "range", "unit", "known", "source")
    rows = [
        (f"{kind}.{entry}", field, *_claim_cells(field, claim))
        for kind, entry in chosen
        for field, claim in claims(catalogue.pick(kind, entry)).items()
    ]
    if width >= WIDE:
        return _wide_or_stacked(columns, rows, width)
    return _wide_or_stacked(columns, [(f"{entry}.{field}", *rest) for entry, field, *rest in rows], width)


def _names(catalogue: Catalogue) -> list[str]:
    return [*KINDS, *(name for kind in KINDS for name in catalogue.entries(kind))]


def _claim_cells(field: str, claim: Claim) -> tuple[str, str, str, str, str]:
    value: Any = getattr(claim, "value", "")
    if not isinstance(claim, Fact):
        return f"{len(value)} values", "", unit_of(field) or "", claim.known, claim.source
    known = claim.low is not None or claim.high is not None
    bounds = f"{_short(claim.low)} .. {_short(claim.high)}" if known else ""
    return _short(value), bounds, unit_of(field) or "", claim.known, claim.source


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def sources_table(catalogue: Catalogue, name: str | None, width: int = WIDE) -> RenderableType:
    """Every source, or the one of that name."""
    if name is not None and name not in catalogue.sources:
        raise InputError(f"{name}: is not a source{did_you_mean(name, catalogue.sources)}")
    rows = [
        (key, source.kind, source.date, source.title, source.where)
        for key, source in catalogue.sources.items()
        if name in (None, key)
    ]
    return _wide_or_stacked(("source", "kind", "date", "title", "where"), rows, width)


def pools_table(pools: Sequence[PoolSpec], scenario: Scenario) -> Table:
    """What each pool of a scenario comes to: replicas, memory left, the time of a decode step."""
    table = _table("pool", "model", "server", "servers", "replicas", "KV cache", "decode step")
    for spec in pools:
        pool = scenario.fleet.pools[spec.name]
        step_ms = float(spec.law.base_s[1]) * MILLISECONDS
        numbers = (str(spec.servers), str(spec.replicas), f"{spec.kv_room_tokens:,} tokens", f"{step_ms:.1f} ms")
        table.add_row(Text(spec.name), pool.model, pool.server, *numbers)
    return table


def _wide_or_stacked(columns: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> RenderableType:
    """A table where the screen is wide enough; otherwise the first cell in bold, the others in lines below it."""
    if width < WIDE:
        return Group(*(_stacked(row) for row in rows))
    table = _table(*columns)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _stacked(row: Sequence[str]) -> RenderableType:
    head, *rest = row
    return Group(Text(head, style="bold", overflow="fold"), Padding(Text("; ".join(filter(None, rest))), (0, 0, 0, 4)))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        last = column == columns[-1]
        table.add_column(column, overflow="fold", no_wrap=not last, min_width=24 if last else None)
    return table
