"""Write VALIDATION.md and its pictures: errors of the laws on public measurements.

Usage: python -m benchmarks.validation DATA [STRIDE]: DATA holds perf/ and power/ with the files named below; of the
serving points, which are simulated, only every STRIDE-th aggregated row is taken (each one unless told otherwise).
Two processes take some five minutes.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.folds import STRIDE as FOLDS_STRIDE
from benchmarks.folds import Fold, folds_of
from benchmarks.scatter import write_picture
from sim.calibration.cases import UnknownNameError, UnpredictableError
from sim.calibration.kinds.serving_runs import holds_all, read_case
from sim.calibration.predict import FORMS, Form, predict_rows, read_points, reasons, rows_of, with_predictions
from sim.calibration.scoring import ALL, Score, score, scores
from sim.catalogue import read_catalogue

FILES = {
    "splitwise": "perf/splitwise_perf_model.csv",
    "ml-energy": "power/ml_energy_v3_llm.csv",
    "mlperf": "perf/mlperf_inference_v41_v51_llm.csv",
    "serving": "perf/e2e_serving_points.csv.gz",
}
TURNED = {"splitwise": 20, "ml-energy": 22, "mlperf": 9, "serving": 29}
"""Numbers that were fitted to each kind of points (degrees of freedom)."""
PROCESSES = 2
CHUNK = 40
PAGE = Path(__file__).parents[1] / "VALIDATION.md"
HEAD = """# Validation

Written by `python -m benchmarks.validation DATA`: errors of the laws on the public measurements that they were fitted
to, {part} among them. Errors are relative, predicted over measured less one: median and
90th percentile of their size, and median bias. These are errors of fit; what GPUs and models left out of a fit come
to is told at the end. In the pictures the line is equality, dotted lines are half and twice.

What is predicted badly, and why:

- ML.ENERGY on one B200: iterations of small models last 25 ms and more in some runs and 5 ms in others of the same
  model and batch; the host sets the pace. Reasoning, and pictures beyond eight sequences, are taken to be such runs; no
  column tells which they are.
- ML.ENERGY, Llama 4 Scout on H100: slower than its weights ask for by a third, at half of TDP. Coder 480B at 8 bits
  with data parallelism: half as fast as predicted, or less.
- Serving, Qwen3-32B in bf16 on GB200: measured 3-10 times slower than the same file's other GPUs would have it.
- Serving, Llama-3.1-8B-FP8 with vLLM on H200: faster than reading its prompts at the matrix units' rate allows; prompts
  found in a prefix cache would explain it.
- Serving, DeepSeek with TensorRT-LLM: columns do not tell speculative decoding, nor always data parallelism.
- Serving, time to first token: the same model, GPUs, software and load waited 0.5 s in one run and 8 s in another (R1
  at 4 bits with SGLang on B200, four months apart); limits on requests at a time and on tokens an iteration, and how
  often an engine looks for new requests, are in no column and are taken to be those of InferenceX's scripts.
- Serving rows of wide deployments on GB200 whose tensor-parallel size does not divide the model's heads are totals of
  several replicas: they are not predicted. Nor are disaggregated rows: {apart:,} of the file.
"""
TABLE = """| {first} | by | level | points | median | 90 % | bias |
| --- | --- | --- | ---: | ---: | ---: | ---: |
"""
ASKED = """
## What was asked, and what is reached

| kind | quantity | must | reached | points | numbers fitted |
| --- | --- | ---: | ---: | ---: | ---: |
"""
MUST = {
    ("splitwise", "prompt_time_ms"): (0.10, 0.25),
    ("splitwise", "token_time_ms"): (0.10, 0.25),
    ("serving", "tpot_ms, dense models, all clients in the KV cache"): (0.12, 0.30),
    ("serving", "ttft_ms, all clients in the KV cache"): (0.30, 0.70),
    ("ml-energy", "avg_power_watts"): (0.10, 0.20),
    ("ml-energy", "energy_per_token_joules"): (0.20, 0.40),
    ("mlperf", "power_w_avg"): (0.10, None),
    ("mlperf", "tokens_per_s"): (0.30, None),
}
"""Median and 90th percentile that an error must not exceed."""

Row = Mapping[str, Any]


def _predict(kind: str, rows: Sequence[Row]) -> list[dict[str, float] | str]:
    return list(predict_rows(FORMS[kind], rows, read_catalogue()))


def predictions(kind: str, rows: Sequence[Row]) -> list[dict[str, float] | str]:
    """Predict rows; those that are simulated in several processes."""
    if kind != "serving":
        return _predict(kind, rows)
    parts = [rows[first : first + CHUNK] for first in range(0, len(rows), CHUNK)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        return [found for part in pool.map(partial(_predict, kind), parts) for found in part]


def told_rows(kind: str, data: Path, stride: int) -> tuple[list[Row], dict[str, int]]:
    """A file's rows with what was predicted, and why others were not."""
    form = FORMS[kind]
    table = read_points(data / FILES[kind], form)
    if kind == "serving":
        table = table[table["mode"] == "agg"].iloc[::stride]
    predicted = predictions(kind, rows_of(table))
    return rows_of(with_predictions(table, form, predicted)), {why: len(at) for why, at in reasons(predicted).items()}


def _line(found: Score) -> str:
    by = "" if found.factor == ALL else found.factor
    errors = f"{found.median_fraction:.1%} | {found.high_fraction:.1%} | {found.bias_fraction:+.1%}"
    return f"| {found.column.removeprefix('predicted_')} | {by} | {found.level} | {found.points:,} | {errors} |\n"


def section(kind: str, rows: list[Row], why: dict[str, int]) -> str:
    """Tables of a kind's errors; those by model are folded away."""
    form = FORMS[kind]
    lines = scores(rows, form.measured, form.factor)
    head = TABLE.format(first="predicted")
    text = f"\n## {kind}\n\n{len(rows) - sum(why.values()):,} of {len(rows):,} rows predicted; "
    text += f"{TURNED[kind]} numbers fitted to this kind.\n\n"
    text += write_picture(PAGE, kind, rows, form.measured, next(iter(form.factor.values())))
    text += "\n" + head + "".join(_line(line) for line in lines if line.factor != "model")
    models = "".join(_line(line) for line in lines if line.factor == "model")
    text += f"\n<details><summary>by model</summary>\n\n{head}{models}\n</details>\n\n"
    return text + "".join(f"- not predicted ({count:,}): {reason}\n" for reason, count in why.items())


def below_saturation(rows: Sequence[Row]) -> Iterator[tuple[Row, bool]]:
    """Serving rows whose KV cache holds all clients, and whether the model is dense."""
    book = read_catalogue()
    for row in rows:
        try:
            case = read_case(row, book)
        except (UnpredictableError, UnknownNameError):
            continue
        if holds_all(case, book):
            yield row, book.models[case.setup.model].experts is None


def _error_of(rows: Sequence[Row], form: Form, quantity: str) -> Score:
    name = quantity.split(",")[0]
    predicted = next(key for key, value in form.measured.items() if value == name)
    return next(line for line in scores(rows, {predicted: name}, {}) if line.factor == ALL)


def asked(told: Mapping[str, Sequence[Row]], folds: Sequence[Fold]) -> str:
    """What must be reached beside what is."""
    below = list(below_saturation(told["serving"]))
    text = ASKED
    for (kind, quantity), must in MUST.items():
        rows = [row for row, dense in below if dense or "dense" not in quantity] if kind == "serving" else told[kind]
        text += _asked_line(kind, quantity, must, _error_of(rows, FORMS[kind], quantity), str(TURNED[kind]))
    for fold in folds:
        every, turned = score(fold.every, ""), f"{min(fold.turned)}-{max(fold.turned)}"
        text += _asked_line("serving", f"tpot_ms, leave-one-{fold.what}-out", fold.must, every, turned)
    return text


def _asked_line(kind: str, quantity: str, must: tuple[float, float | None] | None, found: Score, turned: str) -> str:
    limits = "" if must is None else " / ".join(f"{limit:.0%}" for limit in must if limit is not None)
    reached = f"{found.median_fraction:.1%} / {found.high_fraction:.1%}"
    return f"| {kind} | {quantity} | {limits} | {reached} | {found.points:,} | {turned} |\n"


def main(data: Path, stride: int) -> None:
    """Write the page and its pictures."""
    found = {kind: told_rows(kind, data, stride) for kind in FILES}
    folds = folds_of(data, FOLDS_STRIDE)
    modes = read_points(data / FILES["serving"], FORMS["serving"])["mode"]
    part = "all aggregated serving rows" if stride == 1 else f"every {stride}th aggregated serving row"
    text = HEAD.format(part=part, apart=int(np.sum(modes != "agg")))
    text += asked({kind: rows for kind, (rows, _) in found.items()}, folds)
    text += "".join(section(kind, rows, why) for kind, (rows, why) in found.items())
    PAGE.write_text(text + "".join(fold.text for fold in folds), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
