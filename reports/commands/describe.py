"""Tables of what there is: shipped files, keys of a scenario, figures of the catalogue, sources, pools."""

import inspect
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from rich.console import RenderableType

from reports.terminal.console import width
from reports.terminal.tables import NARROW, WIDE, word_table
from sim.catalogue import KINDS, Catalogue, claims, read_catalogue
from sim.catalogue.parameter import Claim, Fact
from sim.core.errors import InputError
from sim.core.units import unit_of
from sim.files.documents import did_you_mean
from sim.scenario.reading import Shipped
from sim.scenario.reference import Row, describe_form, describe_scenario
from sim.scenario.schema import Pool, Scenario
from sim.serving.engine.spec import PoolSpec
from sim.studies.questions.schema import Batch, Study
from sim.studies.sampling.distributions import DISTRIBUTIONS

MILLISECONDS = 1e3


def shipped_table(files: Iterable[Shipped]) -> RenderableType:
    """Shipped scenarios, batches and studies."""
    rows = [(file.name, file.folder, file.description or file.title) for file in files]
    return word_table(("name", "kind", "what it answers"), rows)


def keys_table(known: Sequence[Row], start: str | None) -> RenderableType:
    """Every key of a kind of file, or those whose path begins so."""
    rows = [row for row in known if row.path.startswith(start or "")]
    if not rows:
        raise InputError(f"{start}: no key begins so{did_you_mean(start or '', [row.path for row in known])}")
    return word_table(("key", "type", "default", "meaning"), rows, WIDE)


def study_keys() -> list[Row]:
    """All keys of a study, what each distribution takes among them."""
    return [*describe_form(Study), *map(_distribution_row, DISTRIBUTIONS)]


def _distribution_row(form: type[BaseModel]) -> Row:
    (kind,) = get_args(form.model_fields["distribution"].annotation)
    parameters = ", ".join(name for name in form.model_fields if name != "distribution")
    return Row("uncertain.PATH", f"{kind}: {parameters}", "", inspect.cleandoc(form.__doc__ or ""))


def topic_table(topic: str, name: str | None) -> RenderableType:
    """What is known of a topic: keys of a scenario, batch or study, the catalogue or its sources."""
    keys = {"scenario": describe_scenario, "batch": lambda: describe_form(Batch), "study": study_keys}
    if topic in keys:
        return keys_table(keys[topic](), name)
    book = read_catalogue()
    return catalogue_table(book, name) if topic == "catalogue" else sources_table(book, name)


def catalogue_table(catalogue: Catalogue, name: str | None) -> RenderableType:
    """All entries; or, for a kind or an entry, its figures with their sources."""
    if name is None:
        return word_table(("kind", "entries"), [(kind, ", ".join(catalogue.entries(kind))) for kind in KINDS])
    chosen = [(k, e) for k in KINDS for e in catalogue.entries(k) if name in (k, e, f"{k}.{e}")]
    if not chosen:
        raise InputError(f"{name}: is not in the catalogue{did_you_mean(name, _names(catalogue))}")
    columns = ("entry", "figure", "value", "range", "unit", "known", "source")
    rows: list[tuple[str, ...]] = [
        (f"{kind}.{entry}", field, *_claim_cells(field, claim))
        for kind, entry in chosen
        for field, claim in claims(catalogue.pick(kind, entry)).items()
    ]
    if width() < WIDE:
        rows = [(f"{entry}.{field}", *rest) for entry, field, *rest in rows]
    return word_table(columns, rows, WIDE)


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


def sources_table(catalogue: Catalogue, name: str | None) -> RenderableType:
    """Every source, or the one of that name."""
    if name is not None and name not in catalogue.sources:
        raise InputError(f"{name}: is not a source{did_you_mean(name, catalogue.sources)}")
    rows = [
        (key, source.kind, source.date, source.title, source.where)
        for key, source in catalogue.sources.items()
        if name in (None, key)
    ]
    return word_table(("source", "kind", "date", "title", "where"), rows, WIDE)


def pools_table(pools: Sequence[PoolSpec], scenario: Scenario) -> RenderableType:
    """What each pool of a scenario comes to: replicas, memory left, the time of a decode step."""
    columns = ("pool", "model", "server", "servers", "replicas", "KV cache", "decode step")
    rows: list[tuple[str, ...]] = [(spec.name, *_pool_cells(spec, scenario.fleet.pools[spec.name])) for spec in pools]
    if width() < NARROW:
        rows = [(name, *map(" ".join, zip(columns[1:], rest, strict=True))) for name, *rest in rows]
    return word_table(columns, rows)


def _pool_cells(spec: PoolSpec, pool: Pool) -> tuple[str, ...]:
    step_ms = float(spec.law.base_s[1]) * MILLISECONDS
    numbers = (f"{spec.servers:,}", f"{spec.replicas:,}", f"{spec.kv_room_tokens:,} tokens", f"{step_ms:.1f} ms")
    return (pool.model, pool.server, *numbers)
