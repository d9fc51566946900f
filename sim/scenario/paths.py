"""Dotted paths into a scenario: the only way in which anything is overridden.

`fleet.pools.main.servers` names a field; a key that holds a dot stands in double quotes, `fleet.pools."a.b".servers`;
an item of a list is named by its number from zero. A path may name a new entry of a mapping (`fleet.gateway.chat`),
but not a field inside a pool or use case that is not there: that is a slip of the pen.
"""

import copy
import difflib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from sim.core.errors import InputError, ScenarioError
from sim.files.diagnostics import renamed_to
from sim.files.documents import Document, Keys, Place, did_you_mean, dotted, explain, raise_all, read_value
from sim.scenario.schema import Scenario

_CHOSEN_NAMES: tuple[Keys, ...] = (("fleet", "pools"), ("workload", "use_cases"))
"""Mappings whose keys only a person can choose, so that an unknown key inside a path is a mistake."""
_KEY = r'"[^"]*"|[^."\s=]+'


def split(path: str) -> Keys:
    """The keys of a dotted path.

    >>> split('fleet.pools."a.b".servers')
    ('fleet', 'pools', 'a.b', 'servers')
    """
    if not re.fullmatch(rf"(?:{_KEY})(?:\.(?:{_KEY}))*", path):
        raise ScenarioError([f"{path!r} is not a dotted path such as fleet.pools.main.servers"])
    return tuple(key.strip('"') for key in re.findall(_KEY, path))


def parse_assignment(text: str) -> tuple[str, Any]:
    """Read "path=value", the value as YAML would be: `prices.lifetime_years=3`, `day.duration_s=1 h`."""
    match = re.fullmatch(rf"\s*((?:{_KEY})(?:\.(?:{_KEY}))*)\s*=(.*)", text, re.DOTALL)
    if match is None:
        raise ScenarioError([f"{text!r} is not path=value, as in fleet.pools.main.servers=4"])
    try:
        return match[1], read_value(match[2], text)
    except InputError as error:
        raise ScenarioError([str(error)]) from None


def get(scenario: Scenario, path: str) -> Any:
    """What stands at a dotted path: a number, a name, or a whole section."""
    value: Any = scenario
    keys = split(path)
    for depth, key in enumerate(keys):
        inside = _children(value)
        if str(key) not in inside:
            known = did_you_mean(str(key), inside) if depth else _hint(_plain(scenario), keys)
            gone = renamed_to(Scenario, keys[: depth + 1])
            raise ScenarioError([f"{dotted(keys[: depth + 1])}: {gone or f'unknown key{known}'}"])
        value = inside[str(key)]
    return value


def _children(value: Any) -> dict[str, Any]:
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, list | tuple):
        return {str(index): item for index, item in enumerate(value)}
    return dict(value) if isinstance(value, Mapping) else {}


def replace(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The same scenario with dotted paths set to other values, validated anew; all problems are told at once.

    Only the sections that a path leads into are taken apart and validated: studies do this a hundred thousand times.
    """
    wanted = {path: split(path) for path in changes}
    touched = {keys[0] for keys in wanted.values()}
    data = {name: _plain(value) if name in touched else value for name, value in scenario}
    file = f"scenario {scenario.name!r}"
    problems = []
    for path, value in changes.items():
        problem = put(data, wanted[path], value)
        if problem:
            problems.append(f"{file}: {dotted(wanted[path])}: {problem}")
    raise_all(problems, ScenarioError)
    return validated(Document(Path(file), data, {(): Place(file, 0, 0)}))


def validated(document: Document) -> Scenario:
    """The scenario that a document's data means; ScenarioError with all problems of the schema."""
    try:
        return Scenario.model_validate(document.data)
    except ValidationError as error:
        raise ScenarioError(explain(document, error, Scenario)) from None


def put(data: dict[str, Any], keys: Keys, value: Any) -> str | None:
    """Set a value at a key path of a scenario's plain data, in place; returns what is wrong with the path, if anything.

    What is not written on the way takes its default first, so that the rest of a section keeps its meaning.
    """
    here: Any = data
    for depth, key in enumerate(keys[:-1]):
        problem = _enter(data, here, keys, depth)
        if problem:
            return problem
        here = here[int(key)] if isinstance(here, list) else here[key]
    return _assign(data, here, keys, _plain(value))


def _enter(data: dict[str, Any], here: Any, keys: Keys, depth: int) -> str | None:
    """Make sure that the key at `depth` of a path can be gone into."""
    key, above = keys[depth], keys[:depth]
    if isinstance(here, list):
        return _bad_index(here, key)
    if not isinstance(here, dict):
        return f"{dotted(above)} holds a single value, nothing inside it can be set"
    if above in _CHOSEN_NAMES and here.get(str(key)) is None:
        return f"there is no {str(key)!r} in {dotted(above)}{did_you_mean(str(key), here)}"
    if not depth and key not in Scenario.model_fields:
        return f"unknown key{_hint(data, keys)}"
    if here.get(key) is None:
        here[key] = _default(keys[: depth + 1])
    return None


def _assign(data: dict[str, Any], here: Any, keys: Keys, value: Any) -> str | None:
    if isinstance(here, list):
        problem = _bad_index(here, keys[-1])
        if problem is None:
            here[int(keys[-1])] = value
        return problem
    if not isinstance(here, dict):
        return f"{dotted(keys[:-1])} holds a single value, nothing inside it can be set"
    if len(keys) == 1 and keys[0] not in Scenario.model_fields:
        return f"unknown key{_hint(data, keys)}"
    here[keys[-1]] = value
    return None


def _bad_index(items: list[Any], key: str | int) -> str | None:
    known = str(key).isdecimal() and int(key) < len(items)
    return None if known else f"{key} is not one of the {len(items)} items, which count from 0"


@cache
def _defaults() -> dict[str, Any]:
    """What the schema holds when nothing is written; not to be changed."""
    return dict(_plain(Scenario(name="default")))


def _default(keys: Keys) -> Any:
    """A fresh copy of what the schema holds at a key path when nothing is written, or an empty mapping."""
    value: Any = _defaults()
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return copy.deepcopy(value) if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    """Models, tuples and numpy scalars as what YAML can hold."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return _plain(value.tolist()) if hasattr(value, "tolist") else value


def _hint(data: dict[str, Any], keys: Keys) -> str:
    """What a path may have meant whose first key is unknown: a full path with that last key, or another first key."""
    last = str(keys[-1])
    nearest = _nearest(_plain(data), last) or _nearest(_defaults(), last)
    return nearest or did_you_mean(str(keys[0]), Scenario.model_fields)


def _nearest(data: dict[str, Any], word: str) -> str:
    """A hint at the full path of a field of that name or a similar one."""
    paths = {dotted(keys): str(keys[-1]) for keys in leaves(data)}
    near = difflib.get_close_matches(word, list(paths.values()), n=1, cutoff=0.8)
    full = [path for path, name in paths.items() if near and name == near[0]]
    return f" (did you mean {' or '.join(full[:3])}?)" if full else ""


def leaves(value: Any, where: Keys = ()) -> list[Keys]:
    """Key paths of all values that are not mappings themselves."""
    if not isinstance(value, dict) or not value:
        return [where]
    return [keys for key, inner in value.items() for keys in leaves(inner, (*where, key))]
