"""Carrying heat out of the hall: outside air, economiser, chillers, tower or dry cooler, liquid; power and water."""

from typing import NamedTuple

from sim.catalogue.plant_types import Chiller, Cooling
from sim.plant.chiller import capacity_ratio, capacity_share_per_k, chillers_w, lift_k

EVAPORATION_J_PER_M3 = 2.45e9
"""Heat that a cubic metre of water takes up when it evaporates at some 20 degC (steam tables)."""


class Outdoors(NamedTuple):
    """The weather at a moment."""

    dry_bulb_c: float
    """Air temperature."""
    wet_bulb_c: float
    """Temperature to which evaporating water can cool it."""


class Conditions(NamedTuple):
    """What the weather alone decides about a hall's cooling."""

    out: Outdoors
    """The weather."""
    lift_k: float
    """Lift index of the chillers."""
    air_fraction: float
    """Share of the heat not in liquid that outside air carries."""
    cold_fraction: float
    """Share of what then remains that a heat exchanger carries, in the chillers' place."""
    warm_fraction: float
    """Share of the heat in liquid that a heat exchanger carries."""


class Routes(NamedTuple):
    """Where a heat flow goes."""

    air_w: float
    """Carried out by outside air."""
    exchanged_w: float
    """Handed to the outdoor water by a heat exchanger."""
    chilled_w: float
    """Carried by chillers."""

    @property
    def total_w(self) -> float:
        """The whole."""
        return self.air_w + self.exchanged_w + self.chilled_w


class CoolingPower(NamedTuple):
    """What carrying a heat flow takes."""

    chiller_w: float
    """Compressors."""
    fan_w: float
    """Air handlers."""
    pump_w: float
    """Pumps."""
    rejection_w: float
    """Fans of towers or dry coolers."""
    water_m3_per_s: float
    """Make-up water."""

    @property
    def total_w(self) -> float:
        """All electricity."""
        return self.chiller_w + self.fan_w + self.pump_w + self.rejection_w


class Units(NamedTuple):
    """The chillers that run."""

    capacity_w: float
    """What one of them carries in this weather."""
    alive: int
    """How many are there to run."""

    @property
    def total_w(self) -> float:
        """What all of them carry."""
        return self.capacity_w * self.alive


def rejection_c(plant: Cooling, out: Outdoors) -> float:
    """Temperature of the water that comes back from the tower or dry cooler [degC]: wet or dry bulb plus an approach.

    >>> from sim.catalogue import read_catalogue
    >>> rejection_c(read_catalogue(kinds=["cooling"]).cooling["chiller_tower"], Outdoors(30.0, 20.0))
    24.0
    """
    outdoor = out.wet_bulb_c if plant.wet_rejection.value else out.dry_bulb_c
    return outdoor + plant.rejection_approach_k.value


def condenser_c(plant: Cooling, chiller: Chiller, out: Outdoors) -> float:
    """Temperature of what cools the chiller's condenser [degC]: outdoor air, or the water from outside.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["cooling", "chillers"])
    >>> condenser_c(book.cooling["chiller_dry"], book.chillers["energyplus_air"], Outdoors(30.0, 20.0))
    30.0
    """
    return out.dry_bulb_c if chiller.air_cooled.value else rejection_c(plant, out)


def blown_c(plant: Cooling, out: Outdoors) -> float:
    """Temperature of outside air as it enters the hall [degC]: dry bulb, nearer the wet bulb behind wet pads.

    >>> from types import SimpleNamespace as Some
    >>> blown_c(Some(pad_fraction=Some(value=0.85)), Outdoors(30.0, 20.0))
    21.5
    """
    return out.dry_bulb_c - plant.pad_fraction.value * (out.dry_bulb_c - out.wet_bulb_c)


def free_fraction(source_c: float, needed_c: float, handover_k: float) -> float:
    """Share of a heat flow that a source at a temperature carries [1]: all up to the one needed, none a band above it.

    >>> free_fraction(18.0, 20.0, 4.0), free_fraction(21.0, 20.0, 4.0), free_fraction(24.0, 20.0, 4.0)
    (1.0, 0.75, 0.0)
    """
    if source_c <= needed_c:
        return 1.0
    return max(0.0, 1.0 - (source_c - needed_c) / handover_k) if handover_k else 0.0


def conditions(plant: Cooling, chiller: Chiller, out: Outdoors) -> Conditions:
    """What a weather decides: how hard chillers must lift, and what leaves the hall without them.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["cooling", "chillers"])
    >>> plant, chiller = book.cooling["economiser_tower"], book.chillers["energyplus_water"]
    >>> now = conditions(plant, chiller, Outdoors(dry_bulb_c=20.0, wet_bulb_c=15.0))
    >>> now.air_fraction, now.cold_fraction, now.warm_fraction
    (0.0, 0.75, 1.0)
    """
    band_k, exchanged_c = plant.handover_k.value, rejection_c(plant, out) + plant.economiser_approach_k.value
    outside = free_fraction(blown_c(plant, out), plant.supply_air_c.value, band_k)
    return Conditions(
        out,
        lift_k=lift_k(chiller, condenser_c(plant, chiller, out), plant.chilled_water_c.value),
        air_fraction=plant.air_economiser.value * outside,
        cold_fraction=plant.economiser.value * free_fraction(exchanged_c, plant.chilled_water_c.value, band_k),
        warm_fraction=free_fraction(exchanged_c, plant.liquid_supply_c.value, band_k),
    )


def routes(plant: Cooling, heat_w: float, now: Conditions) -> Routes:
    """How a heat flow [W] of the hall leaves it: liquid first, outside air, heat exchanger, and chillers for the rest.

    >>> from sim.catalogue import read_catalogue
    >>> plant = read_catalogue(kinds=["cooling"]).cooling["economiser_tower"]
    >>> routes(plant, 1000.0, Conditions(Outdoors(20.0, 15.0), 0.0, 0.0, cold_fraction=0.75, warm_fraction=1.0))
    Routes(air_w=0.0, exchanged_w=750.0, chilled_w=250.0)
    """
    liquid_w = plant.liquid_fraction.value * heat_w
    air_w = (heat_w - liquid_w) * now.air_fraction
    exchanged_w = (heat_w - liquid_w - air_w) * now.cold_fraction + liquid_w * now.warm_fraction
    return Routes(air_w, exchanged_w, heat_w - air_w - exchanged_w)


def chiller_units(chiller: Chiller, rated_w: float, alive: int, lift: float, sized_ratio: float) -> Units:
    """What `alive` chillers carry, each of which carries `rated_w` [W] at the capacity ratio that it was sized for.

    >>> from sim.catalogue import read_catalogue
    >>> chiller = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> chiller_units(chiller, 1000.0, 3, lift=2.0, sized_ratio=capacity_ratio(chiller, 2.0))
    Units(capacity_w=1000.0, alive=3)
    """
    return Units(rated_w * (capacity_ratio(chiller, lift) / sized_ratio), alive)


def removal(plant: Cooling, chiller: Chiller, units: Units, design_w: float, now: Conditions) -> tuple[float, float]:
    """Heat that leaves a hall at its set point with everything running [W], and how it grows with its warmth [W/K].

    Coils give Q = U (T - T_water) with U such that they carry `design_w` at the set point and no more; chillers give
    Q = K (1 + s (T_water - design)). The water's temperature settles where both are the same. Outside air and heat
    exchangers carry their share of `design_w` beside the chillers.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["cooling", "chillers"])
    >>> plant, chiller = book.cooling["chiller_dry"], book.chillers["energyplus_air"]
    >>> hot = conditions(plant, chiller, Outdoors(35.0, 22.0))
    >>> [round(x, 3) for x in removal(plant, chiller, Units(250.0, 4), 1000.0, hot)]
    [1000.0, 38.64]
    >>> [round(x, 3) for x in removal(plant, chiller, Units(250.0, 3), 1000.0, hot)]
    [812.814, 31.407]
    """
    ways = routes(plant, design_w, now)
    free_w = ways.air_w + ways.exchanged_w
    if units.total_w <= 0.0 or design_w <= 0.0:
        return free_w, 0.0
    share_per_k = capacity_share_per_k(chiller, now.lift_k)
    reach_k = plant.supply_air_c.value - plant.chilled_water_c.value
    coil_w_per_k, chiller_w_per_k = design_w / reach_k, units.total_w * share_per_k
    slope = coil_w_per_k * chiller_w_per_k / (coil_w_per_k + chiller_w_per_k)
    at_set_point = coil_w_per_k * units.total_w * (1.0 + share_per_k * reach_k) / (coil_w_per_k + chiller_w_per_k)
    return min(design_w, free_w + at_set_point), slope


def fan_w(plant: Cooling, air_w: float, design_w: float) -> float:
    """Power of the air handlers [W]: flow follows heat down to a least, power its cube; `fan_w_per_w` at design load.

    >>> from types import SimpleNamespace as Some
    >>> slow = Some(fan_w_per_w=Some(value=0.02), least_flow_fraction=Some(value=0.3))
    >>> fan_w(slow, air_w=500.0, design_w=1000.0)
    2.5
    """
    if air_w <= 0.0:
        return 0.0
    return _cubed(plant.fan_w_per_w.value, max(air_w, plant.least_flow_fraction.value * design_w), design_w)


def _cubed(share: float, heat_w: float, design_w: float) -> float:
    load = heat_w / design_w if design_w else 0.0
    return share * design_w * load**3


def make_up_m3_per_s(plant: Cooling, rejected_w: float) -> float:
    """Water that a tower needs [m3/s]: what evaporates, and blow-down that keeps salts to so many cycles, and drift.

    evaporation = share * heat / latent heat; blow-down = evaporation / (cycles - 1).

    >>> from sim.catalogue import read_catalogue
    >>> plant = read_catalogue(kinds=["cooling"]).cooling["chiller_tower"]
    >>> round(make_up_m3_per_s(plant, 1e6) * 3600, 4)
    1.6557
    """
    evaporated = plant.evaporated_fraction.value * rejected_w / EVAPORATION_J_PER_M3
    cycles = plant.concentration_cycles.value
    return evaporated * (cycles / (cycles - 1.0) + plant.drift_fraction.value)


def pad_m3_per_s(plant: Cooling, air_w: float, out: Outdoors) -> float:
    """Water that wet pads evaporate [m3/s] where outside air is too warm as it is, by latent heat.

    >>> from sim.catalogue import read_catalogue
    >>> plant = read_catalogue(kinds=["cooling"]).cooling["outside_air"]
    >>> round(pad_m3_per_s(plant, 1e6, Outdoors(30.0, 20.0)) * 3600, 4)
    1.301
    """
    if out.dry_bulb_c <= plant.supply_air_c.value:
        return 0.0
    cooled_w = air_w * (out.dry_bulb_c - blown_c(plant, out)) / plant.air_rise_k.value
    cycles = plant.concentration_cycles.value
    return cooled_w / EVAPORATION_J_PER_M3 * cycles / (cycles - 1.0)


def cooling_power(
    plant: Cooling, chiller: Chiller, ways: Routes, units: Units, design_w: float, now: Conditions
) -> CoolingPower:
    """Power [W] and water that a heat flow takes, in a hall built for `design_w` [W].

    Fans of air handlers, towers and dry coolers follow the cube law; pumps the heat in the water, the chillers' own
    included.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["cooling", "chillers"])
    >>> plant, chiller = book.cooling["chiller_tower"], book.chillers["energyplus_water"]
    >>> mild = conditions(plant, chiller, Outdoors(dry_bulb_c=30.0, wet_bulb_c=20.0))
    >>> power = cooling_power(plant, chiller, Routes(0.0, 0.0, 1000.0), Units(500.0, 2), 1000.0, mild)
    >>> round(power.chiller_w, 2), round(power.total_w, 2)
    (124.55, 163.21)
    """
    liquid_w = plant.liquid_fraction.value * ways.total_w
    compressors_w = chillers_w(chiller, ways.chilled_w, units.capacity_w, units.alive, now.lift_k)
    wet_w = ways.exchanged_w + ways.chilled_w
    outside_w = ways.exchanged_w if chiller.air_cooled.value else wet_w + compressors_w
    evaporating_w = outside_w * plant.wet_rejection.value
    return CoolingPower(
        chiller_w=compressors_w,
        fan_w=fan_w(plant, ways.total_w - liquid_w, design_w * (1.0 - plant.liquid_fraction.value)),
        pump_w=plant.pump_w_per_w.value * (wet_w + compressors_w),
        rejection_w=_cubed(plant.rejection_w_per_w.value, outside_w, design_w),
        water_m3_per_s=make_up_m3_per_s(plant, evaporating_w) + pad_m3_per_s(plant, ways.air_w, now.out),
    )
