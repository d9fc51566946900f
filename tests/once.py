"""The kernels are compiled once for all workers of a test run; the user's cache on disk keeps them."""

import fcntl
import tempfile
from functools import cache
from pathlib import Path


@cache
def compile_once() -> None:
    """Compile the engine unless it is; of several processes one compiles while the others wait for it."""
    from sim.serving.kernel.compiling import source_hash

    lock = Path(tempfile.gettempdir()) / f"llm-day-cost-tests-{source_hash()}.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        _use_every_door()


def _use_every_door() -> None:
    """A pool whose day calls each kernel that Python calls; quick where they come from the disk."""
    from sim.serving.compiled import CompiledPool
    from sim.traces.digest import Digest
    from sim.traces.sinks import EVERY_LOT
    from tests.twins.harness import NAMES, asks, spec

    pool = CompiledPool(spec(replicas=2), 1, Digest.empty(NAMES, 1))
    pool.keep_below(EVERY_LOT)
    pool.deposit(asks(*[(0.5 * n, 1, 9) for n in range(4)]))
    pool.advance(3.0)
    pool.fail(0)
    pool.restore(0)
    pool.set_speed(1, 0.5)
    pool.gauges()
    pool.mark(3.0)
    pool.close(3.0)
    assert pool.collect().size == 4
