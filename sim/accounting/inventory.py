"""What is owned: the pools as the accounts see them, and the stretch of time that is accounted for."""

from dataclasses import dataclass

from sim.catalogue.catalogue import Catalogue
from sim.scenario.schema import Pool, Scenario
from sim.units import SECONDS_PER_DAY


@dataclass(frozen=True)
class PoolInventory:
    """Equipment of one pool."""

    name: str
    """Name of the pool."""
    server: str
    """Catalogue name of its server."""
    server_title: str
    """Name of the server for people."""
    gpu_title: str
    """Name of the GPU for people."""
    servers: int
    """Servers in the pool."""
    gpus_per_server: int
    """GPUs in a server."""
    cpus_per_server: int
    """CPUs in a server."""

    def component(self, part: str) -> str:
        """What a ledger line calls a part of this pool: "gpus of main (H100 SXM)"."""
        return f"{part} of {self.name} ({self.gpu_title if part == 'gpus' else self.server_title})"


@dataclass(frozen=True)
class Inventory:
    """Equipment of the fleet, and the time for which it is accounted."""

    pools: tuple[PoolInventory, ...]
    """Pools in the order of the scenario."""
    start_s: float
    """Local time after midnight at which the day starts."""
    duration_s: float
    """Length of the day."""

    @property
    def duration_days(self) -> float:
        """Length of the day in days of 24 hours."""
        return self.duration_s / SECONDS_PER_DAY


def take_inventory(scenario: Scenario, catalogue: Catalogue) -> Inventory:
    """The equipment that a scenario asks for, in counts and names of the catalogue."""
    pools = tuple(_pool(name, pool, catalogue) for name, pool in scenario.fleet.pools.items())
    return Inventory(pools, scenario.day.start_s, scenario.day.duration_s)


def _pool(name: str, pool: Pool, catalogue: Catalogue) -> PoolInventory:
    server = catalogue.pick("servers", pool.server)
    gpu = catalogue.pick("gpus", server.gpu)
    gpus, cpus = int(server.gpus.value), int(server.cpus.value)
    return PoolInventory(name, pool.server, server.title, gpu.title, pool.servers, gpus, cpus)
