import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from sim.core.errors import InputError
from sim.files.documents import MOST_NODES, dotted, explain, read_document, read_value

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"\xff\xfe\x00\x01", "is not UTF-8 text (byte 0)"),
        (b"a: \x00", "is not YAML"),
        (BOMB, f"more than {MOST_NODES:,} values"),
        ("a: &a [*a]", "levels deep"),
        ("[" * 5_000, "levels deep"),
        ("- " * 5_000, "levels deep"),
        ("{a: " * 5_000, "levels deep"),
        ("a: 1\nb: 2\na: 3\n", ":3:1: the key 'a' is written twice"),
        ("a: &x 1\nb: &x 2\n", ":2:4: the anchor &x is written twice"),
        ("- a\n- b\n", ":1:1: holds a list, not a mapping"),
        ("just words", "holds text, not a mapping"),
        ("3", "holds 3, not a mapping"),
        ("a: 1\n---\nb: 2\n", ":2:1: is not YAML"),
        ("a: [1\n", "is not YAML"),
        ("a: *nothing", ":1:4: is not YAML"),
        ("\ta: 1", "is not YAML"),
        ("a: !!python/object:os.system x", "the tag !!python/object:os.system is not understood"),
        ("a: !mine {}", "the tag !mine is not understood"),
        ("a: !!int x", ":1:4: 'x' cannot be read as int"),
        ("a: " + "9" * 5_000, "cannot be read as int"),
        ("? [a, b]\n: 1", "a key must be a plain word"),
        ("a: {<<: {b: 1}}", "extends"),
        ("#" * 5_000_000, "is larger than"),
    ],
)
def test_hostile_files_are_refused_with_one_line_and_soon(tmp_path: Path, text: str | bytes, told: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(InputError) as error:
        read_document(write(tmp_path, text))
    message = str(error.value)
    assert told in message
    assert message.startswith(str(tmp_path))
    assert "\n" not in message
    assert time.perf_counter() - begun < 5


def test_a_missing_file_a_folder_and_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_document(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        read_document(tmp_path)
    assert read_document(write(tmp_path, "")).data == {}
    assert read_document(write(tmp_path, "# only a comment\n")).data == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("012", 12), ("0o17", 15), ("0x1F", 31), ("1_000", 1000), ("-3", -3),
        ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("True", True), ("false", False),
        ("~", None), ("null", None), ("", None),
        ("'3'", "3"), ("!!str 3", "3"), ("18:15:46", "18:15:46"), ("2026-07-15", "2026-07-15"),
        ("8.3 ct/kWh", "8.3 ct/kWh"),
        ("[1, {a: 2}]", [1, {"a": 2}]), (".inf", float("inf")), ("-.INF", -float("inf")), ("=", "="),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    read = read_value(text, "here")
    assert read == value
    assert type(read) is type(value)


def test_nan_is_read_as_such_and_left_to_the_schema() -> None:
    assert read_value(".NaN", "here") != read_value(".NaN", "here")


def test_a_byte_order_mark_and_windows_lines_do_no_harm(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: 2\r\n"))
    assert document.data == {"a": 1, "b": {"c": 2}}
    assert document.places["b", "c"][1:] == (3, 3)


def test_folded_text_has_no_traces_of_the_reader(tmp_path: Path) -> None:
    assert read_document(write(tmp_path, "a: >-\n  one\n  two\n")).data == {"a": "one two"}


def test_every_key_has_its_place_and_what_is_not_written_that_of_the_nearest(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, "a:\n  b: [1, 2]\nc: {d: 3}\n"))
    assert document.place(("a", "b"))[1:] == (2, 3)
    assert document.place(("a", "b", 1))[1:] == (2, 10)
    assert document.place(("c", "d"))[1:] == (3, 5)
    assert document.place(("c", "x", "y"))[1:] == (3, 1)
    assert document.problem(("c", "x.y"), "is missing").endswith(':3:1: c."x.y": is missing')


def test_keys_with_dots_are_quoted() -> None:
    assert dotted(("a", "b.c", 3, "")) == 'a."b.c".3.""'


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    count: int
    kind: float | tuple[float, ...] = 1.0
    length: float = 1.0


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    inner: dict[str, Inner] = {}
    many: list[Inner] = []
    yes: bool = True
    word: str = ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("inner: {length: {count: 1, leng: 2}}", "1:28: inner.length.leng: unknown key (did you mean length?)"),
        ("inner: {a: {}}", "1:9: inner.a.count: is missing"),
        ("inner: {a: 3}", "1:9: inner.a: must be a mapping of names to values, not 3"),
        ("inner: []", "1:1: inner: must be a mapping of names to values, not a list"),
        ("many: {}", "1:1: many: must be a list, not a mapping"),
        ("many: [{count: 1}, {count: x}]", "1:21: many.1.count: must be a whole number, not 'x'"),
        ("many: [{count: 1.5}]", "1:9: many.0.count: must be a whole number, not 1.5"),
        ("many: [{count: 1, cuont: 2}]", "1:19: many.0.cuont: unknown key (did you mean count?)"),
        ("many: [{count: 1, kind: {}}]", "1:19: many.0.kind: must be a number or a list, not a mapping"),
        ("many: [{count: 1, kind: [1, x]}]", "1:29: many.0.kind.1: must be a number, not 'x'"),
        ("many: [{count: 1, kind: .inf}]", "1:19: many.0.kind: must be a finite number, not inf"),
        ("yes: maybe", "1:1: yes: must be true or false, not 'maybe'"),
        ("word: 3", "1:1: word: must be text, not 3"),
        ("word:", "1:1: word: must be text, not nothing"),
        ("zzzzz: 3", "1:1: zzzzz: unknown key (known: inner, many, word, yes)"),
    ],
)  # fmt: skip
def test_schema_problems_are_told_in_plain_words(tmp_path: Path, text: str, told: str) -> None:
    document = read_document(write(tmp_path, text))
    with pytest.raises(ValidationError) as error:
        Outer.model_validate(document.data)
    problems = explain(document, error.value, Outer)
    assert [problem.removeprefix(f"{document.path}:") for problem in problems] == [told]


def test_a_thousand_problems_are_not_all_told(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, "".join(f"key{i}: 1\n" for i in range(1000))))
    with pytest.raises(ValidationError) as error:
        Outer.model_validate(document.data)
    problems = explain(document, error.value, Outer)
    assert len(problems) == 101
    assert problems[-1].endswith("and 900 more problems")


words = st.text(st.characters(codec="ascii", min_codepoint=32), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words
keys = st.text("abc_1", min_size=1, max_size=5)
plain = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(plain.filter(lambda value: "inf" not in repr(value)))
def test_json_is_read_as_json_reads_it(value: Any) -> None:
    assert read_value(json.dumps(value), "here") == value


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_as_input(text: str) -> None:
    try:
        read_value(text, "here")
    except InputError as error:
        assert str(error).startswith("here")
