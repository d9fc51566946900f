"""From choices and claims to pools an engine can run: laws tabulated, limits worked out, what does not fit refused."""

from typing import get_args

import numpy as np

from sim.catalogue import Catalogue
from sim.core.errors import FitError
from sim.core.streams import Streams
from sim.core.units import BYTES_PER_GIGABYTE
from sim.plant.gpu.memory import kv_room_tokens, usable_bytes, weights_bytes
from sim.plant.gpu.power import decode_w, prefill_w
from sim.plant.gpu.replica import WEIGHT_BYTES, Layout, Replica, find_replica
from sim.plant.gpu.step_time import matrix_rate, step_time_law
from sim.scenario.schema import Pool, Precision, Scenario
from sim.serving.engine.spec import PoolSpec
from sim.serving.policies.admission import ADMISSIONS
from sim.serving.policies.batching import BATCHING_POLICIES
from sim.serving.policies.routing import ROUTINGS

TENSOR_PARALLEL = get_args(Pool.model_fields["tensor_parallel"].annotation)
PRECISIONS: list[Precision] = sorted(get_args(Precision), key=lambda precision: -WEIGHT_BYTES[precision])
"""Number formats, the widest first."""


def build_pools(scenario: Scenario, catalogue: Catalogue, streams: Streams) -> list[PoolSpec]:
    """The specification of every pool of a scenario."""
    patience = [case.patience_s for case in scenario.workload.use_cases.values()]
    patience_s = np.array([np.inf if p is None else p for p in patience])
    return [
        _build(name, pool, scenario, catalogue, patience_s, streams.salt(f"routing {name}"))
        for name, pool in scenario.fleet.pools.items()
    ]


def check_fit(scenario: Scenario, catalogue: Catalogue) -> list[tuple[tuple[str, ...], str]]:
    """Pools whose model does not fit its GPUs: path of the pool, what is missing and which change would fit."""
    found = [
        (("fleet", "pools", name), _misfit(pool, scenario, catalogue)) for name, pool in scenario.fleet.pools.items()
    ]
    return [(path, what) for path, what in found if what]


def _build(
    name: str, pool: Pool, scenario: Scenario, catalogue: Catalogue, patience_s: np.ndarray, salt: int
) -> PoolSpec:
    misfit = _misfit(pool, scenario, catalogue)
    if misfit:
        raise FitError([f"fleet.pools.{name}: {misfit}"])
    replica = _replica(pool, pool.precision, pool.tensor_parallel, scenario, catalogue)
    replicas_per_server = int(catalogue.pick("servers", pool.server).gpus.value) // replica.layout.gpus
    batching = pool.batching
    tokens = max(batching.max_batched_tokens, batching.max_requests) + 1
    batch = np.arange(batching.max_requests + 1, dtype=np.float64)
    law = step_time_law(replica, tokens, batching.max_requests)
    idle_w = replica.layout.gpus * replica.gpu.idle_w.value
    return PoolSpec(
        name=name,
        replicas=pool.servers * replicas_per_server,
        replicas_per_server=replicas_per_server,
        law=law,
        idle_w=idle_w,
        prefill_above_idle_w=prefill_w(replica, law, batching.max_batched_tokens) - idle_w,
        decode_above_idle_w=decode_w(replica, law, batch) - idle_w,
        kv_room_tokens=kv_room_tokens(replica),
        max_context_tokens=int(replica.model.max_context_tokens.value),
        policy=BATCHING_POLICIES[batching.policy],
        admission=ADMISSIONS[batching.admission],
        max_requests=batching.max_requests,
        max_batched_tokens=batching.max_batched_tokens,
        wait_s=batching.wait_s,
        routing=ROUTINGS[pool.routing],
        stale_s=pool.stale_s,
        max_attempts=pool.max_attempts,
        patience_s=patience_s,
        routing_salt=salt,
        cells=min(pool.cells, pool.servers),
    )


def _replica(pool: Pool, precision: Precision, gpus: int, scenario: Scenario, catalogue: Catalogue) -> Replica:
    """A replica of a pool, at a number format and on so many GPUs."""
    gpu = catalogue.pick("servers", pool.server).gpu
    layout = Layout(tensor=gpus)
    context = _half_way_tokens(scenario, catalogue)
    return find_replica(catalogue, pool.model, gpu, pool.software, precision, pool.kv_precision, layout, context)


def _half_way_tokens(scenario: Scenario, catalogue: Catalogue) -> float:
    """Mean context of a request half-way through its answer [token], by the lengths that use cases name."""
    whole = 0.0
    for case in scenario.workload.use_cases.values():
        table = catalogue.pick("lengths", case.lengths)
        halves = np.array(table.prompt_tokens.value) + np.array(table.output_tokens.value) / 2.0
        whole += case.share * float(np.trapezoid(halves, table.probability.value))
    return max(1.0, whole)


def _misfit(pool: Pool, scenario: Scenario, catalogue: Catalogue) -> str:
    """Why a pool's model does not fit, or nothing."""
    if _fits(pool, pool.precision, pool.tensor_parallel, scenario, catalogue):
        return ""
    replica = _replica(pool, pool.precision, pool.tensor_parallel, scenario, catalogue)
    need, have = weights_bytes(replica) / BYTES_PER_GIGABYTE, usable_bytes(replica) / BYTES_PER_GIGABYTE
    return (
        f"{replica.model.title} at {pool.precision} needs {need:.1f} GB for its weights, but {pool.tensor_parallel} x "
        f"{replica.gpu.title} leave {have:.1f} GB: {max(need - have, 0.0):.1f} GB too little, nothing left for a KV "
        f"cache; {_remedy(pool, scenario, catalogue)}"
    )


def _fits(pool: Pool, precision: Precision, gpus: int, scenario: Scenario, catalogue: Catalogue) -> bool:
    """Whether a replica on so many GPUs of the pool's servers holds the weights and at least one token."""
    server = catalogue.pick("servers", pool.server)
    if server.gpus.value % gpus or not matrix_rate(catalogue.pick("gpus", server.gpu), precision):
        return False
    return kv_room_tokens(_replica(pool, precision, gpus, scenario, catalogue)) > 0


def _remedy(pool: Pool, scenario: Scenario, catalogue: Catalogue) -> str:
    """The smallest change that would fit: more GPUs a replica, a smaller number format, or another server."""
    sizes = [size for size in TENSOR_PARALLEL if size >= pool.tensor_parallel]
    for precision in (pool.precision, *PRECISIONS):
        for gpus in sizes:
            if _fits(pool, precision, gpus, scenario, catalogue):
                wanted = {"tensor_parallel": gpus, "precision": precision}
                changes = [f"{key}: {value}" for key, value in wanted.items() if value != getattr(pool, key)]
                return f"it fits with {' and '.join(changes)}"
    return "it fits no server of this GPU; choose one with more memory"
