"""The chiller: EnergyPlus' Chiller:Electric, whose capacity and COP follow lift and part load.

Lift is told as one number, the lift index [K]: the condenser's rise over its design value, a share of it, less the
chilled water's:

    lift = (condenser inlet - design) / rise coefficient - (chilled water - design)

The curves are quadratics fitted to a range; where one would turn back, its turning point is kept (sources
`energyplus_chillers`).
"""

import math

from sim.catalogue.plant_types import Chiller


def lift_k(chiller: Chiller, condenser_c: float, chilled_water_c: float) -> float:
    """Lift index [K] from the temperatures of what cools the condenser and of the chilled water [degC].

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> lift_k(air, condenser_c=35.0, chilled_water_c=6.67)
    0.0
    """
    above = (condenser_c - chiller.design_condenser_c.value) / chiller.condenser_rise_coefficient.value
    return above - (chilled_water_c - chiller.design_chilled_water_c.value)


def capacity_ratio(chiller: Chiller, lift: float) -> float:
    """Capacity at a lift index [K] over rated capacity [1]: a + b lift + c lift^2, which never grows with lift.

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> capacity_ratio(air, 0.0), round(capacity_ratio(air, -5.0), 6)
    (0.944836, 1.276252)
    """
    terms = chiller.capacity_curve.value
    return max(0.0, _quadratic(terms, _kept(terms, lift)))


def capacity_share_per_k(chiller: Chiller, lift: float) -> float:
    """Capacity gained a kelvin of warmer chilled water [1/K], as a share of the capacity at a lift index [K].

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> round(capacity_share_per_k(air, 0.0), 6)
    0.060337
    """
    _, slope, bend = chiller.capacity_curve.value
    ratio = capacity_ratio(chiller, lift)
    return max(0.0, -(slope + 2 * bend * _kept(chiller.capacity_curve.value, lift))) / ratio if ratio else 0.0


def full_load_cop(chiller: Chiller, lift: float) -> float:
    """Heat moved a watt of power at full load [1]: rated COP over the full-load power ratio at the capacity ratio.

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> round(full_load_cop(air, 0.0), 4)
    2.9604
    """
    terms = chiller.power_curve.value
    return chiller.rated_cop.value / _quadratic(terms, _kept(terms, capacity_ratio(chiller, lift)))


def part_load_fraction(chiller: Chiller, part_load: float) -> float:
    """Power at a part-load ratio over full-load power [1]; below the least ratio the machine cycles.

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> round(part_load_fraction(air, 0.5), 5), round(part_load_fraction(air, 1.0), 5)
    (0.44608, 1.00003)
    """
    least = chiller.least_part_load_fraction.value
    running = min(1.0, part_load / least) if least else 1.0
    return running * _quadratic(chiller.part_load_curve.value, max(part_load, least))


def chillers_w(chiller: Chiller, load_w: float, unit_w: float, units: int, lift: float) -> float:
    """Power [W] of as few of `units` equal chillers as carry a load [W], each of `unit_w` [W] at this lift index [K].

    >>> from sim.catalogue import read_catalogue
    >>> air = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> round(chillers_w(air, load_w=1500.0, unit_w=1000.0, units=3, lift=0.0), 3)
    476.587
    """
    if load_w <= 0.0 or unit_w <= 0.0 or units < 1:
        return 0.0
    running = min(units, math.ceil(load_w / unit_w))
    part_load = min(1.0, load_w / (running * unit_w))
    return running * unit_w / full_load_cop(chiller, lift) * part_load_fraction(chiller, part_load)


def _quadratic(terms: tuple[float, ...], x: float) -> float:
    constant, slope, bend = terms
    return constant + slope * x + bend * x * x


def _kept(terms: tuple[float, ...], x: float) -> float:
    """Where to read a falling quadratic: at x, or at its turning point where x lies beyond."""
    _, slope, bend = terms
    if not bend:
        return x
    turning = -slope / (2 * bend)
    return min(x, turning) if bend > 0.0 else max(x, turning)
