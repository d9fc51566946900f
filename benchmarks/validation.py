"""Write VALIDATION.md: errors of the laws on public measurements.

Usage: python -m benchmarks.validation DATA [STRIDE]: DATA holds perf/ and power/ with the files named below; of the
serving points, which are simulated, only every STRIDE-th aggregated row is taken (12 unless told otherwise).
"""

import sys
from pathlib import Path

from benchmarks.folds import STRIDE as FOLDS_STRIDE
from benchmarks.folds import leave_one_gpu_out
from sim.catalogue import read_catalogue
from sim.validation.points import read_points, reasons, rows_of, with_predictions
from sim.validation.predicting import FORMS, predict_rows
from sim.validation.scoring import ALL, scores

FILES = {
    "splitwise": "perf/splitwise_perf_model.csv",
    "ml-energy": "power/ml_energy_v3_llm.csv",
    "mlperf": "perf/mlperf_inference_v41_v51_llm.csv",
    "serving": "perf/e2e_serving_points.csv.gz",
}
TURNED = {"splitwise": 20, "ml-energy": 22, "mlperf": 9, "serving": 22}
"""Numbers that were fitted to each kind of points (degrees of freedom)."""
STRIDE = 12
HEAD = """# Validation

Written by `python -m benchmarks.validation DATA`, with every twelfth aggregated serving row: errors of the laws on the
public measurements that they were fitted to. Errors are relative, predicted over measured less one: median and 90th
percentile of their size, and median bias.
These are errors of fit; what GPUs left out of a fit come to is told at the end.

What is predicted badly, and why:

- ML.ENERGY on one B200: iterations of small models last 25 ms and more in some runs and 5 ms in others of the same
  model and batch; the host sets the pace. Reasoning, and pictures beyond eight sequences, are taken to be such runs; no
  column tells which they are. Of 66 rows whose watts are off by more than 20 %, 37 are of one B200.
- ML.ENERGY, Llama 4 Scout on H100: slower than its weights ask for by a third, at half of TDP. Coder 480B at 8 bits
  with data parallelism: half as fast as predicted, or less.
- Serving, Qwen3-32B in bf16 on GB200: measured 3-10 times slower than the same file's other GPUs would have it.
- Serving, Llama-3.1-8B-FP8 with vLLM on H200: faster than reading its prompts at the matrix units' rate allows; prompts
  found in a prefix cache would explain it.
- Serving, DeepSeek with TensorRT-LLM: columns do not tell speculative decoding, nor always data parallelism.
- Time to first token depends on how a benchmark's clients stay in step; rows of one fixed length are the worst.
"""


def section(kind: str, data: Path, stride: int) -> str:
    """Predict a file's rows and table the errors."""
    form, book = FORMS[kind], read_catalogue()
    table = read_points(data / FILES[kind], form)
    if kind == "serving":
        table = table[table["mode"] == "agg"].iloc[::stride]
    predicted = list(predict_rows(form, rows_of(table), book))
    told = rows_of(with_predictions(table, form, predicted))
    done = sum(not isinstance(found, str) for found in predicted)
    lines = [
        f"\n## {kind}\n",
        f"{done:,} of {len(table):,} rows predicted; {TURNED[kind]} numbers fitted to this kind.\n",
    ]
    lines += [
        "| predicted | by | level | points | median | 90 % | bias |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for line in scores(told, form.measured, form.factor):
        by = "" if line.factor == ALL else line.factor
        errors = f"{line.median_fraction:.1%} | {line.high_fraction:.1%} | {line.bias_fraction:+.1%}"
        lines.append(f"| {line.column.removeprefix('predicted_')} | {by} | {line.level} | {line.points:,} | {errors} |")
    lines += ["", *(f"- not predicted ({len(at):,}): {why}" for why, at in reasons(predicted).items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    data, stride = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else STRIDE
    text = HEAD + "".join(section(kind, data, stride) for kind in FILES)
    text += leave_one_gpu_out(data, FOLDS_STRIDE)
    (Path(__file__).parents[1] / "VALIDATION.md").write_text(text, encoding="utf-8")
