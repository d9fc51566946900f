"""The hall by minute: heat in, weather outside, cooling power, inlet temperature, and servers slowed in a warm hall."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.plant_types import Cooling
from sim.catalogue.types import Site
from sim.fleet.census import PoolBook
from sim.plant.cooling import cooling_w, hall_step, throttle_speed
from sim.traces.events import Event, EventLog
from sim.traces.utilisation import PlantMinutes
from sim.units import HOURS_PER_DAY, SECONDS_PER_HOUR


class Climate:
    """Cooling of one hall that holds all pools."""

    def __init__(
        self, plant: Cooling, site: Site, month: int, start_s: float, books: Sequence[PoolBook], minutes: int
    ) -> None:
        self.plant, self.start_s, self.books = plant, start_s, books
        self.dry_bulb_c = np.asarray(site.dry_bulb_c.value[month - 1])
        self.wet_bulb_c = np.asarray(site.wet_bulb_c.value[month - 1])
        self.design_w = sum(book.spec.servers * book.server.nameplate_w.value for book in books)
        self.inlet_c = plant.supply_air_c.value
        """Inlet temperature now."""
        self._columns = {name: np.zeros(minutes) for name in ("cooling_j", "losses_j", "outdoor_c", "inlet_c")}

    def mark(self, minute: int, end_s: float, length_s: float, it_j: float) -> None:
        """Carry out the heat of a minute that has ended."""
        begin_s = end_s - length_s
        dry_c, wet_c = self._weather(self.dry_bulb_c, begin_s), self._weather(self.wet_bulb_c, begin_s)
        step = hall_step(self.plant, self.inlet_c, it_j / length_s, self.design_w, length_s)
        electrical_w = cooling_w(self.plant, step.removed_j / length_s, self.design_w, dry_c, wet_c)
        self.inlet_c = step.inlet_c
        losses_j = self.plant.loss_w_per_w.value * it_j
        for name, value in zip(self._columns, (electrical_w * length_s, losses_j, dry_c, step.inlet_c), strict=True):
            self._columns[name][minute] = value

    def throttle(self, now_s: float, log: EventLog) -> None:
        """Set every server's speed by the inlet temperature, where that changes it."""
        speed = throttle_speed(self.plant, self.inlet_c)
        for book in self.books:
            if speed != book.speed:
                book.set_speed(speed, now_s)
                kind = "throttled" if speed < 1.0 else "unthrottled"
                log.note(Event(now_s, book.spec.name, -1, kind, 0.0, "", 0.0, 0, 0))

    def close(self) -> PlantMinutes:
        """The trace of the hall."""
        return PlantMinutes(**self._columns)

    def _weather(self, hourly: NDArray[np.float64], at_s: float) -> float:
        """Hourly values at local clock hours, straight lines between, around midnight too."""
        hour = (self.start_s + at_s) / SECONDS_PER_HOUR % HOURS_PER_DAY
        return float(np.interp(hour, np.arange(HOURS_PER_DAY + 1), np.append(hourly, hourly[0])))
