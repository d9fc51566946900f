"""YAML 1.2 files with the position of every key, so that a problem can be told as file:line:column."""

import errno
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple

from sim.core.errors import InputError, ProblemsError
from sim.files.diagnostics import did_you_mean, explain, kind_of

__all__ = [
    "Document",
    "Keys",
    "Place",
    "did_you_mean",
    "dotted",
    "explain",
    "is_file",
    "kind_of",
    "open_plain",
    "raise_all",
    "read_document",
    "read_value",
]

Keys = tuple[str | int, ...]

LARGEST_FILE_BYTES = 4 * 2**20
"""Nobody writes more by hand; a larger file is a mistake."""
MOST_NODES = 100_000
"""Values of one file once its aliases are written out: ends an alias bomb."""
DEEPEST = 50
"""Levels of nesting."""


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
        path = dotted(where)
        return f"{self.place(where)}: {path + ': ' if path else ''}{what}"

    def place(self, where: Keys) -> Place:
        """The place of a key path, or of the nearest enclosing one that was written."""
        while where and where not in self.places:
            where = where[:-1]
        return self.places.get(where, Place(str(self.path), 1, 1))


def dotted(keys: Keys) -> str:
    """A key path as people write it; a key that holds a dot stands in double quotes.

    >>> dotted(("fleet", "pools", "a.b", "servers"))
    'fleet.pools."a.b".servers'
    """
    return ".".join(str(key) if re.fullmatch(r"[^.\"=\s]+", str(key)) else f'"{key}"' for key in keys)


class _RefusedError(Exception):
    """A file's text is YAML but not what we read; carries the mark of the offending node."""

    def __init__(self, what: str, mark: Any) -> None:
        super().__init__(what)
        self.mark = mark


def read_document(path: Path, ours: bool = False) -> Document:
    """Read one YAML mapping; every problem of the file itself is an InputError that names the line.

    A file that came with the program (`ours`) is not searched for traps and goes through ruamel's C parser, six times
    as fast, whose messages for broken files are poorer.
    """
    places: dict[Keys, Place] = {}
    data = _parse(_text(path), str(path), places, ours)
    if not isinstance(data, dict | None):
        what = "text" if isinstance(data, str) else kind_of(data)
        raise InputError(f"{path}:1:1: holds {what}, not a mapping of names to values")
    return Document(path, data or {}, places)


def read_value(text: str, file: str) -> Any:
    """Read one YAML value, such as what follows `--set path=`; `file` names the place in problems."""
    return _parse(text, file, {}, ours=False)


def is_file(path: Path) -> bool:
    """Whether a plain file goes by that name, and no folder, pipe or device; no where the system cannot even ask."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def open_plain(path: Path) -> BufferedReader:
    """A file to read from; OSError of a pipe or a device, which may never end."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "is no plain file")
    return path.open("rb")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise InputError(f"{path}: is larger than {LARGEST_FILE_BYTES:,} bytes, which no scenario is")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise InputError(f"{path}: is not UTF-8 text (byte {error.start})") from None
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _parse(text: str, file: str, places: dict[Keys, Place], ours: bool) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        if not ours:
            _guard(YAML(typ="safe", pure=True).parse(text))
        root = YAML(typ="safe", pure=not ours).compose(text)
        return None if root is None else _Builder(file, places).plain(root, ())
    except _RefusedError as error:
        raise InputError(f"{file}:{_at(error.mark)}: {error}") from None
    except MarkedYAMLError as error:
        what = (error.problem or str(error)).splitlines()[0].strip()
        raise InputError(f"{file}:{_at(error.problem_mark or error.context_mark)}: is not YAML: {what}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{file}: is not YAML: {(str(error).splitlines() or ['malformed'])[0]}") from None


def _at(mark: Any) -> str:
    return f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"


def _guard(events: Iterable[Any]) -> None:
    """Refuse, before anything recurses, what is nested too deeply or names an anchor twice."""
    depth, anchors = 0, set[str]()
    for event in events:
        kind, anchor = type(event).__name__, getattr(event, "anchor", None)
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > DEEPEST:
            raise _RefusedError(f"is nested more than {DEEPEST} levels deep", event.start_mark)
        if anchor and kind != "AliasEvent":
            if anchor in anchors:
                raise _RefusedError(f"the anchor &{anchor} is written twice", event.start_mark)
            anchors.add(anchor)


class _Builder:
    """Turns composed nodes into plain values, noting places and counting nodes; made for one file."""

    def __init__(self, file: str, places: dict[Keys, Place]) -> None:
        self.file, self.places, self.nodes = file, places, 0

    def plain(self, node: Any, where: Keys) -> Any:
        """The value of a node that stands at a key path."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise _RefusedError(
                f"holds more than {MOST_NODES:,} values once its aliases are written out", node.start_mark
            )
        if len(where) > DEEPEST:
            raise _RefusedError(f"is nested more than {DEEPEST} levels deep", node.start_mark)
        self.places.setdefault(where, self._place(node))
        if node.id == "mapping":
            return self._mapping(node, where)
        if node.id == "sequence":
            _core_tag(node, "seq")
            return [self.plain(child, (*where, i)) for i, child in enumerate(node.value)]
        return _scalar(node)

    def _place(self, node: Any) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _mapping(self, node: Any, where: Keys) -> dict[str, Any]:
        _core_tag(node, "map")
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(key_node)
            if key in result:
                raise _RefusedError(f"the key {key!r} is written twice", key_node.start_mark)
            self.places[(*where, key)] = self._place(key_node)
            result[key] = self.plain(value_node, (*where, key))
        return result


def _key(node: Any) -> str:
    if node.id != "scalar":
        raise _RefusedError("a key must be a plain word", node.start_mark)
    if node.value == "<<" and node.style is None:
        raise _RefusedError("YAML 1.2 has no merge key <<; a scenario builds on another with extends", node.start_mark)
    return str(node.value)


def _core_tag(node: Any, *known: str) -> str:
    tag = str(node.ctag or node.tag)
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind not in known:
        raise _RefusedError(
            f"the tag {tag.replace('tag:yaml.org,2002:', '!!')} is not understood here", node.start_mark
        )
    return kind


def _scalar(node: Any) -> Any:
    kind, text = _core_tag(node, "null", "bool", "int", "float", "str", "timestamp", "value"), str(node.value)
    try:
        return _READ[kind](text) if kind in _READ else text
    except (ValueError, KeyError):
        shown = text if len(text) <= 40 else text[:40] + "..."
        raise _RefusedError(f"{shown!r} cannot be read as {kind}", node.start_mark) from None


def _integer(text: str) -> int:
    based = re.match(r"[-+]?0[xob]", text)
    return int(text, 0) if based else int(text)


def _float(text: str) -> float:
    return float(re.sub(r"\.(inf|nan)\Z", r"\1", text.lower().replace("_", "")))


_READ: dict[str, Any] = {
    "null": lambda text: None,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": _integer,
    "float": _float,
}


def raise_all(problems: list[str], kind: type[ProblemsError]) -> None:
    """Raise one exception with all problems, if there are any."""
    if problems:
        raise kind(problems)
