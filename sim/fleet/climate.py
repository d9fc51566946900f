"""The hall by minute: heat in, weather outside, cooling power and water, inlet temperatures, servers slowed by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sim.catalogue.plant_types import Chiller, Cooling, Thermals
from sim.fleet.census import PoolBook
from sim.fleet.cooling_units import CoolingUnits, Stretch
from sim.fleet.minutes import MinuteSheet
from sim.fleet.weather import WeatherOfRun
from sim.plant.cooling import (
    Conditions,
    CoolingPower,
    Outdoors,
    Units,
    chiller_units,
    conditions,
    cooling_power,
    removal,
    routes,
)
from sim.plant.inlet import throttle_speed
from sim.plant.room import Removal, room_step
from sim.traces.events import Event, EventLog

SPENT = ("cooling_j", "chiller_j", "fan_j", "pump_j", "rejection_j", "water_m3")
STATE = ("outdoor_c", "wet_bulb_c", "inlet_c", "heat_removed_j", "heat_stored_j")


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

    def chillers(self, alive: int, now: Conditions) -> Units:
        """Its chillers in a weather."""
        return chiller_units(self.chiller, self.design_w / self.units, alive, now.lift_k, self.sized_ratio)


class Climate:
    """Temperature and cooling of one hall that holds all pools, zone by zone, minute by minute."""

    def __init__(self, hall: Hall, weather: WeatherOfRun, units: CoolingUnits, minutes: int) -> None:
        self.hall, self.weather, self.units = hall, weather, units
        self.inlet_c = [hall.plant.supply_air_c.value] * hall.zones
        """Inlet temperature of each zone now."""
        self.weights = [1.0] * hall.zones
        """What the servers of each zone weigh among the hall's heat."""
        self.sheet = MinuteSheet((*SPENT, *STATE), minutes)

    def mark(self, minute: int, end_s: float, length_s: float, it_j: float) -> float:
        """Carry out the heat of a minute that has ended. Returns the energy that it took [J]."""
        out = self.weather.at(end_s - length_s / 2)
        now, before_c = self.hall.conditions(out), sum(self.inlet_c)
        carried_j, spent = 0.0, [0.0] * len(SPENT)
        for stretch in self.units.stretches(end_s - length_s, end_s):
            units = self.hall.chillers(stretch.running.chillers, now)
            removed_j = self._cool(stretch, units, it_j / length_s, now)
            power = self._power(removed_j / stretch.length_s, units, now)
            rates = (power.total_w, *power)
            spent = [done + rate * stretch.length_s for done, rate in zip(spent, rates, strict=True)]
            carried_j += removed_j
        stored_j = self.hall.store_j_per_k * (sum(self.inlet_c) - before_c)
        self.sheet.write(minute, (*spent, *out, max(self.inlet_c), carried_j, stored_j))
        return spent[0]

    def speeds(self) -> list[float]:
        """Speed factor of each zone's servers, by its inlet temperature."""
        return [throttle_speed(self.hall.thermals, inlet_c) for inlet_c in self.inlet_c]

    def _cool(self, stretch: Stretch, units: Units, it_w: float, now: Conditions) -> float:
        """Follow every zone through a stretch; the heat removed from all of them."""
        shares = self._shares()
        steps = [
            room_step(
                self.inlet_c[zone],
                it_w * share,
                self._removal(stretch.running.cools(zone), units, share, now),
                self.hall.store_j_per_k,
                stretch.length_s,
            )
            for zone, share in enumerate(shares)
        ]
        self.inlet_c = [step.inlet_c for step in steps]
        return sum(step.removed_j for step in steps)

    def _removal(self, runs: bool, units: Units, share: float, now: Conditions) -> Removal:
        """What cooling can do for a zone: its coils carry a zone's part, and chillers divide by heat."""
        hall, set_point_c = self.hall, self.hall.plant.supply_air_c.value
        if not runs:
            return Removal(set_point_c, 0.0, 0.0)
        part = Units(units.capacity_w * share, units.alive)
        return Removal(set_point_c, *removal(hall.plant, hall.chiller, part, hall.design_w / hall.zones, now))

    def _shares(self) -> list[float]:
        """Share of the hall's heat that each zone makes."""
        whole = sum(self.weights)
        return [weight / whole if whole else 1.0 / self.hall.zones for weight in self.weights]

    def _power(self, removed_w: float, units: Units, now: Conditions) -> CoolingPower:
        hall = self.hall
        return cooling_power(hall.plant, hall.chiller, routes(hall.plant, removed_w, now), units, hall.design_w, now)


class Speeds:
    """The speed of every zone of every pool: warmth, and a cap on power."""

    def __init__(self, books: Sequence[PoolBook], zones: int, log: EventLog) -> None:
        self.books, self.log = books, log
        self._warm = [1.0] * zones
        self._capped = {book.spec.name: 1.0 for book in books}

    def set_warm(self, speeds: list[float]) -> None:
        """Speed of each zone by its inlet temperature."""
        self._warm = speeds

    def set_capped(self, pool: str, speed: float) -> None:
        """Speed of a pool by its cap on power."""
        self._capped[pool] = speed

    def apply(self, now_s: float) -> None:
        """Let servers run at those speeds, where they differ from those they have."""
        for book in self.books:
            wanted = [warm * self._capped[book.spec.name] for warm in self._warm]
            before = book.speed
            if book.set_speeds(wanted, now_s):
                kind = "throttled" if book.speed < 1.0 else "unthrottled"
                if kind == "throttled" or before < 1.0:
                    self.log.note(Event(now_s, book.spec.name, -1, kind, 0.0, "", 0.0, 0, 0))
