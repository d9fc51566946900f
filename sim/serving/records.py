"""Rows of the RequestTrace, gathered while a pool runs."""

from array import array
from math import inf, nan

import numpy as np
from numpy.typing import NDArray

from sim.serving.batch import Job
from sim.traces.request import Outcome, RequestTrace

FLOATS = ("arrival_s", "start_s", "first_token_s", "finish_s")
INTEGERS = ("number", "use_case", "prompt_tokens", "output_tokens", "server", "outcome", "attempts")


class Records:
    """Columns that grow by a row for each request that has ended."""

    def __init__(self) -> None:
        self._columns = {name: array("d") for name in FLOATS} | {name: array("q") for name in INTEGERS}

    def add(self, job: Job, outcome: Outcome, at_s: float, server: int) -> None:
        """Note how a request ended (or stands at the end of the day) and when."""
        finish_s = at_s if outcome != Outcome.IN_FLIGHT else inf
        row = (job.number, job.use_case, job.prompt, job.output, server, int(outcome), job.attempts)
        for name, value in zip(INTEGERS, row, strict=True):
            self._columns[name].append(value)
        for name, time_s in zip(FLOATS, (job.arrival_s, job.start_s, job.first_token_s, finish_s), strict=True):
            self._columns[name].append(time_s if time_s < inf else nan)

    def trace(self, use_cases: tuple[str, ...]) -> RequestTrace:
        """All rows in order of arrival."""
        order = np.argsort(np.asarray(self._columns["number"]), kind="stable")

        def column(name: str, kind: type) -> NDArray[np.generic]:
            return np.asarray(self._columns[name])[order].astype(kind)

        return RequestTrace(
            arrival_s=column("arrival_s", np.float64),
            use_case=column("use_case", np.int16),
            prompt_tokens=column("prompt_tokens", np.int32),
            output_tokens=column("output_tokens", np.int32),
            server=column("server", np.int32),
            start_s=column("start_s", np.float64),
            first_token_s=column("first_token_s", np.float64),
            finish_s=column("finish_s", np.float64),
            outcome=column("outcome", np.int8),
            attempts=column("attempts", np.int16),
            use_cases=use_cases,
        )
