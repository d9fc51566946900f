"""What a person may choose of the plant: the site, its cooling, its failures."""

from sim.scenario.choice import Choice, Count, Name, NonNegative


class Failures(Choice):
    """Whether and how servers break."""

    enabled: bool = True
    """Whether servers break at all."""
    hazard: Name = "llama_3"
    """Catalogue name of the failure rates."""
    multiplier: NonNegative = 1.0
    """Factor on all rates, for stress tests."""
    technicians: Count = 2
    """Hands on site; a failure beyond them waits."""


class Climate(Choice):
    """Cooling of the hall."""

    cooling: Name = "chiller_tower"
    """Catalogue name of the cooling plant."""
    enabled: bool = True
    """Whether a hall that is too warm slows its servers down; cooling energy counts either way."""


class Plant(Choice):
    """The place and the machinery around the servers."""

    site: Name = "virginia"
    """Catalogue name of the site."""
    efficiency: Name = "roofline_2026"
    """Catalogue name of the kernel efficiencies."""
    climate: Climate = Climate()
    """Cooling."""
    failures: Failures = Failures()
    """Breakdown and repair."""
