"""One text and one hash for what a scenario asks, whatever file and overrides it came from."""

import hashlib
import io
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.files.documents import Keys
from sim.scenario.paths import split
from sim.scenario.schema import Scenario

_HASH_DIGITS = 16
_MARK, _MARKS = "\0{}\0", r'"\\u0000(\d+)\\u0000"'
"""What stands for a number while its text is made, and how that reads in JSON: no name holds a NUL."""
NEXT_LINE = "\x85"
"""A line break of YAML 1.1 that the YAML library writes as it stands."""


def canonical(scenario: Scenario) -> str:
    """The fully resolved scenario as YAML, keys in the schema's order; reading it gives an equal scenario."""
    return as_yaml(scenario.model_dump(mode="json"))


def as_yaml(data: dict[str, Any]) -> str:
    """Plain data as YAML, keys in their order; reading it gives equal data."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # annotated as None
    yaml.width = 2**20
    yaml.allow_unicode = NEXT_LINE not in json.dumps(
        data, ensure_ascii=False
    )  # unless escaped, it reads back as a space
    stream = io.StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()


def scenario_hash(scenario: Scenario) -> str:
    """Sixteen hex digits of what a scenario asks: two scenarios with the same answer by the same program share them.

    Name and description are left out, for they change no answer; the seed is in, for it does. The order of pools and
    use cases counts, since the first one is the default; that of other mappings does not. A trace counts by its path,
    not by what the file holds.
    """
    return _digest(_as_json(_hashed(scenario)))


def scenario_hashes(scenario: Scenario, draws: Mapping[str, NDArray[np.float64]]) -> list[str]:
    """The hash at each of many draws: dotted paths, and the numbers that stand there in place of the scenario's.

    The draws must be such as `replace` would take, for no scenario is made of them; what is no fraction, but a whole
    number or a list, is refused with TypeError.
    """
    data = _hashed(scenario)
    for number, path in enumerate(draws):
        _mark(data, split(path), number)
    pieces = re.split(_MARKS, _as_json(data))
    texts = [[repr(value) for value in values.tolist()] for values in draws.values()]
    hashes = []
    for told in zip(*(texts[int(number)] for number in pieces[1::2]), strict=True):
        pieces[1::2] = told
        hashes.append(_digest("".join(pieces)))
    return hashes


def _hashed(scenario: Scenario) -> dict[str, Any]:
    """Plain data of all that changes a scenario's answer."""
    data = scenario.model_dump(mode="json", exclude={"name", "description"})
    data["workload"]["use_cases"] = list(data["workload"]["use_cases"].items())
    data["fleet"]["pools"] = list(data["fleet"]["pools"].items())
    return data


def _mark(data: dict[str, Any], keys: Keys, number: int) -> None:
    """Put a mark in place of a number of plain data."""
    inside: Any = data
    for key in keys[:-1]:
        inside = inside[key]
    if not isinstance(inside[keys[-1]], float):
        raise TypeError(f"{keys[-1]} is no fraction")
    inside[keys[-1]] = _MARK.format(number)


def _as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
