"""What a file asks: a day, a batch or a study, told by the keys that only one of them has."""

from typing import Literal

from sim.documents import Document
from sim.errors import ScenarioError

Kind = Literal["day", "batch", "study"]
COMMANDS: dict[Kind, str] = {"day": "run", "batch": "batch", "study": "study"}
"""The command for each kind of file."""
ONLY: dict[Kind, frozenset[str]] = {
    "day": frozenset({"extends", "day", "workload", "fleet", "plant", "prices"}),
    "batch": frozenset({"axes", "combine", "variants", "base"}),
    "study": frozenset({"kind", "uncertain", "correlations", "draws", "points", "days", "ends", "goals", "stop"}),
}
"""Keys that only one kind has."""
OF_MANY_DAYS = frozenset({"scenario", "replications", "outcomes", "confidence", "fleet_fraction"})
"""Keys of batches and studies."""


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
