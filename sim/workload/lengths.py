"""A Gaussian copula: ties a second uniform number to a first one by a given rank correlation.

Lengths of prompts and answers: uniforms through the quantile tables of the catalogue.

The uniforms never depend on the tables, so that two scenarios with other lengths meet the same luck.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.types.demand import Lengths, table_problem
from sim.core.errors import InputError

Uniform = NDArray[np.float32]

NORMAL_CELLS = 65_536
"""Cells of the tables of the normal distribution."""
LARGEST_Z = 6.0
"""End of the table of the normal distribution function: beyond it lies less than a request in a hundred million."""
BELOW_ONE = np.nextafter(np.float32(1), np.float32(0))


@dataclass(frozen=True)
class Copula:
    """The normal distribution in tables, and the Pearson correlation of its two variables."""

    pearson: float
    """Correlation of the two normal variables."""
    normal: NDArray[np.float32]
    """Normal quantile at the middle of each cell of probability; shape (NORMAL_CELLS,)."""
    uniform: NDArray[np.float32]
    """Normal probability at the middle of each cell between -LARGEST_Z and LARGEST_Z; shape (NORMAL_CELLS,)."""


def gaussian_copula(rank_correlation: float) -> Copula | None:
    """The copula of a Spearman correlation rho, with Pearson's r = 2 sin(pi rho / 6); None where rho is 0."""
    if not -1 <= rank_correlation <= 1:
        raise InputError(f"a rank correlation lies between -1 and 1, not at {rank_correlation:g}")
    if not rank_correlation:
        return None
    from scipy.special import ndtr, ndtri

    middle = (np.arange(NORMAL_CELLS) + 1 / 2) / NORMAL_CELLS
    uniform = np.minimum(ndtr((2 * middle - 1) * LARGEST_Z).astype(np.float32), BELOW_ONE)
    return Copula(2 * math.sin(math.pi * rank_correlation / 6), ndtri(middle).astype(np.float32), uniform)


def tie(copula: Copula | None, first: Uniform, second: Uniform) -> Uniform:
    """The second uniform, correlated with the first; itself where there is no copula. Shapes (n,)."""
    if copula is None:
        return second
    from sim.workload import drawing

    tied = np.empty(second.size, np.float32)
    own = np.float32(math.sqrt(max(0.0, 1 - copula.pearson**2)))
    scale = np.float32(NORMAL_CELLS / (2 * LARGEST_Z))
    drawing.tie(copula.normal, copula.uniform, own, np.float32(copula.pearson), scale, first, second, tied)
    return tied


Tokens = NDArray[np.int32]

CELLS = 4096
"""Cells of the guide that leads a probability to its interval of the table."""
STEP = np.float32(2**-24)
"""Drawn uniforms are multiples of it: a narrower interval is a jump, whose slope no number of this width may hold."""


@dataclass(frozen=True)
class Quantiles:
    """A piecewise linear quantile function of k intervals, with a guide that replaces the search by one look-up."""

    probability: NDArray[np.float32]
    """Cumulative probability at the start of each interval, from 0; shape (k,)."""
    next_probability: NDArray[np.float32]
    """The same at its end; infinity for the last, which a search therefore never leaves; shape (k,)."""
    tokens: NDArray[np.float32]
    """Tokens at the start of each interval; shape (k,)."""
    slope: NDArray[np.float32]
    """Tokens a unit of probability; shape (k,)."""
    guide: NDArray[np.uint32]
    """Interval that holds the start of each cell of probability; shape (CELLS,)."""


@dataclass(frozen=True)
class LengthTables:
    """The lengths of one use case, ready for look-up."""

    prompt: Quantiles
    """Prompt tokens."""
    output: Quantiles
    """Output tokens."""
    copula: Copula | None
    """What ties the one to the other."""


def length_tables(lengths: Lengths) -> LengthTables:
    """Prepare the quantile tables of a catalogue entry."""
    probability = lengths.probability.value
    return LengthTables(
        quantiles(probability, lengths.prompt_tokens.value),
        quantiles(probability, lengths.output_tokens.value),
        gaussian_copula(lengths.rank_correlation.value),
    )


def quantiles(probability: Sequence[float], tokens: Sequence[float]) -> Quantiles:
    """A quantile function from its knots; InputError where they are not those of a distribution."""
    problem = table_problem(probability, tokens)
    if problem:
        raise InputError(problem)
    p, q = np.asarray(probability, np.float32), np.asarray(tokens, np.float32)
    width = np.diff(p)
    slope = np.divide(np.diff(q), width, out=np.zeros_like(width), where=width >= STEP)
    starts = np.arange(CELLS, dtype=np.float32) / CELLS
    guide = np.clip(np.searchsorted(p, starts, side="right") - 1, 0, p.size - 2)
    return Quantiles(p[:-1], np.append(p[1:-1], np.float32(np.inf)), q[:-1], slope, guide.astype(np.uint32))


def look_up(table: Quantiles, uniform: Uniform) -> Tokens:
    """Whole tokens, at least 1, at the given probabilities in [0, 1); shapes (n,).

    >>> look_up(quantiles([0, 0.5, 1], [0, 10, 110]), np.array([0, 0.25, 0.75], np.float32)).tolist()
    [1, 5, 60]
    """
    from sim.workload import drawing

    tokens = np.empty(uniform.size, np.int32)
    drawing.look_up(table.guide, table.probability, table.next_probability, table.tokens, table.slope, uniform, tokens)
    return tokens


def draw_lengths(tables: LengthTables, prompt: Uniform, output: Uniform) -> tuple[Tokens, Tokens]:
    """Prompt and output tokens from two independent uniforms; shapes (n,)."""
    return look_up(tables.prompt, prompt), look_up(tables.output, tie(tables.copula, prompt, output))
