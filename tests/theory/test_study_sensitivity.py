"""Sensitivity measures of functions whose indices are known in closed form."""

import math

import numpy as np
import pytest

from sim.core.streams import Streams
from sim.studies.sampling.designs import design
from sim.studies.statistics.sensitivity import morris, pawn, sobol, tornado

STREAMS = Streams(11)
LEVEL = 0.95


def ishigami(u):
    """Ishigami and Homma 1990, with a = 7 and b = 0.1, of three inputs between -pi and pi."""
    x = math.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def ishigami_indices():
    a, b = 7, 0.1
    first = 0.5 * (1 + b * math.pi**4 / 5) ** 2
    both = b**2 * math.pi**8 * (1 / 18 - 1 / 50)
    total = a**2 / 8 + first + both
    return [first / total, a**2 / 8 / total, 0.0], [(first + both) / total, a**2 / 8 / total, both / total]


G = np.array([0.0, 1.0, 4.5, 9.0])


def sobol_g(u):
    """Sobol's G function: the product of (|4 u - 2| + a) / (1 + a)."""
    return np.prod((np.abs(4 * u - 2) + G) / (1 + G), axis=1)


def sobol_g_indices():
    parts = 1 / (3 * (1 + G) ** 2)
    total = np.prod(1 + parts) - 1
    return (parts / total).tolist(), (parts * np.prod(1 + parts) / (1 + parts) / total).tolist()


KNOWN = {"ishigami": (ishigami, ishigami_indices(), 3), "sobol g": (sobol_g, sobol_g_indices(), 4)}


def indices(function, inputs, draws=1024):
    paths = [f"x{index}" for index in range(inputs)]
    points = design("sobol", draws, paths, (0.05, 0.95), STREAMS)
    rows = sobol(function(points), paths, LEVEL, STREAMS)["indices"]
    return {row["path"]: row for row in rows}, rows


@pytest.mark.parametrize("name", KNOWN)
def test_sobol_indices_are_within_their_intervals(name):
    function, (first, total), inputs = KNOWN[name]
    found, rows = indices(function, inputs)
    for index in range(inputs):
        for kind, truth in (("first", first[index]), ("total", total[index])):
            told = found[f"x{index}"][kind]
            assert told["low"] - 1e-9 <= truth <= told["high"] + 1e-9
            assert told["high"] - told["low"] < 0.3
    assert [row["total"]["estimate"] for row in rows] == sorted((r["total"]["estimate"] for r in rows), reverse=True)


def test_indices_of_another_function_would_be_found_out():
    _, (first, _), _ = KNOWN["ishigami"]
    found, _ = indices(lambda u: ishigami(u[:, [1, 0, 2]]), 3)
    assert not found["x0"]["first"]["low"] <= first[0] <= found["x0"]["first"]["high"]


def test_failed_cells_take_their_base_sample_with_them():
    paths = ["x0", "x1", "x2"]
    points = design("sobol", 256, paths, (0.05, 0.95), STREAMS)
    values = ishigami(points)
    values[7] = np.nan
    kept = ishigami(points)[[index for index in range(len(points)) if index // 5 != 1]]
    assert sobol(values, paths, LEVEL, STREAMS) == sobol(kept, paths, LEVEL, STREAMS)


def test_morris_finds_what_is_linear_curved_and_idle():
    paths = ["steep", "curved", "idle"]
    points = design("morris", 40, paths, (0.05, 0.95), STREAMS)
    values = 5 * points[:, 0] + 4 * (points[:, 1] - 0.5) ** 2
    found = {row["path"]: row for row in morris(values, points, paths, LEVEL, STREAMS)["indices"]}
    assert found["steep"]["mu_star"]["estimate"] == pytest.approx(5 * 0.99, rel=1e-6)
    assert found["steep"]["sigma"] == pytest.approx(0, abs=1e-9)
    assert found["curved"]["sigma"] > 1
    assert found["idle"]["mu_star"]["estimate"] == pytest.approx(0, abs=1e-9)


def test_pawn_tells_an_input_from_none():
    paths = ["tail", "idle"]
    points = design("pawn", 1000, paths, (0.05, 0.95), STREAMS)
    found = pawn(np.exp(5 * points[:, 0]), points, paths, LEVEL, STREAMS)
    rows = {row["path"]: row for row in found["indices"]}
    assert rows["tail"]["median"]["low"] > 2 * found["dummy"]
    assert rows["idle"]["median"]["estimate"] < 2 * found["dummy"]


def test_intervals_of_pawn_hold_their_estimates_inside():
    paths = ["tail", "weak", "idle"]
    points = design("pawn", 200, paths, (0.05, 0.95), STREAMS)
    found = pawn(np.exp(2 * points[:, 0]) + points[:, 1], points, paths, LEVEL, STREAMS)
    for row in found["indices"]:
        assert 0 <= row["median"]["low"] < row["median"]["estimate"] < row["median"]["high"] <= 1


def test_a_tornado_is_sorted_by_length():
    points = design("tornado", 1, ["a", "b"], (0.1, 0.9), STREAMS)
    told = [("a", points[:, 0].tolist()), ("b", points[:, 1].tolist())]
    found = tornado(points[:, 0] - 3 * points[:, 1], told)
    assert [bar["path"] for bar in found["bars"]] == ["b", "a"]
    assert found["bars"][0]["at_low"] == pytest.approx(0.2)
    assert (found["bars"][0]["low_input"], found["base"]) == (0.1, -1.0)


def rare_and_high(u):
    """The first input makes the whole tail, on 3 % of days; the second most of the middle; the third nothing."""
    return 100 + 300 * (u[:, 0] > 0.97) + 20 * u[:, 1]


def test_an_input_that_makes_a_tail_alone_is_found():
    points = design("pawn", 1000, ["tail", "middle", "nothing"], (0.05, 0.95), STREAMS)
    found = pawn(rare_and_high(points), points, ["tail", "middle", "nothing"], LEVEL, STREAMS)
    rows = {row["path"]: row for row in found["indices"]}
    assert rows["tail"]["tail"] > 2 * found["dummy_tail"]
    assert rows["tail"]["median"]["estimate"] < 2 * found["dummy"]
    assert rows["nothing"]["tail"] <= 1.2 * found["dummy_tail"]


def test_a_bar_reaches_to_the_base_where_that_lies_beyond_its_ends():
    """The day is dearest at the median: both ends are alike, and far from it."""
    points = design("tornado", 1, ["hill", "slope"], (0.1, 0.9), STREAMS)
    told = [("hill", points[:, 0].tolist()), ("slope", points[:, 1].tolist())]
    found = tornado(-100 * (points[:, 0] - 0.5) ** 2 + points[:, 1], told)
    assert [bar["path"] for bar in found["bars"]] == ["hill", "slope"]


@pytest.mark.parametrize("kind", ["morris", "sobol", "pawn"])
def test_an_outcome_that_does_not_vary_has_no_driver(kind):
    paths = ["a", "b"]
    points = design(kind, 16, paths, (0.05, 0.95), STREAMS)
    flat = np.full(len(points), 3.0)
    rest = {"morris": (points, paths), "sobol": (paths,), "pawn": (points, paths)}[kind]
    found = {"morris": morris, "sobol": sobol, "pawn": pawn}[kind](flat, *rest, LEVEL, STREAMS)
    key = {"morris": "mu_star", "sobol": "total", "pawn": "median"}[kind]
    assert [row[key]["estimate"] for row in found["indices"]] == [0.0, 0.0]
