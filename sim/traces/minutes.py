"""UtilisationTrace: what each pool did in each minute.

The minutes of a run: when they end, and a sheet of numbers, filled a minute at a time and read by column.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.units import SECONDS_PER_MINUTE

if TYPE_CHECKING:
    import pandas as pd

Minutes = NDArray[np.float64]


@dataclass(frozen=True)
class PoolMinutes:
    """One pool by minute: every array has one number a minute of the day."""

    pool: str
    """Name of the pool."""
    server: str
    """Catalogue name of its server."""
    servers: int
    """Servers in the pool."""
    gpus_per_server: int
    """GPUs in a server."""
    replicas: int
    """Replicas in the pool."""
    prefill_busy_s: Minutes
    """Replica-seconds spent in iterations with prefill."""
    decode_busy_s: Minutes
    """Replica-seconds spent in iterations of decode only."""
    batch_request_s: Minutes
    """Requests in the batch, integrated over busy time."""
    kv_tokens: Minutes
    """KV tokens held at the end of the minute, over all replicas."""
    kv_room_tokens: int
    """KV tokens that fit in a replica."""
    prompt_tokens: Minutes
    """Tokens prefilled, recomputation included."""
    output_tokens: Minutes
    """Output tokens made; static batching counts them when the batch returns."""
    queue_requests: Minutes
    """Requests waiting at the end of the minute."""
    up_server_s: Minutes
    """Server-seconds that take requests."""
    draining_server_s: Minutes
    """Server-seconds that serve what they have and take nothing new."""
    down_server_s: Minutes
    """Server-seconds failed or under repair."""
    asleep_server_s: Minutes
    """Server-seconds asleep."""
    off_server_s: Minutes
    """Server-seconds switched off."""
    waking_server_s: Minutes
    """Server-seconds starting up and loading the model."""
    speed: Minutes
    """Mean speed factor: 1 unless throttled."""
    gpu_j: Minutes
    """Energy of GPUs."""
    host_j: Minutes
    """Energy of hosts."""
    storage_j: Minutes
    """Energy of storage."""
    network_j: Minutes
    """Energy of the network."""

    @property
    def busy_s(self) -> Minutes:
        """Replica-seconds spent in iterations of any kind."""
        return self.prefill_busy_s + self.decode_busy_s

    @property
    def serving_server_s(self) -> Minutes:
        """Server-seconds in which there may be requests: up or draining."""
        return self.up_server_s + self.draining_server_s

    @property
    def server_s(self) -> Minutes:
        """Server-seconds in any state."""
        rest_s = self.asleep_server_s + self.off_server_s
        return self.serving_server_s + rest_s + self.waking_server_s + self.down_server_s

    @property
    def it_j(self) -> Minutes:
        """Energy of all that computes, stores and switches."""
        return self.gpu_j + self.host_j + self.storage_j + self.network_j


@dataclass(frozen=True)
class PlantMinutes:
    """The hall by minute."""

    cooling_j: Minutes
    """Energy of chillers, fans, pumps and towers."""
    chiller_j: Minutes
    """Its part for compressors."""
    fan_j: Minutes
    """Its part for air handlers."""
    pump_j: Minutes
    """Its part for pumps."""
    rejection_j: Minutes
    """Its part for fans of towers or dry coolers."""
    losses_j: Minutes
    """Electrical losses between the feed and the servers."""
    ups_j: Minutes
    """Their part in the UPS."""
    transformer_j: Minutes
    """Their part in transformers."""
    water_m3: Minutes
    """Make-up water of towers and wet pads."""
    heat_removed_j: Minutes
    """Heat carried out of the hall."""
    heat_stored_j: Minutes
    """Heat that warmed the hall; negative where it cooled."""
    outdoor_c: Minutes
    """Outdoor dry-bulb temperature."""
    wet_bulb_c: Minutes
    """Outdoor wet bulb."""
    inlet_c: Minutes
    """Air temperature at the inlets of the warmest zone's servers, at the end of the minute."""


@dataclass(frozen=True)
class UtilisationTrace:
    """The fleet by minute: pools, and the hall around them."""

    minute_s: Minutes
    """Length of each minute: 60 s, the last one shorter where the day ends inside it."""
    pools: tuple[PoolMinutes, ...]
    """Pools in the order of the scenario."""
    plant: PlantMinutes
    """Cooling, losses and temperatures."""

    @property
    def it_j(self) -> Minutes:
        """Energy of all pools by minute."""
        return np.asarray(np.sum([pool.it_j for pool in self.pools], axis=0), dtype=np.float64)

    @property
    def facility_j(self) -> Minutes:
        """Energy at the feed by minute."""
        return self.it_j + self.plant.cooling_j + self.plant.losses_j

    @property
    def pue(self) -> float:
        """Power usage effectiveness of the day: feed energy over IT energy."""
        it_j = float(self.it_j.sum())
        return float(self.facility_j.sum()) / it_j if it_j else float("nan")

    @property
    def pue_by_minute(self) -> Minutes:
        """Power usage effectiveness of each minute; not a number where no server draws power."""
        it_j = self.it_j
        nothing: Minutes = np.full(it_j.size, np.nan)
        return np.asarray(np.divide(self.facility_j, it_j, out=nothing, where=it_j > 0.0))

    @property
    def wue_m3_per_j(self) -> float:
        """Water usage effectiveness of the day: make-up water over IT energy."""
        it_j = float(self.it_j.sum())
        return float(self.plant.water_m3.sum()) / it_j if it_j else float("nan")

    def table(self) -> "pd.DataFrame":
        """One row a minute and pool; columns of the plant, and the minute's PUE, repeat for every pool."""
        import pandas as pd

        frames = [self._pool_table(pool) for pool in self.pools]
        return pd.concat(frames, ignore_index=True)

    def _pool_table(self, pool: PoolMinutes) -> "pd.DataFrame":
        import pandas as pd

        frame = pd.DataFrame({"minute": np.arange(self.minute_s.size), "minute_s": self.minute_s})
        for part in (pool, self.plant):
            for column in fields(part):
                frame[column.name] = getattr(part, column.name)
        frame["pue"] = self.pue_by_minute
        return frame


def minute_ends_s(end_s: float) -> Minutes:
    """When the minutes of a run end: after full minutes, and where the run does.

    >>> minute_ends_s(150.0).tolist()
    [60.0, 120.0, 150.0]
    """
    return np.minimum(np.arange(1, np.ceil(end_s / SECONDS_PER_MINUTE) + 1) * SECONDS_PER_MINUTE, end_s)


class MinuteSheet:
    """Named columns with a number for every minute of a run."""

    def __init__(self, names: Sequence[str], minutes: int) -> None:
        self._table = np.zeros((len(names), minutes))
        self.columns: dict[str, Minutes] = dict(zip(names, self._table, strict=True))
        """Every column, as it is filled."""

    def write(self, minute: int, values: Sequence[float]) -> None:
        """Fill in a minute, in the order of the names: at once, for a call costs more than writing."""
        self._table[:, minute] = values
