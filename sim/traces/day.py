"""DayTraces: all that one simulated day leaves behind, and the conservation laws it must obey."""

from dataclasses import dataclass

import numpy as np

from sim.errors import InvariantError
from sim.traces.digest import Digest
from sim.traces.events import EventLog
from sim.traces.request import Outcome, RequestTrace
from sim.traces.utilisation import UtilisationTrace

CLOSENESS = 1e-9
"""Relative error that rounding may leave in a sum of energies or times."""


@dataclass(frozen=True)
class DayTraces:
    """What happened."""

    requests: RequestTrace | None
    """Every request, where they were kept."""
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

    def check(self) -> None:
        """Raise InvariantError unless requests and energy are conserved and nobody worked longer than there was time."""
        self._check_requests()
        self._check_minutes()

    def _check_requests(self) -> None:
        counted = self.digest.arrived
        if counted != self.arrived:
            raise InvariantError(f"{self.arrived} requests arrived, but {counted} are accounted for")
        measured = int(self.digest.bins[:, :, 2].sum())
        if measured != self.digest.count(Outcome.FINISHED):
            raise InvariantError(f"{measured} requests have a latency, but {self.digest.count(Outcome.FINISHED)} finished")

    def _check_minutes(self) -> None:
        trace = self.utilisation
        for pool in trace.pools:
            present_s = pool.up_server_s + pool.down_server_s + pool.asleep_server_s
            _close(present_s.sum(), pool.servers * trace.minute_s.sum(), f"server-seconds of pool {pool.pool}")
            capacity_s = pool.up_server_s * (pool.replicas / pool.servers)
            if np.any(pool.busy_s > capacity_s * (1.0 + CLOSENESS) + CLOSENESS):
                raise InvariantError(f"replicas of pool {pool.pool} are busy for longer than they are up")
        parts_j = sum(float(pool.it_j.sum()) for pool in trace.pools)
        parts_j += float(trace.plant.cooling_j.sum() + trace.plant.losses_j.sum())
        _close(parts_j, float(trace.facility_j.sum()), "energy at the feed and the sum of its parts")


def _close(left: float, right: float, what: str) -> None:
    if abs(left - right) > CLOSENESS * max(abs(left), abs(right), 1.0):
        raise InvariantError(f"{what}: {left!r} is not {right!r}")
