"""Points of a file predicted row by row; a row that cannot be says why.

Points files: read as tables, rows as mappings, and written back with what was predicted.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.calibration.cases import UnknownNameError, UnpredictableError
from sim.calibration.kinds import ml_energy, mlperf, splitwise
from sim.calibration.kinds import serving_runs as serving
from sim.catalogue import Catalogue
from sim.core.errors import InputError, PointsError
from sim.files.documents import did_you_mean, is_file, raise_all

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]

REASON = "not_predicted"
"""Column that says why a row has no prediction."""
PREFIX = "predicted_"
"""Beginning of the names of predicted columns."""


@dataclass(frozen=True)
class Form:
    """Layout of one kind of points file."""

    required: tuple[str, ...]
    """Columns without which nothing can be predicted."""
    optional: tuple[str, ...]
    """Other columns that are understood: what changes a prediction, what was measured, where it comes from."""
    measured: Mapping[str, str]
    """Predicted column to the measured one it is compared with."""
    factor: Mapping[str, str]
    """What errors are told apart by: a word for it to the column."""
    predict: Callable[[Row, Catalogue], dict[str, float]]
    """Predicted columns of a row."""


def _serving(row: Row, book: Catalogue) -> dict[str, float]:
    return serving.predict_case(serving.read_case(row, book), book)


def _splitwise(row: Row, book: Catalogue) -> dict[str, float]:
    return splitwise.predict_case(splitwise.read_case(row, book), book)


def _ml_energy(row: Row, book: Catalogue) -> dict[str, float]:
    return ml_energy.predict_case(ml_energy.read_case(row, book), book)


def _mlperf(row: Row, book: Catalogue) -> dict[str, float]:
    return mlperf.predict_case(mlperf.read_case(row, book), book)


FORMS: dict[str, Form] = {
    "serving": Form(
        ("model", "system", "isl", "osl", "tp_size"),
        (
            *("id", "src", "measured", "backend", "backend_version", "precision", "mode", "concurrency", "batch_size"),
            *("pp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size", "gpus", "ttft_ms", "tpot_ms"),
            *("prefill_num_workers", "prefill_tp_size", "prefill_attention_dp_size", "decode_num_workers"),
            *("decode_tp_size", "decode_attention_dp_size", "decode_batch_size"),
        ),
        {"predicted_ttft_ms": "ttft_ms", "predicted_tpot_ms": "tpot_ms"},
        {"GPU": "system", "model": "model", "precision": "precision", "software": "backend"},
        _serving,
    ),
    "splitwise": Form(
        ("model", "hardware", "prompt_size", "batch_size", "token_size", "tensor_parallel"),
        ("peak_power_frac_tdp", "average_power_frac_tdp", "prompt_time_ms", "token_time_ms", "e2e_time_ms"),
        {
            "predicted_prompt_time_ms": "prompt_time_ms",
            "predicted_token_time_ms": "token_time_ms",
            "predicted_average_power_frac_tdp": "average_power_frac_tdp",
        },
        {"GPU": "hardware", "model": "model"},
        _splitwise,
    ),
    "ml-energy": Form(
        ("task", "model_id", "gpu_model", "num_gpus", "max_num_seqs", "avg_output_len"),
        (
            *("activated_params_billions", "architecture", "avg_batch_size", "avg_power_watts", "data_parallel"),
            *("energy_per_request_joules", "energy_per_token_joules", "expert_parallel", "median_itl_ms", "nickname"),
            *("output_throughput_tokens_per_sec", "p90_itl_ms", "p95_itl_ms", "p99_itl_ms", "tensor_parallel"),
            *("total_params_billions", "weight_precision"),
        ),
        {
            "predicted_output_throughput_tokens_per_sec": "output_throughput_tokens_per_sec",
            "predicted_median_itl_ms": "median_itl_ms",
            "predicted_avg_power_watts": "avg_power_watts",
            "predicted_energy_per_token_joules": "energy_per_token_joules",
        },
        {"GPU": "gpu_model", "model": "model_id", "precision": "weight_precision"},
        _ml_energy,
    ),
    "mlperf": Form(
        ("accelerator", "accel_per_node", "nodes", "model", "scenario"),
        (
            *("round", "submitter", "platform", "status", "valid", "tokens_per_s", "samples_per_s", "target_qps"),
            *(f"{what}_s_{which}" for what in ("e2e", "ttft", "tpot") for which in ("mean", "p50", "p90", "p99")),
            *("ttft_latency_limit_s", "tpot_latency_limit_s", "sw", "path", "power_w_avg", "power_w_max"),
            *("power_w_p05", "power_s", "power_w_before"),
        ),
        {"predicted_tokens_per_s": "tokens_per_s", "predicted_power_w": "power_w_avg"},
        {"GPU": "accelerator", "model": "model", "scenario": "scenario"},
        _mlperf,
    ),
}
"""Layout of points file by its kind."""


def check_columns(form: Form, columns: Sequence[str], where: str) -> None:
    """Refuse a file without the columns that a prediction needs, or with columns that nobody understands."""
    missing = [name for name in form.required if name not in columns]
    known = (*form.required, *form.optional, *form.measured, REASON)
    unknown = [name for name in columns if name not in known]
    problems = [f"the column {name!r} is missing" for name in missing]
    problems += [f"the column {name!r} is unknown{did_you_mean(name, known)}" for name in unknown]
    raise_all([f"{where}:1: {problem}" for problem in problems], PointsError)


def predict_rows(form: Form, rows: Sequence[Row], book: Catalogue) -> Iterator[dict[str, float] | str]:
    """For each row its predicted columns, or why there are none."""
    for row in rows:
        try:
            _positive(form, row)
            yield form.predict(row, book)
        except (UnpredictableError, UnknownNameError) as error:
            yield str(error)


def _positive(form: Form, row: Row) -> None:
    """Refuse a measured time, rate or power that is not above zero: such a row is not to be believed."""
    for name in form.measured.values():
        value = row.get(name)
        if isinstance(value, int | float) and value <= 0:
            raise UnpredictableError(f"{name} must be above zero, not {value:g}")


FIRST_LINE = 2
"""Line of the first row, below the header."""


def read_points(path: Path, form: Form) -> "pd.DataFrame":
    """A points file, plain or gzipped, without what an earlier prediction added; InputError where it is none."""
    import pandas as pd

    if not is_file(path):
        raise InputError(f"{path}: no such file")
    try:
        table = pd.read_csv(path)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a table of comma-separated values: {error}") from None
    written = [name for name in table.columns if name.startswith(PREFIX) or name == REASON]
    table = table.drop(columns=written)
    check_columns(form, list(table.columns), str(path))
    if not len(table):
        raise InputError(f"{path}: holds no rows")
    return table


def rows_of(table: "pd.DataFrame") -> list[Row]:
    """Rows of a table as mappings from column to cell."""
    records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]  # its keys are column names
    return list(records)


def with_predictions(table: "pd.DataFrame", form: Form, predicted: Sequence[dict[str, float] | str]) -> "pd.DataFrame":
    """The table with a column for every prediction, and one that says why a row has none."""
    told = table.copy()
    for name in form.measured:
        told[name] = [float("nan") if isinstance(found, str) else found.get(name, float("nan")) for found in predicted]
    told[REASON] = [found if isinstance(found, str) else "" for found in predicted]
    return told


def reasons(predicted: Sequence[dict[str, float] | str]) -> dict[str, list[int]]:
    """Why rows have no prediction, each with the lines of the file that it holds for."""
    found: dict[str, list[int]] = {}
    for line, prediction in enumerate(predicted, FIRST_LINE):
        if isinstance(prediction, str):
            found.setdefault(prediction, []).append(line)
    return found
