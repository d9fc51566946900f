"""Profiles: a user's own efficiencies, written by `calibrate`, named by a scenario and unfolded into its facts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.documents import Document, Keys, Place, dotted, is_file, read_document
from sim.errors import InputError

NAMED: Keys = ("plant", "efficiency")
"""Where a scenario names its profile."""
ENDINGS = (".yaml", ".yml")
_KEYS = ("efficiency", "facts")


def unfold(data: dict[str, Any], places: Mapping[Keys, Place]) -> list[str]:
    """Put what a profile says in place of its name, under the facts of the scenario itself; problems are returned.

    The path counts from the file that names it, or from the working folder.
    """
    plant = data.get("plant")
    name = plant.get("efficiency") if isinstance(plant, dict) else None
    if not isinstance(name, str) or not name.endswith(ENDINGS) or not isinstance(plant, dict):
        return []
    place = places.get(NAMED)
    beside = Path(place.file).parent / name if place else Path(name)
    try:
        profile = read_document(beside if is_file(beside) else Path(name))
    except InputError as error:
        return [f"{place}: {dotted(NAMED)}: {error}" if place else str(error)]
    wrong = _wrong(profile)
    if not wrong:
        plant["efficiency"] = profile.data["efficiency"]
        data["facts"] = _under(profile.data.get("facts") or {}, data.get("facts") or {})
    return wrong


def _wrong(profile: Document) -> list[str]:
    """What makes a document no profile."""
    unknown = [profile.problem((key,), "is no part of a profile") for key in profile.data if key not in _KEYS]
    if not isinstance(profile.data.get("efficiency"), str):
        unknown.append(profile.problem((), "names no efficiency of the catalogue, so it is no profile"))
    if not isinstance(profile.data.get("facts") or {}, dict):
        unknown.append(profile.problem(("facts",), "must be a mapping of kind, entry, field and number"))
    return unknown


def _under(below: Any, above: Any) -> Any:
    """Two mappings merged key by key; what stands above wins."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _under(below.get(key, {}), value) for key, value in above.items()}}
