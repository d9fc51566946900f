"""What a report tells of hall, planned work and servers' states."""

from dataclasses import replace

import numpy as np
import pytest

from reports.day.context import Day
from reports.day.facility_events import MOST_ROWS, happenings
from reports.documents.language import language
from reports.documents.pdf import typeset
from reports.figures.panels import STATE_COLOURS, day_panels
from reports.figures.queue import Sketcher
from sim.result_json import summary
from sim.traces.events import Event, EventLog
from tests.unit.reports.day.test_report import catalogue as catalogue
from tests.unit.reports.day.test_report import eventful as eventful
from tests.unit.reports.day.test_report import report_of, text_of, without_breaks

pytestmark = pytest.mark.usefixtures("engine_compiled")


def happened(result, events):
    return replace(result, traces=replace(result.traces, events=EventLog(sorted(events))))


def event(at_s, kind, duration_s=0.0, part="", server=-1, pool="main", labour_s=0.0, requeued=0, cause=""):
    return Event(at_s, pool, server, kind, duration_s, part, labour_s, requeued, 0, cause)


HALL = [
    event(60.0, "cooling_failed", 120.0, "chiller", pool=""),
    event(90.0, "failed", 60.0, "overheated", 0),
    event(300.0, "grid_lost", 60.0, "power", pool=""),
    event(320.0, "failed", 90.0, "power", 0, requeued=7),
    event(500.0, "grid_lost", 5.0, "power", pool=""),
    *(
        event(600.0 + 60 * n, "serviced", 1800.0, server=n, labour_s=900.0, requeued=n, cause="<up> $grade$")
        for n in (0, 1)
    ),
]


def test_hall_and_planned_work_are_told_with_what_came_of_them(eventful):
    words, result = language("en"), happened(eventful, HALL)
    rows = happenings(Day(result, summary(result), words, Sketcher(words)))
    warmest = words.number(float(result.traces.utilisation.plant.inlet_c[1:4].max()), 1)
    assert [(row.from_s, row.to_s) for row in rows] == [(60, 180), (300, 360), (500, 505), (600, 2460)]
    assert "servers switched off by heat: 1" in rows[0].consequence and warmest in rows[0].consequence
    assert rows[1].consequence == "servers without power: 1; requests sent on: 7, lost: 0"
    assert rows[2].consequence == words("happening.carried")
    assert rows[3].what == "Planned: <up> $grade$, main"
    assert rows[3].consequence.startswith("servers in turn: 2; 1.0 server-hours out of service, 0.5 h of hands-on work")
    assert rows[3].consequence.endswith("requests sent on: 1")


@pytest.mark.parametrize("code", ["en", "zh"])
def test_very_many_happenings_are_told_in_few_rows(eventful, code, tmp_path):
    words = language(code)
    racks = [event(10.0 * n, "rack_mended", 60.0 + n, "rack") for n in range(MOST_ROWS + 9)]
    text = without_breaks(text_of(typeset(*report_of(happened(eventful, racks), code)), tmp_path))
    assert text.count(without_breaks(words("happening.rack", pool="main"))) == MOST_ROWS
    assert without_breaks(words("happening.more", count=9)) in text
    quiet = without_breaks(text_of(typeset(*report_of(happened(eventful, []), code)), tmp_path))
    assert without_breaks(words("happening.none")) in quiet


def test_servers_are_shown_in_every_state_they_were_in(eventful):
    trace, words = eventful.traces.utilisation, language("en")
    seconds = np.full(trace.minute_s.size, 6.0)
    changes = {f"{state}_server_s": seconds for state in STATE_COLOURS}
    pools = (replace(trace.pools[0], **changes), *trace.pools[1:])
    result = replace(eventful, traces=replace(eventful.traces, utilisation=replace(trace, pools=pools)))
    [panel] = [panel for panel in day_panels(result, words) if panel.title.startswith("Servers not up")]
    assert [curve.label for curve in panel.curves] == ["down", "draining", "off", "asleep", "waking"]
    assert panel.marks_s and panel.stacked
    assert all(curve.values[0] == pytest.approx(0.1) for curve in panel.curves[1:])
