"""What a day used up, counted once from its traces: energy by local hour, failed parts, hands-on time.

A ledger needs no more of the day than this, which is why a second ledger of the same day costs microseconds.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.accounting.inventory import Inventory, PoolInventory
from sim.errors import InvariantError
from sim.traces.events import Event, EventLog
from sim.traces.utilisation import Minutes, PoolMinutes, UtilisationTrace
from sim.units import HOURS_PER_DAY, JOULES_PER_KWH, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

Hours = tuple[float, ...]
"""24 numbers, one a local hour, midnight first."""


@dataclass(frozen=True)
class Served:
    """What the day delivered."""

    requests: int
    """Requests finished."""
    prompt_tokens: int
    """Prompt tokens of the finished requests."""
    output_tokens: int
    """Output tokens of the finished requests."""


@dataclass(frozen=True)
class PoolUsage:
    """What one pool used up."""

    pool: PoolInventory
    """The pool."""
    gpu_kwh: Hours
    """Energy of GPUs by local hour."""
    host_kwh: Hours
    """Energy of hosts by local hour."""
    storage_kwh: Hours
    """Energy of storage by local hour."""
    network_kwh: Hours
    """Energy of the network by local hour."""
    gpu_failures: int
    """Failures that lay in a GPU."""
    host_failures: int
    """Failures that lay in the rest of the server."""
    network_failures: int
    """Failures that lay in network cards, cables and switches."""
    labour_s: float
    """Hands-on time of technicians."""


@dataclass(frozen=True)
class Usage:
    """What the fleet and its hall used up."""

    inventory: Inventory
    """The equipment and the length of the day."""
    pools: tuple[PoolUsage, ...]
    """Pools in the order of the inventory."""
    cooling_kwh: Hours
    """Energy of cooling by local hour."""
    losses_kwh: Hours
    """Electrical losses by local hour."""
    hall_labour_s: float
    """Hands-on time at what belongs to no pool."""
    served: Served
    """What the day delivered."""


def measure(utilisation: UtilisationTrace, events: EventLog, inventory: Inventory, served: Served) -> Usage:
    """Count what a day used up; the pools of the traces must be those of the inventory."""
    minutes = {pool.pool: pool for pool in utilisation.pools}
    names = [pool.name for pool in inventory.pools]
    if sorted(minutes) != sorted(names):
        raise InvariantError(f"the trace has the pools {sorted(minutes)}, the inventory {sorted(names)}")
    hours = hour_of_minute(inventory.start_s, utilisation.minute_s.size)
    by_pool = _events_by_pool(events, names)
    return Usage(
        inventory,
        tuple(_pool(pool, minutes[pool.name], by_pool[pool.name], hours) for pool in inventory.pools),
        kwh_by_hour(utilisation.plant.cooling_j, hours),
        kwh_by_hour(utilisation.plant.losses_j, hours),
        _labour_s(by_pool[""]),
        served,
    )


def hour_of_minute(start_s: float, minutes: int) -> NDArray[np.int64]:
    """Local hour in which each minute begins: floor((start_s + 60 i) / 3600) mod 24, start_s [s after midnight].

    >>> hour_of_minute(86_340.0, 3).tolist()
    [23, 0, 0]
    """
    begin_s = start_s + SECONDS_PER_MINUTE * np.arange(minutes)
    hour: NDArray[np.int64] = np.floor(begin_s / SECONDS_PER_HOUR).astype(np.int64) % HOURS_PER_DAY
    return hour


def kwh_by_hour(energy_j: Minutes, hours: NDArray[np.int64]) -> Hours:
    """Energy by minute [J] added up by local hour [kWh].

    >>> kwh_by_hour(np.array([3.6e6, 7.2e6]), np.array([0, 0]))[:2]
    (3.0, 0.0)
    """
    by_hour_j = np.bincount(hours, weights=energy_j, minlength=HOURS_PER_DAY)
    return tuple(float(hour_j) / JOULES_PER_KWH for hour_j in by_hour_j)


def _events_by_pool(events: EventLog, names: list[str]) -> dict[str, list[Event]]:
    """Events by pool; those of the hall, which belong to no pool, under the empty name."""
    result: dict[str, list[Event]] = {name: [] for name in ["", *names]}
    for event in events.events:
        if event.pool not in result:
            raise InvariantError(f"an event names the pool {event.pool!r}, which the inventory does not have")
        if not event.labour_s >= 0:
            raise InvariantError(f"the event {event.kind!r} at {event.at_s} s has {event.labour_s} s of labour")
        result[event.pool].append(event)
    return result


def _pool(pool: PoolInventory, minutes: PoolMinutes, events: list[Event], hours: NDArray[np.int64]) -> PoolUsage:
    parts = [event.part for event in events if event.kind == "failed"]
    return PoolUsage(
        pool=pool,
        gpu_kwh=kwh_by_hour(minutes.gpu_j, hours),
        host_kwh=kwh_by_hour(minutes.host_j, hours),
        storage_kwh=kwh_by_hour(minutes.storage_j, hours),
        network_kwh=kwh_by_hour(minutes.network_j, hours),
        gpu_failures=parts.count("gpu"),
        host_failures=parts.count("host"),
        network_failures=parts.count("network"),
        labour_s=_labour_s(events),
    )


def _labour_s(events: list[Event]) -> float:
    return math.fsum(event.labour_s for event in events)
