"""The kernels are compiled once for all workers of a test run; the user's cache on disk keeps them."""

import fcntl
import tempfile
from functools import cache
from pathlib import Path


@cache
def compile_once() -> None:
    """Compile the engine unless it is; of several processes one compiles while the others wait for it."""
    from sim.core.compile_cache import is_warm, source_hash

    lock = Path(tempfile.gettempdir()) / f"llm-day-cost-tests-{source_hash()}.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not is_warm():
            from sim.serving.warmup import warm_up

            warm_up()
