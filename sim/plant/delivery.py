"""From the feed to the servers: losses of UPS and transformers, ride-through, and the speed that a power cap leaves.

Losses take a number, or an array with one element a moment.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.plant_types import Delivery
from sim.plant import power

Watts = TypeVar("Watts", float, NDArray[np.float64])


def ups_loss_w(way: Delivery, load_w: Watts, rated_w: float) -> Watts:
    """Losses [W] of a UPS rated for `rated_w` [W] that carries a load [W]: rated (a + b x + c x^2), x = load / rated.

    >>> from sim.catalogue import read_catalogue
    >>> way = read_catalogue(kinds=["delivery"]).delivery["double_conversion"]
    >>> ups_loss_w(way, np.array([250.0, 500.0, 1000.0]), 1000.0).round(2).tolist()
    [14.25, 22.0, 42.0]
    """
    load = load_w / rated_w if rated_w else 0.0 * load_w
    idle, linear, square = way.ups_idle_fraction, way.ups_linear_fraction, way.ups_square_fraction
    return rated_w * (idle.value + linear.value * load + square.value * load**2)


def transformer_loss_w(way: Delivery, load_w: Watts, rated_w: float) -> Watts:
    """Losses [W] of transformers rated for `rated_w` [W] that carry a load [W]: rated (a + c x^2), x = load / rated.

    >>> from sim.catalogue import read_catalogue
    >>> way = read_catalogue(kinds=["delivery"]).delivery["double_conversion"]
    >>> transformer_loss_w(way, np.array([500.0]), 1000.0).round(3).tolist()
    [4.0]
    """
    load = load_w / rated_w if rated_w else 0.0 * load_w
    return rated_w * (way.transformer_idle_fraction.value + way.transformer_square_fraction.value * load**2)


def ride_through_s(stored_j: float, load_w: float) -> float:
    """How long a battery with so much energy left [J] carries a load [W].

    >>> ride_through_s(3e6, 1e4)
    300.0
    """
    return stored_j / load_w if load_w > 0.0 else float("inf")


def capped_speed(way: Delivery, power_fraction: float) -> float:
    """Speed factor [1] of GPUs that are given a share of the power they want above idle: (share)^k, within 0..1.

    k is the published trade: a limit of 960 W on GPUs of 1,200 W brought 11 % more throughput a watt,
    0.8^k = 0.8 * 1.11.

    >>> from sim.catalogue import read_catalogue
    >>> way = read_catalogue(kinds=["delivery"]).delivery["double_conversion"]
    >>> round(capped_speed(way, 0.8), 3)
    0.888
    """
    return power.capped_speed(min(1.0, max(0.0, power_fraction)), way.capped_exponent.value)


def power_at_speed(way: Delivery, speed: float) -> float:
    """Share of their power above idle [1] that capped GPUs draw at a speed factor: the inverse of `capped_speed`.

    >>> from sim.catalogue import read_catalogue
    >>> way = read_catalogue(kinds=["delivery"]).delivery["double_conversion"]
    >>> round(power_at_speed(way, capped_speed(way, 0.7)), 9)
    0.7
    """
    return float(speed ** (1.0 / way.capped_exponent.value))
