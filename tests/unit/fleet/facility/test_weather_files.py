"""Weather: typical days and their spread, EPW and CSV years, and what is wrong with a file, told with its line."""

import gzip
from datetime import datetime, timedelta

import numpy as np
import pytest

from sim.catalogue import read_catalogue
from sim.core.errors import WeatherError
from sim.core.streams import Streams
from sim.fleet.facility.weather import weather_of
from sim.fleet.facility.weather_files import read_weather
from tests.golden.tiny_day import tiny_day

VIRGINIA = read_catalogue(kinds=["sites"]).sites["virginia"]
HOURS = [datetime(2023, 1, 1) + timedelta(hours=hour) for hour in range(8760)]


def temperature(hour):
    return 10.0 + hour % 24 + hour // 24 / 100


def epw_lines():
    head = ["LOCATION,Test,,,,,40.0,-80.0,-5.0,300.0"] + ["HEADER"] * 7
    rows = [
        f"2023,{at.month},{at.day},{at.hour + 1},60,flags,{temperature(hour):.2f},5.0,50,99000,0,0"
        for hour, at in enumerate(HOURS)
    ]
    return head + rows


def csv_lines(station="ONE"):
    rows = [
        f"{station},{at - timedelta(hours=-5):%Y-%m-%dT%H:%M},{temperature(i):.2f},50" for i, at in enumerate(HOURS)
    ]
    return ["site,utc,drybulb_c,rh_pct", *rows]


def write(tmp_path, lines, name="year.epw", packed=False):
    path, data = tmp_path / name, "\n".join(lines).encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    return str(path)


def test_epw_hours_end_when_they_say(tmp_path):
    year = read_weather(write(tmp_path, epw_lines()), None, -5.0)
    assert year.dry_bulb_c[1] == pytest.approx(temperature(0))  # hour 1 ends at one o'clock
    assert year.dry_bulb_c[0] == pytest.approx(temperature(8759))
    assert np.all(year.wet_bulb_c < year.dry_bulb_c)


@pytest.mark.parametrize("packed", [False, True])
def test_csv_in_utc_is_brought_to_local_time(tmp_path, packed):
    year = read_weather(write(tmp_path, csv_lines(), "year.csv", packed), None, -5.0)
    assert year.dry_bulb_c[7] == pytest.approx(temperature(7))


def test_one_station_of_several_is_picked(tmp_path):
    path = write(tmp_path, csv_lines("ONE") + csv_lines("TWO")[1:], "year.csv")
    assert read_weather(path, "TWO", -5.0).dry_bulb_c[7] == pytest.approx(temperature(7))
    with pytest.raises(WeatherError, match=r"several stations .*set plant.climate.weather.station"):
        read_weather(path, None, -5.0)
    with pytest.raises(WeatherError, match="has no station 'TREE'"):
        read_weather(path, "TREE", -5.0)


def edited(line, old, new):
    lines = epw_lines()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    return lines


WRONG = [
    (lambda: epw_lines()[:100] + epw_lines()[103:], r":101: 3 of 8,760 hours are missing, the first 4 January, 21:00"),
    (lambda: epw_lines()[:-1], r"1 of 8,760 hours are missing, the first 1 January, 0:00"),
    (lambda: edited(20, ",21.00,", ",99.9,"), r":20: 99.9 degC of dry bulb cannot be"),
    (lambda: edited(20, ",50,", ",999,"), r":20: 999 % of humidity cannot be"),
    (lambda: edited(20, ",21.00,", ",warm,"), r":20: 'warm' is not a number"),
    (lambda: edited(20, "2023,1,1,12,", "2023,13,1,12,"), r":20: 13/1 is no day of a year"),
    (lambda: edited(20, "2023,1,1,12,", "2023,1,1,11,"), r":20: .*a second time, first in line 19"),
    (lambda: [*epw_lines()[:30], "2023,1,1"], r":31: has 3 fields, too few"),
    (lambda: ["time,temp", "1,2"], r":1: is not a year of weather"),
]


@pytest.mark.parametrize(("lines", "told"), WRONG, ids=[told for _, told in WRONG])
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path, lines, told):
    with pytest.raises(WeatherError, match=told):
        read_weather(write(tmp_path, lines()), None, -5.0)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(WeatherError, match="there is no such file"):
        read_weather(str(tmp_path / "no.epw"), None, 0.0)


def test_a_folder_broken_gzip_or_endless_file_is_told(tmp_path, monkeypatch):
    with pytest.raises(WeatherError, match=r"cannot be read: Is a directory; set plant\.climate\.weather\.path"):
        read_weather(str(tmp_path), None, 0.0)
    packed = gzip.compress("\n".join(epw_lines()).encode())
    (tmp_path / "broken.epw").write_bytes(packed[:40] + bytes(40) + packed[80:])
    with pytest.raises(WeatherError, match="cannot be read: "):
        read_weather(str(tmp_path / "broken.epw"), None, 0.0)
    monkeypatch.setattr("sim.fleet.facility.weather_files.LARGEST_BYTES", 1000)
    with pytest.raises(WeatherError, match="is longer than 1,000 bytes, which no year of hours is"):
        read_weather(write(tmp_path, epw_lines()), None, 0.0)
    with pytest.raises(WeatherError, match="cannot be read: is no plain file"):
        read_weather("/dev/zero", None, 0.0)


def at_noon(changes, seed=1):
    day = tiny_day({"day.date": "2026-07-15", "day.start_s": 12 * 3600.0, "seed": seed, **changes})
    return weather_of(day, VIRGINIA, Streams(day.seed)).at(0.0)


def test_a_departure_is_so_many_spreads_of_the_month():
    plain, warm = at_noon({}), at_noon({"plant.climate.weather.departure": 2})
    assert plain.dry_bulb_c == VIRGINIA.dry_bulb_c.value[6][12]
    assert warm.dry_bulb_c - plain.dry_bulb_c == pytest.approx(2 * VIRGINIA.dry_bulb_spread_k.value[6])


def test_drawn_days_spread_as_the_month_does():
    drawn = {"plant.climate.weather.drawn": True}
    departures = [at_noon(drawn, seed).dry_bulb_c - at_noon({}).dry_bulb_c for seed in range(120)]
    spread = VIRGINIA.dry_bulb_spread_k.value[6]
    assert np.std(departures) == pytest.approx(spread, rel=0.25)
    assert abs(np.mean(departures)) < 0.35 * spread


def test_a_year_from_a_file_is_taken_at_its_date(tmp_path):
    path = write(tmp_path, csv_lines(), "year.csv")
    found = at_noon({"plant.climate.weather.path": path})
    assert found.dry_bulb_c == pytest.approx(
        temperature((datetime(2023, 7, 15, 12) - datetime(2023, 1, 1)).days * 24 + 12)
    )
