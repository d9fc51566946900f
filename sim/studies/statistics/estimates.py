"""How sure a number is: means, probabilities, quantiles and tail means, each with its interval; where variance is from.

Values have the shape (rows, replications): a row is a draw of the uncertain world, a column a random day. What is
undefined or failed is NaN and left out. All intervals rest on one thing, the standard error of a mean over units that
are independent of each other: draws, or the blocks of a stratified design.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.streams import Streams
from sim.studies.statistics.results import Interval

Values = NDArray[np.float64]

RESAMPLES = 200
"""Bootstrap samples of a share of variance."""
FEWEST_RANKED = 4
"""Draws of which a rank correlation tells anything."""
NOTHING = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Setting:
    """What an interval has to know of the design."""

    confidence: float
    """Level of intervals."""
    blocks: int
    """Independent blocks of draws; as many as draws where each is independent."""
    shared: bool
    """Whether all draws met the same random days, which then count as a sample of their own."""
    worth: int = 0
    """Independent draws that all of them are worth at least, where that is more than the blocks."""


def standard_error(values: Values, setting: Setting) -> tuple[float, float]:
    """Standard error of the mean, and its degrees of freedom (Welch and Satterthwaite's where two samples add up)."""
    rows = _means(values)
    units = rows if setting.blocks >= len(values) else _means(rows.reshape(setting.blocks, -1))
    parts = [_part(units[np.isfinite(units)])]
    if setting.shared and values.shape[1] > 1:
        parts.append(_part(_means(values.T)))
    variance = sum(part for part, _ in parts)
    weights = sum(part**2 / freedom for part, freedom in parts if freedom)
    return math.sqrt(variance), variance**2 / weights if weights else math.inf if variance == 0 else 0.0


def _means(values: Values) -> Values:
    """Mean of every row over what is known of it; NaN where nothing is."""
    known = np.isfinite(values)
    counts = known.sum(axis=1)
    sums = np.where(known, values, 0.0).sum(axis=1)
    out: Values = np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)
    return out


def _part(units: Values) -> tuple[float, float]:
    """Variance of the mean of some units, and its degrees of freedom."""
    n = len(units)
    return (float(units.var(ddof=1)) / n, n - 1.0) if n > 1 else (math.nan, 0.0)


def mean(values: Values, setting: Setting, units: float = math.inf) -> Interval:
    """Mean over all that is known, with Student's interval; `units` of them at most tell how large its error is."""
    if not np.isfinite(values).any():
        return NOTHING
    estimate = float(np.nanmean(_means(values)))
    error, freedom = standard_error(values, setting)
    if not error:
        return Interval(estimate, estimate, estimate)
    half = error * _student(min(freedom, units - 1), setting)
    return Interval(estimate, estimate - half, estimate + half)


def _student(freedom: float, setting: Setting) -> float:
    """Half the width of an interval, in standard errors; not a number where nothing tells the error."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + setting.confidence / 2)) if freedom > 0 else math.nan


def probability(happened: Values, setting: Setting) -> Interval:
    """Probability of what is marked with 1, with Wilson's interval at the effective number of independent units."""
    if not np.isfinite(happened).any():
        return NOTHING
    p = float(np.nanmean(_means(happened)))
    n, freedom = _effective(happened, p, setting)
    z2 = _student(freedom, setting) ** 2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return Interval(p, max(0.0, middle - half), min(1.0, middle + half))


def _effective(happened: Values, p: float, setting: Setting) -> tuple[float, float]:
    """Independent units that would tell a probability as surely, all there are where they agree; degrees of freedom."""
    error, freedom = standard_error(happened, setting)
    if 0 < p < 1 and error > 0:
        return p * (1 - p) / error**2, freedom
    known = int(np.isfinite(happened).any(axis=1).sum())
    return float(max(min(setting.blocks, known), min(setting.worth, known))), math.inf


def quantile(values: Values, at: float, setting: Setting) -> Interval:
    """A quantile, between those order statistics that would lie beyond it too rarely in samples of the effective size.

    An end is not a number where even the smallest or the largest value would lie on the wrong side too often.
    """
    from scipy.special import betaincinv, ndtr

    known = values[np.isfinite(values)]
    if not known.size:
        return NOTHING
    estimate = float(np.quantile(known, at))
    below = np.where(np.isfinite(values), np.heaviside(estimate - values, 0.5), np.nan)
    n, freedom = _effective(below, float(np.nanmean(_means(below))), setting)
    n = min(n, known.size) if setting.blocks >= len(values) else n  # many equal values vary less than they tell
    tail = float(ndtr(-_student(freedom, setting)))
    low = float(np.quantile(known, betaincinv(n * at, n * (1 - at) + 1, tail)))
    high = float(np.quantile(known, betaincinv(n * at + 1, n * (1 - at), 1 - tail)))
    low = min(low, estimate) if (1 - at) ** n <= tail else math.nan
    return Interval(estimate, low, max(high, estimate) if at**n <= tail else math.nan)


def tail_mean(values: Values, at: float, setting: Setting) -> Interval:
    """Mean of all that lies beyond a quantile (CVaR, expected shortfall): q + E[max(x - q, 0)] / (1 - at)."""
    known = values[np.isfinite(values)]
    if not known.size:
        return NOTHING
    q = float(np.quantile(known, at, method="inverted_cdf"))  # which makes the mean the least: never beyond the largest
    beyond = float((known >= q).sum())
    return mean(q + np.maximum(values - q, 0.0) / (1 - at), setting, units=beyond)


def spread(values: Values) -> float:
    """Standard deviation over all rows and days."""
    known = values[np.isfinite(values)]
    return float(known.std(ddof=1)) if known.size > 1 else math.nan


@dataclass(frozen=True)
class Split:
    """Where the variance of an outcome comes from."""

    world: float
    """Variance from the uncertain world, in the square of the outcome's unit."""
    day: float
    """Variance from the random day."""

    @property
    def world_share(self) -> float:
        """The world's share of both."""
        total = self.world + self.day
        return self.world / total if total else math.nan


def split_variance(values: Values, shared: bool) -> Split:
    """Variance of world and day by analysis of variance: one way where each draw has days of its own, else two.

    With days of its own, E[MS within] = day and E[MS between] = day + R world. With shared days the table is crossed,
    and what depends on both counts as the day's.
    """
    rows, days = values.shape
    between = days * float(values.mean(axis=1).var(ddof=1))
    if not shared:
        within = float(values.var(axis=1, ddof=1).mean())
        return Split(max(0.0, (between - within) / days), within)
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    both = float((rest**2).sum()) / ((rows - 1) * (days - 1))
    columns = rows * float(values.mean(axis=0).var(ddof=1))
    return Split(max(0.0, (between - both) / days), max(0.0, (columns - both) / rows) + both)


def variance_of(values: Values, setting: Setting, streams: Streams) -> dict[str, Any] | None:
    """World's and day's standard deviations, and the world's share with its interval; or None."""
    whole = values[np.isfinite(values).all(axis=1)]
    if whole.shape[1] < 2 or len(whole) < 2:
        return None
    split = split_variance(whole, setting.shared)
    ends = _ends_of_shared(split, whole.shape, setting) if setting.shared else _ends_of_own(whole, setting, streams)
    share = Interval(split.world_share, *ends)
    return {"world_sd": math.sqrt(split.world), "day_sd": math.sqrt(split.day), "world_share": share._asdict()}


def _ends_of_own(whole: Values, setting: Setting, streams: Streams) -> tuple[float, float]:
    """Ends of the interval of the world's share where each draw has days of its own: draws are resampled."""
    rng, tail = streams.rng("bootstrap of variance"), (1 - setting.confidence) / 2
    samples = (whole[rng.integers(len(whole), size=len(whole))] for _ in range(RESAMPLES))
    shares = np.array([split_variance(sample, shared=False).world_share for sample in samples])
    shares = shares[np.isfinite(shares)]
    low, high = np.quantile(shares, [tail, 1 - tail]).tolist() if shares.size else (math.nan, math.nan)
    return low, high


def _ends_of_shared(split: Split, shape: tuple[int, ...], setting: Setting) -> tuple[float, float]:
    """The same where draws share a few days: the ratio of the two variances is F times what it is in truth."""
    from scipy.special import fdtri

    rows, days = shape
    if not split.day or not split.world:
        return math.nan, math.nan
    ratio, tail = split.world / split.day, (1 - setting.confidence) / 2
    least, most = (ratio / float(fdtri(rows - 1, days - 1, at)) for at in (1 - tail, tail))
    return least / (1 + least), most / (1 + most)


def rank_noise(draws: int, inputs: int, confidence: float) -> float:
    """Size below which the largest rank correlation of so many inputs stays at that confidence if none has an effect.

    From Student's t with n - 2 degrees of freedom, the level shared out among the inputs (Bonferroni); not a number
    for fewer than four draws.
    """
    from scipy.special import stdtrit

    if draws < FEWEST_RANKED:
        return math.nan
    t = float(stdtrit(draws - 2, 1 - (1 - confidence) / (2 * inputs)))
    return t / math.sqrt(draws - 2 + t * t)
