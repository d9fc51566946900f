"""Who does the work: this process, or processes that dask finds here or on a cluster. One small interface for both.

Workers of dask.distributed: processes of this machine, or of a cluster whose scheduler is running somewhere.
"""

import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from sim.core.errors import InputError
from sim.core.version import __version__
from sim.studies.running.cells import prepare, version_here


class Workers(Protocol):
    """Somebody who takes work and hands back answers in any order."""

    count: int
    """How many work at a time."""

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Hand out work; arguments may be the tasks of earlier work, whose answers are put in their place."""

    def next(self) -> tuple[Any, Any]:
        """Wait for one of the tasks that are watched; the task, and its answer or the exception that ended it."""

    def watch(self, task: Any) -> None:
        """Have a task handed back by `next`."""


@dataclass(frozen=True, eq=False)
class Done:
    """Work that was done when it was asked for."""

    answer: Any
    """What came of it."""


class Here:
    """This process: work is done when its answer is asked for, one piece after the other."""

    def __init__(self) -> None:
        self.count = 1
        self._watched: deque[Done] = deque()

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Done:
        """Do the work."""
        return Done(work(*(one.answer if isinstance(one, Done) else one for one in arguments)))

    def watch(self, task: Done) -> None:
        """Remember a task."""
        self._watched.append(task)

    def next(self) -> tuple[Done, Any]:
        """The first task that was not handed back yet."""
        task = self._watched.popleft()
        return task, task.answer


CONNECT_S = 5.0
"""How long a scheduler may take to answer."""
WORKERS_S = 30.0
"""How long to wait for the first worker of a cluster."""
LOOK_S = 0.1
"""How long to wait for a task before a look at the scheduler."""
NOTICE_S = 1.0
"""How long it may take until a closed connection is known as such."""
ERRORS_ONLY = 40
"""Level at which dask's own log speaks."""
SETTINGS = {
    "distributed.comm.timeouts.connect": CONNECT_S,
    "distributed.admin.tick.limit": "1h",
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "critical",
}
"""Workers leave memory to malloc: dask would have every freed block go back to the system, and a day take twice as
long for fetching it again. They write no log of their own: what becomes of their work is told by us."""


class DaskWorkers:
    """The workers of one client."""

    def __init__(self, client: Any, count: int) -> None:
        from distributed import as_completed

        self.count, self._client = count, client
        self._watched = as_completed()

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Hand out work; tasks among the arguments are replaced by their answers where the work is done."""
        try:
            return self._client.submit(work, *arguments, pure=False)
        except Exception:
            self._refuse_if_lost()
            raise

    def watch(self, task: Any) -> None:
        """Have a task handed back when it is done."""
        self._watched.add(task)

    def next(self) -> tuple[Any, Any]:
        """Wait for a task, then fetch its answer.

        Answers that come along with their tasks would be here two milliseconds sooner, or, if they cannot be fetched,
        never.
        """
        while not self._watched.has_ready():
            self._refuse_if_lost()
            with self._watched.thread_condition:
                self._watched.thread_condition.wait(LOOK_S)
        task = next(self._watched)
        try:
            return task, task.result()
        except Exception as error:
            if isinstance(error, OSError):  # of a connection: that of the scheduler is known as closed a moment later
                time.sleep(NOTICE_S)
            self._refuse_if_lost()
            return task, error

    def _refuse_if_lost(self) -> None:
        """Without its scheduler a client forgets all tasks: they would be waited for, or counted as failed."""
        if self._client.status != "running":
            raise InputError(
                "the scheduler is gone; start it and its workers again, then the same command with --resume goes on"
            )


@contextmanager
def open_workers(jobs: int, scheduler: str | None, engine: str) -> Iterator[DaskWorkers]:
    """Workers for the length of a study: `jobs` processes here, or those of the scheduler at an address."""
    import dask
    import distributed  # noqa: F401  its defaults must be there before they are set aside: else they go with ours

    with dask.config.set(SETTINGS), _started(jobs) if scheduler is None else _reached(scheduler) as client:
        yield DaskWorkers(client, _prepare(client, engine))


@contextmanager
def _started(jobs: int) -> Iterator[Any]:
    """A cluster of this machine."""
    from distributed import Client, LocalCluster

    with _deaf_children():
        cluster = LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            memory_limit=0,
            silence_logs=ERRORS_ONLY,
        )
    with cluster, Client(cluster) as client:
        yield client


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes started within do not hear Ctrl-C, which is for the one that started them."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread, which alone hears Ctrl-C
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _reached(scheduler: str) -> Iterator[Any]:
    """The cluster of a scheduler that is running."""
    from distributed import Client

    try:
        client = Client(scheduler, timeout=CONNECT_S)
    except Exception as error:  # of many kinds: an address without a port is an AssertionError, a refusal an OSError
        what = " ".join(str(error).split()) or "no answer"
        raise InputError(
            f"--scheduler {scheduler}: no dask scheduler answers there ({what}); start one with `dask scheduler`, "
            f"or leave the option out to work on this machine"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WORKERS_S)
        except TimeoutError:
            raise InputError(
                f"--scheduler {scheduler}: has no workers; start some with `dask worker {scheduler} --nthreads 1`"
            ) from None
        yield client


def _prepare(client: Any, engine: str) -> int:
    """Have every worker read and compile what it needs, refuse who runs another version, and count the workers."""
    try:
        versions = {"the scheduler": client.run_on_scheduler(version_here)}
        workers = client.run(prepare, engine)
    except ModuleNotFoundError as error:
        raise InputError(
            f"the scheduler or a worker cannot import {error.name}: start all of them in the project's environment, "
            f"with its folder on PYTHONPATH"
        ) from None
    versions |= {f"the worker at {address}": version for address, version in workers.items()}
    others = {who: version for who, version in versions.items() if version != __version__}
    if others:
        who, version = next(iter(others.items()))
        raise InputError(f"{who} runs version {version}, this is {__version__}: make them the same")
    return max(1, len(workers))  # none, where the last one was lost just now: dask waits for the next
