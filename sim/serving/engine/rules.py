"""The rules of continuous batching, as functions of plain numbers that both engines call.

A *run* is a stretch of iterations with an unchanged batch. Its clock is computed from its start, never summed, so that
neither slicing nor the engine changes a bit of it.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.serving.policies.admission import Admission

PREFILL = 1
DECODE = 2


def table(values: NDArray[np.float64], n: int) -> float:
    """A tabulated law at n, continued beyond its end along its last step."""
    last = values.size - 1
    if n <= last:
        return float(values[n])
    return float(values[last] + (values[last] - values[last - 1]) * (n - last))


def elapsed_s(first_s: float, growth_s: float, iterations: int) -> float:
    """Time of a run's iterations: each takes 2 growth_s longer than the one before.

    >>> elapsed_s(3.0, 0.5, 4)
    18.0
    """
    return first_s * iterations + growth_s * iterations * (iterations - 1)


def iterations_by(first_s: float, growth_s: float, time_s: float) -> int:
    """How many iterations of a run have ended by `time_s` after its start, but for the rounding of `elapsed_s`.

    >>> iterations_by(3.0, 0.5, 17.9), iterations_by(3.0, 0.5, 18.0)
    (3, 4)
    """
    linear = first_s - growth_s
    return int(2.0 * time_s / (linear + math.sqrt(linear * linear + 4.0 * growth_s * time_s)))  # stable at no growth


def pairs(done: int, tokens: int) -> float:
    """Attention pairs of prefilling `tokens` more after `done`: each sees all before it and itself.

    >>> pairs(0, 4), pairs(10, 2)
    (10.0, 23.0)
    """
    return float(done) * tokens + 0.5 * tokens * (tokens + 1.0)


def can_join(
    admission: Admission, room_tokens: int, held_tokens: int, running: int, prefill_tokens: int, whole_tokens: int
) -> bool:
    """Whether the KV cache takes one more request beside `running` others that hold `held_tokens`.

    Reserved: its prompt and whole answer fit. On demand: its prompt fits and leaves every request, itself included,
    one more token, so that whoever is admitted advances before anyone is preempted.
    """
    if admission == Admission.RESERVED:
        return held_tokens + whole_tokens <= room_tokens
    return held_tokens + prefill_tokens + running + 1 <= room_tokens


def can_ever_run(prompt_tokens: int, output_tokens: int, context_tokens: int, room_tokens: int) -> bool:
    """Whether a request fits the model's context and an empty KV cache at all."""
    whole = prompt_tokens + output_tokens
    return whole <= context_tokens and whole <= room_tokens


def candidate(key: int, replicas: int) -> int:
    """An index below `replicas` from a 32-bit random key, without the bias of a remainder.

    >>> candidate(0, 10), candidate(2**32 - 1, 10)
    (0, 9)
    """
    return (key * replicas) >> 32
