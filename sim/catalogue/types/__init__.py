"""What the catalogue describes: one class a file, one field a claim."""

from sim.catalogue.parameter import Entry, Fact, Hourly, Monthly, MonthlyHourly
from sim.catalogue.types.compute import Benchmark, Efficiency, Generation, Gpu, Model
from sim.catalogue.types.demand import Clients, Lengths, Shape, Week
from sim.catalogue.types.facility import Chiller, ColdStart, Cooling, Delivery, Hazard, Thermals
from sim.catalogue.types.money import Article, Currency, PriceBook, Rental


class Server(Entry):
    """A server with its GPUs, its power beside them and its price by component."""

    gpu: str
    """Catalogue name of its GPU."""
    gpus: Fact
    """GPUs in a server."""
    cpus: Fact
    """CPU sockets in a server."""
    host_idle_w: Fact
    """Wall power beside the GPUs when idle: CPUs, memory, switches, network cards, fans, conversion."""
    host_busy_w: Fact
    """The same with all GPUs busy."""
    asleep_w: Fact
    """Power of the whole server when asleep: management controller and supplies on standby."""
    storage_w: Fact
    """Power of its share of storage."""
    network_w: Fact
    """Power of its share of the cluster network."""
    nameplate_w: Fact
    """Largest power it may draw."""
    server_usd: Fact
    """Price of the server without GPUs, CPUs, memory, storage and network."""
    gpu_usd: Fact
    """Price of one GPU."""
    cpu_usd: Fact
    """Price of one CPU."""
    memory_usd: Fact
    """Price of a server's memory."""
    storage_usd: Fact
    """Price of its share of storage."""
    network_usd: Fact
    """Price of its share of the cluster network."""
    rack_usd: Fact
    """Price of its share of a rack with power strips and cables."""


class Site(Entry):
    """A place: its weather, its electricity, its labour."""

    utc_offset_h: Fact
    """Local standard time less UTC."""
    dry_bulb_c: MonthlyHourly
    """Typical outdoor temperature, twelve months by 24 local hours."""
    wet_bulb_c: MonthlyHourly
    """Typical wet-bulb temperature, twelve months by 24 local hours."""
    dry_bulb_spread_k: Monthly
    """Standard deviation of a day's mean temperature, by month."""
    wet_bulb_spread_k: Monthly
    """Standard deviation of a day's mean wet bulb, by month."""
    design_dry_bulb_c: Fact
    """Outdoor temperature that cooling is sized for."""
    design_wet_bulb_c: Fact
    """Wet bulb that cooling is sized for."""
    electricity_usd_per_kwh: Fact
    """Mean price that a data centre pays."""
    electricity_shape: Hourly
    """Price by local hour, relative to its mean over the day."""
    carbon_g_per_kwh: Fact
    """Carbon intensity of the grid's electricity, by place and not by contract."""
    carbon_shape: Hourly
    """Carbon intensity by local hour, relative to its mean over the day."""
    technician_usd_per_h: Fact
    """An hour of a technician, with all that an employer pays."""
    colocation_usd_per_kw_month: Fact
    """Rent of a furnished hall, land included, a kW of contracted power and month; electricity is paid apart."""
    facility_usd_per_w: Fact
    """Building a hall, a watt of IT power."""
    water_usd_per_m3: Fact
    """Water with sewerage."""


KINDS: dict[str, type[Entry]] = {
    "gpus": Gpu,
    "servers": Server,
    "models": Model,
    "sites": Site,
    "prices": PriceBook,
    "rentals": Rental,
    "currencies": Currency,
    "hazards": Hazard,
    "cooling": Cooling,
    "chillers": Chiller,
    "thermals": Thermals,
    "delivery": Delivery,
    "starts": ColdStart,
    "generations": Generation,
    "efficiencies": Efficiency,
    "benchmarks": Benchmark,
    "shapes": Shape,
    "weeks": Week,
    "clients": Clients,
    "lengths": Lengths,
    "article": Article,
}
"""File name of each kind of entry, without `.yaml`."""

ENTRY_DEFAULTS = ("source", "known")
"""Keys an entry may give once, for all its bare numbers."""
