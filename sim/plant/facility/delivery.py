"""From the feed to the servers: losses of UPS and transformers, and ride-through.

Losses take a number, or an array with one element a moment.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types.facility import Delivery

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
