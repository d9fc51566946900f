"""MLPerf Inference, closed division: as many tokens a second as latency limits allow, and power at the wall."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
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
    plain,
)
from sim.calibration.kinds.serving_runs import LEAST_BATCHED_TOKENS, steady_state_s
from sim.catalogue import Catalogue
from sim.plant.gpu.memory import kv_room_tokens
from sim.plant.gpu.power import capped_speed, iteration_w, wall_w
from sim.plant.gpu.replica import Layout, Replica

EFFICIENCY = "mlperf_2025"
LIMITED = ("server", "interactive")
"""Scenarios with latency limits."""
LAYOUTS = (1, 2, 4, 8)
"""Tensor-parallel sizes that a submitter would try."""
_MOST_BATCH = 8192.0
_NARROWEST = ("fp4", "fp8", "bf16")
"""Number formats from the fastest: submitters use what the hardware has and accuracy allows."""
_FORMATS = {"gpt_j_6b": ("fp8", "bf16"), "mixtral_8x7b": ("fp8", "bf16"), "deepseek_v3": ("fp4", "fp8", "bf16")}


@dataclass(frozen=True)
class Submission:
    """One result."""

    model: str
    """Catalogue name of the model."""
    gpu: str
    """Catalogue name of the GPU."""
    benchmark: str
    """Catalogue name of the benchmark."""
    scenario: str
    """Offline, server or interactive."""
    gpus: int
    """GPUs of all nodes."""
    nodes: int
    """Servers."""
    tpot_limit_s: float
    """Limit on the slowest hundredth of times per token."""
    capped: bool
    """Whether GPUs ran at a power limit below their TDP."""


@dataclass(frozen=True)
class Point:
    """What one replica gives at its best."""

    tokens_per_s: float
    """Output tokens."""
    gpus_w: float
    """Power of its GPUs."""
    gpus: int
    """How many they are."""


def read_case(row: Mapping[str, Any], book: Catalogue) -> Submission:
    """What a row submitted; UnpredictableError where the laws do not cover it."""
    if not given(row.get("accelerator")) or str(row.get("accel_per_node")) in ("0", "0.0", "nan"):
        raise UnpredictableError("a server without accelerators is not modelled")
    accelerator = str(row["accelerator"])
    if "," in accelerator:
        raise UnpredictableError(f"several kinds of accelerator in one result: {accelerator}")
    model = find_model(book, row["model"])
    benchmark = f"mlperf_{model}"
    if benchmark not in book.benchmarks:
        raise UnpredictableError(f"the lengths of {benchmark} are not in sim/catalogue/benchmarks.yaml")
    nodes, scenario = count(row, "nodes", 1), str(row["scenario"]).lower()
    limit = row.get("tpot_latency_limit_s")
    limit_s = number(row, "tpot_latency_limit_s") if given(limit) and scenario in LIMITED else inf
    return Submission(
        model=model,
        gpu=find_gpu(book, accelerator),
        benchmark=benchmark,
        scenario=scenario,
        gpus=nodes * count(row, "accel_per_node"),
        nodes=nodes,
        tpot_limit_s=limit_s,
        capped="maxq" in plain(str(row.get("platform", ""))),
    )


def precision_for(case: Submission, book: Catalogue) -> str:
    """The fastest number format that the GPU has and the benchmark's accuracy allows."""
    gpu = book.pick("gpus", case.gpu)
    for precision in _FORMATS.get(case.model, _NARROWEST):
        if getattr(gpu, f"{precision}_flops_per_s") is not None:
            return precision
    raise UnpredictableError(f"{gpu.title} has no number format that fits")


def replicas(case: Submission, book: Catalogue) -> Iterator[Replica]:
    """The model on every number of GPUs that divides a node and holds it."""
    bench, precision = book.pick("benchmarks", case.benchmark), precision_for(case, book)
    output = bench.output_tokens.value if bench.output_tokens else 1.0
    context = bench.prompt_tokens.value + output / 2.0
    for size in LAYOUTS:
        if size > case.gpus:
            return
        setup = Setup(case.model, case.gpu, precision, EFFICIENCY, Layout(size))
        try:
            check_setup(setup, book)
        except UnpredictableError:
            continue
        yield setup.replica(book, context, "bf16" if precision == "bf16" else "fp8")


def best_point(replica: Replica, case: Submission, book: Catalogue) -> Point:
    """Throughput at the largest batch that memory and the limit on time per token allow."""
    bench = book.pick("benchmarks", case.benchmark)
    output = bench.output_tokens.value if bench.output_tokens else 1.0
    prompt = bench.prompt_tokens.value
    most = min(_MOST_BATCH, kv_room_tokens(replica) / (prompt + output))
    batch = np.unique(np.geomspace(1.0, max(1.0, most), 65))
    full = np.ones_like(batch)
    iteration_s = steady_state_s(replica, batch, prompt * full, output * full, LEAST_BATCHED_TOKENS)
    tail = book.pick("benchmarks", "mlperf").tail_ratio
    allowed = iteration_s * (tail.value if tail else 1.0) <= case.tpot_limit_s
    if not allowed.any():
        return Point(0.0, 0.0, replica.layout.gpus)
    best = int(np.argmax(np.where(allowed, batch / iteration_s, 0.0)))
    cache = batch * (prompt + output / 2.0)
    watts = iteration_w(replica, batch * (1.0 + prompt / output), cache, iteration_s, batch)
    return Point(float(batch[best] / iteration_s[best]), float(watts[best]), replica.layout.gpus)


def predict_case(case: Submission, book: Catalogue) -> dict[str, float]:
    """Output tokens a second of all GPUs, and wall power of all servers where the server is known."""
    points = [best_point(replica, case, book) for replica in replicas(case, book)]
    best = max(points, key=lambda point: point.tokens_per_s / point.gpus, default=Point(0.0, 0.0, 1))
    if not best.tokens_per_s:
        raise UnpredictableError("no number of GPUs holds the model and keeps the limit on time per token")
    general = book.pick("benchmarks", "mlperf")
    share = general.server_fraction if case.scenario in LIMITED else None
    speed, gpus_w = _capped(case, best, book)
    tokens = best.tokens_per_s / best.gpus * case.gpus * speed * (share.value if share else 1.0)
    found = {"predicted_tokens_per_s": tokens}
    server = next((s for s in book.servers.values() if s.gpu == case.gpu), None)
    if server is not None:
        watts = gpus_w / best.gpus * case.gpus / case.nodes
        found["predicted_power_w"] = case.nodes * wall_w(server, watts, 1.0)
    return found


def _capped(case: Submission, best: Point, book: Catalogue) -> tuple[float, float]:
    """Speed and power of a replica's GPUs, under a power limit where there is one."""
    general = book.pick("benchmarks", "mlperf")
    cap, order = general.cap_fraction, general.cap_order
    if not case.capped or cap is None or order is None:
        return 1.0, best.gpus_w
    gpu = book.pick("gpus", case.gpu)
    idle_w, limit_w = best.gpus * gpu.idle_w.value, best.gpus * gpu.tdp_w.value * cap.value
    if best.gpus_w <= limit_w:
        return 1.0, best.gpus_w
    return capped_speed((limit_w - idle_w) / (best.gpus_w - idle_w), order.value), limit_w
