"""When servers break, why, and how long mending takes: draws in, times out."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.catalogue.types.facility import Hazard
from sim.core.units import SECONDS_PER_DAY, SECONDS_PER_YEAR

Floats = NDArray[np.float64]


class Cause(NamedTuple):
    """What a cause of failure means for mending."""

    part: str
    """Part at fault: gpu, host, network or software."""
    drains: bool = False
    """Whether it leaves the time to serve out what the server has."""


CAUSES = {
    "faulty_gpu": Cause("gpu"),
    "hbm": Cause("gpu"),
    "gpu_sram": Cause("gpu"),
    "gpu_processor": Cause("gpu"),
    "gpu_thermal": Cause("gpu", drains=True),
    "silent_data": Cause("gpu", drains=True),
    "switch_or_cable": Cause("network"),
    "nic": Cause("network"),
    "host_maintenance": Cause("host", drains=True),
    "ssd": Cause("host"),
    "psu": Cause("host"),
    "chassis": Cause("host"),
    "io_board": Cause("host"),
    "cpu": Cause("host"),
    "host_memory": Cause("host"),
    "software_bug": Cause("software"),
    "watchdog": Cause("software"),
    "dependency": Cause("software"),
}
"""Causes of failure, each with a share `<cause>_fraction` in the catalogue; software is mended by a restart alone."""
PARTS = ("gpu", "host", "network", "software")
"""What fails."""
WAYS_TO_AGE = 3
"""A part fails by chance, in its infancy, or of wear: draws that a time to failure takes."""


def cause_rates_per_s(hazard: Hazard, multiplier: float) -> Floats:
    """Failures of one server a second of service [1/s], by cause in the order of CAUSES.

    >>> from sim.catalogue import read_catalogue
    >>> rates = cause_rates_per_s(read_catalogue(kinds=["hazards"]).hazards["llama_3"], 1.0)
    >>> round(float(rates.sum()) * 86_400, 6)
    0.00379
    """
    shares = np.array([getattr(hazard, f"{cause}_fraction").value for cause in CAUSES])
    return np.asarray(hazard.failures_per_server_day.value * multiplier / SECONDS_PER_DAY * shares)


def lemon_factors(hazard: Hazard, uniforms: ArrayLike) -> Floats:
    """Factor on a server's failure rates [1]: lemons fail so much more, the others less, so that the mean stays.

    >>> from types import SimpleNamespace as Some
    >>> few = Some(lemon_fraction=Some(value=0.1), lemon_factor=Some(value=11.0))
    >>> lemon_factors(few, [0.05, 0.5]).tolist()
    [5.5, 0.5]
    """
    share, factor = hazard.lemon_fraction.value, hazard.lemon_factor.value
    others = 1.0 / (1.0 + share * (factor - 1.0))
    return np.where(np.asarray(uniforms) < share, factor * others, others)


def times_to_failure_s(hazard: Hazard, rates_per_s: Floats, age_s: ArrayLike, unit_exponentials: Floats) -> Floats:
    """Times in service until parts of an age [s] fail [s], by cause and from three unit exponentials each.

    Three things compete: chance at a constant rate, infant mortality and wear, each a Weibull law with the cumulative
    hazard H(t) = rate * share * tau * (t / tau)^shape, so that over the first tau = `reference_age_years` years the
    mean rate is the stated one. The time left at age a solves H(a + t) - H(a) = draw:

        t = tau ((a / tau)^shape + draw / (rate share tau))^(1 / shape) - a

    Software does not age. Shapes: rates (causes), draws (..., causes, 3); infinite where nothing can fail.

    >>> from sim.catalogue import read_catalogue
    >>> llama = read_catalogue(kinds=["hazards"]).hazards["llama_3"]
    >>> times = times_to_failure_s(llama, cause_rates_per_s(llama, 1.0), 0.0, np.ones((len(CAUSES), WAYS_TO_AGE)))
    >>> round(float(times[0]) / 86_400 / 365.25, 4)
    2.0451
    """
    tau_s = hazard.reference_age_years.value * SECONDS_PER_YEAR
    ages = np.array([cause.part != "software" for cause in CAUSES.values()], dtype=np.float64)
    infant, wear = hazard.infant_fraction.value * ages, hazard.wear_fraction.value * ages
    laws = ((1.0 - infant - wear, 1.0), (infant, hazard.infant_shape.value), (wear, hazard.wear_shape.value))
    times = [
        _weibull_s(rates_per_s * share, shape, tau_s, np.asarray(age_s), unit_exponentials[..., way])
        for way, (share, shape) in enumerate(laws)
    ]
    return np.asarray(np.minimum.reduce(times))


def _weibull_s(rates_per_s: Floats, shape: float, tau_s: float, age_s: Floats, draws: Floats) -> Floats:
    never = np.full(np.broadcast(rates_per_s, draws).shape, np.inf)
    grown = np.divide(draws, rates_per_s * tau_s, out=never, where=rates_per_s > 0.0)
    return np.asarray(tau_s * ((age_s / tau_s) ** shape + grown) ** (1.0 / shape) - age_s)


def labour_s(hazard: Hazard, part: str, uniform: float, unit_exponential: float) -> float:
    """Hands-on time of a technician [s]: exponential for the share of failures that no restart from afar mends.

    >>> from types import SimpleNamespace as Some
    >>> hands = Some(technician_repair_s=Some(value=10_800.0), hands_on_fraction=Some(value=0.36))
    >>> labour_s(hands, "gpu", 0.2, 0.5), labour_s(hands, "gpu", 0.5, 0.5), labour_s(hands, "software", 0.2, 0.5)
    (5400.0, 0.0, 0.0)
    """
    remote = part == "software" or uniform >= hazard.hands_on_fraction.value
    return 0.0 if remote else hazard.technician_repair_s.value * unit_exponential
