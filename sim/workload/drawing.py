"""Drawing requests in machine code: each step reads its random numbers once and writes a column.

Sums and products are rounded one by one, as numpy rounds them, in the same order and widths: the bits are those of
`np.cumsum`, `np.interp` and `np.rint`.
"""

import numpy as np

from sim.core.compiling import Array, compiled


@compiled
def follow(before: float, gaps: Array, cumulative: Array, time_s: Array, arrival_s: Array) -> tuple[int, float]:
    """Write when as many requests are expected as `before` and unit exponentials sum up to, to the end of the rate.

    Returns how many arrive, and the sum.
    """
    sum_of_gaps, end, knot, slope = 0.0, cumulative[-1], -1, 0.0
    for i in range(gaps.size):
        sum_of_gaps += gaps[i]
        expected = before + sum_of_gaps
        if expected >= end:
            return i, expected
        if knot < 0 or expected >= cumulative[knot + 1]:
            knot = last_knot(cumulative, expected)
            slope = (time_s[knot + 1] - time_s[knot]) / (cumulative[knot + 1] - cumulative[knot])
        arrival_s[i] = slope * (expected - cumulative[knot]) + time_s[knot]
    return gaps.size, before + sum_of_gaps


@compiled
def last_knot(cumulative: Array, expected: float) -> int:
    """The last knot at or below a number that lies between the first knot and the last: by halves."""
    low, high = 0, cumulative.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if cumulative[middle] <= expected:
            low = middle
        else:
            high = middle
    return low


@compiled
def tie(
    normal: Array, probability: Array, own: float, shared: float, scale: float, first: Array, second: Array, tied: Array
) -> None:
    """Write the second uniforms, tied to the first ones: `own` and `shared` weigh their normal quantiles."""
    cells, middle, last = np.float32(normal.size), np.float32(probability.size // 2), np.int32(probability.size - 1)
    for i in range(first.size):
        z = own * normal[cell(second[i], cells)] + shared * normal[cell(first[i], cells)]
        tied[i] = probability[min(max(np.int32(z * scale + middle), np.int32(0)), last)]


@compiled
def look_up(guide: Array, start: Array, end: Array, tokens: Array, slope: Array, uniform: Array, drawn: Array) -> None:
    """Write whole tokens, at least 1; no probability reaches the end of the last interval."""
    cells = np.float32(guide.size)
    for i in range(uniform.size):
        interval = guide[cell(uniform[i], cells)]
        while uniform[i] >= end[interval]:
            interval += np.uint32(1)
        above = (uniform[i] - start[interval]) * slope[interval]
        drawn[i] = max(np.int32(np.rint(above + tokens[interval])), np.int32(1))


@compiled
def cell(uniform: Array, cells: Array) -> np.uint32:
    """The cell of [0, 1) that holds a number; the last one where it is not below 1."""
    return np.uint32(min(uniform * cells, cells - np.float32(1)))
