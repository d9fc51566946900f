"""What a day used up, counted once from its traces: energy, server-time by state, failed parts, hands-on time.

A ledger needs no more of the day than this, which is why a second ledger of the same day costs microseconds.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sim.accounting.energy_use import EnergyUse, added, energy_use, sums_by
from sim.accounting.inventory import Inventory, PoolInventory
from sim.core.errors import InvariantError
from sim.core.states import POWERED, EventKind, ServerState
from sim.core.units import JOULES_PER_KWH, SECONDS_PER_HOUR
from sim.traces.events import Event, EventLog
from sim.traces.minutes import Minutes, PoolMinutes, UtilisationTrace

PARTS = ("gpu", "host", "network")
"""Kinds of spare parts."""
DRAWS = {"gpus": "gpu_j", "hosts": "host_j", "storage": "storage_j", "network": "network_j"}
"""What draws power in a pool, and the minutes that tell how much."""
HALL = {"cooling": "cooling_j", "losses": "losses_j"}
"""The same of the hall."""


@dataclass(frozen=True)
class Served:
    """What the day delivered."""

    requests: int
    """Requests finished."""
    prompt_tokens: int
    """Prompt tokens of the finished requests."""
    output_tokens: int
    """Output tokens of the finished requests."""


@dataclass(frozen=True, eq=False)
class Repairs:
    """What mending took in a pool, or in the hall, and planned work beside it."""

    parts: Mapping[str, float]
    """Spare parts that repairs used, by kind."""
    visits: float
    """Times that a technician took something in hand to mend it."""
    labour_h: float
    """Hands-on hours of repairs."""
    hour_labour_h: NDArray[np.float64]
    """The same hours by clock hour since the one in which the day starts."""
    planned_h: float
    """Hands-on hours of planned work."""

    def times(self, factor: float) -> "Repairs":
        """The same of more, or fewer."""
        return Repairs(
            {part: used * factor for part, used in self.parts.items()},
            self.visits * factor,
            self.labour_h * factor,
            self.hour_labour_h * factor,
            self.planned_h * factor,
        )


@dataclass(frozen=True, eq=False)
class PoolUsage:
    """What one pool used up."""

    pool: PoolInventory
    """The pool."""
    energy: Mapping[str, EnergyUse]
    """Energy of GPUs, hosts, storage and network."""
    work: EnergyUse
    """The part of it beyond what the same servers draw when idle."""
    state_h: Mapping[ServerState, float]
    """Server-hours in each state."""
    prefill_h: float
    """Server-hours busy with prompts."""
    decode_h: float
    """Server-hours busy with answers alone."""
    repairs: Repairs
    """What mending took."""

    @property
    def busy_h(self) -> float:
        """Server-hours at work."""
        return self.prefill_h + self.decode_h

    @property
    def busy_share(self) -> float:
        """Share of all server-hours spent at work."""
        return self.busy_h / self.server_h if self.server_h else 0.0

    @property
    def server_h(self) -> float:
        """All server-hours."""
        return math.fsum(self.state_h.values())

    @property
    def it(self) -> EnergyUse:
        """Energy of all that computes, stores and switches."""
        return added(list(self.energy.values()))


@dataclass(frozen=True, eq=False)
class PaidFor:
    """What the owner pays for where some pools are rented: rent pays for their energy and share of the hall."""

    hall: Mapping[str, EnergyUse]
    """Energy of the hall for owned pools."""
    hall_of_others: Mapping[str, EnergyUse]
    """Energy of the hall for rented pools."""
    feed: EnergyUse
    """Energy at the feed for owned pools."""
    peak_kw: float
    """Its highest mean power of a quarter of an hour."""
    water_m3: float
    """Water of cooling for owned pools, by their share of the day's cooling energy."""


@dataclass(frozen=True, eq=False)
class Usage:
    """What the fleet and its hall used up."""

    inventory: Inventory
    """The equipment and the length of the day."""
    pools: tuple[PoolUsage, ...]
    """Pools in the order of the inventory."""
    hall: Mapping[str, EnergyUse]
    """Energy of cooling, and electrical losses."""
    water_m3: float
    """Make-up water of cooling."""
    quarter_h: NDArray[np.float64]
    """Length of each quarter of an hour that the day touches, in hours."""
    repairs: Repairs
    """What mending took of what belongs to no pool."""
    served: Served
    """What the day delivered."""
    _paid: dict[frozenset[str], PaidFor] = field(default_factory=dict, repr=False)
    """Answers of `paid_for`, for a day is priced many times."""

    @property
    def first_quarter(self) -> int:
        """The quarter of an hour, counted from midnight, in which the day starts."""
        return self.hall["cooling"].first_quarter

    def paid_for(self, rented: frozenset[str]) -> PaidFor:
        """What the owner pays for where the pools of these names are rented."""
        if rented not in self._paid:
            self._paid[rented] = _paid_for(self, rented)
        return self._paid[rented]


def _paid_for(usage: Usage, rented: frozenset[str]) -> PaidFor:
    """The hall's energy goes by the pools' own, quarter by quarter; all of it is paid for where nothing is drawn."""
    everything = added([pool.it for pool in usage.pools])
    pools = [everything.times(0.0), *(pool.it for pool in usage.pools if pool.pool.name not in rented)]
    owned, whole = added(pools).quarter_kwh, everything.quarter_kwh
    shares = np.divide(owned, whole, out=np.ones_like(whole), where=whole > 0)
    hall = {name: used.times(shares) for name, used in usage.hall.items()}
    others = {name: used.times(1.0 - shares) for name, used in usage.hall.items()}
    feed = added([*pools, *hall.values()])
    power_kw = np.divide(feed.quarter_kwh, usage.quarter_h, out=np.zeros_like(whole), where=usage.quarter_h > 0)
    cooling_kwh = usage.hall["cooling"].total_kwh
    water_m3 = usage.water_m3 * (hall["cooling"].total_kwh / cooling_kwh if cooling_kwh else 1.0)
    return PaidFor(hall, others, feed, float(power_kw.max()), water_m3)


def measure(utilisation: UtilisationTrace, events: EventLog, inventory: Inventory, served: Served) -> Usage:
    """Count what a day used up; the pools of the traces must be those of the inventory."""
    minutes = {pool.pool: pool for pool in utilisation.pools}
    names = [pool.name for pool in inventory.pools]
    if sorted(minutes) != sorted(names):
        raise InvariantError(f"the trace has the pools {sorted(minutes)}, the inventory {sorted(names)}")
    by_pool, start_s = _events_by_pool(events, names), inventory.start_s
    return Usage(
        inventory,
        tuple(_pool(pool, minutes[pool.name], by_pool[pool.name], inventory) for pool in inventory.pools),
        {name: energy_use(getattr(utilisation.plant, column), start_s) for name, column in HALL.items()},
        math.fsum(utilisation.plant.water_m3),
        _length_h(utilisation.minute_s, start_s),
        _repairs(by_pool[""], inventory),
        served,
    )


def mended_like(usage: Usage, events: EventLog, part: float) -> Usage:
    """What a part of a fleet used up, its repairs being its share of those of the whole fleet, whose log is given.

    The hall's repairs are shared, too, for however many servers it holds, a hall is one. Planned work stays.
    """
    by_pool = _events_by_pool(events, [pool.pool.name for pool in usage.pools])

    def shared(pool: PoolUsage) -> PoolUsage:
        whole = _repairs(by_pool[pool.pool.name], usage.inventory)
        return replace(pool, repairs=replace(whole.times(part), planned_h=pool.repairs.planned_h))

    return replace(usage, pools=tuple(map(shared, usage.pools)), repairs=usage.repairs.times(part))


def _length_h(minute_s: Minutes, start_s: float) -> NDArray[np.float64]:
    """Hours of the day in each quarter: seconds are added up as joules would be."""
    return energy_use(minute_s * (JOULES_PER_KWH / SECONDS_PER_HOUR), start_s).quarter_kwh


def _events_by_pool(events: EventLog, names: list[str]) -> dict[str, list[Event]]:
    """Events by pool; those of the hall, which belong to no pool, under the empty name."""
    result: dict[str, list[Event]] = {name: [] for name in ["", *names]}
    for event in events.events:
        if event.pool not in result:
            raise InvariantError(f"an event names the pool {event.pool!r}, which the inventory does not have")
        _check_event(event)
        result[event.pool].append(event)
    return result


def _check_event(event: Event) -> None:
    what = f"the event '{event.kind}' at {event.at_s} s"
    if not event.labour_s >= 0:
        raise InvariantError(f"{what} has {event.labour_s} s of labour")
    if event.parts_used < 0 or (event.parts_used and event.part not in PARTS):
        raise InvariantError(f"{what} used {event.parts_used} parts of the kind {event.part!r}")


def _repairs(events: list[Event], inventory: Inventory) -> Repairs:
    handled = [event for event in events if event.labour_s > 0 and event.kind != EventKind.SERVICED]
    hours = math.ceil((inventory.start_s % SECONDS_PER_HOUR + inventory.duration_s) / SECONDS_PER_HOUR)
    begun = [int((inventory.start_s % SECONDS_PER_HOUR + event.at_s) // SECONDS_PER_HOUR) for event in handled]
    labour_h = np.array([event.labour_s / SECONDS_PER_HOUR for event in handled])
    return Repairs(
        parts={part: sum(event.parts_used for event in events if event.part == part) for part in PARTS},
        visits=len(handled),
        labour_h=math.fsum(labour_h),
        hour_labour_h=sums_by(np.array(begun, dtype=np.int64), labour_h, hours),
        planned_h=math.fsum(event.labour_s for event in events if event.kind == EventKind.SERVICED) / SECONDS_PER_HOUR,
    )


def _pool(pool: PoolInventory, minutes: PoolMinutes, events: list[Event], inventory: Inventory) -> PoolUsage:
    replicas_per_server = minutes.replicas / minutes.servers * SECONDS_PER_HOUR
    seconds = {state: getattr(minutes, state.column) for state in ServerState}
    return PoolUsage(
        pool=pool,
        energy={name: energy_use(getattr(minutes, column), inventory.start_s) for name, column in DRAWS.items()},
        work=energy_use(_work_j(pool, minutes, seconds), inventory.start_s),
        state_h={state: math.fsum(each_s) / SECONDS_PER_HOUR for state, each_s in seconds.items()},
        prefill_h=math.fsum(minutes.prefill_busy_s) / replicas_per_server,
        decode_h=math.fsum(minutes.decode_busy_s) / replicas_per_server,
        repairs=_repairs(events, inventory),
    )


def _work_j(pool: PoolInventory, minutes: PoolMinutes, seconds: Mapping[ServerState, Minutes]) -> Minutes:
    """Energy of GPUs and hosts beyond that of servers that wait or sleep; never below nothing."""
    powered_s = sum(seconds[state] for state in POWERED)
    idle_j = pool.idle_w * powered_s + pool.asleep_w * seconds[ServerState.ASLEEP]
    return np.maximum(minutes.gpu_j + minutes.host_j - idle_j, 0.0)
