"""Power on its way to the servers, by minute: losses of UPS and transformers, and the cap that a weak feed asks for."""

from collections.abc import Sequence

import numpy as np

from sim.catalogue.types.facility import Delivery as Way
from sim.fleet.pool_runtime import PoolRuntime
from sim.plant.facility.delivery import Watts, transformer_loss_w, ups_loss_w
from sim.plant.gpu.power import capped_speed, power_at_speed
from sim.scenario.plant import Delivery
from sim.traces.minutes import Minutes


class Feed:
    """The feed of one site."""

    def __init__(self, way: Way, chosen: Delivery, pools: Sequence[PoolRuntime], least_speed: float) -> None:
        self.way, self.chosen, self.pools = way, chosen, pools
        self.rated_w = way.rating_fraction.value * sum(pool.spec.servers * pool.energy.nameplate_w for pool in pools)
        self.least_speed = least_speed
        self.it_w = 0.0
        """Power of the servers in the last minute."""
        self._it_w: list[float] = []

    def mark(self, it_w: float) -> None:
        """Note the power of the servers in a minute that has ended."""
        self.it_w = it_w
        self._it_w.append(it_w)

    def minutes(self, minute_s: Minutes, cooling_j: Minutes) -> dict[str, Minutes]:
        """Losses of all minutes, by their length and the energy of cooling."""
        ups_w, transformer_w = self._losses_w(np.array(self._it_w), cooling_j / minute_s)
        losses_j = (ups_w + transformer_w) * minute_s
        return {"ups_j": ups_w * minute_s, "transformer_j": transformer_w * minute_s, "losses_j": losses_j}

    def _losses_w(self, it_w: Watts, cooling_w: Watts) -> tuple[Watts, Watts]:
        """Power lost in the UPS and in transformers."""
        ups_w = ups_loss_w(self.way, it_w, self.rated_w)
        return ups_w, transformer_loss_w(self.way, it_w + ups_w + cooling_w, self.rated_w)

    def caps(self, length_s: float, limit_w: float, cooling_w: float) -> dict[str, float]:
        """Speed of each pool that keeps a limit on the feed, judged by the minute that has just ended.

        What the busy GPUs would draw at full speed is worked out from what they drew at theirs; the excess over the
        limit, less what goes with it in cooling and losses, is taken from the pools in their order, each down to its
        floor, or from all alike where no order is given.
        """
        if not self.it_w:
            return {}
        exponent = self.way.capped_exponent.value
        full_w = {
            pool.spec.name: pool.energy.above_idle_j / length_s / power_at_speed(pool.speeds.mean, exponent)
            for pool in self.pools
        }
        drawn_w = {pool.spec.name: pool.energy.above_idle_j / length_s for pool in self.pools}
        excess_w = self.it_w + sum(full_w.values()) - sum(drawn_w.values()) - limit_w / self._overhead(cooling_w)
        return {name: self._speed(share) for name, share in self._shares(full_w, excess_w).items()}

    def _overhead(self, cooling_w: float) -> float:
        """Power drawn in the last minute over that of the servers."""
        ups_w, transformer_w = self._losses_w(self.it_w, cooling_w)
        return (self.it_w + cooling_w + ups_w + transformer_w) / self.it_w

    def _shares(self, full_w: dict[str, float], excess_w: float) -> dict[str, float]:
        """Share of their GPUs' power that pools keep."""
        floors = self.chosen.floors
        if not floors:
            whole_w = sum(full_w.values())
            return dict.fromkeys(full_w, 1.0 - max(0.0, excess_w) / whole_w if whole_w else 1.0)
        shares, left_w = dict.fromkeys(full_w, 1.0), max(0.0, excess_w)
        for name, floor in floors.items():
            taken_w = min(left_w, full_w[name] * (1.0 - floor))
            shares[name], left_w = 1.0 - taken_w / full_w[name] if full_w[name] else 1.0, left_w - taken_w
        return shares

    def _speed(self, share: float) -> float:
        return max(self.least_speed, capped_speed(share, self.way.capped_exponent.value))
