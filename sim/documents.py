"""YAML 1.2 files with the position of every key, so that a problem can be told as file:line:column."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from sim.errors import InputError, ProblemsError

Keys = tuple[str | int, ...]


class Place(NamedTuple):
    """Where something was written: a line and column of a file, or an option of the command line (line 0)."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Document:
    """What a file holds, and where."""

    path: Path
    """The file."""
    data: dict[str, Any]
    """Its content as plain dicts, lists, strings and numbers."""
    places: Mapping[Keys, Place] = field(default_factory=dict)
    """Where every key path was written; a merged document has places in several files."""

    def problem(self, where: Keys, what: str) -> str:
        """One line that names the file, the place (or the nearest place that is in the file) and what is wrong."""
        dotted = ".".join(map(str, where))
        return f"{self.place(where)}: {dotted + ': ' if dotted else ''}{what}"

    def place(self, where: Keys) -> Place:
        """The place of a key path, or of the nearest enclosing one that was written."""
        while where and where not in self.places:
            where = where[:-1]
        return self.places.get(where, Place(str(self.path), 1, 1))


def read_document(path: Path) -> Document:
    """Read one YAML mapping; every problem of the file itself is an InputError that names the line."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = path.read_text(encoding="utf-8")
        root = YAML(typ="rt").compose(text)
        places: dict[Keys, Place] = {}
        data = _plain(root, (), str(path), places) if root is not None else {}
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    except MarkedYAMLError as error:
        raise InputError(_marked(path, error)) from None
    except (YAMLError, RecursionError) as error:
        raise InputError(f"{path}: is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}:1:1: holds a {type(data).__name__}, not a mapping of names to values")
    return Document(path, data, places)


def _marked(path: Path, error: Any) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
    what = (error.problem or str(error)).splitlines()[0].strip()
    return f"{path}:{where}: is not YAML: {what}"


def _plain(node: Any, where: Keys, file: str, places: dict[Keys, Place]) -> Any:
    """Turn a composed node into plain values, noting places; a key written twice is refused."""
    places.setdefault(where, _place(node, file))
    if node.id == "mapping":
        return _plain_mapping(node, where, file, places)
    if node.id == "sequence":
        return [_plain(child, (*where, i), file, places) for i, child in enumerate(node.value)]
    return _scalar(node)


def _place(node: Any, file: str) -> Place:
    return Place(file, node.start_mark.line + 1, node.start_mark.column + 1)


def _plain_mapping(node: Any, where: Keys, file: str, places: dict[Keys, Place]) -> dict[str, Any]:
    from ruamel.yaml.error import MarkedYAMLError

    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in result:
            raise MarkedYAMLError(problem=f"the key {key!r} is written twice", problem_mark=key_node.start_mark)
        places[(*where, key)] = _place(key_node, file)
        result[key] = _plain(value_node, (*where, key), file, places)
    return result


def _scalar(node: Any) -> Any:
    kind, text = str(node.ctag or node.tag).rpartition(":")[2], node.value
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text.replace("_", ""), 0) if not text.lstrip("+-").startswith("0") or text.lstrip("+-") == "0" else text
    if kind == "float":
        return float(text.replace("_", "").replace(".inf", "inf").replace(".Inf", "inf").replace(".nan", "nan").replace(".NaN", "nan"))
    return text


def explain(document: Document, error: ValidationError, schema: type[BaseModel], under: Keys = ()) -> list[str]:
    """Tell all problems that pydantic found, by line of the file, each with its remedy where one is known.

    `schema` is the model that was validated, `under` the path in the document at which its data stood.
    """
    told = [(document.place(under + item["loc"]), _one(document, item, schema, under)) for item in error.errors()]
    return list(dict.fromkeys(text for _, text in sorted(told)))


def _one(document: Document, item: Any, schema: type[BaseModel], under: Keys) -> str:
    keys = tuple(key for key in item["loc"] if not str(key).startswith(("constrained-", "function-", "tuple[")))
    where = under + keys
    if item["type"] == "extra_forbidden":
        return document.problem(where, f"unknown key{did_you_mean(str(keys[-1]), _known_keys(schema, keys[:-1]))}")
    if item["type"] == "missing":
        return document.problem(where, "is missing")
    message = str(item["msg"]).removeprefix("Value error, ")
    if not message.startswith("Input should be "):
        return document.problem(where, message)
    given = item["input"] if isinstance(item["input"], str | int | float | None) else type(item["input"]).__name__
    return document.problem(where, f"must be {message.removeprefix('Input should be ')}, not {given!r}")


def _known_keys(schema: type[BaseModel], keys: Keys) -> list[str]:
    """Field names of the model that stands at a key path under `schema`."""
    models: list[type[BaseModel]] = [schema]
    for key in map(str, keys):
        annotations = [model.model_fields[key].annotation for model in models if key in model.model_fields]
        models = [inner for annotation in annotations for inner in _models_in(annotation)] or models
    return [name for model in models for name in model.model_fields]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A bracketed hint at the nearest known word, or at all of them when they are few; else nothing.

    >>> did_you_mean("serverz", ["servers", "model"])
    ' (did you mean servers?)'
    """
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f" (did you mean {near[0]}?)"
    return f" (known: {', '.join(names)})" if 0 < len(names) <= 12 else ""


def raise_all(problems: list[str], kind: type[ProblemsError]) -> None:
    """Raise one exception with all problems, if there are any."""
    if problems:
        raise kind(problems)
