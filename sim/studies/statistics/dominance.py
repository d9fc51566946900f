"""Who is beaten by whom: the variants that nobody beats in both of two outcomes are the front."""

from dataclasses import dataclass

import numpy as np

from sim.studies.statistics.estimates import Setting, mean

Days = tuple[float, ...]
ROUNDING = 0.0005
"""Relative difference that a tenth of a percent does not show."""


@dataclass(frozen=True)
class Point:
    """A variant by two outcomes, of which less is better."""

    name: str
    """Its name."""
    cost: float
    """What it costs."""
    latency: float
    """How long it takes."""
    costs: Days = ()
    """What it costs on each of the random days that all variants met."""
    latencies: Days = ()
    """How long it takes on each of them."""
    confidence: float = 0.9
    """Level at which two variants are told apart."""

    def cheaper(self, other: "Point") -> bool:
        """Whether it surely costs less."""
        return self.cost < other.cost and not self.costs_the_same(other)

    def quicker(self, other: "Point") -> bool:
        """Whether it surely takes less time."""
        return self.latency < other.latency and not self.takes_the_same(other)

    def costs_the_same(self, other: "Point") -> bool:
        """Whether the two cannot be told apart by cost."""
        return _tied(self.cost, other.cost, self.costs, other.costs, self.confidence)

    def takes_the_same(self, other: "Point") -> bool:
        """Whether the two cannot be told apart by latency."""
        return _tied(self.latency, other.latency, self.latencies, other.latencies, self.confidence)

    def beats(self, other: "Point") -> bool:
        """Whether it is no worse in both and surely better in one."""
        no_worse = not other.cheaper(self) and not other.quicker(self)
        return no_worse and (self.cheaper(other) or self.quicker(other))


def _tied(one: float, other: float, ones: Days, others: Days, confidence: float) -> bool:
    """Whether rounding hides a difference, or the interval of the mean difference on common days holds zero."""
    if abs(one - other) <= ROUNDING * max(abs(one), abs(other)):
        return True
    if len(ones) != len(others) or len(ones) < 2:
        return False
    apart = np.array(ones) - np.array(others)
    found = mean(apart.reshape(-1, 1), Setting(confidence, len(apart), shared=False))
    return bool(found.low <= 0 <= found.high)


def front(points: list[Point]) -> list[Point]:
    """The points that no other beats, the cheapest first.

    >>> [p.name for p in front([Point("a", 1, 9), Point("b", 2, 8), Point("c", 3, 8)])]
    ['a', 'b']
    """
    best = [point for point in points if not any(other.beats(point) for other in points)]
    return sorted(best or points, key=lambda point: (point.cost, point.latency, point.name))


def beaten_by(point: Point, points: list[Point]) -> Point | None:
    """Of those that beat a point, the cheapest."""
    better = [other for other in points if other.beats(point)]
    return min(better, key=lambda other: (other.cost, other.latency, other.name), default=None)
