"""Phases timed apart on one server: a batch of prompts read at once, then tokens made one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.calibration.cases import Setup, check_setup, count, find_gpu, find_model
from sim.catalogue import Catalogue
from sim.core.units import MILLISECONDS_PER_SECOND
from sim.plant.gpu.power import iteration_w
from sim.plant.gpu.replica import Layout, Replica
from sim.plant.gpu.step_time import attention_pair_s, base_s, kv_token_s

Floats = NDArray[np.float64]

_EFFICIENCY_OF = {"ampere": "splitwise_2023_a100"}
_OTHERWISE = "splitwise_2023_h100"


@dataclass(frozen=True)
class Phases:
    """What was timed."""

    setup: Setup
    """The replica."""
    batch: int
    """Requests at a time."""
    prompt: int
    """Prompt tokens of each."""
    output: int
    """Tokens made for each."""


def read_case(row: Mapping[str, Any], book: Catalogue) -> Phases:
    """What a row timed; UnpredictableError where the laws do not cover it."""
    gpu = find_gpu(book, row["hardware"])
    efficiency = _EFFICIENCY_OF.get(book.gpus[gpu].generation, _OTHERWISE)
    setup = Setup(find_model(book, row["model"]), gpu, "bf16", efficiency, Layout(count(row, "tensor_parallel")))
    check_setup(setup, book)
    return Phases(setup, count(row, "batch_size"), count(row, "prompt_size"), count(row, "token_size"))


def prompt_s(replica: Replica, batch: Floats, prompt: Floats) -> Floats:
    """Time to read a batch of prompts in one iteration [s]."""
    pairs = batch * prompt * (prompt + 1.0) / 2.0
    return np.asarray(base_s(replica, batch * prompt, batch) + attention_pair_s(replica) * pairs)


def token_s(replica: Replica, batch: Floats, prompt: Floats, output: Floats) -> Floats:
    """Mean time of an iteration that makes one token for each [s]."""
    return np.asarray(base_s(replica, batch, batch) + kv_token_s(replica) * batch * (prompt + output / 2.0))


def predict_case(case: Phases, book: Catalogue) -> dict[str, float]:
    """Times of both phases, and mean power over both as a share of TDP."""
    replica = case.setup.replica(book, case.prompt + case.output / 2.0)
    batch, prompt, output = (np.array([float(n)]) for n in (case.batch, case.prompt, case.output))
    reading, making = prompt_s(replica, batch, prompt), token_s(replica, batch, prompt, output)
    reading_w = iteration_w(replica, batch * prompt, np.zeros(1), reading, batch)
    making_w = iteration_w(replica, batch, batch * (prompt + output / 2.0), making, batch)
    whole_s = reading + (output - 1.0) * making
    mean_w = (reading_w * reading + making_w * (output - 1.0) * making) / whole_s
    tdp_w = replica.layout.gpus * replica.gpu.tdp_w.value
    return {
        "predicted_prompt_time_ms": float(reading[0]) * MILLISECONDS_PER_SECOND,
        "predicted_token_time_ms": float(making[0]) * MILLISECONDS_PER_SECOND,
        "predicted_average_power_frac_tdp": float(mean_w[0]) / tdp_w,
    }
