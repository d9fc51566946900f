"""The base of all that the catalogue names."""

from typing import Any

from pydantic import ValidationInfo, field_validator

from sim.catalogue.facts import Claim, Frozen, numbers
from sim.catalogue.possible import impossible


class Entry(Frozen):
    """A named thing of the catalogue."""

    title: str
    """Name for people."""

    @field_validator("*", mode="after")
    @classmethod
    def _possible(cls, claim: Any, info: ValidationInfo) -> Any:
        """Refuse a number that the thing so named cannot have."""
        written = numbers(claim) if isinstance(claim, Claim) else ()
        for number in (min(written), max(written)) if written else ():
            why = impossible(info.field_name or "", number)
            if why:
                raise ValueError(why)
        return claim
