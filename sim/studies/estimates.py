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

from sim.streams import Streams
from sim.studies.results import Interval

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


def mean(values: Values, setting: Setting) -> Interval:
    """Mean over all that is known, with Student's interval."""
    from scipy.special import stdtrit

    if not np.isfinite(values).any():
        return NOTHING
    estimate = float(np.nanmean(_means(values)))
    error, freedom = standard_error(values, setting)
    if not error:
        return Interval(estimate, estimate, estimate)
    half = error * float(stdtrit(freedom, 0.5 + setting.confidence / 2)) if freedom else math.nan
    return Interval(estimate, estimate - half, estimate + half)


def probability(happened: Values, setting: Setting) -> Interval:
    """Probability of what is marked with 1, with Wilson's interval at the effective number of independent units."""
    from scipy.special import ndtri

    if not np.isfinite(happened).any():
        return NOTHING
    p = float(np.nanmean(_means(happened)))
    error, _ = standard_error(happened, setting)
    sure = not 0 < p < 1 or not error > 0
    n = float(max(min(setting.blocks, len(happened)), setting.worth)) if sure else p * (1 - p) / error**2
    z2 = float(ndtri(0.5 + setting.confidence / 2)) ** 2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return Interval(p, max(0.0, middle - half), min(1.0, middle + half))


def quantile(values: Values, at: float, setting: Setting) -> Interval:
    """A quantile; its interval is that of the probability of lying below, read as quantiles (Woodruff 1952)."""
    known = values[np.isfinite(values)]
    if not known.size:
        return NOTHING
    estimate = float(np.quantile(known, at))
    below = np.where(np.isfinite(values), (values <= estimate).astype(np.float64), np.nan)
    share = probability(below, setting)
    low, high = np.quantile(known, [min(share.low, at), max(share.high, at)]).tolist()
    return Interval(estimate, low, high)


def tail_mean(values: Values, at: float, setting: Setting) -> Interval:
    """Mean of all that lies beyond a quantile (CVaR, expected shortfall): q + E[max(x - q, 0)] / (1 - at)."""
    known = values[np.isfinite(values)]
    if not known.size:
        return NOTHING
    q = float(np.quantile(known, at, method="inverted_cdf"))  # which makes the mean the least: never beyond the largest
    return mean(q + np.maximum(values - q, 0.0) / (1 - at), setting)


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
    """World's and day's standard deviations and the world's share with its interval, by resampling draws; or None."""
    whole = values[np.isfinite(values).all(axis=1)]
    if whole.shape[1] < 2 or len(whole) < 2:
        return None
    split = split_variance(whole, setting.shared)
    rng = streams.rng("bootstrap of variance")
    samples = (whole[rng.integers(len(whole), size=len(whole))] for _ in range(RESAMPLES))
    shares = np.array([split_variance(sample, setting.shared).world_share for sample in samples])
    tail = (1 - setting.confidence) / 2
    ends = np.quantile(shares[np.isfinite(shares)], [tail, 1 - tail]).tolist() if np.isfinite(shares).any() else NOTHING
    share = Interval(split.world_share, ends[0], ends[1])
    return {"world_sd": math.sqrt(split.world), "day_sd": math.sqrt(split.day), "world_share": share._asdict()}


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
