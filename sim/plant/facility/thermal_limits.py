"""What warm air does to servers: fans that turn faster, leakage, throttling, shutdown."""

from sim.catalogue.types.facility import Thermals


def fan_ratio(servers: Thermals, inlet_c: float) -> float:
    """Host power at an inlet temperature [degC] over its stated power [1].

    To keep parts below a limit the flow of air must grow as 1 / (limit - inlet), and fan power as its cube; up to the
    reference inlet fans turn at their least. Valid below the limit, where fans are taken to reach no more.

    >>> from sim.catalogue import read_catalogue
    >>> servers = read_catalogue(kinds=["thermals"]).thermals["air_a2"]
    >>> fan_ratio(servers, 20.0), round(fan_ratio(servers, 30.0), 4)
    (1.0, 1.1092)
    """
    limit_c, reference_c = servers.parts_limit_c.value, servers.reference_inlet_c.value
    warm_c = min(max(inlet_c, reference_c), servers.shutdown_inlet_c.value)
    flow = (limit_c - reference_c) / (limit_c - warm_c)
    return 1.0 + servers.fan_fraction.value * (flow**3 - 1.0)


def leakage_ratio(servers: Thermals, inlet_c: float) -> float:
    """GPU power at an inlet temperature [degC] over its stated power [1]: linear above the reference inlet.

    >>> from sim.catalogue import read_catalogue
    >>> servers = read_catalogue(kinds=["thermals"]).thermals["air_a2"]
    >>> round(leakage_ratio(servers, 33.0), 4)
    1.01
    """
    above_k = max(0.0, inlet_c - servers.reference_inlet_c.value)
    return 1.0 + servers.leakage_fraction_per_k.value * above_k


def throttle_speed(servers: Thermals, inlet_c: float) -> float:
    """Speed factor of servers at an inlet temperature [degC]: 1 up to the limit, then less by the kelvin, to a least.

    >>> from sim.catalogue import read_catalogue
    >>> servers = read_catalogue(kinds=["thermals"]).thermals["air_a2"]
    >>> throttle_speed(servers, 35.0), throttle_speed(servers, 39.0)
    (1.0, 0.8)
    """
    excess_k = max(0.0, inlet_c - servers.throttle_inlet_c.value)
    return max(servers.least_speed_fraction.value, 1.0 - servers.throttle_fraction_per_k.value * excess_k)
