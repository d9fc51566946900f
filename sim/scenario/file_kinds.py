"""What a file asks: a day, a batch or a study, told by the keys that only one of them has."""

from difflib import get_close_matches
from typing import Literal

from sim.core.errors import InputError, ScenarioError
from sim.files.documents import Document

Kind = Literal["day", "batch", "study"]
COMMANDS: dict[Kind, str] = {"day": "run", "batch": "batch", "study": "study"}
"""The command for each kind of file."""
ONLY: dict[Kind, frozenset[str]] = {
    "day": frozenset({"extends", "day", "workload", "fleet", "plant", "prices"}),
    "batch": frozenset({"axes", "combine", "variants", "base"}),
    "study": frozenset({"kind", "uncertain", "correlations", "draws", "points", "days", "ends", "stop"}),
}
"""Keys that only one kind has."""
OF_MANY_DAYS = frozenset({"scenario", "replications", "outcomes", "confidence", "goals", "fleet_fraction"})
"""Keys of batches and studies."""
_OF_ALL = frozenset({"name", "description", "seed", "facts", "overrides"})
_KNOWN = _OF_ALL.union(OF_MANY_DAYS, *ONLY.values())
_TRIED, _ALIKE = 20, 0.75
"""Keys that may be slips of the pen before a file is no file of ours, and their likeness to what was meant."""


def refuse_strangers(document: Document) -> None:
    """InputError where no key of a file is one of ours, or nearly so; what it holds is nobody's business then."""
    keys = list(document.data)
    slips = any(get_close_matches(key, _KNOWN, cutoff=_ALIKE) for key in keys[:_TRIED])
    if keys and not slips and not _KNOWN.intersection(keys):
        raise InputError(f"{document.path}: is no scenario, batch or study: it has none of their keys")


def kinds_of(document: Document) -> list[Kind]:
    """The kinds of which a file has keys of their own; none where nothing tells."""
    keys = set(document.data)
    found = [kind for kind, only in ONLY.items() if only & keys]
    return found or (["batch", "study"] if OF_MANY_DAYS & keys else [])


def refuse_others(document: Document, wanted: Kind) -> None:
    """ScenarioError where a file is of another kind, with the command that takes it."""
    found = kinds_of(document)
    if found and wanted not in found:
        asked = f"{document.path}: is a {' or a '.join(found)}, not a {wanted}"
        raise ScenarioError([f"{asked}: give it to run_sim.py {' or '.join(COMMANDS[kind] for kind in found)}"])
