"""Compiling the kernels ahead of a run: a tiny pool goes through every door once."""

import numpy as np

from sim.core.compile_cache import note_warm
from sim.plant.gpu.step_time import StepTimeLaw
from sim.serving.compiled.pool import CompiledPool
from sim.serving.engine.spec import PoolSpec
from sim.serving.policies.admission import Admission
from sim.serving.policies.batching import BatchingPolicy
from sim.serving.policies.routing import Routing
from sim.serving.shards import CelledPool
from sim.traces.digest import Digest
from sim.traces.sinks import EVERY_LOT
from sim.workload.demand.arrivals import Rate
from sim.workload.lengths import LengthTables, draw_lengths, gaussian_copula, quantiles
from sim.workload.requests import Requests


def warm_up() -> None:
    """Compile every kernel that Python calls, and remember that it was done."""
    pool = CelledPool(_tiny_pool(), Digest.empty(("any",), 1), lambda *cell: CompiledPool(cell[0], 1, *cell[1:]), 0, 1)
    pool.keep_below(EVERY_LOT)
    ones = np.ones(1, np.int32)
    pool.deposit(Requests.uncached(np.zeros(1), np.zeros(1, np.int16), ones, 2 * ones))
    pool.advance(1.0)
    pool.fail(0)
    pool.drain(0)
    pool.outstanding(0)
    pool.restore(0)
    pool.set_speed(0, 1.0)
    pool.gauges()
    pool.mark(1.0)
    pool.close(1.0)
    _draw()
    note_warm()


def _draw() -> None:
    """One request, its prompt and answer of one token each."""
    Rate(np.arange(2.0), np.arange(2.0)).arrivals(0.0, np.ones(1))
    one = quantiles((0.0, 1.0), (1.0, 1.0))
    draw_lengths(LengthTables(one, one, gaussian_copula(1.0)), *np.zeros((2, 1), np.float32))


def _tiny_pool() -> PoolSpec:
    """Two replicas that take a second for everything."""
    return PoolSpec(
        name="any",
        replicas=2,
        replicas_per_server=1,
        law=StepTimeLaw(np.ones(2), 0.0, 0.0),
        idle_w=0.0,
        prefill_above_idle_w=0.0,
        decode_above_idle_w=np.zeros(2),
        kv_room_tokens=2,
        max_context_tokens=2,
        policy=BatchingPolicy.CONTINUOUS,
        admission=Admission.RESERVED,
        max_requests=1,
        max_batched_tokens=1,
        wait_s=0.0,
        routing=Routing.ROUND_ROBIN,
        stale_s=0.0,
        max_attempts=1,
        patience_s=np.full(1, np.inf),
        cells=2,
    )
