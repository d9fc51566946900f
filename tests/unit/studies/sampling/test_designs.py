"""Points of the unit cube: spread as promised, tied as asked, the same for the same seed."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from sim.core.streams import Streams
from sim.studies.sampling.designs import BLOCKS, blocks_of, design, pearson, spread_points, tie, tornado_points


@pytest.mark.parametrize("spread", ["random", "latin_hypercube", "sobol"])
def test_points_are_the_seeds(spread):
    one, other = (spread_points(64, 3, spread, Streams(7)) for _ in range(2))
    assert one.shape == (64, 3)
    assert np.array_equal(one, other)
    assert not np.array_equal(one, spread_points(64, 3, spread, Streams(8)))


@pytest.mark.parametrize("spread", ["latin_hypercube", "sobol"])
def test_every_block_fills_every_stratum_once(spread):
    points = spread_points(128, 2, spread, Streams(1)).reshape(BLOCKS, 16, 2)
    for block in points:
        for column in block.T:
            assert sorted((column * 16).astype(int)) == list(range(16))


def test_random_points_do_not():
    points = spread_points(16, 1, "random", Streams(1))
    assert sorted((points[:, 0] * 16).astype(int)) != list(range(16))


WANTED = np.array([[1.0, 0.7, 0.0], [0.7, 1.0, -0.4], [0.0, -0.4, 1.0]])


def test_columns_are_tied_and_keep_their_values():
    free = spread_points(2000, 3, "random", Streams(3))
    tied = tie(free, pearson(WANTED), Streams(3))
    assert spearmanr(tied).statistic == pytest.approx(WANTED, abs=0.05)
    assert np.array_equal(np.sort(tied, axis=0), np.sort(free, axis=0))
    assert spearmanr(free).statistic != pytest.approx(WANTED, abs=0.05)


def test_rank_correlations_are_those_asked_for():
    """Taken for correlations of normal scores they would come out at 0.48."""
    free, asked = spread_points(20_000, 2, "random", Streams(3)), np.array([[1.0, 0.5], [0.5, 1.0]])
    assert spearmanr(tie(free, pearson(asked), Streams(3))).statistic == pytest.approx(0.5, abs=0.005)
    assert spearmanr(tie(free, asked, Streams(3))).statistic < 0.49


def test_columns_that_go_with_no_other_stay_where_they_are():
    free = spread_points(200, 4, "latin_hypercube", Streams(3))
    asked = np.eye(4)
    asked[1, 3] = asked[3, 1] = 0.8
    tied = tie(free, asked, Streams(3))
    assert np.array_equal(tied[:, [0, 2]], free[:, [0, 2]])
    assert not np.array_equal(tied[:, [1, 3]], free[:, [1, 3]])


@pytest.mark.parametrize(("draws", "blocks"), [(512, 8), (500, 10), (63, 9), (16, 8), (15, 1), (499, 1)])
def test_stratified_designs_come_in_eight_blocks_or_a_few_more(draws, blocks):
    assert blocks_of(draws, "latin_hypercube") == blocks


def test_a_tornado_moves_one_input_at_a_time():
    points = tornado_points(3, (0.1, 0.9))
    assert points[0].tolist() == [0.5] * 3
    assert points[3].tolist() == [0.5, 0.1, 0.5]
    assert points[6].tolist() == [0.5, 0.5, 0.9]


@pytest.mark.parametrize(("kind", "rows"), [("tornado", 7), ("morris", 32), ("sobol", 40), ("pawn", 8)])
def test_designs_have_the_size_that_their_method_asks_for(kind, rows):
    points = design(kind, 8, ["a", "b", "c"], (0.1, 0.9), Streams(1))
    assert points.shape == (rows, 3)
    assert (points > 0).all() and (points < 1).all()
