"""What is wrong with written data, in plain sentences, from what pydantic found."""

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from sim.files.documents import Document, Keys

MOST_TOLD = 100
"""Problems of one file that are told; more help nobody."""


LONGEST_WORD = 100
"""Characters of a word that are compared with known ones."""


class InsideError(ValueError):
    """A validator's complaints about things deeper inside its value: key path and sentence of each."""

    def __init__(self, problems: "list[tuple[Keys, str]]") -> None:
        super().__init__("; ".join(what for _, what in problems))
        self.problems = problems


def kind_of(value: Any) -> str:
    """What a value is, in words for people."""
    words = {dict: "a mapping", list: "a list", tuple: "a list", type(None): "nothing"}
    shown = repr(value)
    return words.get(type(value), shown if len(shown) <= 60 else shown[:60] + "...")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A bracketed hint at the nearest known word, or at all of them when they are few; else nothing.

    >>> did_you_mean("serverz", ["servers", "model"])
    ' (did you mean servers?)'
    """
    names = sorted(known)
    near = difflib.get_close_matches(word[:LONGEST_WORD], names, n=1, cutoff=0.6)
    if near:
        return f" (did you mean {near[0]}?)"
    return f" (known: {', '.join(names)})" if 0 < len(names) <= 12 else ""


def explain(document: "Document", error: ValidationError, schema: type[BaseModel], under: "Keys" = ()) -> list[str]:
    """Tell all problems that pydantic found, by line of the file, each with its remedy where one is known.

    `schema` is the model that was validated, `under` the path in the document at which its data stood.
    """
    data: Any = document.data
    for key in under:
        data = data[key] if isinstance(data, dict) and key in data else None
    ordered = sorted(sentences(data, error, schema), key=lambda pair: document.place(under + pair[0]))
    told = [document.problem(under + keys, what) for keys, what in ordered[:MOST_TOLD]]
    left = len(ordered) - len(told)
    return told + [f"{document.path}: and {left} more problems"] * (left > 0)


def sentences(data: Any, error: ValidationError, schema: type[BaseModel]) -> "list[tuple[Keys, str]]":
    """Key path and sentence of all problems that pydantic found in data."""
    found: dict[Keys, list[Any]] = {}
    for item in _each(error):
        found.setdefault(_written(item, data), []).append(item)
    return [(keys, _what(items, schema, keys)) for keys, items in _without_shadows(found).items()]


def _each(error: ValidationError) -> Iterator[Any]:
    """Pydantic's problems, with those of an InsideError one by one at their own places."""
    for item in error.errors():
        inside = item.get("ctx", {}).get("error")
        if not isinstance(inside, InsideError):
            yield item
            continue
        for keys, what in inside.problems:
            yield {"type": "value_error", "loc": (*item["loc"], *keys), "msg": what, "input": None}


def _written(item: Any, data: Any) -> "Keys":
    """The keys of a problem as the file has them: without the names that pydantic gives the members of a union."""
    keys: list[str | int] = []
    for key in item["loc"]:
        inside = _has(data, key)
        data = data[key] if inside else data
        if inside or (item["type"] == "missing" and key == item["loc"][-1]):
            keys.append(key)
    return tuple(keys)


def _has(data: Any, key: str | int) -> bool:
    if isinstance(data, dict):
        return key in data
    return isinstance(data, list | tuple) and isinstance(key, int) and key < len(data)


def _without_shadows(found: "dict[Keys, list[Any]]") -> "dict[Keys, list[Any]]":
    """Drop "must be a number" about a list whose items are told to be wrong: the list was meant."""
    prefixes = {keys[:depth] for keys in found for depth in range(len(keys))}
    shadows = {keys for keys, items in found.items() if keys in prefixes and all(_is_kind(item) for item in items)}
    return {keys: items for keys, items in found.items() if keys not in shadows}


_MAPPING = "a mapping of names to values"
_KINDS = {
    "float": "a number",
    "int": "a whole number",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": _MAPPING,
    "model": _MAPPING,
    "model_attributes": _MAPPING,
    "date": "a date such as 2026-07-15",
    "none_required": "nothing",
}
"""First part of pydantic's error type -> what is asked for."""


def _is_kind(item: Any) -> bool:
    return _asked(item) is not None


def _asked(item: Any) -> str | None:
    name = re.sub(r"_(type|parsing.*|from_.*|sub_type|unicode|attributes_type)\Z", "", item["type"])
    return _KINDS.get(name)


def _what(items: list[Any], schema: type[BaseModel], keys: "Keys") -> str:
    """What is wrong at one place: the most telling problem, or all kinds of value that would do."""
    telling = [item for item in items if not _is_kind(item)]
    if telling:
        return "; ".join(dict.fromkeys(_sentence(item, schema, keys) for item in telling))
    asked = dict.fromkeys(str(_asked(item)) for item in items)
    return f"must be {' or '.join(asked)}, not {kind_of(items[0]['input'])}"


def _sentence(item: Any, schema: type[BaseModel], keys: "Keys") -> str:
    kind, context, given = item["type"], item.get("ctx", {}), item["input"]
    if kind == "extra_forbidden":
        renamed = renamed_to(schema, keys)
        return renamed or f"unknown key{did_you_mean(str(keys[-1]), _known_keys(schema, keys[:-1]))}"
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        return f"must be {context['expected'].replace(chr(39), '')}, not {kind_of(given)}" + _near(given, choices)
    if kind in _LIMITS:
        return _LIMITS[kind].format(**context) + f", not {kind_of(given)}"
    if kind in _COUNTS:
        return _COUNTS[kind].format(**context)
    return str(item["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")


_LIMITS = {
    "greater_than": "must be greater than {gt:,.10g}",
    "greater_than_equal": "must be at least {ge:,.10g}",
    "less_than": "must be less than {lt:,.10g}",
    "less_than_equal": "must be at most {le:,.10g}",
    "finite_number": "must be a finite number",
    "int_parsing_size": "must be a smaller number",
}
_COUNTS = {
    "too_short": "needs at least {min_length} of them, not {actual_length}",
    "too_long": "takes at most {max_length} of them, not {actual_length}",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters long",
}


def _near(given: Any, choices: list[str]) -> str:
    near = difflib.get_close_matches(str(given), choices, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def renamed_to(schema: type[BaseModel], keys: "Keys") -> str:
    """Where a key that a model of `schema` had once has gone to, as a sentence; nothing where there was none.

    A model says so in `RENAMED`: old key, and the new one or its full path.
    """
    for model in _models_at(schema, keys[:-1]):
        new = getattr(model, "RENAMED", {}).get(str(keys[-1]))
        if new:
            return f"was renamed to {new if '.' in new else '.'.join(map(str, (*keys[:-1], new)))}"
    return ""


def _known_keys(schema: type[BaseModel], keys: "Keys") -> list[str]:
    """Field names of the models that may stand at a key path under `schema`."""
    return [name for model in _models_at(schema, keys) for name in model.model_fields]


def _models_at(schema: type[BaseModel], keys: "Keys") -> list[type[BaseModel]]:
    annotations: list[Any] = [schema]
    for key in keys:
        annotations = [inner for outer in annotations for part in _parts(outer) for inner in _inside(part, key)]
    return [part for annotation in annotations for part in _parts(annotation) if _is_model(part)]


def _parts(annotation: Any) -> list[Any]:
    """The classes and containers that an annotation allows: members of a union, without Annotated."""
    if _is_model(annotation) or get_origin(annotation) in (dict, list, tuple):
        return [annotation]
    return [part for argument in get_args(annotation) for part in _parts(argument)]


def _inside(annotation: Any, key: str | int) -> list[Any]:
    if _is_model(annotation):
        return [annotation.model_fields[str(key)].annotation] if str(key) in annotation.model_fields else []
    return [argument for argument in get_args(annotation)[-1:] if argument is not Ellipsis] or [get_args(annotation)[0]]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
