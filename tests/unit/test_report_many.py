"""Reports of batches and studies, from folders written by hand in the layout that MODEL.md tells."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from reports.figures.spread import Mark, span
from reports.language import language
from reports.making import Order, make
from reports.many.context import Many
from reports.many.drivers import drivers
from reports.many.front import Point, beaten_by, front
from reports.many.ranking import ranking
from reports.many.report import many_report
from reports.plain import plain
from reports.sketching import Sketcher
from reports.typesetting import typeset
from reports.wording import distribution
from sim.errors import OutputError
from sim.studies import load
from sim.version import __version__
from tests.unit.test_report_day import HOSTILE, svgs_of, text_of, without_breaks

COST, WAIT = "cost_usd.total", "latency.ttft_s.p99"
PATHS = ["facts.prices.owner_default.lifetime_years", "workload.demand.requests_per_day", HOSTILE]
KINDS = ["batch", "monte_carlo", "tornado", "morris", "sobol", "pawn"]


def interval(estimate, half=1.0):
    return {"estimate": estimate, "low": estimate - half, "high": estimate + half}


def quantiles(middle):
    names = ("p05", "p10", "p25", "p50", "p75", "p90", "p95", "p99")
    return {name: interval(middle + 10 * at) for at, name in enumerate(names, start=-3)}


def result_of(kind, middle, names):
    if kind == "batch":
        means = {name: {"mean": interval(middle + 7.5 * at), "sd": 1.0} for at, name in enumerate(names)}
        differences = {
            name: {"mean": interval(7.5 * at), "relative": 7.5 * at / middle, "variance_cut": 20.0 if at > 1 else None}
            for at, name in enumerate(names)
            if at
        }
        return {"variants": means, "differences": differences}
    if kind == "monte_carlo":
        ranks = dict(zip(PATHS, (-0.8, 0.3, None), strict=True))
        variance = {"world_sd": 3.0, "day_sd": 1.0, "world_share": interval(0.9, 0.05)}
        tails = {"p90": interval(middle + 40), "p95": interval(middle + 50)}
        return {
            "mean": interval(middle), "sd": 9.0, "quantiles": quantiles(middle), "cvar": tails,
            "variance": variance, "rank_correlations": ranks, "rank_noise": 0.2,
        }  # fmt: skip
    if kind == "tornado":
        ends = [(90.0, 120.0), (101.0, 99.0), (None, None)]
        bars = [
            {"path": path, "low_input": 3.0, "high_input": "fp8", "at_low": low, "at_high": high}
            for path, (low, high) in zip(PATHS, ends, strict=True)
        ]
        return {"base": middle, "bars": bars}
    rows = [
        {"path": path, "mu": 1.0, "mu_star": interval(index, 0.1), "sigma": 0.5, "first": interval(index / 2, 0.1),
         "total": interval(index, 0.1), "median": interval(index, 0.1), "minimum": 0.0, "mean": index, "maximum": 1.0}
        for path, index in zip(PATHS, (0.7, 0.2, 0.001), strict=True)
    ]  # fmt: skip
    return {"mean": middle, "sd": 9.0, "indices": rows, "dummy": 0.1}


def summary_of(kind, names=("first", "second", "third"), **changes):
    goals = [
        {"name": "budget", "outcome": COST, "at_most": 110.0, "missed": interval(0.2, 0.05)},
        {"name": "swift", "outcome": WAIT, "at_least": 0.1, "missed": interval(0.0, 0.0)},
    ]
    inputs = [
        {"path": path, "distribution": "pert", "text": "pert: low 1, mode 2, high 4", "low": 1.2, "central": 2.1,
         "high": "fp8", "source": "scenario"}
        for path in PATHS
    ]  # fmt: skip
    failed = [{"cell": 5, "label": "third", "replication": 1, "message": f"{HOSTILE} does not fit"}]
    told = {
        "format": 1, "kind": kind, "name": "Many days", "description": "Which?", "scenario": "Base",
        "scenario_hash": "ab", "seed": 1, "overrides": {"day.start_s": "11:00"}, "duration_s": 86400.0,
        "version": __version__, "confidence": 0.9, "replications": 2, "days": "shared",
        "cells": {"planned": 6, "done": 5, "failed": 1}, "failed": failed,
        "fleet_fraction": {"asked": "1/64", "realised": 0.0157, "parts_used": 0.11, "bias": {COST: {"relative": -0.0123}}},
        "outcomes": [COST, WAIT], "units": {COST: "USD", WAIT: "s"},
        "results": {COST: result_of(kind, 100.0, names), WAIT: result_of(kind, 0.5, names)},
        "inputs": inputs, "correlations": [], "draws": 64,
        "base": names[0], "axes": {},
        "variants": [{"name": name, "changes": {"fleet.pools.main.servers": at}} for at, name in enumerate(names, 1)],
        "points": "latin_hypercube", "stopped": None, "goals": goals,
    }  # fmt: skip
    return told | changes


def write(folder, summary):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    rng = np.random.default_rng(1)
    if summary["kind"] == "batch":
        names = [variant["name"] for variant in summary["variants"]]
        frame = pd.DataFrame({"variant": np.repeat(names, 2), "replication": [0, 1] * len(names)})
    else:
        frame = pd.DataFrame({"draw": np.arange(64), "replication": 0})
    frame[COST] = 100.0 + 7.5 * np.arange(len(frame)) // 2 + rng.standard_normal(len(frame))
    frame[WAIT] = 1.0 / np.arange(1, len(frame) + 1)
    frame["fleet.mean_utilisation"], frame["requests.arrived"], frame["requests.finished"] = 0.5, 1000.0, 1000.0
    frame["requests.refused"] = frame["requests.lost"] = frame["requests.in_flight"] = 0.0
    frame["status"], frame["message"] = "done", ""
    frame.to_parquet(folder / "outcomes.parquet")
    return folder


def report_of(folder, code="en"):
    sketcher = Sketcher(language(code))
    return many_report(load(folder), sketcher), svgs_of(sketcher)


def many_of(folder):
    words = language("en")
    return Many(load(folder), words, Sketcher(words))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["en", "zh"])
def test_every_kind_is_reported(kind, code, tmp_path):
    folder = write(tmp_path / "many", summary_of(kind))
    pdf, page = make(Order(folder, code))
    words = language(code)
    read = text_of(pdf.read_bytes(), tmp_path)
    text = without_breaks(read)
    for told in (f"many.kicker_{kind}", f"many.method_{kind}", "many.failed", "again.title"):
        assert without_breaks(words(told)) in text
    assert without_breaks(plain(HOSTILE)) in text
    assert "<script>alert" not in page.read_text(encoding="utf-8")
    assert not re.search(r"\b(nan|inf|None)\b", read)
    assert pdf.read_bytes() == make(Order(folder, code, tmp_path / "again.pdf"))[0].read_bytes()


def test_the_numbers_of_a_batch_stand_in_its_pdf(tmp_path):
    summary = summary_of("batch")
    text = without_breaks(text_of(typeset(*report_of(write(tmp_path, summary))), tmp_path))
    words = language("en")
    for outcome, written in ((COST, words.money), (WAIT, words.time)):
        for row in summary["results"][outcome]["variants"].values():
            assert without_breaks(written(row["mean"]["estimate"])) in text
    for row in summary["results"][COST]["differences"].values():
        assert without_breaks(words.money(row["mean"]["estimate"], signed=True)) in text
        assert without_breaks(words.percent(row["relative"], signed=True)) in text


def test_the_numbers_of_a_study_stand_in_its_pdf(tmp_path):
    summary = summary_of("monte_carlo")
    text = without_breaks(text_of(typeset(*report_of(write(tmp_path, summary))), tmp_path))
    words, told = language("en"), summary["results"][COST]
    for row in (told["mean"], *told["quantiles"].values(), *told["cvar"].values()):
        assert without_breaks(words.money(row["estimate"])) in text
        assert without_breaks(f"{words.money(row['low'])} to {words.money(row['high'])}") in text
    assert without_breaks(words.percent(summary["goals"][0]["missed"]["estimate"])) in text


@pytest.mark.parametrize("names", [(HOSTILE, "x" * 200, "$" * 30), ("费" * 200, "a/b" * 60, "\u202e"), ("only",)])
def test_any_variant_can_be_named(names, tmp_path):
    report = report_of(write(tmp_path, summary_of("batch", names, name=names[0], description=names[-1])))
    text = without_breaks(text_of(typeset(*report), tmp_path))
    assert all(without_breaks(plain(name)) in text for name in names)


def test_nobody_beats_the_front():
    rng = np.random.default_rng(2)
    points = [Point(str(at), *map(float, pair)) for at, pair in enumerate(rng.integers(0, 9, (40, 2)))]
    best = front(points)
    assert best and all(beaten_by(point, points) is None for point in best)
    assert all(beaten_by(point, points) is not None for point in points if point not in best)
    assert [point.latency for point in best] == sorted((point.latency for point in best), reverse=True)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_the_first_driver_is_the_strongest(kind, tmp_path):
    many = many_of(write(tmp_path, summary_of(kind)))
    ranked = ranking(kind, many.main_result)
    assert ranked[0].path == PATHS[0]
    assert [rank.index for rank in ranked] == sorted((rank.index for rank in ranked), reverse=True)
    assert "life of the equipment (owner_default)" in drivers(many)[0]


def test_an_outcome_that_nothing_moves_has_no_driver(tmp_path):
    summary = summary_of("sobol")
    for row in summary["results"][COST]["indices"]:
        row["total"] = interval(0.001, 0.0)
    assert "No input drives" in drivers(many_of(write(tmp_path, summary)))[0]


def test_a_far_outlier_does_not_crush_the_histogram():
    values = np.append(np.linspace(90.0, 110.0, 99), 5000.0)
    low, high = span(values, [Mark(130.0, "limit", True)])
    assert low < 90.0 and 130.0 < high < 200.0


def test_a_batch_without_results_is_reported(tmp_path):
    summary = summary_of("batch")
    folder = write(tmp_path, summary)
    frame = pd.read_parquet(folder / "outcomes.parquet").assign(status="failed")
    frame.to_parquet(folder / "outcomes.parquet")
    for outcome in (COST, WAIT):
        for row in summary["results"][outcome]["variants"].values():
            row["mean"] = {"estimate": None, "low": None, "high": None}
        for row in summary["results"][outcome]["differences"].values():
            row |= {"mean": {"estimate": None, "low": None, "high": None}, "relative": None, "variance_cut": None}
    (folder / "summary.json").write_text(json.dumps(summary))
    report, svgs = report_of(folder)
    assert language("en")("many.nothing") in report.answer
    assert typeset(report, svgs)


WRONG = [
    ({"version": "9.0.0"}, r"written by version 9\.0\.0"),
    ({"results": {}}, "is damaged"),
    ({"format": 99}, "is not the summary"),
]


@pytest.mark.parametrize(("change", "told"), WRONG)
def test_a_summary_that_cannot_be_is_told(change, told, tmp_path):
    folder = write(tmp_path, summary_of("batch", **change))
    with pytest.raises(OutputError, match=told):
        make(Order(folder))
    assert not (folder / "report.pdf").exists()


def test_a_damaged_table_is_told(tmp_path):
    folder = write(tmp_path, summary_of("monte_carlo"))
    (folder / "outcomes.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(OutputError, match=r"outcomes\.parquet: cannot be read"):
        make(Order(folder))


def test_a_distribution_is_told_in_chinese():
    assert distribution("pert: low 1, mode 2, high 4", language("zh")) == "PERT 分布：低 1、众数 2、高 4"
    assert distribution("unheard of", language("zh")) == "unheard of"
