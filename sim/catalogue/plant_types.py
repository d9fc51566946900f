"""What the catalogue describes of the plant: what breaks, and what carries heat away; one field a claim."""

from sim.catalogue.entry import Entry
from sim.catalogue.facts import Fact


class Hazard(Entry):
    """How often a server fails, why, and how long it takes to mend."""

    failures_per_server_day: Fact
    """Failures of one 8-GPU server a day, all causes."""
    gpu_fraction: Fact
    """Share of failures that lie in a GPU or its memory."""
    host_fraction: Fact
    """Share in the rest of the server."""
    network_fraction: Fact
    """Share in network cards, cables and switches."""
    software_fraction: Fact
    """Share mended by a restart: no part, no technician."""
    technician_repair_s: Fact
    """Mean hands-on time of a technician."""
    restart_s: Fact
    """Time from a failure of software, or from the end of a repair, until the server serves again."""


class Cooling(Entry):
    """A way to carry heat out of the hall."""

    supply_air_c: Fact
    """Temperature at which the hall is held."""
    chilled_water_c: Fact
    """Chilled-water supply temperature."""
    evaporator_approach_k: Fact
    """Evaporator below chilled water."""
    condenser_approach_k: Fact
    """Condenser above the temperature that the heat is rejected to."""
    rejection_approach_k: Fact
    """Cooled condenser water above wet bulb (tower) or dry bulb (dry cooler)."""
    wet_rejection: Fact
    """1 where a tower rejects towards the wet bulb, 0 where a dry cooler rejects towards the dry bulb."""
    carnot_fraction: Fact
    """Chiller COP as a share of Carnot's."""
    cop_max: Fact
    """Largest COP a real chiller reaches."""
    fan_w_per_w: Fact
    """Air-handler fan power a watt of IT load at full load."""
    pump_w_per_w: Fact
    """Pump and tower power a watt of heat."""
    loss_w_per_w: Fact
    """Electrical losses from the feed to the servers a watt of IT load."""
    economiser: Fact
    """1 where outside cold replaces the chiller when it can, 0 where it never does."""
    capacity_fraction: Fact
    """Heat that the plant can carry, as a share of the servers' nameplate power."""
    thermal_mass_j_per_k_per_w: Fact
    """Heat capacity of air, racks and water in the hall a watt of nameplate power."""
    throttle_inlet_c: Fact
    """Inlet temperature above which servers slow down."""
    throttle_fraction_per_k: Fact
    """Speed lost a kelvin above it."""
