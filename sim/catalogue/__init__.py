"""Claims about the world, each with its source: read them, pick one, override one for a scenario."""

from sim.catalogue.catalogue import Catalogue, claim_fields, claims, with_facts
from sim.catalogue.reading import read_catalogue
from sim.catalogue.types import KINDS

__all__ = ["KINDS", "Catalogue", "claim_fields", "claims", "read_catalogue", "with_facts"]
