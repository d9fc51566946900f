"""Carrying heat out of the hall: outside air, economiser, chillers, tower or dry cooler, liquid; power and water.

Arrays in, arrays out, one element a moment: all minutes of a day take as long as a handful. Only `removal`, which the
hall's warmth depends on from one moment to the next, takes numbers.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.plant_types import Chiller, Cooling
from sim.plant.chiller import capacity_ratio, capacity_share_per_k, chillers_w, lift_k
from sim.plant.room import Removal

Floats = NDArray[np.float64]

EVAPORATION_J_PER_M3 = 2.45e9
"""Heat that a cubic metre of water takes up when it evaporates at some 20 degC (steam tables)."""


class Outdoors(NamedTuple):
    """The weather at some moments."""

    dry_bulb_c: Floats
    """Air temperature."""
    wet_bulb_c: Floats
    """Temperature to which evaporating water can cool it."""


class Conditions(NamedTuple):
    """What the weather alone decides about a hall's cooling."""

    out: Outdoors
    """The weather."""
    lift_k: Floats
    """Lift index of the chillers."""
    air_fraction: Floats
    """Share of the heat not in liquid that outside air carries."""
    cold_fraction: Floats
    """Share of what then remains that a heat exchanger carries, in the chillers' place."""
    warm_fraction: Floats
    """Share of the heat in liquid that a heat exchanger carries."""


class Routes(NamedTuple):
    """Where a heat flow goes."""

    air_w: Floats
    """Carried out by outside air."""
    exchanged_w: Floats
    """Handed to the outdoor water by a heat exchanger."""
    chilled_w: Floats
    """Carried by chillers."""

    @property
    def total_w(self) -> Floats:
        """The whole."""
        return self.air_w + self.exchanged_w + self.chilled_w


class CoolingPower(NamedTuple):
    """What carrying a heat flow takes."""

    chiller_w: Floats
    """Compressors."""
    fan_w: Floats
    """Air handlers."""
    pump_w: Floats
    """Pumps."""
    rejection_w: Floats
    """Fans of towers or dry coolers."""
    water_m3_per_s: Floats
    """Make-up water."""

    @property
    def total_w(self) -> Floats:
        """All electricity."""
        return self.chiller_w + self.fan_w + self.pump_w + self.rejection_w


class Units(NamedTuple):
    """The chillers that run."""

    capacity_w: Floats
    """What one of them carries in this weather."""
    alive: Floats
    """How many are there to run."""


class Able(NamedTuple):
    """What cooling can do for a hall, or a part of it, in the weather of a moment."""

    free_w: float
    """Heat that leaves without chillers, by outside air and heat exchangers."""
    chiller_w: float
    """Heat that one chiller carries, its water being as cold as designed."""
    share_per_k: float
    """What it gains a kelvin of warmer water, as a share of that."""


def rejection_c(plant: Cooling, out: Outdoors) -> Floats:
    """Temperature of the water that comes back from the tower or dry cooler [degC]: wet or dry bulb plus an approach.

    >>> from sim.catalogue import read_catalogue
    >>> rejection_c(read_catalogue(kinds=["cooling"]).cooling["chiller_tower"], Outdoors(30.0, 20.0))
    24.0
    """
    outdoor = out.wet_bulb_c if plant.wet_rejection.value else out.dry_bulb_c
    return outdoor + plant.rejection_approach_k.value


def condenser_c(plant: Cooling, chiller: Chiller, out: Outdoors) -> Floats:
    """Temperature of what cools the chiller's condenser [degC]: outdoor air, or the water from outside.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["cooling", "chillers"])
    >>> condenser_c(book.cooling["chiller_dry"], book.chillers["energyplus_air"], Outdoors(30.0, 20.0))
    30.0
    """
    return out.dry_bulb_c if chiller.air_cooled.value else rejection_c(plant, out)


def blown_c(plant: Cooling, out: Outdoors) -> Floats:
    """Temperature of outside air as it enters the hall [degC]: dry bulb, nearer the wet bulb behind wet pads.

    >>> from types import SimpleNamespace as Some
    >>> blown_c(Some(pad_fraction=Some(value=0.85)), Outdoors(30.0, 20.0))
    21.5
    """
    return out.dry_bulb_c - plant.pad_fraction.value * (out.dry_bulb_c - out.wet_bulb_c)


def free_fraction(source_c: Floats, needed_c: float, handover_k: float) -> Floats:
    """Share of a heat flow that a source at a temperature carries [1]: all up to the one needed, none a band above it.

    >>> free_fraction(np.array([18.0, 21.0, 24.0]), 20.0, 4.0).tolist()
    [1.0, 0.75, 0.0]
    """
    if not handover_k:
        return np.where(source_c <= needed_c, 1.0, 0.0)
    return np.clip(1.0 - (source_c - needed_c) / handover_k, 0.0, 1.0)


def conditions(plant: Cooling, chiller: Chiller, out: Outdoors) -> Conditions:
    """What a weather decides: how hard chillers must lift, and what leaves the hall without them.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["cooling", "chillers"])
    >>> plant, chiller = book.cooling["economiser_tower"], book.chillers["energyplus_water"]
    >>> now = conditions(plant, chiller, Outdoors(dry_bulb_c=np.array(20.0), wet_bulb_c=np.array(15.0)))
    >>> [float(share) for share in (now.air_fraction, now.cold_fraction, now.warm_fraction)]
    [0.0, 0.75, 1.0]
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


def routes(plant: Cooling, heat_w: Floats | float, now: Conditions) -> Routes:
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


def chiller_w(chiller: Chiller, rated_w: float, lift: Floats, sized_ratio: float) -> Floats:
    """What a chiller carries [W] that carries `rated_w` [W] at the capacity ratio that it was sized for.

    >>> from sim.catalogue import read_catalogue
    >>> chiller = read_catalogue(kinds=["chillers"]).chillers["energyplus_air"]
    >>> chiller_w(chiller, 1000.0, np.array([-5.0, 0.0]), sized_ratio=0.944836).round().tolist()
    [1351.0, 1000.0]
    """
    return rated_w * (capacity_ratio(chiller, lift) / sized_ratio)


def able(plant: Cooling, chiller: Chiller, capacity_w: Floats, design_w: float, now: Conditions) -> list[Able]:
    """What cooling can do at each moment for a part of a hall that was built for `design_w` [W], its share of that.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["cooling", "chillers"])
    >>> plant, chiller = book.cooling["economiser_tower"], book.chillers["energyplus_water"]
    >>> mild = conditions(plant, chiller, Outdoors(np.array([20.0]), np.array([15.0])))
    >>> able(plant, chiller, np.array([250.0]), 1000.0, mild)[0].free_w
    750.0
    """
    ways = routes(plant, design_w, now)
    columns = ways.air_w + ways.exchanged_w, capacity_w, capacity_share_per_k(chiller, now.lift_k)
    return [Able(*moment) for moment in zip(*(column.tolist() for column in columns), strict=True)]


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


def fan_w(plant: Cooling, air_w: Floats, design_w: float) -> Floats:
    """Power of the air handlers [W]: flow follows heat down to a least, power its cube; `fan_w_per_w` at design load.

    >>> from types import SimpleNamespace as Some
    >>> slow = Some(fan_w_per_w=Some(value=0.02), least_flow_fraction=Some(value=0.3))
    >>> fan_w(slow, np.array([0.0, 200.0, 500.0]), design_w=1000.0).round(9).tolist()
    [0.0, 0.54, 2.5]
    """
    blown_w = np.maximum(air_w, plant.least_flow_fraction.value * design_w)
    return np.where(air_w > 0.0, _cubed(plant.fan_w_per_w.value, blown_w, design_w), 0.0)


def _cubed(share: float, heat_w: Floats, design_w: float) -> Floats:
    load = heat_w / design_w if design_w else np.zeros_like(heat_w)
    return share * design_w * (load * load * load)


def make_up_m3_per_s(plant: Cooling, rejected_w: Floats) -> Floats:
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


def pad_m3_per_s(plant: Cooling, air_w: Floats, out: Outdoors) -> Floats:
    """Water that wet pads evaporate [m3/s] where outside air is too warm as it is, by latent heat.

    >>> from sim.catalogue import read_catalogue
    >>> plant = read_catalogue(kinds=["cooling"]).cooling["outside_air"]
    >>> (pad_m3_per_s(plant, 1e6, Outdoors(np.array([20.0, 30.0]), np.array([15.0, 20.0]))) * 3600).round(4).tolist()
    [0.0, 1.301]
    """
    cooled_w = air_w * (out.dry_bulb_c - blown_c(plant, out)) / plant.air_rise_k.value
    cycles = plant.concentration_cycles.value
    evaporated = cooled_w / EVAPORATION_J_PER_M3 * cycles / (cycles - 1.0)
    return np.where(out.dry_bulb_c > plant.supply_air_c.value, evaporated, 0.0)


def cooling_power(
    plant: Cooling, chiller: Chiller, ways: Routes, units: Units, design_w: float, now: Conditions
) -> CoolingPower:
    """Power [W] and water that a heat flow takes, in a hall built for `design_w` [W].

    Fans of air handlers, towers and dry coolers follow the cube law; pumps the heat in the water, the chillers' own
    included.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["cooling", "chillers"])
    >>> plant, chiller = book.cooling["chiller_tower"], book.chillers["energyplus_water"]
    >>> mild = conditions(plant, chiller, Outdoors(dry_bulb_c=np.array([30.0]), wet_bulb_c=np.array([20.0])))
    >>> heat, units = np.array([1000.0]), Units(capacity_w=np.array([500.0]), alive=np.array([2]))
    >>> power = cooling_power(plant, chiller, Routes(0.0 * heat, 0.0 * heat, heat), units, 1000.0, mild)
    >>> power.chiller_w.round(2).tolist(), power.total_w.round(2).tolist()
    ([124.55], [163.21])
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
