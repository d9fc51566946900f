"""When servers break, why, and how long mending takes: draws in, durations out."""

from sim.catalogue.plant_types import Hazard
from sim.units import SECONDS_PER_DAY

PARTS = ("gpu", "host", "network", "software")
"""What fails, in the order of the cumulative shares."""


def time_to_failure_s(hazard: Hazard, multiplier: float, unit_exponential: float) -> float:
    """Time in service until a server fails [s]: exponential, from a unit exponential draw; never at rate zero.

    >>> from math import inf
    >>> from types import SimpleNamespace as Some
    >>> time_to_failure_s(Some(failures_per_server_day=Some(value=0.5)), 1.0, 2.0)
    345600.0
    """
    rate = hazard.failures_per_server_day.value * multiplier / SECONDS_PER_DAY
    return unit_exponential / rate if rate > 0.0 else float("inf")


def failed_part(hazard: Hazard, uniform: float) -> str:
    """The part at fault, by its share of failures, from a uniform draw.

    >>> from sim.catalogue import read_catalogue
    >>> failed_part(read_catalogue(kinds=["hazards"]).hazards["llama_3"], 0.7)
    'host'
    """
    cumulative = 0.0
    for part in PARTS:
        cumulative += getattr(hazard, f"{part}_fraction").value
        if uniform < cumulative:
            return part
    return PARTS[-1]


def labour_s(hazard: Hazard, part: str, unit_exponential: float) -> float:
    """Hands-on time of a technician [s], exponential; software needs none, a restart mends it.

    >>> from types import SimpleNamespace as Some
    >>> labour_s(Some(technician_repair_s=Some(value=10_800.0)), "gpu", 0.5)
    5400.0
    """
    return 0.0 if part == "software" else hazard.technician_repair_s.value * unit_exponential
