"""End-to-end serving benchmarks: fixed lengths, fixed concurrency, one replica."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.calibration.cases import (
    Setup,
    UnpredictableError,
    check_setup,
    count,
    efficiency_of,
    find_gpu,
    find_model,
    given,
    one_node,
    precision_of,
)
from sim.calibration.closed_loop import Load, Measured, run_closed_loop
from sim.catalogue import Catalogue
from sim.core.units import MILLISECONDS_PER_SECOND
from sim.plant.gpu.memory import kv_room_tokens
from sim.plant.gpu.replica import Layout, Replica
from sim.plant.gpu.step_time import StepTimeLaw, attention_pair_s, base_s, kv_token_s
from sim.serving.engine.spec import PoolSpec
from sim.serving.policies.admission import Admission
from sim.serving.policies.batching import BatchingPolicy
from sim.serving.policies.routing import Routing

Floats = NDArray[np.float64]

GPUS_A_DOMAIN = {"gb200": 72, "gb300": 72}
"""GPUs that NVLink joins, where it is not a server's eight."""
GPUS_A_SERVER = 8
ONE = Layout()
"""A single GPU."""
POLICY_OF = {"sglang_2026": BatchingPolicy.CONTINUOUS}
"""Software that reads prompts in iterations of their own; the others read them beside those who decode."""


LEAST_BATCHED_TOKENS = 8192
"""Token budget of an iteration: the default of vLLM on these GPUs, and what other benchmarks are taken to have."""
SGLANG_BATCHED_TOKENS = 16384
"""What InferenceX's scripts give SGLang at least."""
LOOK_EVERY = {False: 10, True: 30}
"""Iterations between SGLang's looks for new requests in the same scripts, on Blackwell; the latter for many clients."""
MANY_CLIENTS = 16
GROUPS_WAIT_ITERATIONS = 30
"""Half of the 60 iterations that they let TensorRT-LLM's data-parallel groups wait for each other's prompts."""
ONE_LENGTH = "nvidia-gap-analysis"
"""Beginning of the sources whose requests all have one length."""
IN_STEP_FRACTION = 0.01
"""Spread of theirs where prompts are read first: those read together end together, and ask together again."""
CACHE_PRECISION = {"bf16": "bf16"}
"""Number format of the KV cache by that of the weights: the scripts give narrow weights a cache of 8 bits."""
MOST_CLIENTS = 65_536
"""Requests in flight of one replica, each of which is followed: no benchmark has more."""


@dataclass(frozen=True)
class Protocol:
    """How such benchmarks are run; choices of their tools, not claims about hardware."""

    most_batched_tokens: int = LEAST_BATCHED_TOKENS
    """Token budget of an iteration."""
    look_every: int = 1
    """Decode iterations between two looks for new requests."""
    wait_iterations: int = 0
    """Mean iterations that a request waits for those of other data-parallel groups."""
    waves: int = 10
    """Requests a client; the tools' default."""
    most_requests: int = 2048
    """Requests after which a simulation stops, however many clients there are (but one each at least)."""
    spread_fraction: float = 0.2
    """Lengths are drawn down to (1 - spread_fraction) of the full ones, as InferenceX's; others' clients drift, too."""


@dataclass(frozen=True)
class ServingCase:
    """One benchmark run."""

    setup: Setup
    """The replica."""
    clients: int
    """Requests in flight."""
    prompt: int
    """Prompt tokens."""
    output: int
    """Answer tokens."""
    protocol: Protocol
    """How the tool ran it."""

    @property
    def context_tokens(self) -> float:
        """Context half-way through an answer."""
        return self.prompt + self.output / 2.0

    def replica(self, book: Catalogue) -> Replica:
        """What serves it."""
        cache = CACHE_PRECISION.get(self.setup.precision, "fp8")
        return self.setup.replica(book, self.context_tokens, cache)


def read_case(row: Mapping[str, Any], book: Catalogue) -> ServingCase:
    """The run that a row describes; UnpredictableError where the laws do not cover it."""
    if str(row.get("mode", "agg")) == "disagg":
        raise UnpredictableError("disaggregated prefill and decode are not modelled")
    gpu = find_gpu(book, row["system"])
    setup = Setup(
        find_model(book, row["model"]),
        gpu,
        precision_of(row.get("precision")),
        efficiency_of(book, str(row.get("backend", ""))),
        _layout(row, gpu),
    )
    check_setup(setup, book)
    heads = int(book.models[setup.model].heads.value)
    if heads % setup.layout.tensor:
        raise UnpredictableError(f"{heads} attention heads cannot be divided among {setup.layout.tensor} GPUs")
    clients, prompt = _clients(row), count(row, "isl")
    case = ServingCase(setup, clients, prompt, count(row, "osl"), protocol_of(setup, clients, prompt, book))
    if str(row.get("src", "")).startswith(ONE_LENGTH) and policy_of(setup) == BatchingPolicy.CONTINUOUS:
        case = replace(case, protocol=replace(case.protocol, spread_fraction=IN_STEP_FRACTION))
    room = kv_room_tokens(case.replica(book))
    if case.prompt + case.output > room:
        raise UnpredictableError(f"a request of {case.prompt + case.output} tokens exceeds the KV room of {room}")
    return case


def policy_of(setup: Setup) -> BatchingPolicy:
    """How its software makes iterations."""
    return POLICY_OF.get(setup.efficiency, BatchingPolicy.CHUNKED)


def holds_all(case: ServingCase, book: Catalogue) -> bool:
    """Whether the KV cache holds all clients at their longest: below saturation, nobody waits for memory."""
    return bool(case.clients * (case.prompt + case.output) <= kv_room_tokens(case.replica(book)))


def protocol_of(setup: Setup, clients: int, prompt: int, book: Catalogue) -> Protocol:
    """How InferenceX runs a software; other benchmarks are taken to do likewise."""
    if setup.efficiency == "trtllm_2026":
        wait = GROUPS_WAIT_ITERATIONS if setup.layout.data > 1 else 0
        return Protocol(max(LEAST_BATCHED_TOKENS, prompt + clients), wait_iterations=wait)
    if setup.efficiency == "sglang_2026":
        seldom = book.gpus[setup.gpu].generation == "blackwell"
        return Protocol(SGLANG_BATCHED_TOKENS, LOOK_EVERY[clients >= MANY_CLIENTS] if seldom else 1)
    return Protocol()


def _layout(row: Mapping[str, Any], gpu: str) -> Layout:
    limit = GPUS_A_DOMAIN.get(gpu, GPUS_A_SERVER)
    tensor, data = count(row, "tp_size", 1), count(row, "attention_dp_size", 1)
    gpus = one_node(tensor * data, limit)
    data = min(gpus, one_node(data, limit))
    return Layout(max(1, gpus // data), data, count(row, "pp_size", 1))


def _clients(row: Mapping[str, Any]) -> int:
    """Requests in flight in one replica: the batch a data-parallel group times the groups, or the concurrency."""
    batched = given(row.get("batch_size"))
    clients = count(row, "batch_size") * count(row, "attention_dp_size", 1) if batched else count(row, "concurrency")
    if clients > MOST_CLIENTS:
        raise UnpredictableError(f"{clients:,} requests in flight are more than the {MOST_CLIENTS:,} followed here")
    return clients


def steady_state_s(replica: Replica, clients: Floats, prompt: Floats, output: Floats, budget: float | Floats) -> Floats:
    """Time per output token in a steady closed loop [s], in closed form: what fitting uses in place of a simulation.

    An iteration decodes one token for each client; over an answer every other client's prompt is read once beside it:
    decode + (clients - 1) / output * (growth of an iteration by a chunk, per prompt, and its attention pairs).
    """
    chunk = chunk_tokens(clients, prompt, budget)
    alone, with_chunk = base_s(replica, clients, clients), base_s(replica, clients + chunk, clients)
    decode = alone + kv_token_s(replica) * clients * (prompt + output / 2.0) / replica.layout.pipeline
    read = (with_chunk - alone) * prompt / chunk + attention_pair_s(replica) * prompt * prompt / 2.0
    return np.asarray(decode + (clients - 1.0) / output * read)


def chunk_tokens(clients: Floats, prompt: Floats, budget: float | Floats) -> Floats:
    """Tokens of a prompt that an iteration reads beside the clients' own: the whole, or what is left of the budget."""
    return np.minimum(prompt, np.maximum(1.0, budget - clients))


def pool_of(case: ServingCase, replica: Replica) -> PoolSpec:
    """The pool of one replica that a benchmark loads: chunked prefill, room for every client."""
    tokens = max(case.protocol.most_batched_tokens, case.clients)
    law = _law(replica, case.clients, tokens)
    return PoolSpec(
        name="benchmark",
        replicas=1,
        replicas_per_server=1,
        law=law,
        idle_w=0.0,
        prefill_above_idle_w=0.0,
        decode_above_idle_w=np.zeros(2),
        kv_room_tokens=kv_room_tokens(replica),
        max_context_tokens=case.prompt + case.output,
        policy=policy_of(case.setup),
        admission=Admission.ON_DEMAND,
        max_requests=case.clients,
        max_batched_tokens=tokens,
        wait_s=0.0,
        routing=Routing.ROUND_ROBIN,
        stale_s=0.0,
        max_attempts=1,
        patience_s=np.array([np.inf]),
    )


def _law(replica: Replica, clients: int, tokens: int) -> StepTimeLaw:
    """The law tabulated where a closed loop looks: every batch up to the clients', and beyond on a grid."""
    grid = np.unique(np.concatenate([np.arange(min(clients, tokens) + 1), np.linspace(clients, tokens, 65)]))
    table = np.interp(np.arange(tokens + 1), grid, base_s(replica, grid, clients))
    stages = replica.layout.pipeline
    return StepTimeLaw(table, kv_token_s(replica) / stages, attention_pair_s(replica) / stages)


def simulate(case: ServingCase, book: Catalogue) -> Measured:
    """Run a benchmark; times to first token include the front end and the wait until the engine looks for a request."""
    replica, protocol = case.replica(book), case.protocol
    requests = max(case.clients, min(case.clients * protocol.waves, protocol.most_requests))
    load = Load(case.clients, case.prompt, case.output, requests, protocol.spread_fraction, protocol.look_every)
    measured = run_closed_loop(pool_of(case, replica), load, np.random.default_rng(0))
    kernels = replica.kernels
    waited = kernels.poll_iterations + protocol.wait_iterations
    ttft_s = measured.ttft_s + kernels.first_token_overhead_s + waited * measured.tpot_s
    return Measured(ttft_s, measured.tpot_s, measured.makespan_s, measured.preempted)


def predict_case(case: ServingCase, book: Catalogue) -> dict[str, float]:
    """Mean times to first token and per output token."""
    measured = simulate(case, book)
    return {
        "predicted_ttft_ms": measured.ttft_s * MILLISECONDS_PER_SECOND,
        "predicted_tpot_ms": measured.tpot_s * MILLISECONDS_PER_SECOND,
    }
