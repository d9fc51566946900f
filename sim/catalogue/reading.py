"""Reading the catalogue's files; every problem of every file is told at once, and no number passes without a source."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.catalogue.catalogue import SCENARIO_SOURCE, Catalogue, claim_fields, claims, unknown_kind, with_facts
from sim.catalogue.parameter import Entry, Frozen, Source
from sim.catalogue.types import ENTRY_DEFAULTS, KINDS
from sim.core.errors import CatalogueError, InputError
from sim.files.documents import Document, Keys, did_you_mean, explain, raise_all, read_document

__all__ = ["Catalogue", "read_catalogue", "with_facts"]

FOLDER = Path(__file__).parent / "data"
NAMES_OF_OTHERS = (
    ("servers", "gpu", "gpus"),
    ("gpus", "generation", "generations"),
    ("cooling", "chiller", "chillers"),
)
"""Kind, field, and kind of the entry that the field names."""
_SOURCES = "sources"


@dataclass(frozen=True)
class _File:
    """A file of one kind as it was written, and what of it could be understood."""

    document: Document
    entries: Mapping[str, Any]
    problems: tuple[str, ...]


def read_catalogue(folder: Path | None = None, kinds: Collection[str] | None = None) -> Catalogue:
    """Read the package's catalogue, or a folder of the same files; with `kinds`, only those kinds and the sources."""
    wanted = set(KINDS if kinds is None else kinds)
    raise_all([unknown_kind(kind) for kind in sorted(wanted - set(KINDS))], CatalogueError)
    sources = _read(folder or FOLDER, _SOURCES, Source)
    files = {kind: _read(folder or FOLDER, kind, form) for kind, form in KINDS.items() if kind in wanted}
    raise_all([*sources.problems, *_problems(files, sources.document.data)], CatalogueError)
    return Catalogue(sources=sources.entries, **{kind: files[kind].entries if kind in files else {} for kind in KINDS})


def _problems(files: Mapping[str, _File], sources: Collection[str]) -> Iterator[str]:
    for kind, file in files.items():
        yield from file.problems
        yield from _unknown_sources(file, sources)
        for holder, field, named in NAMES_OF_OTHERS:
            if kind == holder and named in files:
                yield from _unknown_names(file, field, named, files[named].document.data)


def _read(folder: Path, kind: str, form: type[Frozen]) -> _File:
    try:
        document = read_document(folder / f"{kind}.yaml", ours=folder == FOLDER)
    except InputError as error:
        return _File(Document(folder / f"{kind}.yaml", {}), {}, (str(error),))
    entries: dict[str, Any] = {}
    problems: list[str] = []
    for name, written in document.data.items():
        data = _entry_data(document, name, written, form, problems)
        try:
            entries[name] = form.model_validate(data)
        except ValidationError as error:
            problems += explain(document, error, form, (name,))
    if kind == _SOURCES and SCENARIO_SOURCE in entries:
        problems.append(document.problem((SCENARIO_SOURCE,), "is the name of what scenarios choose, not of a source"))
    return _File(document, entries, tuple(problems))


def _entry_data(document: Document, name: str, written: Any, form: type[Frozen], problems: list[str]) -> Any:
    """An entry with its defaults given to its bare numbers; what cannot be one is left for pydantic to refuse."""
    if not isinstance(written, dict) or not issubclass(form, Entry):
        return written
    defaults = {key: written[key] for key in ENTRY_DEFAULTS if key in written}
    own = claim_fields(form)
    return {
        key: _claim(document, (name, key), value, defaults, problems) if key in own else value
        for key, value in written.items()
        if key not in ENTRY_DEFAULTS
    }


def _claim(document: Document, where: Keys, value: Any, defaults: Mapping[str, Any], problems: list[str]) -> Any:
    """A claim as a mapping; the entry's `known` speaks of the entry's source only."""
    claim = value if isinstance(value, dict) else {"value": value}
    if "source" in claim:
        return claim
    if "source" not in defaults:
        problems.append(document.problem(where, "claims a number without a source"))
    return {"source": "", **defaults, **claim}


def _unknown_sources(file: _File, sources: Collection[str]) -> Iterator[str]:
    for name, entry in file.entries.items():
        for field, claim in claims(entry).items():
            if claim.source and claim.source not in sources:
                place = _source_place(file.document, name, field)
                hint = did_you_mean(claim.source, sources)
                what = f"names the source {claim.source!r}, which is not in sources.yaml{hint}"
                yield file.document.problem(place, what)


def _source_place(document: Document, name: str, field: str) -> Keys:
    own = (name, field, "source")
    return own if own in document.places else (name, "source")


def _unknown_names(file: _File, field: str, kind: str, known: Collection[str]) -> Iterator[str]:
    for name, entry in file.entries.items():
        wanted = getattr(entry, field)
        if wanted not in known:
            what = f"names {wanted!r}, which is not in {kind}.yaml{did_you_mean(wanted, known)}"
            yield file.document.problem((name, field), what)
