"""Scenario files: found, read, merged with what they extend, overridden, validated; every problem told with its place.

Precedence: default < extends < file < its overrides < `--set`. Merging is by key: mappings merge, all else replaces.

Profiles: a user's own efficiencies, written by `calibrate`, named by a scenario and unfolded into its facts.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sim.catalogue.catalogue import Catalogue
from sim.catalogue.reading import read_catalogue
from sim.core.errors import InputError, ScenarioError
from sim.files.documents import Document, Keys, Place, did_you_mean, dotted, is_file, raise_all, read_document
from sim.scenario.checking import problems
from sim.scenario.file_kinds import refuse_others, refuse_strangers
from sim.scenario.paths import parse_assignment, put, split, validated
from sim.scenario.schema import Scenario

ROOT = Path(__file__).resolve().parents[2] / "scenarios"
FOLDERS = ("days", "batches", "studies")
_LONGEST_SHOWN = 100
_OF_A_RESULT = "scenario_hash"
"""Key of every result of ours, and of no file that asks for one."""
_NOT_OURS: tuple[Keys, ...] = (("extends",), ("overrides",))
"""Keys of a file that say how to put the scenario together; they are no part of it."""


class Shipped(NamedTuple):
    """A file that comes with the program, for a list."""

    name: str
    """What a person types."""
    folder: str
    """Its kind: days, batches or studies."""
    title: str
    """Its name for people."""
    description: str
    """What question it answers."""
    path: Path
    """The file."""


@dataclass
class _Draft:
    """A scenario while it is put together: plain data, where each key was written, what was wrong so far."""

    path: Path
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Keys, Place] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def shipped() -> list[Path]:
    """All scenario files that come with the program: days, then batches, then studies."""
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.yaml"))]


def summaries() -> list[Shipped]:
    """Name and description of every shipped file."""
    return [_summary(path) for path in shipped()]


def _summary(path: Path) -> Shipped:
    data = read_document(path).data
    title, description = (" ".join(str(data.get(key) or "").split()) for key in ("name", "description"))
    return Shipped(path.stem, path.parent.name, title, description, path)


def scenario_file(name_or_path: str) -> Path:
    """The file that a person means: a path, or the name of a shipped file (`article`, or `days/article`)."""
    path = Path(name_or_path)
    if is_file(path):
        return path
    for known in shipped():
        if name_or_path in (known.stem, f"{known.parent.name}/{known.stem}"):
            return known
    names = [known.stem for known in shipped()]
    with suppress(OSError, ValueError):  # of a name that no folder can have
        if path.is_dir():
            raise InputError(f"{name_or_path}: is a folder, not a scenario file")
    shown = name_or_path if len(name_or_path) <= _LONGEST_SHOWN else name_or_path[:_LONGEST_SHOWN] + "..."
    raise InputError(f"{shown}: no such file, nor a shipped scenario{did_you_mean(path.stem[:_LONGEST_SHOWN], names)}")


def read_question(path: Path) -> Document:
    """What a day, batch or study file holds; a result that was taken for one is refused."""
    document = read_document(path)
    if _OF_A_RESULT in document.data:
        told = f"is a result, not a scenario, batch or study: `report {path.parent}` makes a report of it"
        beside = [name for name in ("study.yaml", "scenario.yaml") if (path.parent / name).is_file()]
        raise InputError(f"{path}: {told}" + (f"; what was asked is {path.parent / beside[0]}" if beside else ""))
    refuse_strangers(document)
    return document


def read_scenario(
    name_or_path: str, changes: Sequence[str] = (), seed: int | None = None, catalogue: Catalogue | None = None
) -> Scenario:
    """Read a scenario; `changes` are `path=value` as given to `--set`. ScenarioError tells all problems at once."""
    draft = _Draft(scenario_file(name_or_path))
    _add_file(draft, draft.path, ())
    for change in changes:
        _add_assignment(draft, change)
    if seed is not None:
        _put(draft, "seed", seed, Place(f"--seed {seed}", 0, 0))
    draft.problems += unfold(draft.data, draft.places)
    return _checked(draft, catalogue)


def _checked(draft: _Draft, catalogue: Catalogue | None) -> Scenario:
    document = Document(draft.path, draft.data, draft.places)
    try:
        scenario = validated(document)
    except ScenarioError as error:
        raise ScenarioError(list(dict.fromkeys([*draft.problems, *error.problems]))) from None
    found = problems(scenario, catalogue or read_catalogue())
    told = sorted((document.place(keys), document.problem(keys, what)) for keys, what in found)
    raise_all(draft.problems + [text for _, text in told], ScenarioError)
    return scenario


def _add_file(draft: _Draft, path: Path, above: tuple[Path, ...]) -> None:
    """Lay a file over the draft: first what it extends, then its own keys, then its overrides."""
    document = read_question(path)
    refuse_others(document, "day")
    own = {key: value for key, value in document.data.items() if (key,) not in _NOT_OURS}
    if document.data.get("extends") is not None:
        chain = (*above, path.resolve())
        _add_file(draft, _base(document, chain), chain)
    _merge(draft, own, ())
    draft.places.update({keys: place for keys, place in document.places.items() if keys[:1] not in _NOT_OURS})
    _add_overrides(draft, document)


def _base(document: Document, chain: tuple[Path, ...]) -> Path:
    """The file that a document extends; without it nothing else in the document can be judged."""
    name = document.data["extends"]
    if not isinstance(name, str):
        raise _wrong_base(document, "must be a file or the name of a shipped scenario")
    beside = document.path.parent / name
    try:
        base = beside if is_file(beside) else scenario_file(name)
    except InputError as error:
        raise _wrong_base(document, str(error)) from None
    if base.resolve() in chain:
        names = " -> ".join(path.name for path in (*chain[chain.index(base.resolve()) :], base))
        raise _wrong_base(document, f"goes in a circle: {names}")
    return base


def _wrong_base(document: Document, what: str) -> ScenarioError:
    return ScenarioError([document.problem(("extends",), what)])


def _merge(draft: _Draft, data: Mapping[str, Any], where: Keys) -> None:
    """Lay a mapping over the draft at a key path, key by key; what it replaces loses its places."""
    here = _at(draft.data, where)
    for key, value in data.items():
        keys = (*where, key)
        if isinstance(value, dict) and isinstance(here.get(key), dict):
            _merge(draft, value, keys)
        else:
            if key in here:
                _drop_places(draft, keys)
            here[key] = value


def _at(data: dict[str, Any], where: Keys) -> dict[str, Any]:
    for key in where:
        data = data[str(key)]
    return data


def _drop_places(draft: _Draft, where: Keys) -> None:
    depth = len(where)
    for keys in [keys for keys in draft.places if keys[:depth] == where]:
        del draft.places[keys]


def _add_overrides(draft: _Draft, document: Document) -> None:
    overrides = document.data.get("overrides")
    if overrides is None:
        return
    if not isinstance(overrides, dict):
        draft.problems.append(document.problem(("overrides",), "must be a mapping of dotted paths to values"))
        return
    for path, value in overrides.items():
        _put(draft, path, value, document.place(("overrides", path)))


def _add_assignment(draft: _Draft, change: str) -> None:
    place = Place(f"--set {change}", 0, 0)
    try:
        path, value = parse_assignment(change)
    except ScenarioError as error:
        draft.problems.extend(f"--set {problem}" for problem in error.problems)
        return
    _put(draft, path, value, place)


def _put(draft: _Draft, path: str, value: Any, place: Place) -> None:
    """Set a dotted path in the draft; its problems, now and later, are told at `place`."""
    try:
        keys = split(path)
    except ScenarioError as error:
        draft.problems.append(f"{place}: {error}")
        return
    problem = put(draft.data, keys, value)
    if problem:
        draft.problems.append(f"{place}: {dotted(keys)}: {problem}")
    else:
        _drop_places(draft, keys)
        draft.places[keys] = place


ENDINGS = (".yaml", ".yml")
_KEYS = ("software", "facts")


def unfold(data: dict[str, Any], places: Mapping[Keys, Place]) -> list[str]:
    """Put what profiles say in place of their names, under the facts of the scenario itself; problems are returned.

    A pool names a profile as its software. The path counts from the file that names it, or from the working folder.
    """
    fleet = data.get("fleet")
    pools = fleet.get("pools") if isinstance(fleet, dict) else None
    found: list[str] = []
    facts: dict[str, Any] = {}
    for name, pool in pools.items() if isinstance(pools, dict) else ():
        software = pool.get("software") if isinstance(pool, dict) else None
        if isinstance(software, str) and software.endswith(ENDINGS):
            keys: Keys = ("fleet", "pools", name, "software")
            profile, wrong = _profile(software, keys, places)
            clash = _clash(facts, profile.get("facts") or {})
            if clash:
                wrong = [f"{places.get(keys, '')}: {dotted(keys)}: sets facts.{clash} otherwise than another pool's"]
            found += wrong
            if not wrong:
                pool["software"] = profile["software"]
                facts = _under(facts, profile.get("facts") or {})
    if facts:
        data["facts"] = _under(facts, data.get("facts") or {})
    return found


def _profile(name: str, keys: Keys, places: Mapping[Keys, Place]) -> tuple[Mapping[str, Any], list[str]]:
    """What a profile holds, and what is wrong with it."""
    place = places.get(keys)
    beside = Path(place.file).parent / name if place else Path(name)
    try:
        profile = read_document(beside if is_file(beside) else Path(name))
    except InputError as error:
        return {}, [f"{place}: {dotted(keys)}: {error}" if place else str(error)]
    wrong = _wrong(profile)
    return {} if wrong else profile.data, wrong


def _clash(one: Any, other: Any, where: str = "") -> str:
    """The path at which two mappings hold different values, or nothing."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return "" if one == other else where
    inner = (_clash(one[key], other[key], f"{where}.{key}".lstrip(".")) for key in one if key in other)
    return next(filter(None, inner), "")


def _wrong(profile: Document) -> list[str]:
    """What makes a document no profile."""
    unknown = [profile.problem((key,), "is no part of a profile") for key in profile.data if key not in _KEYS]
    if not isinstance(profile.data.get("software"), str):
        unknown.append(profile.problem((), "names no software of the catalogue, so it is no profile"))
    if not isinstance(profile.data.get("facts") or {}, dict):
        unknown.append(profile.problem(("facts",), "must be a mapping of kind, entry, field and number"))
    return unknown


def _under(below: Any, above: Any) -> Any:
    """Two mappings merged key by key; what stands above wins."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _under(below.get(key, {}), value) for key, value in above.items()}}
