"""Reports of batches and studies, from folders written by hand in the layout that MODEL.md tells."""

import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from reports.commands.report import Order, make
from reports.documents.language import language
from reports.documents.pdf import typeset
from reports.documents.plain_text import plain
from reports.documents.wording import distribution
from reports.figures.distribution import Mark, flags, span
from reports.figures.queue import Sketcher
from reports.study.drivers import drivers, idle_inputs, ranking
from reports.study.study_context import Many, input_names, input_value
from reports.study.study_report import many_report
from reports.terminal.study_summary import study_summary
from sim.core.errors import OutputError
from sim.core.version import __version__
from sim.studies import load
from sim.studies.statistics.dominance import Point, beaten_by, front
from tests.unit.reports.day.test_report import HOSTILE, svgs_of, text_of, without_breaks

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
         "total": interval(index, 0.1), "median": interval(index, 0.1), "minimum": 0.0, "mean": index, "maximum": 1.0,
         "tail": index}
        for path, index in zip(PATHS, (0.7, 0.2, 0.001), strict=True)
    ]  # fmt: skip
    return {"mean": middle, "sd": 9.0, "indices": rows, "dummy": 0.1, "dummy_tail": 0.2}


def summary_of(kind, names=("first", "second", "third"), **changes):
    goals = [
        {"name": "budget", "outcome": COST, "at_most": 110.0, "missed": interval(0.2, 0.05)},
        {"name": "swift", "outcome": WAIT, "at_least": 0.1, "missed": interval(0.0, 0.0)},
    ]
    if kind == "batch":
        goals = [goal | {"missed": dict.fromkeys(names, goal["missed"])} for goal in goals]
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
        "fleet_fraction": {
            "asked": "1/64", "realised": 0.0157, "repairs": "whole", "bias": {COST: {"relative": -0.0123}},
        },
        "outcomes": [COST, WAIT], "units": {COST: "USD", WAIT: "s"},
        "results": {COST: result_of(kind, 100.0, names), WAIT: result_of(kind, 0.5, names)},
        "inputs": inputs, "correlations": [], "draws": 64,
        "base": names[0], "axes": {},
        "variants": [{"name": name, "changes": {"fleet.pools.main.servers": at}} for at, name in enumerate(names, 1)],
        "points": "latin_hypercube", "stopped": None, "goals": goals, "lowest_that_keeps": None,
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
    frame["latency.queue_s.p99"] = 0.1 * frame[WAIT]
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


def test_quantities_of_a_distribution_are_written_as_one_wants_them():
    told = distribution("lognormal: median 4e+09, sigma 0.5", language("en"), lambda value: f"<{value:.0f}>")
    assert told == "lognormal: median <4000000000>, sigma 0.5"


def changed(folder, kind, change):
    """A report's material, its summary changed."""
    summary = summary_of(kind)
    change(summary)
    return write(folder, summary)


def test_what_chance_alone_would_bring_is_no_driver(tmp_path):
    def louder(summary):
        summary["results"][COST]["rank_noise"] = 0.85

    told = drivers(many_of(changed(tmp_path, "monte_carlo", louder)))
    assert "No input stands out from chance: 64 draws are too few" in told[0]
    assert not any("measure" in sentence for sentence in told)


def test_few_draws_found_no_advice(tmp_path):
    def louder(summary):
        summary["results"][COST]["rank_noise"] = 0.75

    told = drivers(many_of(changed(tmp_path, "monte_carlo", louder)))
    assert "goes with life of the equipment" in told[0]
    assert told[1].startswith("With 64 draws chance alone comes up to a rank correlation of 0.75")


def test_pawn_names_only_what_lies_above_its_dummy(tmp_path):
    many = many_of(write(tmp_path, summary_of("pawn")))
    assert [rank.stands_out for rank in ranking("pawn", many.main_result)] == [True, False, False]
    many.main_result["dummy"] = 0.65
    assert "No input stands out from chance" in drivers(many)[0]


def test_an_input_that_moves_another_outcome_is_not_idle():
    results = {name: result_of("tornado", 100.0, ()) for name in (COST, WAIT)}
    results[COST]["bars"][1] |= {"at_low": 100.0, "at_high": 100.0}
    assert idle_inputs("tornado", results) == []
    results[WAIT]["bars"][1] |= {"at_low": 100.0, "at_high": 100.0}
    assert idle_inputs("tornado", results) == [PATHS[1]]


def test_few_draws_call_no_input_idle():
    told = result_of("monte_carlo", 100.0, ()) | {"rank_correlations": {"a": 0.9, "b": 0.01}}
    assert idle_inputs("monte_carlo", {COST: told | {"rank_noise": 0.1}}) == ["b"]
    assert idle_inputs("monte_carlo", {COST: told | {"rank_noise": 0.3}}) == []


def test_variants_that_common_days_do_not_tell_apart_are_tied():
    slow = Point("slow", 1.02, 2.0, (1.0, 1.0, 1.06), (2.0, 2.1, 1.9))
    quick = Point("quick", 1.03, 1.0, (1.0, 1.09, 1.0), (1.0, 1.1, 0.9))
    assert slow.cost < quick.cost and slow.costs_the_same(quick) and quick.beats(slow)
    assert front([slow, quick]) == [quick]
    sure = Point("sure", 1.02, 2.0, (1.019, 1.02, 1.021), (2.0, 2.1, 1.9))
    dear = Point("dear", 1.03, 1.0, (1.029, 1.03, 1.031), (1.0, 1.1, 0.9))
    assert not dear.beats(sure) and front([sure, dear]) == [sure, dear]


def test_what_rounding_hides_is_a_tie():
    one, other = Point("one", 1.0, 2.0), Point("other", 1.0004, 2.0)
    assert not one.beats(other) and not Point("one", 1.0, 2.0).beats(Point("further", 1.0004, 2.0009))
    assert one.beats(Point("dear", 1.001, 2.0))


def test_a_batch_says_which_variant_keeps_its_goals(tmp_path):
    answer = report_of(write(tmp_path / "none", summary_of("batch")))[0].answer
    assert "No variant keeps every goal on every day." in answer
    report, _ = report_of(write(tmp_path / "one", summary_of("batch", lowest_that_keeps="second")))
    assert any(
        sentence.startswith("Of the variants that keep every goal on every day, second") for sentence in report.answer
    )
    tables = [block for section in report.sections for block in section.blocks if block.kind == "table"]
    (kept,) = [table for table in tables if "on which each goal is missed" in table.caption]
    assert kept.columns[1].title == "budget: cost of the day at most $110.00"
    assert kept.rows[0][1] == "20.0\u00a0% (15.0\u00a0% to 25.0\u00a0%)"
    without = report_of(write(tmp_path / "without", summary_of("batch", goals=[])))[0]
    assert not any("goal" in sentence for sentence in without.answer)


def test_a_saturated_variant_is_told_on_the_first_page(tmp_path):
    folder = write(tmp_path, summary_of("batch"))
    assert not any("limit" in sentence for sentence in report_of(folder)[0].answer)
    frame = pd.read_parquet(folder / "outcomes.parquet")
    frame.loc[frame["variant"] == "second", "latency.queue_s.p99"] = 0.6 * frame[WAIT]
    frame.to_parquet(folder / "outcomes.parquet")
    assert any(sentence.startswith("second is near its limit") for sentence in report_of(folder)[0].answer)
    frame.loc[frame["variant"] == "third", "requests.refused"] = 1.0
    frame.to_parquet(folder / "outcomes.parquet")
    assert any(sentence.startswith("second and third are near") for sentence in report_of(folder)[0].answer)


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_page_tells_length_overrides_and_the_luck_of_a_part(kind, tmp_path):
    folder = write(tmp_path, summary_of(kind, duration_s=1800.0))
    report = report_of(folder)[0]
    facts = dict(report.facts)
    assert (facts["Changed in the base day"], facts["Time simulated"]) == ("day.start_s = 11:00", "30\u00a0min")
    assert any("grown 63.7 times; failures and repairs are those" in sentence for sentence in report.answer)
    sleeping = summary_of(kind, fleet_fraction={"asked": "1/64", "realised": 0.0157, "repairs": "grown", "bias": None})
    answer = report_of(write(tmp_path, sleeping))[0].answer
    assert any("a part replaced there counts 63.7 times. Means are unbiased" in sentence for sentence in answer)
    assert any("ost of 30\u00a0min" in sentence for sentence in report.answer)
    assert report_of(write(tmp_path, summary_of(kind, fleet_fraction=None)))[0].answer == tuple(
        sentence.replace("30\u00a0min", "the day") for sentence in report.answer if "of the fleet" not in sentence
    )


def test_an_input_whose_both_ends_lie_on_one_side_of_the_base_is_ranked_by_how_far_they_lie():
    hill = {"path": "hill", "at_low": 80.0, "at_high": 80.0}
    slope = {"path": "slope", "at_low": 97.0, "at_high": 103.0}
    told = {"base": 100.0, "bars": [hill, slope]}
    assert [rank.path for rank in ranking("tornado", told)] == ["hill", "slope"]
    assert idle_inputs("tornado", {"cost": told}) == []


def test_a_tornado_tells_every_outcome(tmp_path):
    report, svgs = report_of(write(tmp_path, summary_of("tornado")))
    assert {"tornado", "tornado_2"} <= set(svgs)
    tables = [block for block in report.sections[0].blocks if block.kind == "table"]
    assert [table.rows[0][-1] for table in tables] == ["$120.00", "120.00\u00a0s"]


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("facts.servers.a.gpu_usd", 25000.0, "$25,000.00"),
        ("facts.hazards.a.vendor_s", 14400.0, "4 h"),
        ("facts.efficiencies.a.layer_overhead_s", 2.5e-5, "25 µs"),
        ("facts.starts.a.load_bytes_per_s", 4e9, "4.000 billion B/s"),
        ("workload.demand.requests_per_day", 3e8, "300.0 million a day"),
        ("facts.prices.a.capital_fraction_per_year", 0.11, "11 % a year"),
        ("fleet.pools.main.precision", "fp8", "fp8"),
    ],
)
def test_values_of_inputs_have_their_units(path, value, told):
    assert input_value(path, value, language("en")).replace("\u00a0", " ") == told


def test_inputs_of_one_name_are_told_apart_by_their_entries():
    paths = ["facts.servers.a.gpu_usd", "facts.servers.b.gpu_usd", "facts.sites.c.water_usd_per_m3"]
    assert input_names(paths, language("en")) == ["price of a GPU (a)", "price of a GPU (b)", "price of water"]


def test_no_line_runs_through_a_name():
    rng = np.random.default_rng(3)
    for _ in range(300):
        at, width = np.sort(rng.uniform(0, 400, rng.integers(1, 7))), 400.0
        names = ["x" * length for length in rng.integers(3, 40, at.size)]
        placed = flags(at.tolist(), names, width)
        for one, (left, row) in enumerate(placed):
            reach = 4 * len(names[one])
            start, end = (at[one] - reach, at[one]) if left else (at[one], at[one] + reach)
            crossing = [other for other in range(at.size) if other != one and start < at[other] < end]
            assert all(placed[other][1] > row for other in crossing)


@pytest.mark.parametrize(
    ("noise", "told"), [(0.2, "beyond chance (±0.20)"), (0.9, "none stands out"), (None, "none s")]
)
def test_the_terminal_names_only_what_chance_would_not_bring(noise, told, monkeypatch):
    monkeypatch.setattr("reports.terminal.console.WIDTH_OF_FILES", 100)
    summary = summary_of("monte_carlo")
    for outcome in (COST, WAIT):
        summary["results"][outcome]["rank_noise"] = noise
    summary["fleet_fraction"]["bias"] = None
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(study_summary(summary, "o"))
    text = console.export_text()
    assert told in text
    assert ("lifetime_years" in text) == (noise == 0.2)
    assert "failures and repairs are those of the whole fleet" in text
