"""The hall by minute: heat in, weather outside, cooling power and water, inlet temperatures, servers slowed by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types.facility import Chiller, Cooling, Thermals
from sim.core.states import EventKind
from sim.fleet.facility.cooling_units import CoolingUnits, Running, Stretch
from sim.fleet.pool_runtime import PoolSpeeds
from sim.plant.facility.cooling import (
    Conditions,
    CoolingPower,
    Outdoors,
    Units,
    able,
    conditions,
    cooling_power,
    routes,
)
from sim.plant.facility.room import Able, Removal, removal, room_step
from sim.plant.facility.thermal_limits import throttle_speed
from sim.traces.events import Event, EventLog
from sim.traces.minutes import Minutes

OneOrMany = Minutes | float
SUMS = ("cooling_j", "chiller_j", "fan_j", "pump_j", "rejection_j", "water_m3", "heat_removed_j")


@dataclass(frozen=True)
class Hall:
    """What a hall is built of."""

    plant: Cooling
    """Its cooling."""
    chiller: Chiller
    """Its chillers."""
    thermals: Thermals
    """What warm air does to its servers."""
    sized_ratio: float
    """Capacity ratio of its chillers in the weather that they were sized for."""
    nameplate_w: float
    """Power of all its servers at most."""
    units: int
    """Chillers that carry the design load together."""
    zones: int
    """Parts with air handlers of their own."""

    @cached_property
    def design_w(self) -> float:
        """Heat that its cooling was built for."""
        return self.plant.capacity_fraction.value * self.nameplate_w

    @cached_property
    def store_j_per_k(self) -> float:
        """Heat capacity of a zone."""
        return self.plant.thermal_mass_j_per_k_per_w.value * self.nameplate_w / self.zones

    def conditions(self, out: Outdoors) -> Conditions:
        """What a weather decides about its cooling."""
        return conditions(self.plant, self.chiller, out)

    def chiller_w(self, now: Conditions) -> Minutes:
        """What each of its chillers carries in a weather."""
        return self.design_w / self.units * (now.capacity_ratio / self.sized_ratio)

    def able(self, now: Conditions, design_w: float) -> list[Able]:
        """What cooling can do at each moment for a part of it that was built for so much heat."""
        return able(self.plant, self.chiller_w(now), design_w, now)

    def power(self, removed_w: OneOrMany, chillers: OneOrMany, now: Conditions) -> CoolingPower:
        """What carrying heat out of it takes, with so many chillers."""
        ways, units = routes(self.plant, removed_w, now), Units(self.chiller_w(now), chillers)
        return cooling_power(self.plant, self.chiller, ways, units, self.design_w, now)


class Cooled(NamedTuple):
    """A stretch of a minute in which the same machinery ran."""

    minute: int
    """The minute."""
    length_s: float
    """How long."""
    chillers: int
    """Chillers that could run."""
    removed_j: float
    """Heat carried out."""


class Climate:
    """Temperature of one hall that holds all pools, zone by zone, minute by minute; afterwards, what cooling took."""

    def __init__(self, hall: Hall, out: Outdoors, units: CoolingUnits) -> None:
        self.hall, self.out, self.units = hall, out, units
        self._conditions = hall.conditions(out)
        self._able = hall.able(self._conditions, hall.design_w / hall.zones)
        self.inlet_c = [hall.plant.supply_air_c.value] * hall.zones
        """Inlet temperature of each zone now."""
        self.shares = [1.0 / hall.zones] * hall.zones
        """Share of the hall's heat that each zone makes."""
        self._inlets_c = [self.inlet_c]
        self._cooled: list[list[Cooled]] = []

    def mark(self, minute: int, end_s: float, length_s: float, it_w: float) -> None:
        """Carry out the heat of a minute that has ended."""
        stretches = self.units.stretches(end_s - length_s, end_s)
        self._cooled.append([self._cool(minute, stretch, it_w) for stretch in stretches])
        self._inlets_c.append(self.inlet_c)

    def moved(self) -> bool:
        """Whether a temperature has changed in the minute marked last; of the first minute, yes."""
        return len(self._cooled) == 1 or self._inlets_c[-1] != self._inlets_c[-2]

    def weigh(self, weights: Sequence[float]) -> None:
        """Tell what the servers of each zone weigh among the hall's heat from now on."""
        whole = sum(weights)
        self.shares = [weight / whole if whole else 1.0 / len(weights) for weight in weights]

    def speeds(self) -> list[float]:
        """Speed factor of each zone's servers, by its inlet temperature."""
        return [throttle_speed(self.hall.thermals, inlet_c) for inlet_c in self.inlet_c]

    def cooling_j(self) -> float:
        """Energy that cooling took in the minute marked last."""
        return float(sum(self._spent(*stretch)[0] for stretch in self._cooled[-1]))

    def minutes(self) -> dict[str, Minutes]:
        """Every minute's energy, water, heat and temperatures."""
        place, length_s, chillers, removed_j = np.array(list(chain.from_iterable(self._cooled))).T
        minute = place.astype(np.intp)
        parts = (*self._spent(minute, length_s, chillers, removed_j), removed_j)
        sums = (np.bincount(minute, part).astype(np.float64) for part in parts)
        inlets_c, out = np.array(self._inlets_c), self.out
        stored_j = self.hall.store_j_per_k * np.diff(inlets_c.sum(axis=1))
        states = {"outdoor_c": out.dry_bulb_c, "wet_bulb_c": out.wet_bulb_c, "inlet_c": inlets_c[1:].max(axis=1)}
        return {**dict(zip(SUMS, sums, strict=True)), **states, "heat_stored_j": stored_j}

    def _spent(
        self, minute: NDArray[np.intp] | int, length_s: OneOrMany, chillers: OneOrMany, removed_j: OneOrMany
    ) -> list[Minutes]:
        """Energy and water that one stretch, or many, took."""
        power = self.hall.power(removed_j / length_s, chillers, self._conditions.at(minute))
        return [rate * length_s for rate in (power.total_w, *power)]

    def _cool(self, minute: int, stretch: Stretch, it_w: float) -> Cooled:
        """Follow every zone through a stretch."""
        length_s, running = stretch
        steps = [
            room_step(
                self.inlet_c[zone],
                it_w * share,
                self._removal(minute, running, zone, cold),
                self.hall.store_j_per_k,
                length_s,
            )
            for zone, (share, cold) in enumerate(zip(self.shares, self._cold_shares(), strict=True))
        ]
        self.inlet_c = [step.inlet_c for step in steps]
        return Cooled(minute, length_s, running.chillers, sum(step.removed_j for step in steps))

    def _cold_shares(self) -> list[float]:
        """Parts of the chillers by zone: by heat; an equal part for one that is still warm, its servers being off."""
        if 0.0 not in self.shares:
            return self.shares
        set_point_c, equal = self.hall.plant.supply_air_c.value, 1.0 / len(self.shares)
        warm = [not share and inlet_c > set_point_c for share, inlet_c in zip(self.shares, self.inlet_c, strict=True)]
        left = 1.0 - equal * sum(warm)
        return [equal if is_warm else share * left for is_warm, share in zip(warm, self.shares, strict=True)]

    def _removal(self, minute: int, running: Running, zone: int, share: float) -> Removal:
        """What cooling can do for a zone: its coils carry a zone's part, beside its `share` of the chillers."""
        hall = self.hall
        if not running.cools(zone):
            return Removal(hall.plant.supply_air_c.value, 0.0, 0.0)
        return removal(hall.plant, self._able[minute], share * running.chillers, hall.design_w / hall.zones)


class Speeds:
    """The speed of every zone of every pool: warmth, and a cap on power."""

    def __init__(self, pools: Sequence[PoolSpeeds], zones: int, log: EventLog) -> None:
        self.pools, self.log = pools, log
        self._warm = [1.0] * zones
        self._capped = {pool.name: 1.0 for pool in pools}

    def set_warm(self, speeds: list[float]) -> None:
        """Speed of each zone by its inlet temperature."""
        self._warm = speeds

    def set_capped(self, pool: str, speed: float) -> None:
        """Speed of a pool by its cap on power."""
        self._capped[pool] = speed

    def apply(self, now_s: float) -> None:
        """Let servers run at those speeds, where they differ from those they have."""
        for pool in self.pools:
            wanted = [warm * self._capped[pool.name] for warm in self._warm]
            before = pool.mean
            if pool.set(wanted, now_s):
                kind = EventKind.THROTTLED if pool.mean < 1.0 else EventKind.UNTHROTTLED
                if kind == EventKind.THROTTLED or before < 1.0:
                    self.log.note(Event(now_s, pool.name, -1, kind, 0.0, "", 0.0, 0, 0))
