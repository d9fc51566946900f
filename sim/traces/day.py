"""DayTraces: all that one simulated day leaves behind, and the conservation laws it must obey."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sim.core.errors import InvariantError
from sim.traces.digest import Digest
from sim.traces.events import EventLog
from sim.traces.minutes import Minutes, UtilisationTrace
from sim.traces.requests import Outcome, RequestTrace

CLOSENESS = 1e-9
"""Relative error that rounding may leave in a sum of energies or times."""
MICROSECOND_S = 1e-6
"""How far two times may seem to be in the wrong order."""


@dataclass(frozen=True)
class DayTraces:
    """What happened."""

    requests: RequestTrace | None
    """Every request, or a sample of them, where they were kept in memory."""
    sampled: bool
    """Whether the requests kept are a sample."""
    digest: Digest
    """Every request, counted."""
    utilisation: UtilisationTrace
    """The fleet by minute."""
    events: EventLog
    """What happened to servers and plant."""
    arrived: int
    """Requests that reached the gateway."""
    requeued: int
    """Times a request of a failed server was sent to another."""
    preempted: int
    """Times a request lost its KV cache to others and was prefilled again."""
    too_long: int
    """Requests refused because no replica could ever hold them."""
    left_out: int
    """Requests of a trace that arrive after the day has ended."""
    skipped_rows: int = 0
    """Rows of a trace that could not be replayed and were left out because the scenario says so."""
    reusable_tokens: int = 0
    """Tokens of all prompts that an endless prefix cache would have found."""

    def check(self) -> None:
        """Raise InvariantError unless requests and energy are conserved and nobody worked longer than time allows."""
        self._check_requests()
        if self.requests is not None:
            _check_rows(self.requests, self.digest, self.sampled)
        self._check_minutes()

    def _check_requests(self) -> None:
        counted = self.digest.arrived
        if counted != self.arrived:
            raise InvariantError(f"{self.arrived} requests arrived, but {counted} are accounted for")
        measured, finished = int(self.digest.bins[:, :, 2].sum()), self.digest.count(Outcome.FINISHED)
        if measured != finished:
            raise InvariantError(f"{measured} requests have a latency, but {finished} finished")

    def _check_minutes(self) -> None:
        trace = self.utilisation
        for pool in trace.pools:
            _close(pool.server_s.sum(), pool.servers * trace.minute_s.sum(), f"server-seconds of pool {pool.pool}")
            _not_negative(pool.it_j, f"energy of pool {pool.pool}")
            _not_negative(pool.busy_s, f"busy time of pool {pool.pool}")
            capacity_s = pool.serving_server_s * (pool.replicas / pool.servers)
            if not np.all(pool.busy_s <= capacity_s * (1.0 + CLOSENESS) + CLOSENESS):
                raise InvariantError(f"replicas of pool {pool.pool} are busy for longer than they serve")
        _not_negative(trace.plant.cooling_j, "energy of cooling")
        _not_negative(trace.plant.losses_j, "electrical losses")
        _not_negative(trace.plant.water_m3, "make-up water")
        _balanced(trace)
        parts_j = sum(float(pool.it_j.sum()) for pool in trace.pools)
        parts_j += float(trace.plant.cooling_j.sum() + trace.plant.losses_j.sum())
        _close(parts_j, float(trace.facility_j.sum()), "energy at the feed and the sum of its parts")


def _check_rows(requests: RequestTrace, digest: Digest, sampled: bool) -> None:
    """The rows that were kept tell the same as the counts, and each request's times are in order."""
    rows = np.bincount(requests.outcome, minlength=len(Outcome))
    if not sampled and rows.tolist() != [digest.count(outcome) for outcome in Outcome]:
        raise InvariantError(f"the outcomes of the request trace, {rows.tolist()}, are not those that were counted")
    done = requests.outcome == Outcome.FINISHED
    times = (requests.arrival_s, requests.start_s, requests.first_token_s, requests.finish_s)
    if not all(np.all(before[done] <= after[done] + MICROSECOND_S) for before, after in pairwise(times)):
        raise InvariantError("a finished request has its arrival, start, first token and finish in the wrong order")


def _balanced(trace: UtilisationTrace) -> None:
    """In every minute the servers' heat is carried out of the hall, or warms it."""
    removed_j, stored_j, made_j = trace.plant.heat_removed_j, trace.plant.heat_stored_j, trace.it_j
    largest_j = np.maximum.reduce([removed_j, np.abs(stored_j), made_j, np.ones(made_j.size)])
    if not np.all(np.abs(removed_j + stored_j - made_j) <= CLOSENESS * largest_j):
        raise InvariantError("heat removed and stored is not the heat of the servers in some minute")


def _not_negative(values: Minutes, what: str) -> None:
    if not np.all(values >= 0.0):
        raise InvariantError(f"{what} is negative, or not a number, in some minute")


def _close(left: float, right: float, what: str) -> None:
    if not abs(left - right) <= CLOSENESS * max(abs(left), abs(right), 1.0):  # so that a NaN is refused, too
        raise InvariantError(f"{what}: {left!r} is not {right!r}")
