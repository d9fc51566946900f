"""A pool without requests: what failures, repair and rest need of an engine, so that years pass in a second."""

from dataclasses import dataclass, field

import simpy

from sim.core.streams import Streams
from sim.fleet.reliability.failures import Breakdowns, Exposure
from sim.fleet.reliability.repair import Crew, Reserve, Store, Workshop
from sim.fleet.server_states import ServerStates
from sim.fleet.servers import Servers
from sim.traces.events import EventLog


@dataclass
class FakeEngine:
    """Nothing to serve; it remembers what it was told."""

    told: list[tuple[str, int]] = field(default_factory=list)
    busy: dict[int, int] = field(default_factory=dict)
    """Looks after which a server has served out what it has."""

    def advance(self, until_s):
        pass

    def fail(self, server):
        self.told.append(("fail", server))
        return 0, 0

    def restore(self, server):
        self.told.append(("restore", server))

    def drain(self, server):
        self.told.append(("drain", server))

    def outstanding(self, server):
        self.busy[server] = self.busy.get(server, 0) - 1
        return max(0, self.busy[server])


def fake_servers(env, count, name="main"):
    return Servers(env, name, ServerStates(count), FakeEngine(), EventLog())


def breaking(hazard, servers=100, technicians=10, multiplier=1.0, age_s=0.0, seed=1, stock=None, per_rack=4):
    """A pool that breaks by a hazard, and the clock."""
    env = simpy.Environment()
    pool = fake_servers(env, servers)
    stores = {
        part: Store(env, (stock or {}).get(part), hazard.part_lead_s.value) for part in ("gpu", "host", "network")
    }
    shop = Workshop(env, hazard, Crew(env, technicians), stores)
    exposure = Exposure(hazard, multiplier, age_s, per_rack)
    return env, pool, Breakdowns(pool, exposure, shop, Reserve(env, pool, 60.0), Streams(seed))
