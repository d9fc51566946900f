"""Who does the work: this process, or processes that dask finds here or on a cluster. One small interface for both."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


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
