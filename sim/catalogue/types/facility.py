"""What the catalogue describes of the plant: what carries heat away, brings power and breaks; one field a claim."""

from pydantic import model_validator

from sim.catalogue.parameter import Entry, Fact, Quadratic


class Hazard(Entry):
    """How often a server fails, why, and how long it takes to mend."""

    failures_per_server_day: Fact
    """Failures of one 8-GPU server a day, all causes."""
    faulty_gpu_fraction: Fact
    """Share of failures that lie in a GPU without a nearer cause."""
    hbm_fraction: Fact
    """Share of failures that lie in a GPU's memory."""
    gpu_sram_fraction: Fact
    """Share of failures that lie in a GPU's on-chip memory."""
    gpu_processor_fraction: Fact
    """Share of failures that lie in a GPU's system processor."""
    gpu_thermal_fraction: Fact
    """Share of failures that lie in a GPU's thermal interface or sensor."""
    silent_data_fraction: Fact
    """Share of failures that lie in silent corruption of data."""
    switch_or_cable_fraction: Fact
    """Share of failures that lie in a switch or a cable."""
    nic_fraction: Fact
    """Share of failures that lie in a network card."""
    host_maintenance_fraction: Fact
    """Share of failures that lie in host maintenance that could not wait."""
    ssd_fraction: Fact
    """Share of failures that lie in an SSD."""
    psu_fraction: Fact
    """Share of failures that lie in a power supply."""
    chassis_fraction: Fact
    """Share of failures that lie in the chassis."""
    io_board_fraction: Fact
    """Share of failures that lie in an IO board."""
    cpu_fraction: Fact
    """Share of failures that lie in a CPU."""
    host_memory_fraction: Fact
    """Share of failures that lie in the host's memory."""
    software_bug_fraction: Fact
    """Share of failures that lie in software."""
    watchdog_fraction: Fact
    """Share of failures that lie in a watchdog of the collectives that ran out."""
    dependency_fraction: Fact
    """Share of failures that lie in another service."""
    lemon_fraction: Fact
    """Share of servers that are lemons."""
    lemon_factor: Fact
    """Failures of a lemon over those of another server."""
    rack_reach_fraction: Fact
    """Share of failures of switches and cables that take the whole rack."""
    rack_failures_per_day: Fact
    """Failures of the power of one rack a day."""
    infant_fraction: Fact
    """Share of failures of hardware, over the first years, that belong to infancy."""
    infant_shape: Fact
    """Weibull shape of those, below one."""
    wear_fraction: Fact
    """Share of failures of hardware, over the first years, that belong to wear."""
    wear_shape: Fact
    """Weibull shape of those, above one."""
    reference_age_years: Fact
    """The first years over which the rate above is the mean."""
    detection_s: Fact
    """Time until a failure is found out."""
    diagnosis_s: Fact
    """Time until it is known what to do."""
    hands_on_fraction: Fact
    """Share of failures of hardware that take a technician and a part; a restart from afar mends the others."""
    technician_repair_s: Fact
    """Mean hands-on time of a technician."""
    part_lead_s: Fact
    """Time from an order of spare parts until they lie in the store."""
    vendor_fraction: Fact
    """Share of repairs by hand that do not help, after which the server goes back to its vendor."""
    vendor_s: Fact
    """Time until it comes back."""
    burn_in_s: Fact
    """Time for which a server is tried after a repair by hand."""
    restart_s: Fact
    """Time of the last step of every repair: boot, checks, loading of the model."""


class ColdStart(Entry):
    """How long a server takes from rest to service."""

    boot_s: Fact
    """Boot and checks of a server that was off."""
    load_bytes_per_s: Fact
    """Rate at which the weights of a model are loaded."""


class Chiller(Entry):
    """A chiller by the curves of EnergyPlus' Chiller:Electric: constant, slope and bend of each quadratic."""

    rated_cop: Fact
    """Heat moved a watt of power, rated."""
    air_cooled: Fact
    """1 where outdoor air cools the condenser, its fans counted in the COP; 0 where water does."""
    design_condenser_c: Fact
    """Rated temperature of the air or water that enters the condenser."""
    design_chilled_water_c: Fact
    """Rated temperature of the chilled water that leaves."""
    condenser_rise_coefficient: Fact
    """Kelvins at the condenser that weigh as much as one at the chilled water."""
    capacity_curve: Quadratic
    """Capacity over rated capacity, by lift index [K]."""
    power_curve: Quadratic
    """Full-load power over rated power a watt of capacity, by capacity ratio."""
    part_load_curve: Quadratic
    """Power over full-load power, by part-load ratio."""
    least_part_load_fraction: Fact
    """Part-load ratio below which the machine cycles."""

    @model_validator(mode="after")
    def _takes_power(self) -> "Chiller":
        """Refuse curves of a machine that would carry nothing or give power."""
        if self.capacity_curve.value[0] <= 0.0 or _least(self.power_curve.value) <= 0.0:
            raise ValueError("its capacity at no lift and its power at any capacity must be above zero")
        if _least(self.part_load_curve.value) < 0.0:
            raise ValueError("its power at part load must not be negative")
        return self


def _least(terms: tuple[float, ...]) -> float:
    """Least value of a quadratic between nothing and twice the rating."""
    constant, slope, bend = terms
    turning = min(2.0, max(0.0, -slope / (2 * bend))) if bend else 0.0
    return min(constant + slope * x + bend * x * x for x in (0.0, turning, 2.0))


class Cooling(Entry):
    """A way to carry heat out of the hall."""

    chiller: str
    """Catalogue name of its chillers."""
    supply_air_c: Fact
    """Temperature at which the servers' inlets are held."""
    air_rise_k: Fact
    """Warming of the air in the servers, at the design load."""
    chilled_water_c: Fact
    """Chilled-water supply temperature."""
    rejection_approach_k: Fact
    """Water that comes back from outside, above wet bulb (tower) or dry bulb (dry cooler)."""
    wet_rejection: Fact
    """1 where a tower rejects towards the wet bulb, 0 where a dry cooler rejects towards the dry bulb."""
    economiser: Fact
    """1 where a heat exchanger replaces the chiller when outside is cold enough, 0 where none does."""
    economiser_approach_k: Fact
    """Its cold side above the water that comes back from outside."""
    handover_k: Fact
    """Kelvins over which an economiser hands over to the chiller."""
    air_economiser: Fact
    """1 where outside air is blown through the hall when it is cold enough, 0 where it never is."""
    pad_fraction: Fact
    """Share of the distance to the wet bulb by which wet pads cool that air; 0 without pads."""
    liquid_fraction: Fact
    """Share of the servers' heat that liquid takes up at the chips."""
    liquid_supply_c: Fact
    """Temperature of that liquid's supply."""
    fan_w_per_w: Fact
    """Air-handler fan power at the design load, a watt of heat in the air."""
    least_flow_fraction: Fact
    """Share of the design flow below which air handlers do not go; 1 where their speed is constant."""
    pump_w_per_w: Fact
    """Pump power a watt of heat in the water."""
    rejection_w_per_w: Fact
    """Fan power of towers or dry coolers at the design load, a watt of heat rejected."""
    evaporated_fraction: Fact
    """Share of the heat that a tower rejects by evaporation; the rest warms the air."""
    concentration_cycles: Fact
    """Salts in the tower's water over salts in its make-up."""
    drift_fraction: Fact
    """Water carried away as droplets, as a share of what evaporates."""
    capacity_fraction: Fact
    """Heat that the needed units carry in the site's hottest hour, as a share of the servers' nameplate power."""
    thermal_mass_j_per_k_per_w: Fact
    """Heat capacity of air, racks and water in the hall a watt of nameplate power."""
    unit_failures_per_day: Fact
    """Failures of one cooling unit a day."""
    unit_repair_s: Fact
    """Mean time until a failed cooling unit runs again."""
    restart_s: Fact
    """Time from the return of power until the chillers cool again."""


class Thermals(Entry):
    """What warm air does to servers."""

    reference_inlet_c: Fact
    """Inlet temperature up to which fans turn at their least and powers hold as stated."""
    parts_limit_c: Fact
    """Temperature that the fans keep the parts below, by more air when the air is warmer."""
    fan_fraction: Fact
    """Share of the host's power that its fans draw at the reference."""
    leakage_fraction_per_k: Fact
    """GPU power gained a kelvin above the reference."""
    throttle_inlet_c: Fact
    """Inlet temperature above which servers slow down."""
    throttle_fraction_per_k: Fact
    """Speed lost a kelvin above it."""
    least_speed_fraction: Fact
    """Speed below which throttling does not go."""
    shutdown_inlet_c: Fact
    """Inlet temperature at which a server switches itself off."""
    inlet_spread_k: Fact
    """Standard deviation of a server's own inlet temperature about the hall's."""


class Delivery(Entry):
    """The way of power from the feed to the servers."""

    rating_fraction: Fact
    """Rated power of UPS and transformers over the servers' nameplate power."""
    ups_idle_fraction: Fact
    """UPS losses without load, as a share of its rating."""
    ups_linear_fraction: Fact
    """UPS losses that grow with the load, at full load."""
    ups_square_fraction: Fact
    """UPS losses that grow with the load's square, at full load."""
    transformer_idle_fraction: Fact
    """Transformer losses without load, as a share of its rating."""
    transformer_square_fraction: Fact
    """Transformer losses that grow with the load's square, at full load."""
    generator_start_s: Fact
    """Time from the loss of the grid until generators carry the load."""
    generator_failure_fraction: Fact
    """Share of outages in which the generators do not start."""
    outages_per_year: Fact
    """Grid outages a year."""
    outage_s: Fact
    """Mean duration of a grid outage."""
    capped_exponent: Fact
    """k of speed = (power left over power wanted)^k when GPUs are capped."""
