"""The hall as a store of heat: what cooling can take out of it, and its temperature between two events, in closed form.

Numbers in, numbers out: one moment leads to the next.
"""

import math
from typing import NamedTuple

from sim.catalogue.types.facility import Cooling


class RoomStep(NamedTuple):
    """What a stretch of time did to the hall."""

    inlet_c: float
    """Inlet temperature at its end."""
    removed_j: float
    """Heat carried out."""


class Removal(NamedTuple):
    """What cooling can do, all of it running."""

    set_point_c: float
    """Temperature at which it holds the hall, and below which it does not cool."""
    at_set_point_w: float
    """Heat carried out at the set point."""
    growth_w_per_k: float
    """Heat carried out beyond that, a kelvin above the set point."""


class Able(NamedTuple):
    """What cooling can do for a hall, or a part of it, in the weather of a moment."""

    free_w: float
    """Heat that leaves without chillers, by outside air and heat exchangers."""
    chiller_w: float
    """Heat that one chiller carries, its water being as cold as designed."""
    share_per_k: float
    """What it gains a kelvin of warmer water, as a share of that."""


def removal(plant: Cooling, can: Able, chillers: float, design_w: float) -> Removal:
    """Heat that leaves a hall at its set point with everything running [W], and how it grows with its warmth [W/K].

    Coils give Q = U (T - T_water) with U such that they carry `design_w` at the set point and no more; chillers give
    Q = K (1 + s (T_water - design)). The water's temperature settles where both are the same. Outside air and heat
    exchangers carry their share of `design_w` beside the chillers. A part of a hall has a part of its `chillers`.

    >>> from sim.catalogue import read_catalogue
    >>> plant = read_catalogue(kinds=["cooling"]).cooling["chiller_dry"]
    >>> can = Able(free_w=0.0, chiller_w=250.0, share_per_k=0.060337)
    >>> [round(x, 3) for x in removal(plant, can, 4.0, 1000.0)]
    [24.0, 1000.0, 40.694]
    >>> [round(x, 3) for x in removal(plant, can, 3.0, 1000.0)]
    [24.0, 816.449, 33.225]
    """
    set_point_c, full_w = plant.supply_air_c.value, can.chiller_w * chillers
    if full_w <= 0.0 or design_w <= 0.0:
        return Removal(set_point_c, can.free_w, 0.0)
    reach_k = set_point_c - plant.chilled_water_c.value
    coil_w_per_k, chiller_w_per_k = design_w / reach_k, full_w * can.share_per_k
    both_w_per_k = coil_w_per_k + chiller_w_per_k
    at_set_point_w = coil_w_per_k * full_w * (1.0 + can.share_per_k * reach_k) / both_w_per_k
    slope = coil_w_per_k * chiller_w_per_k / both_w_per_k
    return Removal(set_point_c, min(design_w, can.free_w + at_set_point_w), slope)


def room_step(inlet_c: float, heat_w: float, cooling: Removal, store_j_per_k: float, duration_s: float) -> RoomStep:
    """Follow the hall for `duration_s` [s] of constant heat [W], exactly.

    Below its set point the hall only warms. At it, it is held as long as cooling can carry the heat. Above it all
    cooling runs:

        C dT/dt = heat - Q - g (T - set point)

    with the solution T(t) = T_inf + (T_0 - T_inf) e^(-g t / C), T_inf = set point + (heat - Q) / g. The heat removed is
    the integral of Q + g (T - set point), so that heat produced = heat removed + heat stored can be tested.

    >>> step = room_step(24.0, 800.0, Removal(24.0, 500.0, 0.0), store_j_per_k=30_000.0, duration_s=60.0)
    >>> round(step.inlet_c, 9), round(step.removed_j, 6)
    (24.6, 30000.0)
    >>> step = room_step(24.0, 800.0, Removal(24.0, 500.0, 40.0), store_j_per_k=30_000.0, duration_s=1e6)
    >>> round(step.inlet_c, 9)
    31.5
    """
    if inlet_c == cooling.set_point_c and heat_w <= cooling.at_set_point_w:
        return RoomStep(inlet_c, heat_w * duration_s)
    warming_s = min(duration_s, _warming_s(inlet_c, heat_w, cooling.set_point_c, store_j_per_k))
    begun_c = inlet_c + heat_w * warming_s / store_j_per_k
    left_s = duration_s - warming_s
    if left_s <= 0.0:
        return RoomStep(begun_c, 0.0)
    begun_c = max(begun_c, cooling.set_point_c)
    running_s = min(left_s, _falling_s(begun_c, heat_w, cooling, store_j_per_k))
    end_c, removed_j = _running(begun_c, heat_w, cooling, store_j_per_k, running_s)
    held_s = left_s - running_s
    return RoomStep(cooling.set_point_c if held_s > 0.0 else end_c, removed_j + heat_w * held_s)


def _warming_s(now_c: float, heat_w: float, set_point_c: float, store_j_per_k: float) -> float:
    """Time until a hall that is too cold reaches its set point."""
    missing_j = max(0.0, set_point_c - now_c) * store_j_per_k
    return missing_j / heat_w if heat_w > 0.0 else math.inf if missing_j else 0.0


def _falling_s(now_c: float, heat_w: float, cooling: Removal, store_j_per_k: float) -> float:
    """Time until a hall that is too warm is back at its set point; never where cooling cannot carry the heat."""
    spare_w, above_k = cooling.at_set_point_w - heat_w, now_c - cooling.set_point_c
    if spare_w <= 0.0:
        return math.inf if spare_w < 0.0 or above_k > 0.0 else 0.0
    ratio = cooling.growth_w_per_k * above_k / spare_w
    if ratio <= _SMALL:
        return above_k * store_j_per_k / spare_w * (1.0 - ratio / 2.0 + ratio**2 / 3.0)
    return store_j_per_k / cooling.growth_w_per_k * math.log1p(ratio)


def _running(
    now_c: float, heat_w: float, cooling: Removal, store_j_per_k: float, duration_s: float
) -> tuple[float, float]:
    """Temperature after a stretch with all cooling running, and the heat it carried out."""
    excess_w, growth = heat_w - cooling.at_set_point_w, cooling.growth_w_per_k
    above_k = now_c - cooling.set_point_c
    first, second = _means(growth * duration_s / store_j_per_k)
    drift_k = (excess_w - growth * above_k) * duration_s / store_j_per_k * first
    above_k_s = above_k * duration_s * first + excess_w * duration_s**2 / store_j_per_k * second
    return now_c + drift_k, cooling.at_set_point_w * duration_s + growth * above_k_s


def _means(decay: float) -> tuple[float, float]:
    """Means of e^-x over 0..decay, m = (1 - e^-x) / x, and of what it lacks, (1 - m) / x."""
    if decay > _SMALL:
        first = -math.expm1(-decay) / decay
        return first, (1.0 - first) / decay
    return 1.0 - decay / 2.0 + decay**2 / 6.0, 0.5 - decay / 6.0


_SMALL = 1e-5
"""Up to this share of a time constant the first terms of the series are exact in a double."""
