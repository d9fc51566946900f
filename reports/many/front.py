"""Who is beaten by whom: the variants that nobody beats in both of two outcomes are the front."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """A variant by two outcomes, of which less is better."""

    name: str
    """Its name."""
    cost: float
    """What it costs."""
    latency: float
    """How long it takes."""

    def beats(self, other: "Point") -> bool:
        """Whether it is no worse in both and better in one."""
        no_worse = self.cost <= other.cost and self.latency <= other.latency
        return no_worse and (self.cost < other.cost or self.latency < other.latency)


def front(points: list[Point]) -> list[Point]:
    """The points that no other beats, the cheapest first.

    >>> [p.name for p in front([Point("a", 1, 9), Point("b", 2, 8), Point("c", 3, 8)])]
    ['a', 'b']
    """
    best = [point for point in points if not any(other.beats(point) for other in points)]
    return sorted(best, key=lambda point: (point.cost, point.latency, point.name))


def beaten_by(point: Point, points: list[Point]) -> Point | None:
    """Of those that beat a point, the cheapest."""
    better = [other for other in points if other.beats(point)]
    return min(better, key=lambda other: (other.cost, other.latency, other.name), default=None)
