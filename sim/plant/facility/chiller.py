"""The chiller: EnergyPlus' Chiller:Electric, whose capacity and COP follow lift and part load.

Lift is told as one number, the lift index [K]: the condenser's rise over its design value, a share of it, less the
chilled water's:

    lift = (condenser inlet - design) / rise coefficient - (chilled water - design)

The curves are quadratics fitted to a range; where one would turn back, its turning point is kept (sources
`energyplus_chillers`). Arrays in, arrays out, one element a moment.
"""

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types.facility import Chiller

Floats = NDArray[np.float64]


def lift_k(chiller: Chiller, condenser_c: Floats, chilled_water_c: float) -> Floats:
    """Lift index [K] from the temperatures of what cools the condenser and of the chilled water [degC].

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> lift_k(air, condenser_c=35.0, chilled_water_c=6.67)
    0.0
    """
    above = (condenser_c - chiller.design_condenser_c.value) / chiller.condenser_rise_coefficient.value
    return above - (chilled_water_c - chiller.design_chilled_water_c.value)


def capacity_ratio(chiller: Chiller, lift: Floats) -> Floats:
    """Capacity at a lift index [K] over rated capacity [1]: a + b lift + c lift^2, which never grows with lift.

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> capacity_ratio(air, np.array([0.0, -5.0])).round(6).tolist()
    [0.944836, 1.276252]
    """
    terms = chiller.capacity_curve.value
    return np.maximum(0.0, _quadratic(terms, _kept(terms, lift)))


def capacity_share_per_k(chiller: Chiller, lift: Floats) -> Floats:
    """Capacity gained a kelvin of warmer chilled water [1/K], as a share of the capacity at a lift index [K].

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> capacity_share_per_k(air, np.array([0.0])).round(6).tolist()
    [0.060337]
    """
    _, slope, bend = chiller.capacity_curve.value
    ratio = capacity_ratio(chiller, lift)
    gained = np.maximum(0.0, -(slope + 2 * bend * _kept(chiller.capacity_curve.value, lift)))
    return np.divide(gained, ratio, out=np.zeros_like(ratio), where=ratio > 0.0)


def full_load_cop(chiller: Chiller, lift: Floats) -> Floats:
    """Heat moved a watt of power at full load [1]: rated COP over the full-load power ratio at the capacity ratio.

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> full_load_cop(air, np.array([0.0])).round(4).tolist()
    [2.9604]
    """
    terms = chiller.power_curve.value
    return chiller.rated_cop.value / _quadratic(terms, _kept(terms, capacity_ratio(chiller, lift)))


def part_load_fraction(chiller: Chiller, part_load: Floats) -> Floats:
    """Power at a part-load ratio over full-load power [1]; below the least ratio the machine cycles.

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> part_load_fraction(air, np.array([0.5, 1.0])).round(5).tolist()
    [0.44608, 1.00003]
    """
    least = chiller.least_part_load_fraction.value
    running = np.minimum(1.0, part_load / least) if least else 1.0
    return running * _quadratic(chiller.part_load_curve.value, np.maximum(part_load, least))


def chillers_w(chiller: Chiller, load_w: Floats, unit_w: Floats, units: Floats | float, cop: Floats) -> Floats:
    """Power [W] of as few of `units` equal chillers as carry a load [W], each of `unit_w` [W] at this full-load COP.

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> loads, one = np.array([0.0, 1500.0]), np.ones(2)
    >>> chillers_w(air, loads, unit_w=1000.0 * one, units=3.0 * one, cop=2.96 * one).round(3).tolist()
    [0.0, 476.65]
    """
    carry = (load_w > 0.0) & (unit_w > 0.0) & (units >= 1.0)
    unit_w = np.where(carry, unit_w, 1.0)
    running = np.maximum(1.0, np.minimum(units, np.ceil(load_w / unit_w)))
    part_load = np.minimum(1.0, load_w / (running * unit_w))
    return np.where(carry, running * unit_w / cop * part_load_fraction(chiller, part_load), 0.0)


def _quadratic(terms: tuple[float, ...], x: Floats) -> Floats:
    constant, slope, bend = terms
    return constant + slope * x + bend * x * x


def _kept(terms: tuple[float, ...], x: Floats) -> Floats:
    """Where to read a falling quadratic: at x, or at its turning point where x lies beyond."""
    _, slope, bend = terms
    if not bend:
        return x
    turning = -slope / (2 * bend)
    return np.minimum(x, turning) if bend > 0.0 else np.maximum(x, turning)
