"""What a batch or study file holds, as its schema has it: quantities may carry the unit of what they are about."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from sim.documents import Document, explain
from sim.errors import InputError, ScenarioError
from sim.explaining import sentences
from sim.studies.schema import Question
from sim.units import parse_quantity, unit_of

Form = TypeVar("Form", bound=Question)

LIMITS = ("at_most", "at_least")


def validated(document: Document, form: type[Form], changes: Mapping[str, Any]) -> Form:
    """A question as its schema has it; numbers of distributions may be written with the unit of their path."""
    data = dict(document.data) | dict(changes)
    if isinstance(data.get("uncertain"), dict):
        data["uncertain"] = {path: _in_units(path, told) for path, told in data["uncertain"].items()}
    if isinstance(data.get("goals"), dict):
        data["goals"] = {name: _goal_in_units(told) for name, told in data["goals"].items()}
    try:
        return form.model_validate(data)
    except ValidationError as error:
        for keys, what in sentences(data, error, form):
            if changes and keys and keys[0] in changes:
                raise InputError(f"--draws {changes[str(keys[0])]}: {what}") from None
        raise ScenarioError(explain(Document(document.path, data, document.places), error, form)) from None


def _in_units(path: str, told: Any) -> Any:
    """A distribution whose quantities are plain numbers; what cannot be read is left for the schema to refuse."""
    field = path.rpartition(".")[2]
    if not isinstance(told, dict) or told.get("distribution") == "discrete" or not unit_of(field):
        return told
    return {name: value if name == "distribution" else _plain(value, field) for name, value in told.items()}


def _goal_in_units(told: Any) -> Any:
    """A goal whose limit is a plain number, in the unit that the name of its outcome tells."""
    if not isinstance(told, dict) or not isinstance(told.get("outcome"), str):
        return told
    field = next((part for part in reversed(told["outcome"].split(".")) if unit_of(f"_{part}")), "")
    return {name: _plain(value, f"_{field}") if field and name in LIMITS else value for name, value in told.items()}


def _plain(value: Any, field: str) -> Any:
    if isinstance(value, list):
        return [_plain(part, field) for part in value]
    try:
        return parse_quantity(value, field) if isinstance(value, str) else value
    except ValueError:
        return value
