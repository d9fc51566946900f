"""Figures of a day: nothing covers anything else, and what is empty says so."""

import numpy as np
import pytest

from reports.documents.language import language
from reports.figures.clock import Clock
from reports.figures.latency import histograms, latency_figure
from reports.figures.multiples import day_page
from reports.figures.panels import Curve, Panel, day_panels
from reports.figures.style import BLUE, house_style
from reports.figures.waterfall import steps, waterfall
from sim.result_json import summary
from tests.unit.reports.day.test_report import catalogue as catalogue
from tests.unit.reports.day.test_report import eventful as eventful
from tests.unit.reports.day.test_report import idle as idle

pytestmark = pytest.mark.usefixtures("engine_compiled")

HOUR = Clock(0.0, 3600.0, 60)
EDGES = np.arange(0.0, 3601.0, 60.0)


@pytest.fixture(autouse=True)
def _style():
    with house_style("test"):
        yield


def panel(title, *names, value=1.0, **changes):
    curves = tuple(Curve(name, BLUE, np.full(60, value)) for name in names)
    return Panel(title, "", EDGES, curves, **changes)


def laid_out(figure):
    """The figure with every text in its place, and who knows the places."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas.get_renderer()


def boxes_of(axes, renderer):
    return [text.get_window_extent(renderer) for text in axes.texts if text.get_text()]


@pytest.mark.parametrize("code", ["en", "zh"])
def test_no_legend_covers_a_title(eventful, code):
    words = language(code)
    wordy = panel("A title that takes some room", "a name of a pool", "another name", "and one more")
    figure = day_page([wordy, panel("Short", "a"), *day_panels(eventful, words)], HOUR, words)
    renderer = laid_out(figure)
    titled = [(axes._left_title, axes.get_legend()) for axes in figure.axes if axes.get_legend()]
    boxes = [(title.get_window_extent(renderer), legend.get_window_extent(renderer)) for title, legend in titled]
    assert len(boxes) > 5
    assert [n for n, (title, legend) in enumerate(boxes) if title.overlaps(legend)] == []


def test_a_row_of_another_width_has_times_of_its_own():
    figure = day_page([panel("a"), panel("b"), panel("c", *"abcd"), panel("d"), panel("e")], HOUR, language("en"))
    told = [[text.get_text() for text in axes.texts if ":" in text.get_text()] for axes in figure.axes]
    assert all(told) and len(told) == 5
    two_rows = day_page([panel("a"), panel("b"), panel("c"), panel("d")], HOUR, language("en"))
    told = [any(":" in text.get_text() for text in axes.texts) for axes in two_rows.axes]
    assert told == [False, False, True, True]


def test_an_empty_panel_says_so_and_counts_in_whole_numbers(idle):
    words = language("en")
    panels = [each for each in day_panels(idle, words) if each.nothing]
    assert [each.is_empty for each in panels] == [True, True]
    figure = day_page(panels, HOUR, words)
    texts = [{text.get_text() for text in axes.texts} for axes in figure.axes]
    assert [each.nothing in told for each, told in zip(panels, texts, strict=True)] == [True, True]
    assert not any("." in text for told in texts for text in told)


LATE = {"p50": 0.9, "p90": 1.0, "p99": 1.1}
APART = {"p50": 0.01, "p90": 1.0, "p99": 90.0}


@pytest.mark.parametrize("quantiles", [LATE, APART])
@pytest.mark.parametrize("code", ["en", "zh"])
def test_names_of_quantiles_meet_neither_lines_nor_edges(eventful, quantiles, code):
    edges = np.geomspace(0.001, 100.0, 50)
    bars = {name: (np.ones(49), edges) for name in histograms(eventful.traces.digest)}
    figure = latency_figure(bars, dict.fromkeys(bars, quantiles), language(code))
    renderer = laid_out(figure)
    for axes in figure.axes:
        lines = [line for line in axes.lines if len(set(line.get_xdata())) == 1]
        names = [text for text in axes.texts if text.get_text().startswith("p")]
        assert len(names) == len(lines) == 3
        for name in names:
            box = name.get_window_extent(renderer)
            assert box.x1 <= figure.bbox.width
            others = [line.get_window_extent(renderer) for line in lines if line.get_xdata()[0] != name.xy[0]]
            assert not any(box.x0 < other.x0 < box.x1 and box.y0 < other.y1 for other in others)


def test_every_time_along_an_axis_is_inside_the_figure(eventful):
    bars, latency = histograms(eventful.traces.digest), summary(eventful)["latency"]
    figure = latency_figure(bars, latency, language("en"))
    renderer = laid_out(figure)
    boxes = [box for axes in figure.axes for box in boxes_of(axes, renderer)]
    assert len(boxes) > 12
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in boxes)


def test_a_long_label_of_a_waterfall_stands_whole():
    label = "Tariff by the hour, demand, carbon, water"
    figure = waterfall(steps([(label, 5.0, BLUE)], "Total", language("en")), language("en"))
    renderer = laid_out(figure)
    [box] = [text.get_window_extent(renderer) for text in figure.axes[0].texts if text.get_text() == label]
    assert box.x0 >= 0


def test_a_triangle_is_told_of_only_where_there_is_one(eventful, idle):
    from reports.day.context import Day
    from reports.day.operations import course_section
    from reports.figures.queue import Sketcher

    words = language("en")
    for result, some in ((eventful, True), (idle, False)):
        day = Day(result, summary(result), words, Sketcher(words))
        assert (words("course.marks") in course_section(day).blocks[0].caption) == some
