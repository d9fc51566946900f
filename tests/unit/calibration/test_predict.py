import re

import numpy as np
import pytest
from ruamel.yaml import YAML

from sim.calibration.calibrate import calibrate, profile_text
from sim.calibration.cases import UnknownNameError, match, one_node
from sim.calibration.closed_loop import Load, run_closed_loop
from sim.calibration.kinds.serving_runs import pool_of, read_case
from sim.calibration.predict import FORMS, check_columns, predict_rows
from sim.calibration.scoring import score
from sim.catalogue import read_catalogue
from sim.core.errors import InputError

BOOK = read_catalogue()
ROW = {
    "model": "meta-llama/Llama-3.1-70B-Instruct", "system": "h100_sxm", "precision": "fp8", "backend": "vllm",
    "isl": 1024, "osl": 128, "concurrency": 8, "tp_size": 4, "ttft_ms": 200.0, "tpot_ms": 14.0,
}  # fmt: skip


def predicted(**changes):
    return next(iter(predict_rows(FORMS["serving"], [ROW | changes], BOOK)))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "qwen3_235b_a22b"),
        ("deepseek-ai/DeepSeek-R1-0528", "deepseek_v3"),
        ("llama2-70b-99", "llama_2_70b"),
        ("META-LLAMA/llama-3.3-70b-instruct", "llama_3_1_70b"),
    ],
)
def test_models_go_by_many_names(written, name):
    assert match(written, BOOK.models, "models") == name


def test_an_unknown_name_tells_the_nearest_and_where_to_add_it():
    with pytest.raises(UnknownNameError, match=r"did you mean llama_3_1_70b\?\); add it to sim/catalogue/models.yaml"):
        match("Lama-3.1-70B", BOOK.models, "models")


def test_a_row_is_predicted_and_a_bad_one_says_why():
    assert 8.0 < predicted()["predicted_tpot_ms"] < 25.0
    assert "h100x" in predicted(system="h100x")
    assert predicted(tpot_ms=-1.0) == "tpot_ms must be above zero, not -1"
    assert "leave" in predicted(tp_size=1, precision="bf16")
    assert predicted(mode="disagg") == "disaggregated prefill and decode are not modelled"


def test_unknown_and_missing_columns_are_told_at_once():
    with pytest.raises(InputError) as error:
        check_columns(FORMS["serving"], ["model", "sytem", "isl", "osl", "tp_size"], "p.csv")
    assert "'system' is missing" in str(error.value) and "'sytem' is unknown (did you mean system?)" in str(error.value)


@pytest.mark.parametrize("look_every", [1, 7])
def test_a_leaping_loop_equals_one_that_steps(monkeypatch, look_every):
    case = read_case(ROW, BOOK)
    spec = pool_of(case, case.replica(BOOK))
    load = Load(clients=5, prompt=300, output=40, requests=17, spread_fraction=0.3, look_every=look_every)
    leaping = run_closed_loop(spec, load, np.random.default_rng(3))
    monkeypatch.setattr("sim.calibration.closed_loop._Leaping.leap", lambda batch, iteration, most: 1)
    stepping = run_closed_loop(spec, load, np.random.default_rng(3))
    assert leaping.tpot_s == pytest.approx(stepping.tpot_s, rel=1e-12)
    assert leaping.ttft_s == pytest.approx(stepping.ttft_s, rel=1e-12)
    assert leaping.makespan_s == pytest.approx(stepping.makespan_s, rel=1e-12)


def test_calibration_finds_the_efficiencies_that_made_the_points():
    rows = [ROW | {"concurrency": n, "tp_size": t} for n in (1, 8, 64) for t in (2, 4, 8)]
    truth = [dict(row) for row in rows]
    for row, found in zip(truth, predict_rows(FORMS["serving"], rows, BOOK), strict=True):
        row["tpot_ms"] = found["predicted_tpot_ms"] * 1.3
    fitted = calibrate("serving", truth, BOOK)
    assert score(fitted.error_fraction, "").median_fraction < 0.08
    text = profile_text(fitted, "vllm_2026", "serving", "mine.csv")
    (named,) = re.findall(r"# Held as the catalogue has them: ([^.]*)\.", text)
    stayed, turned = set(re.findall(r"\w+", named)), {knob.field for knob in fitted.knobs}
    assert {"power_order", "roofline_order", "collective_latency_s"} <= stayed and not stayed & turned
    assert YAML(typ="safe").load(text)["software"] == "vllm_2026"
    assert all(len(line) <= 120 for line in text.splitlines())


def test_sizes_multiplied_with_themselves():
    assert [one_node(n, 8) for n in (1, 8, 16, 64)] == [1, 8, 4, 8]
