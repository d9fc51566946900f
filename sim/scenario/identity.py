"""One text and one hash for what a scenario asks, whatever file and overrides it came from."""

import hashlib
import io
import json
from typing import Any

from sim.scenario.schema import Scenario

_HASH_DIGITS = 16
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
    data = scenario.model_dump(mode="json", exclude={"name", "description"})
    data["workload"]["use_cases"] = list(data["workload"]["use_cases"].items())
    data["fleet"]["pools"] = list(data["fleet"]["pools"].items())
    text = json.dumps(data, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
