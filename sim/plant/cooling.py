"""Carrying heat out of the hall: chiller, tower or dry cooler, fans, pumps, and the hall's own warmth."""

from dataclasses import dataclass

from sim.catalogue.plant_types import Cooling

ZERO_CELSIUS_K = 273.15


def chiller_cop(evaporator_c: float, condenser_c: float, carnot_fraction: float, cop_max: float) -> float:
    """Heat moved a watt of compressor power, as a share of Carnot's limit between two temperatures [degC].

    COP = fraction * (T_evaporator / (T_condenser - T_evaporator)), capped at what machines reach.

    >>> round(chiller_cop(17.0, 35.0, 0.55, 12.0), 3)
    8.866
    """
    lift = condenser_c - evaporator_c
    if lift <= 0.0:
        return cop_max
    return min(cop_max, carnot_fraction * (evaporator_c + ZERO_CELSIUS_K) / lift)


def rejection_c(plant: Cooling, dry_bulb_c: float, wet_bulb_c: float) -> float:
    """Temperature of the water that comes back from the tower or dry cooler [degC]: wet or dry bulb plus an approach.

    >>> from sim.catalogue import read_catalogue
    >>> rejection_c(read_catalogue(kinds=["cooling"]).cooling["chiller_tower"], dry_bulb_c=30.0, wet_bulb_c=20.0)
    24.0
    """
    outdoor = wet_bulb_c if plant.wet_rejection.value else dry_bulb_c
    return outdoor + plant.rejection_approach_k.value


def compressor_w(plant: Cooling, heat_w: float, dry_bulb_c: float, wet_bulb_c: float) -> float:
    """Power of the chiller for a heat flow [W]; none where an economiser and the weather make it needless.

    >>> from sim.catalogue import read_catalogue
    >>> plant = read_catalogue(kinds=["cooling"]).cooling["chiller_tower"]
    >>> round(compressor_w(plant, 1000.0, dry_bulb_c=30.0, wet_bulb_c=20.0), 3)
    108.017
    """
    rejected_at = rejection_c(plant, dry_bulb_c, wet_bulb_c)
    if plant.economiser.value and rejected_at <= plant.chilled_water_c.value:
        return 0.0
    evaporator = plant.chilled_water_c.value - plant.evaporator_approach_k.value
    condenser = rejected_at + plant.condenser_approach_k.value
    return heat_w / chiller_cop(evaporator, condenser, plant.carnot_fraction.value, plant.cop_max.value)


def fan_w(plant: Cooling, heat_w: float, design_w: float) -> float:
    """Power of the air handlers [W]: flow follows heat, power its cube, `fan_w_per_w` at the design load.

    >>> from types import SimpleNamespace as Some
    >>> fan_w(Some(fan_w_per_w=Some(value=0.02)), heat_w=500.0, design_w=1000.0)
    2.5
    """
    load = heat_w / design_w if design_w else 0.0
    return plant.fan_w_per_w.value * design_w * load**3


def cooling_w(plant: Cooling, heat_w: float, design_w: float, dry_bulb_c: float, wet_bulb_c: float) -> float:
    """Electrical power of all cooling machinery [W] that carries `heat_w` [W] out of a hall built for `design_w` [W].

    Chiller, fans, and pumps that move the heat together with the chiller's own.

    >>> from sim.catalogue import read_catalogue
    >>> plant = read_catalogue(kinds=["cooling"]).cooling["chiller_tower"]
    >>> round(cooling_w(plant, 1000.0, 1000.0, dry_bulb_c=30.0, wet_bulb_c=20.0), 3)
    144.637
    """
    compressor = compressor_w(plant, heat_w, dry_bulb_c, wet_bulb_c)
    return compressor + fan_w(plant, heat_w, design_w) + plant.pump_w_per_w.value * (heat_w + compressor)


@dataclass(frozen=True)
class HallStep:
    """What a stretch of time did to the hall."""

    inlet_c: float
    """Inlet temperature at its end."""
    removed_j: float
    """Heat carried out: heat produced less heat stored."""


def hall_step(plant: Cooling, inlet_c: float, heat_w: float, design_w: float, duration_s: float) -> HallStep:
    """Follow the hall for `duration_s` [s] of constant heat [W].

    The plant removes up to its capacity. Heat beyond it warms the hall, C dT/dt = heat - capacity; spare capacity
    cools the hall back to the set point, where it is held. Heat removed = heat produced - heat stored, exactly.

    >>> from types import SimpleNamespace as Some
    >>> plant = Some(capacity_fraction=Some(value=0.5), thermal_mass_j_per_k_per_w=Some(value=30.0))
    >>> plant.supply_air_c = Some(value=24.0)
    >>> step = hall_step(plant, inlet_c=24.0, heat_w=800.0, design_w=1000.0, duration_s=60.0)
    >>> round(step.inlet_c, 6), round(step.removed_j, 6)
    (24.6, 30000.0)
    """
    capacity_w = plant.capacity_fraction.value * design_w
    store_j_per_k = plant.thermal_mass_j_per_k_per_w.value * design_w
    drift_k = (heat_w - capacity_w) * duration_s / store_j_per_k
    after = max(plant.supply_air_c.value, inlet_c + drift_k)
    return HallStep(after, heat_w * duration_s - store_j_per_k * (after - inlet_c))


def throttle_speed(plant: Cooling, inlet_c: float) -> float:
    """Speed factor of servers at an inlet temperature [degC]: 1 up to the limit, then less by the kelvin, at least 0.1.

    >>> from types import SimpleNamespace as Some
    >>> plant = Some(throttle_inlet_c=Some(value=35.0), throttle_fraction_per_k=Some(value=0.05))
    >>> throttle_speed(plant, 39.0)
    0.8
    """
    excess = max(0.0, inlet_c - plant.throttle_inlet_c.value)
    return max(LOWEST_SPEED, 1.0 - plant.throttle_fraction_per_k.value * excess)


LOWEST_SPEED = 0.1
"""A server slowed further than this would shut down; shutdown comes with the full plant model."""
