"""The weather of a run: the site's typical days, or a year from a file; straight lines between hours."""

import datetime
from dataclasses import dataclass
from math import ceil
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types import Site
from sim.core.streams import Streams
from sim.core.units import HOURS_PER_DAY, SECONDS_PER_HOUR
from sim.fleet.facility.weather_files import HOURS_PER_YEAR, WeatherYear, read_weather
from sim.plant.facility.cooling import Outdoors
from sim.scenario.plant import Weather
from sim.scenario.schema import Day, Scenario

Hours = NDArray[np.float64]

NOON = HOURS_PER_DAY // 2
FIRST_OF_A_PLAIN_YEAR = 2023
"""A year without a leap day, to count days in."""
_UNIT_NORMAL = NormalDist()


@dataclass(frozen=True)
class WeatherOfRun:
    """Outdoor air by hour, from the local midnight before the run begins."""

    dry_bulb_c: Hours
    """Temperature at each full hour."""
    wet_bulb_c: Hours
    """Wet bulb at each full hour."""
    start_s: float
    """When the run begins, after that midnight."""

    def at(self, now_s: Hours) -> Outdoors:
        """The outdoor air at times of the run."""
        hour, past = np.divmod((self.start_s + now_s) / SECONDS_PER_HOUR, 1.0)
        dry, wet = (_between(hours, hour.astype(np.intp), past) for hours in (self.dry_bulb_c, self.wet_bulb_c))
        return Outdoors(dry, np.minimum(wet, dry))


def _between(hours: Hours, before: NDArray[np.intp], past: Hours) -> Hours:
    """Values between those of two hours, a share of the way past the first."""
    return hours[before] + past * (hours[before + 1] - hours[before])


def weather_of(scenario: Scenario, site: Site, streams: Streams) -> WeatherOfRun:
    """The weather that a scenario asks for."""
    chosen, day = scenario.plant.climate.weather, scenario.day
    hours = ceil((day.start_s + day.duration_s) / SECONDS_PER_HOUR) + 2
    if chosen.path is not None:
        year = read_weather(chosen.path, chosen.station, site.utc_offset_h.value)
        return _from_year(year, day, hours)
    return _typical(site, day, departures(chosen, hours, streams))


def _from_year(year: WeatherYear, day: Day, hours: int) -> WeatherOfRun:
    first = _day_of_plain_year(day.date) * HOURS_PER_DAY
    places = (first + np.arange(hours)) % HOURS_PER_YEAR
    return WeatherOfRun(year.dry_bulb_c[places], year.wet_bulb_c[places], day.start_s)


def _day_of_plain_year(date: datetime.date) -> int:
    """Days after 1 January; a leap day is its eve."""
    kept = date.replace(day=min(date.day, 28)) if date.month == 2 else date
    return kept.replace(year=FIRST_OF_A_PLAIN_YEAR).timetuple().tm_yday - 1


def departures(chosen: Weather, hours: int, streams: Streams) -> Hours:
    """Departure from the typical day by hour, in standard deviations: one a day, at noon, with straight lines between.

    The draw of each day is a uniform of the stream "weather", through the inverse normal distribution.
    """
    days = hours // HOURS_PER_DAY + 3
    daily = np.full(days, chosen.departure)
    if chosen.drawn:
        uniforms = streams.rng("weather").random(days)
        daily = daily + [_UNIT_NORMAL.inv_cdf(max(uniform, np.finfo(float).tiny)) for uniform in uniforms.tolist()]
    noons = (np.arange(days) - 1) * HOURS_PER_DAY + NOON
    return np.asarray(np.interp(np.arange(hours), noons, daily), dtype=np.float64)


def _typical(site: Site, day: Day, departure: Hours) -> WeatherOfRun:
    begun = datetime.datetime.combine(day.date, datetime.time())
    moments = [begun + datetime.timedelta(hours=hour) for hour in range(departure.size)]
    months, hours = [at.month - 1 for at in moments], [at.hour for at in moments]
    spread = np.asarray([site.dry_bulb_spread_k.value, site.wet_bulb_spread_k.value])[:, months]
    mean = np.asarray([site.dry_bulb_c.value, site.wet_bulb_c.value])[:, months, hours]
    dry, wet = mean + departure * spread
    return WeatherOfRun(dry, wet, day.start_s)
