"""What the catalogue says of money: price books, rents, currencies, and the constants of the seed article."""

from sim.catalogue.parameter import Entry, Fact


class PriceBook(Entry):
    """How purchases become costs of a day, and what upkeep takes."""

    lifetime_years: Fact
    """Years over which equipment is written off."""
    salvage_fraction: Fact
    """Share of the price left at the end."""
    capital_fraction_per_year: Fact
    """Yearly cost of the money that is tied up, whether lent or one's own."""
    design_utilisation_fraction: Fact
    """Share of its life that a unit is expected to work, which depreciation by use spreads its price over."""
    spares_fraction: Fact
    """Spare equipment as a share of what runs."""
    facility_years: Fact
    """Years over which a building is written off."""
    contract_fraction_per_year: Fact
    """Yearly contract under which somebody else repairs, as a share of the purchase price."""
    host_part_usd: Fact
    """Price of a mean part of the rest of the server."""
    network_part_usd: Fact
    """Price of a mean part of the network."""
    visit_usd: Fact
    """What a repair costs beside its part and hours: the way, tools, disposal."""
    planned_labour_s: Fact
    """Hands-on time of planned maintenance, a server and year."""
    software_usd_per_year: Fact
    """Software licences, a GPU and year."""
    consumables_usd_per_year: Fact
    """Filters, fans, batteries, cables: a server and year."""


class Rental(Entry):
    """Rent of one GPU with its share of server, power, cooling and upkeep; the entry is named like the GPU."""

    on_demand_usd_per_h: Fact
    """An hour without any commitment."""
    reserved_usd_per_h: Fact
    """An hour under a contract of a year."""
    spot_usd_per_h: Fact
    """An hour of capacity that may be taken away at short notice."""


class Currency(Entry):
    """A currency that prices may be written in."""

    rate_usd: Fact
    """US dollars for one unit."""
    year: Fact
    """Calendar year of the rate."""


class Article(Entry):
    """The constants of the seed article, kept to reproduce it."""

    server_usd: Fact
    """Price of a server."""
    cpu_usd: Fact
    """Price of the CPUs of a server."""
    storage_usd: Fact
    """Price of the storage of a server."""
    gpu_usd: Fact
    """Price of a GPU."""
    server_w: Fact
    """Power of a server."""
    gpu_w: Fact
    """Power of a GPU."""
    cpu_w: Fact
    """Power of a CPU."""
    cooler_w: Fact
    """Power of a cooling unit."""
