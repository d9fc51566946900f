"""The watchdog barks at a pool that gets nowhere, and only then."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.fleet.simulate import FEWEST_TOKENS_PER_PREEMPTION, Watchdog


def _dog(output_tokens: float, preempted: int, busy_s: float = 60.0, prompt_tokens: float = 0.0) -> Watchdog:
    minutes = {
        "output_tokens": np.full(120, output_tokens),
        "prompt_tokens": np.full(120, prompt_tokens),
    }
    engine: Any = SimpleNamespace(minutes=lambda: minutes, counters=lambda: {"preempted": preempted})
    book: Any = SimpleNamespace(engine=engine, spec=SimpleNamespace(name="main", replicas=1), busy_s=busy_s)
    return Watchdog(book)


def _hour(dog: Watchdog, begins: int = 0, minutes: int = 60) -> None:
    """Let the dog look at the minutes of an hour."""
    for minute in range(begins, begins + minutes):
        dog.look(minute, 60.0 * (minute + 1))


def test_thrashing_names_the_pool_the_cause_and_the_remedy() -> None:
    with pytest.raises(InputError, match=r"fleet\.pools\.main: the KV cache thrashes.*1,000 preemptions.*reserved"):
        _hour(_dog(output_tokens=50.0, preempted=1_000))


def test_preemptions_that_leave_enough_tokens_are_no_thrashing() -> None:
    enough = FEWEST_TOKENS_PER_PREEMPTION * 1_000 / 60
    _hour(_dog(output_tokens=enough, preempted=1_000))


def test_only_the_preemptions_of_the_last_hour_count() -> None:
    dog = _dog(output_tokens=100.0, preempted=1_000)
    _hour(dog)
    _hour(dog, begins=60)


def test_a_pool_that_works_and_makes_nothing_is_stuck() -> None:
    with pytest.raises(InputError, match=r"fleet\.pools\.main: no progress"):
        _hour(_dog(output_tokens=0.0, preempted=0))


@pytest.mark.parametrize(("busy_s", "prompt_tokens"), [(0.0, 0.0), (59.0, 0.0), (60.0, 1.0)])
def test_an_idle_or_prefilling_pool_is_not_stuck(busy_s: float, prompt_tokens: float) -> None:
    _hour(_dog(output_tokens=0.0, preempted=0, busy_s=busy_s, prompt_tokens=prompt_tokens))


def test_it_looks_once_an_hour() -> None:
    _hour(_dog(output_tokens=0.0, preempted=10), minutes=59)
