"""A hall's minutes: what is worked out when the day closes is what each minute would have told by itself."""

import numpy as np
import pytest
import simpy

from sim.catalogue import read_catalogue
from sim.fleet.facility.climate import Climate
from sim.fleet.facility.cooling_units import CoolingUnits
from sim.fleet.plant import hall_of
from sim.plant.facility.cooling import Outdoors
from sim.traces.events import EventLog
from sim.traces.minutes import minute_ends_s
from tests.golden.tiny_day import tiny_day

CATALOGUE = read_catalogue()
ENDS_S = minute_ends_s(1764.0)
"""The last minute is a part of one."""
HEAT_W = 40e3 + 1e3 * (np.arange(ENDS_S.size) % 7)
OUTAGE_S = (330.0, 405.0)


def lived(outage_s=OUTAGE_S, **choices):
    """A hall after its minutes, during which power is gone for a while; what each mark told of cooling's energy."""
    choices = {f"plant.climate.{name}": what for name, what in choices.items()}
    day = tiny_day({"fleet.pools.main.servers": 8, **choices})
    env, hall = simpy.Environment(), hall_of(day, CATALOGUE)
    units = CoolingUnits(env, day.plant.climate, hall.plant, EventLog())
    warm_c = np.linspace(18.0, 40.0, ENDS_S.size)
    climate, told, begin_s = Climate(hall, Outdoors(warm_c, warm_c - 8.0), units), [], 0.0
    for change, at_s in zip((units.lose_power, units.regain_power), outage_s, strict=False):
        env.timeout(at_s).callbacks.append(lambda _, change=change: change())
    for minute, (end_s, it_w) in enumerate(zip(ENDS_S.tolist(), HEAT_W.tolist(), strict=True)):
        env.run(end_s)
        climate.mark(minute, end_s, end_s - begin_s, it_w)
        told.append(climate.cooling_j())
        begin_s = end_s
    return climate.minutes(), told


@pytest.mark.parametrize("cooling", ["chiller_tower", "economiser_dry", "outside_air", "liquid_tower"])
@pytest.mark.parametrize("zones", [1, 3])
def test_the_day_tells_what_every_minute_told(cooling, zones):
    minutes, told = lived(cooling=cooling, zones=zones)
    assert minutes["cooling_j"].tolist() == told
    assert len(set(told)) > ENDS_S.size / 2


def test_heat_leaves_the_hall_or_warms_it_whatever_runs():
    minutes, _ = lived(zones=3)
    heat_j = HEAT_W * np.diff(ENDS_S, prepend=0.0)
    assert minutes["heat_removed_j"] + minutes["heat_stored_j"] == pytest.approx(heat_j, rel=1e-9)
    assert minutes["heat_removed_j"][5] == pytest.approx(heat_j[5] / 2)
    assert minutes["inlet_c"][5] > minutes["inlet_c"][4] == 24.0


def test_half_a_minute_of_cooling_takes_half_a_minutes_power():
    """The mean heat of such a minute would take an eighth of its fans' power, for that follows the cube."""
    (cut, _), (calm, _) = lived(), lived(outage_s=())
    assert cut["fan_j"][5] == pytest.approx(calm["fan_j"][5] / 2)
    assert cut["fan_j"][:5].tolist() == calm["fan_j"][:5].tolist()
