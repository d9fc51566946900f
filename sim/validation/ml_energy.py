"""ML.ENERGY's steady states: a batch kept full on real prompts, with the power of the GPUs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.catalogue import Catalogue
from sim.plant.power import iteration_w
from sim.plant.replica import Layout, Replica
from sim.plant.steptime import base_s, kv_token_s
from sim.units import MILLISECONDS_PER_SECOND
from sim.validation.cases import (
    Setup,
    UnpredictableError,
    check_setup,
    count,
    find_gpu,
    find_model,
    given,
    number,
    precision_of,
)
from sim.validation.serving import steady_state_s

_HOST_OF = {"blackwell": "b200"}
_OTHERWISE = "h100"
_WORK_OF = {"gpqa": "reasoning", "image-chat": "media", "video-chat": "media"}
"""Tasks whose requests cost the host more than text does."""
BUDGET_TOKENS = 8192.0
"""Token budget of an iteration: the engine's default on these GPUs."""


@dataclass(frozen=True)
class Steady:
    """A batch held steady."""

    setup: Setup
    """The replica."""
    benchmark: str
    """Catalogue name of the task."""
    batch: float
    """Mean batch."""
    output_tokens: float
    """Mean answer."""

    def prompt(self, book: Catalogue) -> float:
        """Mean prompt."""
        return book.pick("benchmarks", self.benchmark).prompt_tokens.value


def read_case(row: Mapping[str, Any], book: Catalogue) -> Steady:
    """What a row measured; UnpredictableError where the laws do not cover it."""
    gpu, task = find_gpu(book, row["gpu_model"]), str(row["task"])
    benchmark = f"ml_energy_{task.replace('-', '_')}"
    if benchmark not in book.benchmarks:
        raise UnpredictableError(f"the task {task!r} is not in sim/catalogue/benchmarks.yaml as {benchmark}")
    gpus = count(row, "num_gpus")
    data = count(row, "data_parallel", 1)
    host = _HOST_OF.get(book.gpus[gpu].generation, _OTHERWISE)
    efficiency = f"ml_energy_2025_{host}_{_WORK_OF.get(task, 'text')}"
    layout = Layout(max(1, gpus // data), data)
    setup = Setup(find_model(book, row["model_id"]), gpu, precision_of(row.get("weight_precision")), efficiency, layout)
    check_setup(setup, book)
    batch = number(row, "avg_batch_size") if given(row.get("avg_batch_size")) else number(row, "max_num_seqs")
    return Steady(setup, benchmark, batch, number(row, "avg_output_len"))


def predict_case(case: Steady, book: Catalogue) -> dict[str, float]:
    """Throughput, inter-token latency, power and energy of the steady state."""
    prompt = case.prompt(book)
    replica = case.setup.replica(book, prompt + case.output_tokens / 2.0)
    batch, prompts, outputs = (np.array([n]) for n in (case.batch, prompt, case.output_tokens))
    iteration_s = steady_state_s(replica, batch, prompts, outputs, BUDGET_TOKENS)
    cache = batch * (prompt + case.output_tokens / 2.0)
    watts = iteration_w(replica, batch * (1.0 + prompt / case.output_tokens), cache, iteration_s)
    per_s = float(batch[0] / iteration_s[0])
    return {
        "predicted_output_throughput_tokens_per_sec": per_s,
        "predicted_median_itl_ms": _median_s(case, replica, float(iteration_s[0]), prompt) * MILLISECONDS_PER_SECOND,
        "predicted_avg_power_watts": float(watts[0]),
        "predicted_energy_per_token_joules": float(watts[0]) / per_s,
    }


def _median_s(case: Steady, replica: Replica, mean_s: float, prompt: float) -> float:
    """Median time between tokens: of an iteration without a prompt, where most have none."""
    if case.batch / case.output_tokens > 1.0 / 2.0:
        return mean_s
    batch = np.array([case.batch])
    cache = case.batch * (prompt + case.output_tokens / 2.0)
    return float(base_s(replica, batch, case.batch)[0]) + kv_token_s(replica) * cache
