"""Moist air: saturation pressure, humidity ratio and wet-bulb temperature, after ASHRAE.

ASHRAE Handbook, Fundamentals (2017), chapter 1. Arrays in, arrays out: a year of hours takes a tenth of a second.
Valid from -100 to 200 degC dry bulb and at pressures well above saturation; agrees with PsychroLib, which follows the
same chapter, to 0.001 K. Where the balance over water gives a wet bulb just above and that over ice one just below
freezing, both hold, and the two may differ by 0.7 K.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.units import ZERO_CELSIUS_K

Floats = NDArray[np.float64]

STANDARD_PRESSURE_PA = 101_325.0
"""Pressure of the standard atmosphere at sea level."""
TRIPLE_POINT_C = 0.01
"""Above it vapour is in balance with water, below it with ice."""
MASS_RATIO = 0.621945
"""Molar mass of water over that of dry air."""

# ASHRAE Fundamentals (2017), chapter 1, equations 5 and 6: ln p = a/T + b + c T + d T^2 + e T^3 + f T^4 + g ln T.
OVER_ICE = (-5.6745359e3, 6.3925247, -9.677843e-3, 6.2215701e-7, 2.0747825e-9, -9.484024e-13, 4.1635019)
OVER_WATER = (-5.8002206e3, 1.3914993, -4.8640239e-2, 4.1764768e-5, -1.4452093e-8, 0.0, 6.5459673)
# Equations 33 and 35: the balance of the wet bulb, over water and over ice [kJ/kg, K].
WATER_BALANCE = (2501.0, 2.326, 1.006, 1.86, 4.186)
ICE_BALANCE = (2830.0, 0.24, 1.006, 1.86, 2.1)

_HALVINGS = 32
"""Steps of the bisection: they leave a tenth of a microkelvin."""
_DEEPEST_K = 60.0
"""No wet bulb lies further below its dry bulb, up to 60 degC."""


def saturation_pa(air_c: ArrayLike) -> Floats:
    """Pressure of saturated water vapour [Pa] at a temperature [degC], over ice below the triple point.

    ln p = a/T + b + c T + d T^2 + e T^3 + f T^4 + g ln T with T in kelvins (ASHRAE, equations 5 and 6).

    >>> saturation_pa([-20.0, 0.0, 20.0, 40.0]).round(1).tolist()
    [103.3, 611.2, 2338.8, 7383.5]
    """
    air_c = np.asarray(air_c, dtype=np.float64)
    return np.where(air_c <= TRIPLE_POINT_C, _exponential(OVER_ICE, air_c), _exponential(OVER_WATER, air_c))


def _exponential(terms: tuple[float, ...], air_c: Floats) -> Floats:
    kelvin = air_c + ZERO_CELSIUS_K
    inverse, *powers, logarithm = terms
    series = sum(term * kelvin**power for power, term in enumerate(powers))
    return np.asarray(np.exp(inverse / kelvin + series + logarithm * np.log(kelvin)))


def humidity_ratio(vapour_pa: ArrayLike, pressure_pa: ArrayLike = STANDARD_PRESSURE_PA) -> Floats:
    """Mass of water vapour a mass of dry air [1] from the vapour's and the air's pressure [Pa] (ASHRAE, equation 20).

    >>> float(humidity_ratio(1169.4).round(6))
    0.007262
    """
    vapour_pa = np.asarray(vapour_pa, dtype=np.float64)
    return np.asarray(MASS_RATIO * vapour_pa / (pressure_pa - vapour_pa))


def humidity_ratio_at_wet_bulb(
    dry_bulb_c: ArrayLike, wet_bulb_c: ArrayLike, pressure_pa: ArrayLike = STANDARD_PRESSURE_PA
) -> Floats:
    """Humidity ratio [1] of air at a dry and a wet bulb [degC] (ASHRAE, equations 33 and 35).

    >>> float(humidity_ratio_at_wet_bulb(30.0, 20.0).round(6))
    0.010517
    """
    dry, wet = np.asarray(dry_bulb_c, dtype=np.float64), np.asarray(wet_bulb_c, dtype=np.float64)
    saturated = humidity_ratio(saturation_pa(wet), pressure_pa)
    over_water, over_ice = (_balance(terms, dry, wet, saturated) for terms in (WATER_BALANCE, ICE_BALANCE))
    return np.where(wet >= 0.0, over_water, over_ice)


def _balance(terms: tuple[float, ...], dry: Floats, wet: Floats, saturated: Floats) -> Floats:
    latent, slope, air, vapour, condensed = terms
    return np.asarray(
        ((latent - slope * wet) * saturated - air * (dry - wet)) / (latent + vapour * dry - condensed * wet)
    )


def wet_bulb_c(
    dry_bulb_c: ArrayLike, humidity_fraction: ArrayLike, pressure_pa: ArrayLike = STANDARD_PRESSURE_PA
) -> Floats:
    """Wet-bulb temperature [degC] of air at a dry bulb [degC] and relative humidity [1], by bisection.

    The humidity ratio at a wet bulb grows with it, so the one that gives the air's own lies between two bounds.

    >>> wet_bulb_c([30.0, 30.0, -5.0], [0.4, 1.0, 0.8]).round(3).tolist()
    [20.064, 30.0, -5.884]
    """
    dry, share = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (dry_bulb_c, humidity_fraction)))
    wanted = humidity_ratio(share * saturation_pa(dry), pressure_pa)
    low, high = dry - _DEEPEST_K, dry.copy()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        above = humidity_ratio_at_wet_bulb(dry, middle, pressure_pa) > wanted
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.asarray((low + high) / 2.0)
