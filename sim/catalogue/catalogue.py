"""The catalogue in memory: entries by kind and name, and how a scenario overrides one of their numbers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, overload

from pydantic import ValidationError

from sim.catalogue.parameter import Claim, Entry, Source, numbers
from sim.catalogue.types import KINDS, Server, Site
from sim.catalogue.types.compute import Benchmark, Efficiency, Generation, Gpu, Model
from sim.catalogue.types.demand import Clients, Lengths, Shape, Week
from sim.catalogue.types.facility import Chiller, ColdStart, Cooling, Delivery, Hazard, Thermals
from sim.catalogue.types.money import Article, Currency, PriceBook, Rental
from sim.core.errors import CatalogueError
from sim.files.diagnostics import sentences
from sim.files.documents import did_you_mean, raise_all

SCENARIO_SOURCE = "scenario"
_CHOSEN = Source(title="Chosen in the scenario", kind="assumption", where="the scenario file", date="at the run")

FARTHEST = 1e6
"""How many times beyond all that the catalogue has of its kind a chosen number may lie: farther off is a slip."""

Overrides = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Catalogue:
    """All that is claimed about the world, by kind and name; a kind that was not read is empty."""

    gpus: Mapping[str, Gpu]
    servers: Mapping[str, Server]
    models: Mapping[str, Model]
    sites: Mapping[str, Site]
    prices: Mapping[str, PriceBook]
    rentals: Mapping[str, Rental]
    currencies: Mapping[str, Currency]
    hazards: Mapping[str, Hazard]
    cooling: Mapping[str, Cooling]
    chillers: Mapping[str, Chiller]
    thermals: Mapping[str, Thermals]
    delivery: Mapping[str, Delivery]
    starts: Mapping[str, ColdStart]
    generations: Mapping[str, Generation]
    efficiencies: Mapping[str, Efficiency]
    benchmarks: Mapping[str, Benchmark]
    shapes: Mapping[str, Shape]
    weeks: Mapping[str, Week]
    clients: Mapping[str, Clients]
    lengths: Mapping[str, Lengths]
    article: Mapping[str, Article]
    sources: Mapping[str, Source]

    @overload
    def pick(self, kind: Literal["gpus"], name: str) -> Gpu: ...
    @overload
    def pick(self, kind: Literal["servers"], name: str) -> Server: ...
    @overload
    def pick(self, kind: Literal["models"], name: str) -> Model: ...
    @overload
    def pick(self, kind: Literal["sites"], name: str) -> Site: ...
    @overload
    def pick(self, kind: Literal["prices"], name: str) -> PriceBook: ...
    @overload
    def pick(self, kind: Literal["rentals"], name: str) -> Rental: ...
    @overload
    def pick(self, kind: Literal["currencies"], name: str) -> Currency: ...
    @overload
    def pick(self, kind: Literal["hazards"], name: str) -> Hazard: ...
    @overload
    def pick(self, kind: Literal["cooling"], name: str) -> Cooling: ...
    @overload
    def pick(self, kind: Literal["chillers"], name: str) -> Chiller: ...
    @overload
    def pick(self, kind: Literal["thermals"], name: str) -> Thermals: ...
    @overload
    def pick(self, kind: Literal["delivery"], name: str) -> Delivery: ...
    @overload
    def pick(self, kind: Literal["starts"], name: str) -> ColdStart: ...
    @overload
    def pick(self, kind: Literal["generations"], name: str) -> Generation: ...
    @overload
    def pick(self, kind: Literal["efficiencies"], name: str) -> Efficiency: ...
    @overload
    def pick(self, kind: Literal["benchmarks"], name: str) -> Benchmark: ...
    @overload
    def pick(self, kind: Literal["shapes"], name: str) -> Shape: ...
    @overload
    def pick(self, kind: Literal["weeks"], name: str) -> Week: ...
    @overload
    def pick(self, kind: Literal["clients"], name: str) -> Clients: ...
    @overload
    def pick(self, kind: Literal["lengths"], name: str) -> Lengths: ...
    @overload
    def pick(self, kind: Literal["article"], name: str) -> Article: ...
    @overload
    def pick(self, kind: str, name: str) -> Entry: ...
    def pick(self, kind: str, name: str) -> Entry:
        """The entry of that name; CatalogueError with the nearest name where there is none."""
        entries = self.entries(kind)
        if name not in entries:
            raise CatalogueError([f"{kind}.{name}: is not in the catalogue{did_you_mean(name, entries)}"])
        return entries[name]

    def entries(self, kind: str) -> Mapping[str, Entry]:
        """All entries of a kind by name."""
        if kind not in KINDS:
            raise CatalogueError([unknown_kind(kind)])
        found: Mapping[str, Entry] = getattr(self, kind)
        return found


def unknown_kind(kind: str) -> str:
    """What to say of a kind that the catalogue does not have."""
    return f"{kind}: is not a kind of the catalogue{did_you_mean(kind, KINDS)}"


def claim_fields(kind: type[Entry]) -> tuple[str, ...]:
    """Names of the fields that hold claims: all but the title and names of other entries."""
    return tuple(name for name, info in kind.model_fields.items() if info.annotation is not str)


def with_facts(catalogue: Catalogue, overrides: Overrides) -> Catalogue:
    """The catalogue with numbers that a scenario chose instead; they name the scenario as their source."""
    if not overrides:
        return catalogue
    problems: list[str] = []
    changed: dict[str, Any] = {
        kind: _entries_with(catalogue, kind, wanted, problems) for kind, wanted in overrides.items()
    }
    raise_all(problems, CatalogueError)
    return replace(catalogue, sources={**catalogue.sources, SCENARIO_SOURCE: _CHOSEN}, **changed)


def _entries_with(
    catalogue: Catalogue, kind: str, wanted: Mapping[str, Mapping[str, Any]], problems: list[str]
) -> dict[str, Entry]:
    changed: dict[str, Entry] = {}
    for name, chosen in wanted.items():
        try:
            changed[name] = _entry_with(catalogue.pick(kind, name), f"{kind}.{name}", chosen)
            problems.extend(_too_far(changed[name], f"{kind}.{name}", chosen, catalogue.entries(kind)))
        except CatalogueError as error:
            problems.extend(error.problems)
    return {**getattr(catalogue, kind, {}), **changed}


def _too_far(entry: Entry, where: str, chosen: Iterable[str], others: Mapping[str, Entry]) -> Iterator[str]:
    """Numbers that are a million times larger or smaller than all of the catalogue's for such things, zero apart."""
    for name in chosen:
        known = [abs(n) for other in others.values() for n in numbers(getattr(other, name)) if n] or [1.0]
        low, high = min(known) / FARTHEST, max(known) * FARTHEST
        wrong = [n for n in numbers(getattr(entry, name)) if n and not low <= abs(n) <= high]
        if wrong:
            yield f"{where}.{name}: must be zero or lie between {low:.3g} and {high:.3g}, not {wrong[0]:g}"


def _entry_with(entry: Entry, where: str, chosen: Mapping[str, Any]) -> Entry:
    known = claim_fields(type(entry))
    unknown = [f"{where}.{name}: is unknown{did_you_mean(name, known)}" for name in chosen if name not in known]
    raise_all(unknown, CatalogueError)
    claimed = {name: {"value": n, "source": SCENARIO_SOURCE, "known": "assumption"} for name, n in chosen.items()}
    data = {**dict(entry), **claimed}
    try:
        return type(entry).model_validate(data)
    except ValidationError as error:
        told = sentences(data, error, type(entry))
        raise CatalogueError([f"{'.'.join((where, *map(str, keys[:1])))}: {what}" for keys, what in told]) from None


def claims(entry: Entry) -> dict[str, Claim]:
    """The claims of an entry by field, without those it does not make."""
    return {name: value for name, value in entry if isinstance(value, Claim)}
