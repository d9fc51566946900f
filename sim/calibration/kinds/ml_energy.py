"""ML.ENERGY's steady states: a batch kept full on real prompts, with the power of the GPUs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.calibration.cases import (
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
from sim.calibration.kinds.serving_runs import LEAST_BATCHED_TOKENS, chunk_tokens, steady_state_s
from sim.catalogue import Catalogue
from sim.core.units import MILLISECONDS_PER_SECOND
from sim.plant.gpu.power import Floats, gpu_w, iteration_w
from sim.plant.gpu.replica import Layout, Replica
from sim.plant.gpu.step_time import base_s, kv_token_s

EFFICIENCY_OF = {"fp8": "ml_energy_2025_fp8", "fp4": "ml_energy_2025_fp4"}
"""Experts at each number format have kernels of their own."""
EFFICIENCY = "ml_energy_2025"
CROWDED = "ml_energy_2025_crowded"
"""Runs on one B200 of tasks that say from which batch on they had to wait for their host."""


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

    def media_s(self, book: Catalogue) -> float:
        """Time that pictures and films hold up an iteration, with the GPUs' part of the host for them."""
        held = book.pick("benchmarks", self.benchmark).media_s
        return held.value / self.setup.layout.gpus * self.batch / self.output_tokens if held else 0.0


def read_case(row: Mapping[str, Any], book: Catalogue) -> Steady:
    """What a row measured; UnpredictableError where the laws do not cover it."""
    gpu, task = find_gpu(book, row["gpu_model"]), str(row["task"])
    benchmark = f"ml_energy_{task.replace('-', '_')}"
    if benchmark not in book.benchmarks:
        raise UnpredictableError(f"the task {task!r} is not in sim/catalogue/benchmarks.yaml as {benchmark}")
    gpus = count(row, "num_gpus")
    data = count(row, "data_parallel", 1)
    precision = precision_of(row.get("weight_precision"))
    batch = number(row, "avg_batch_size") if given(row.get("avg_batch_size")) else number(row, "max_num_seqs")
    crowd = book.benchmarks[benchmark].crowded_above_requests
    alone = gpus == 1 and book.gpus[gpu].generation == "blackwell" and precision not in EFFICIENCY_OF
    crowded = alone and crowd is not None and batch > crowd.value
    efficiency = CROWDED if crowded else EFFICIENCY_OF.get(precision, EFFICIENCY)
    setup = Setup(find_model(book, row["model_id"]), gpu, precision, efficiency, Layout(max(1, gpus // data), data))
    check_setup(setup, book)
    return Steady(setup, benchmark, batch, number(row, "avg_output_len"))


def predict_case(case: Steady, book: Catalogue) -> dict[str, float]:
    """Throughput, inter-token latency, power and energy of the steady state."""
    prompt = case.prompt(book)
    replica = case.setup.replica(book, prompt + case.output_tokens / 2.0)
    batch, prompts, outputs = (np.array([n]) for n in (case.batch, prompt, case.output_tokens))
    cache = batch * (prompts + outputs / 2.0)
    making_s = base_s(replica, batch, batch) + kv_token_s(replica) * cache
    worked_s = steady_state_s(replica, batch, prompts, outputs, LEAST_BATCHED_TOKENS)
    media_s = case.media_s(book)
    reading_j = _reading_w(replica, batch, prompts) * (worked_s - making_s)
    making_j = iteration_w(replica, batch, cache, making_s, batch) * making_s
    nothing = np.zeros(1)
    waiting_j = replica.layout.gpus * gpu_w(replica, nothing, nothing, nothing) * media_s
    iteration_s = float((worked_s + media_s)[0])
    watts, per_s = float((reading_j + making_j + waiting_j)[0]) / iteration_s, case.batch / iteration_s
    median_s = iteration_s if case.batch / case.output_tokens > 1.0 / 2.0 else float(making_s[0])
    return {
        "predicted_output_throughput_tokens_per_sec": per_s,
        "predicted_median_itl_ms": median_s * MILLISECONDS_PER_SECOND,
        "predicted_avg_power_watts": watts,
        "predicted_energy_per_token_joules": watts / per_s,
    }


def _reading_w(replica: Replica, batch: Floats, prompt: Floats) -> Floats:
    """Power of iterations that read a chunk of a prompt beside the batch [W]."""
    tokens = batch + chunk_tokens(batch, prompt, LEAST_BATCHED_TOKENS)
    return iteration_w(replica, tokens, np.zeros(1), base_s(replica, tokens, batch), batch)
