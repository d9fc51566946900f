"""Upright lines with names, like flags: no line runs through the name of another."""

from collections.abc import Sequence

from reports.plain import columns

COLUMN, GAP = 4.0, 5.0
"""Width of a column of text, and the way from a line to its name [points]."""
Span = tuple[float, float]


def flags(at: Sequence[float], names: Sequence[str], width: float) -> list[tuple[bool, int]]:
    """Of each line, whether its name stands to its left, and its row from the top; places in points, rising.

    A line ends at its name, so that a name further out is never crossed as long as it stands higher.

    >>> flags([10.0, 20.0, 90.0], ["first", "second", "third"], 100.0)
    [(False, 0), (False, 1), (True, 0)]
    """
    lefts: set[int] = set()
    for one in reversed(range(len(at))):
        start, end = _span(at[one], names[one], left=False)
        if end > width or any(start <= at[other] <= end for other in lefts):
            lefts.add(one)
    order = [*sorted(lefts, reverse=True), *(one for one in range(len(at)) if one not in lefts)]
    spans = [_span(place, name, one in lefts) for one, (place, name) in enumerate(zip(at, names, strict=True))]
    rows: dict[int, int] = {}
    for one in order:
        rows[one] = _row(at[one], spans[one], [(spans[other], row) for other, row in rows.items()])
    return [(one in lefts, rows[one]) for one in range(len(at))]


def _span(place: float, name: str, left: bool) -> Span:
    length = GAP + columns(name) * COLUMN
    return (place - length, place) if left else (place, place + length)


def _row(place: float, span: Span, taken: Sequence[tuple[Span, int]]) -> int:
    """The first row in which a name covers no other and its line ends below all names that it would cross."""
    crossed = [row for (start, end), row in taken if start < place < end]
    covered = {row for (start, end), row in taken if start < span[1] and span[0] < end}
    row = max(crossed, default=-1) + 1
    while row in covered:
        row += 1
    return row
