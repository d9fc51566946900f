"""What is owned: the pools as the accounts see them, and the stretch of time that is accounted for."""

from dataclasses import dataclass

from sim.accounting.ledger import Component, Scope
from sim.catalogue.catalogue import Catalogue
from sim.core.units import SECONDS_PER_DAY
from sim.scenario.schema import Pool, Scenario


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
    nameplate_w: float
    """Largest power of a server."""
    idle_w: float
    """Power of a server that waits for requests: its GPUs with a model loaded, and its host."""
    asleep_w: float
    """Power of a server asleep."""
    full_w: float
    """Power of a server at full work, with its share of storage and network."""

    def scope(self, component: Component) -> Scope:
        """The scope of a ledger line about a component of this pool, with the name of its GPU or server."""
        return Scope("pool", self.name, self.gpu_title if component is Component.GPUS else self.server_title)


@dataclass(frozen=True)
class Inventory:
    """Equipment of the fleet, and the time for which it is accounted."""

    pools: tuple[PoolInventory, ...]
    """Pools in the order of the scenario."""
    start_s: float
    """Local time after midnight at which the day starts."""
    duration_s: float
    """Length of the day."""
    technicians: float = 0.0
    """Technicians on duty, mean over the day."""

    @property
    def duration_days(self) -> float:
        """Length of the day in days of 24 hours."""
        return self.duration_s / SECONDS_PER_DAY


def take_inventory(scenario: Scenario, catalogue: Catalogue) -> Inventory:
    """The equipment that a scenario asks for, in counts and names of the catalogue."""
    pools = tuple(_pool(name, pool, catalogue) for name, pool in scenario.fleet.pools.items())
    return Inventory(pools, scenario.day.start_s, scenario.day.duration_s, technicians_on_duty(scenario))


def technicians_on_duty(scenario: Scenario) -> float:
    """Technicians on site, mean over a day of shifts; those of the failures round the clock where there are none."""
    shifts = scenario.plant.repair.shifts.values()
    on_site_s = sum(shift.technicians * (end_s - begin_s) for shift in shifts for begin_s, end_s in shift.stretches)
    return on_site_s / SECONDS_PER_DAY if shifts else float(scenario.plant.failures.technicians)


def _pool(name: str, pool: Pool, catalogue: Catalogue) -> PoolInventory:
    server = catalogue.pick("servers", pool.server)
    gpu = catalogue.pick("gpus", server.gpu)
    gpus = int(server.gpus.value)
    return PoolInventory(
        name=name,
        server=pool.server,
        server_title=server.title,
        gpu_title=gpu.title,
        servers=pool.servers,
        gpus_per_server=gpus,
        cpus_per_server=int(server.cpus.value),
        nameplate_w=server.nameplate_w.value,
        idle_w=gpus * gpu.idle_w.value + server.host_idle_w.value,
        asleep_w=server.asleep_w.value,
        full_w=gpus * gpu.tdp_w.value + server.host_busy_w.value + server.storage_w.value + server.network_w.value,
    )
