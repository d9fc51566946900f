"""What may be written in a scenario file, told by the schema: a table for people, a JSON Schema for editors."""

import ast
import inspect
import json
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticUndefined

from sim.core.units import unit_of
from sim.scenario.schema import Scenario


class Row(NamedTuple):
    """One key of a scenario file."""

    path: str
    """Dotted path; NAME stands for a name that the file's author chooses."""
    type: str
    """What may be written there, with the unit of plain numbers."""
    default: str
    """What holds when nothing is written."""
    text: str
    """What it means."""


def describe_scenario() -> list[Row]:
    """All keys of a scenario file, in the schema's order."""
    own = [
        Row("extends", "text", "null", "Another scenario file, or the name of a shipped one, that this one changes."),
        Row("overrides", "mapping", "{}", "Dotted paths to values, set after all keys of the file."),
    ]
    return [*own, *_rows(Scenario, "")]


def describe_form(form: type[BaseModel]) -> list[Row]:
    """All keys of another kind of file, in its schema's order."""
    return list(_rows(form, ""))


@cache
def _meanings(model: type[BaseModel]) -> dict[str, str]:
    """What stands below each field of a model, its ancestors' included; read only when it is asked for."""
    told: dict[str, str] = {}
    for base in model.__bases__:
        told |= _meanings(base) if issubclass(base, BaseModel) and base is not BaseModel else {}
    for above, below in pairwise(_body(model)):
        match above, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                told[name] = inspect.cleandoc(text)
    return told


def _body(model: type[BaseModel]) -> list[ast.stmt]:
    definition = ast.parse(inspect.getsource(model)).body[0]
    return definition.body if isinstance(definition, ast.ClassDef) else []


class _Told(GenerateJsonSchema):
    """The schema of models with the meaning of every field."""

    def model_schema(self, schema: Any) -> dict[str, Any]:
        """That of one model."""
        told = super().model_schema(schema)
        for name, text in _meanings(schema["cls"]).items():
            told["properties"][name]["description"] = text
        return told


def _rows(model: type[BaseModel], prefix: str) -> Iterator[Row]:
    meanings = _meanings(model)
    for name, info in model.model_fields.items():
        path = prefix + name
        inner, is_mapping = _inner(info.annotation)
        if inner is None or is_mapping or info.default is None:
            yield Row(path, _type_text(name, info), _default_text(info), meanings.get(name, ""))
        if inner is not None:
            yield from _rows(inner, f"{path}.NAME." if is_mapping else f"{path}.")


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model inside a field, if it has one, and whether it stands in a mapping by name."""
    for part in [annotation, *get_args(annotation)]:
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part, get_origin(annotation) is dict
    return None, False


def _type_text(name: str, info: FieldInfo) -> str:
    unit = unit_of(name)
    limits = [text for limit in info.metadata for text in _limit(limit)]
    text = _annotation_text(info.annotation)
    shown = f" [{unit}]" if unit and unit != "1" and "number" in text else ""
    return text + shown + (" " + ", ".join(limits) if limits else "")


_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def _limit(limit: Any) -> list[str]:
    return [f"{sign} {getattr(limit, key):,.10g}" for key, sign in _SIGNS.items() if hasattr(limit, key)]


_WORDS = {
    float: "number",
    int: "whole number",
    bool: "true or false",
    str: "text",
    type(None): "null",
    dict: "mapping",
    tuple: "list",
    list: "list",
}


def _annotation_text(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if annotation in _WORDS or origin in _WORDS:
        return _WORDS.get(annotation) or _WORDS[origin]
    if not arguments:
        return "mapping" if _inner(annotation)[0] else str(getattr(annotation, "__name__", annotation))
    parts = arguments[:1] if hasattr(annotation, "__metadata__") else arguments
    return " | ".join(dict.fromkeys(_annotation_text(part) for part in parts))


def _default_text(info: FieldInfo) -> str:
    if info.default is PydanticUndefined:
        return "required"
    value = info.default
    if isinstance(value, dict):
        value = {key: inner.model_dump() if isinstance(inner, BaseModel) else inner for key, inner in value.items()}
        return "{" + ", ".join(value) + "}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) and value < 1e6 else str(value)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file: that of the model, with `extends`, `overrides` and quantities as text."""
    schema = Scenario.model_json_schema(schema_generator=_Told)
    schema.pop("required", None)  # what the file extends may hold it
    _loosen(schema)
    for model in schema["$defs"].values():
        _loosen(model)
    text = {"description": "Another scenario file, or the name of a shipped one.", "type": "string"}
    overrides = {"description": "Dotted paths to values, set after all keys of the file.", "type": "object"}
    schema["properties"] = {"extends": text, "overrides": overrides, **schema["properties"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _loosen(model: dict[str, Any]) -> None:
    """Let numbers with a unit be written as text, and entries of mappings be taken away with null."""
    for name, field in model.get("properties", {}).items():
        if unit_of(name):
            _allow_text(field)
        inner = field.get("additionalProperties")
        if isinstance(inner, dict):
            field["additionalProperties"] = {"anyOf": [inner, {"type": "null"}]}


def _allow_text(field: dict[str, Any]) -> None:
    told = {key: field.pop(key) for key in ("default", "description", "title") if key in field}
    choices = field.pop("anyOf", None) or [dict(field)]
    field.clear()
    field.update(anyOf=[*choices, {"type": "string"}], **told)


def json_schema_text() -> str:
    """The text of scenarios/scenario.schema.json."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
