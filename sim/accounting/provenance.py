"""What a number of the accounts rests on: its parameters, their sources, and the weakest word on how they are known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from sim.catalogue.parameter import Claim, Source

Evidence = Literal["chosen", "cited", "computed", "secondary", "unverified", "assumed"]
"""How a number is known, the strongest first; "chosen" is a scenario's own."""
STRENGTH = {evidence: rank for rank, evidence in enumerate(get_args(Evidence))}
WEAK: tuple[Evidence, ...] = ("unverified", "assumed")
"""Evidence that a reader should be warned of."""
OF_CLAIM: dict[str, Evidence] = {
    "read": "cited",
    "computed": "computed",
    "secondary": "secondary",
    "unverified": "unverified",
    "assumption": "assumed",
}
"""What the catalogue's words on how a number is known come to."""


class Known(Protocol):
    """Whatever says what it rests on: a price, a tariff, a provenance."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Source ids."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Dotted paths of its parameters."""

    @property
    def evidence(self) -> Evidence:
        """The weakest word on how these are known."""


@dataclass(frozen=True)
class Provenance:
    """What a number rests on."""

    sources: tuple[str, ...]
    """Source ids; "scenario" where it was chosen."""
    keys: tuple[str, ...] = ()
    """Dotted paths of its parameters, as `--set` takes them."""
    evidence: Evidence = "chosen"
    """The weakest word on how these are known."""


def joined(parts: Iterable[Known]) -> Known:
    """What several numbers rest on together: each source and key once, in their order, and the weakest evidence.

    >>> a, b = Provenance(("a", "b"), ("x",), "cited"), Provenance(("b",), ("y",), "assumed")
    >>> joined([a, b])
    Provenance(sources=('a', 'b'), keys=('x', 'y'), evidence='assumed')
    """
    known = tuple(parts)
    if len(known) == 1:  # most lines rest on one price, and ledgers are priced by the thousand
        return known[0]
    return Provenance(
        tuple(dict.fromkeys(source for part in known for source in part.sources)),
        tuple(dict.fromkeys(key for part in known for key in part.keys)),
        max((part.evidence for part in known), key=STRENGTH.__getitem__, default="chosen"),
    )


def evidence_of(claim: Claim, sources: Mapping[str, Source]) -> Evidence:
    """How a claim of the catalogue is known: by its own word, and assumed where its source assumes."""
    own = OF_CLAIM[claim.known]
    source = sources.get(claim.source)
    return "assumed" if own not in WEAK and source is not None and source.kind == "assumption" else own
