"""Carrying heat out of the hall: outside air, economiser, chillers, tower or dry cooler, liquid; power and water.

Arrays in, arrays out, one element a moment: all minutes of a day take as long as a handful.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types.facility import Chiller, Cooling
from sim.plant.facility.chiller import capacity_ratio, capacity_share_per_k, chillers_w, full_load_cop, lift_k
from sim.plant.facility.room import Able

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

    capacity_ratio: Floats
    """What a chiller carries over its rated capacity, its water being as cold as designed."""
    share_per_k: Floats
    """What it gains a kelvin of warmer water, as a share of that."""
    cop: Floats
    """Heat that it moves a watt at full load."""
    air_fraction: Floats
    """Share of the heat not in liquid that outside air carries."""
    cold_fraction: Floats
    """Share of what then remains that a heat exchanger carries, in the chillers' place."""
    warm_fraction: Floats
    """Share of the heat in liquid that a heat exchanger carries."""
    pad_k: Floats
    """What wet pads take off the temperature of outside air, where it is too warm as it is."""

    def at(self, places: NDArray[np.intp] | int) -> "Conditions":
        """Those of one or some of the moments."""
        return Conditions(*(column[places] for column in self))


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
    alive: Floats | float
    """How many are there to run."""


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
    """What a weather decides: how much chillers carry, and at which COP, and what leaves the hall without them.

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["cooling", "chillers"])
    >>> plant, chiller = book.cooling["economiser_tower"], book.chillers["energyplus_water"]
    >>> now = conditions(plant, chiller, Outdoors(dry_bulb_c=np.array(20.0), wet_bulb_c=np.array(15.0)))
    >>> [float(share) for share in (now.air_fraction, now.cold_fraction, now.warm_fraction)]
    [0.0, 0.75, 1.0]
    """
    lift = lift_k(chiller, condenser_c(plant, chiller, out), plant.chilled_water_c.value)
    band_k, exchanged_c = plant.handover_k.value, rejection_c(plant, out) + plant.economiser_approach_k.value
    set_point_c, air_c = plant.supply_air_c.value, blown_c(plant, out)
    return Conditions(
        capacity_ratio=capacity_ratio(chiller, lift),
        share_per_k=capacity_share_per_k(chiller, lift),
        cop=full_load_cop(chiller, lift),
        air_fraction=plant.air_economiser.value * free_fraction(air_c, set_point_c, band_k),
        cold_fraction=plant.economiser.value * free_fraction(exchanged_c, plant.chilled_water_c.value, band_k),
        warm_fraction=free_fraction(exchanged_c, plant.liquid_supply_c.value, band_k),
        pad_k=np.where(out.dry_bulb_c > set_point_c, out.dry_bulb_c - air_c, 0.0),
    )


def routes(plant: Cooling, heat_w: Floats | float, now: Conditions) -> Routes:
    """How a heat flow [W] of the hall leaves it: liquid first, outside air, heat exchanger, and chillers for the rest.

    >>> from sim.catalogue import read_catalogue
    >>> plant = read_catalogue(kinds=["cooling"]).cooling["economiser_tower"]
    >>> from types import SimpleNamespace as Some
    >>> routes(plant, 1000.0, Some(air_fraction=0.0, cold_fraction=0.75, warm_fraction=1.0))
    Routes(air_w=0.0, exchanged_w=750.0, chilled_w=250.0)
    """
    liquid_w = plant.liquid_fraction.value * heat_w
    air_w = (heat_w - liquid_w) * now.air_fraction
    exchanged_w = (heat_w - liquid_w - air_w) * now.cold_fraction + liquid_w * now.warm_fraction
    return Routes(air_w, exchanged_w, heat_w - air_w - exchanged_w)


def able(plant: Cooling, capacity_w: Floats, design_w: float, now: Conditions) -> list[Able]:
    """What cooling can do at each moment for a hall, or a part of one, that was built for `design_w` [W].

    >>> from sim.catalogue import read_catalogue
    >>> book = read_catalogue(kinds=["cooling", "chillers"])
    >>> plant, chiller = book.cooling["economiser_tower"], book.chillers["energyplus_water"]
    >>> mild = conditions(plant, chiller, Outdoors(np.array([20.0]), np.array([15.0])))
    >>> able(plant, np.array([250.0]), 1000.0, mild)[0].free_w
    750.0
    """
    ways = routes(plant, design_w, now)
    columns = ways.air_w + ways.exchanged_w, capacity_w, now.share_per_k
    return [Able(*moment) for moment in zip(*(column.tolist() for column in columns), strict=True)]


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


def pad_m3_per_s(plant: Cooling, air_w: Floats, pad_k: Floats) -> Floats:
    """Water that wet pads evaporate [m3/s] that cool the outside air so far [K], by latent heat.

    >>> from sim.catalogue import read_catalogue
    >>> plant = read_catalogue(kinds=["cooling"]).cooling["outside_air"]
    >>> (pad_m3_per_s(plant, 1e6, np.array([0.0, 8.5])) * 3600).round(4).tolist()
    [0.0, 1.301]
    """
    cycles = plant.concentration_cycles.value
    return air_w * pad_k / plant.air_rise_k.value / EVAPORATION_J_PER_M3 * cycles / (cycles - 1.0)


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
    compressors_w = chillers_w(chiller, ways.chilled_w, units.capacity_w, units.alive, now.cop)
    wet_w = ways.exchanged_w + ways.chilled_w
    outside_w = ways.exchanged_w if chiller.air_cooled.value else wet_w + compressors_w
    evaporating_w = outside_w * plant.wet_rejection.value
    return CoolingPower(
        chiller_w=compressors_w,
        fan_w=fan_w(plant, ways.total_w - liquid_w, design_w * (1.0 - plant.liquid_fraction.value)),
        pump_w=plant.pump_w_per_w.value * (wet_w + compressors_w),
        rejection_w=_cubed(plant.rejection_w_per_w.value, outside_w, design_w),
        water_m3_per_s=make_up_m3_per_s(plant, evaporating_w) + pad_m3_per_s(plant, ways.air_w, now.pad_k),
    )
