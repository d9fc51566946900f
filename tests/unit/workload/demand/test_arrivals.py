import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.catalogue.types.demand import Lengths, Shape
from sim.core.errors import DefectError, InputError
from sim.core.streams import Streams
from sim.scenario.schema import Scenario
from sim.workload.demand.arrivals import BLOCK, Rate, Windows, blocks, shape_by_minute
from sim.workload.lengths import (
    LARGEST_Z,
    NORMAL_CELLS,
    draw_lengths,
    gaussian_copula,
    length_tables,
    look_up,
    quantiles,
    tie,
)
from sim.workload.requests import Requests
from sim.workload.source import open_workload
from tests.rates import daily_rate, steady_mix

DAY_S = 86_400.0
PROBABILITY = (0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9995, 0.9999, 1.0)
PROMPT = (2.0, 29.0, 207.0, 1020.0, 2734.0, 4142.0, 6179.0, 10_000.0, 100_000.0)
OUTPUT = (1.0, 10.0, 54.0, 129.0, 424.0, 601.0, 954.0, 990.0, 1000.0)


def lengths(rank_correlation=0.0, prompt=PROMPT, output=OUTPUT, probability=PROBABILITY):
    def series(values):
        return {"value": values, "source": "test"}

    return Lengths(
        title="test",
        probability=series(probability),
        prompt_tokens=series(prompt),
        output_tokens=series(output),
        rank_correlation={"value": rank_correlation, "source": "test"},
    )


class Catalogue:
    shape = Shape(title="test", weight={"value": (1, 2, 4, 3), "source": "test"})

    def pick(self, kind, name):
        return {"shapes": self.shape, "lengths": lengths(0.3)}[kind]


def ranks(values):
    return np.argsort(np.argsort(values, kind="stable"))


def uniforms(n, seed=1):
    rng = np.random.default_rng(seed)
    return rng.random(n, dtype=np.float32), rng.random(n, dtype=np.float32)


def mix(*shares):
    return steady_mix(shares or (1.0,), [length_tables(lengths(0.3))] * max(1, len(shares)))


def columns(requests):
    return [column.tobytes() for column in requests.columns]


RATE = daily_rate((1, 2, 4, 3), 3.5 * BLOCK, 0.0, DAY_S)
WHOLE = Windows(blocks(RATE, mix(0.5, 0.3, 0.2), Streams(7))).take(np.inf)


# Requests


def test_columns_must_have_one_length():
    with pytest.raises(DefectError):
        Requests.uncached(np.zeros(2), np.zeros(1, np.int16), np.zeros(2, np.int32), np.zeros(2, np.int32))


def test_between_holds_its_start_and_not_its_stop():
    requests = Requests.uncached(np.arange(4.0), np.zeros(4, np.int16), np.ones(4, np.int32), np.ones(4, np.int32))
    assert requests.between(1.0, 3.0).arrival_s.tolist() == [1.0, 2.0]
    assert Requests.concatenate([requests.between(0, 2), Requests.empty(), requests.between(2, 9)]).size == 4
    assert Requests.concatenate([]).size == 0


# Demand


@pytest.mark.parametrize("start_s", [0.0, 43_200.0, 12_345.678])
@pytest.mark.parametrize("weights", [(1.0,), (3.0, 1.0), tuple(range(24)), tuple(range(1, 97)), (0.0, 0.0, 5.0)])
def test_a_day_holds_its_requests_wherever_it_begins(weights, start_s):
    assert daily_rate(weights, 50_000.0, start_s, DAY_S).total == pytest.approx(50_000.0, rel=1e-12)


def test_more_than_a_day_repeats_the_day():
    rate = daily_rate((1, 2, 4, 3), 1000.0, 5000.5, 2.5 * DAY_S)
    assert rate.expected(0, DAY_S) == pytest.approx(1000.0)
    assert rate.expected(100, 7000) == pytest.approx(rate.expected(DAY_S + 100, DAY_S + 7000))
    assert rate.time_s[-1] == 2.5 * DAY_S


def test_the_rate_starts_at_local_time():
    early, late = daily_rate((1, 2, 4, 3), 1000.0, 0.0, DAY_S), daily_rate((1, 2, 4, 3), 1000.0, 30.0, DAY_S)
    assert late.expected(0, 3600) == pytest.approx(early.expected(30, 3630))


@pytest.mark.parametrize(
    "weights", [(1, 2, 4, 3), (1, 0, 9), tuple(range(1, 25)), tuple(1 + k % 7 for k in range(144))]
)
def test_every_part_of_a_shape_holds_its_share(weights):
    rate = daily_rate(weights, 10_000.0, 0.0, DAY_S)
    held = np.diff(rate.before(np.linspace(0, DAY_S, len(weights) + 1)))
    assert held == pytest.approx(10_000 * np.array(weights) / sum(weights), rel=1e-12)


def test_the_rate_between_the_centres_of_two_parts_lies_between_theirs():
    shares = shape_by_minute((1, 2, 4, 3))
    assert shares[180] < shares[350] < shares[540]


def test_a_window_shorter_than_a_minute():
    assert daily_rate((1,), DAY_S, 59.5, 0.25).total == pytest.approx(0.25)


@pytest.mark.parametrize("weights", [(0.0, 0.0), (1.0, -1.0), (np.nan,), (1.0,) * 1441])
def test_a_shape_without_demand_is_refused(weights):
    with pytest.raises(InputError, match="weights"):
        daily_rate(weights, 1.0, 0.0, DAY_S)


# Arrivals


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1.0, 1.2 * DAY_S), max_size=20))
def test_windows_do_not_change_a_byte(cuts):
    windows = Windows(blocks(RATE, mix(0.5, 0.3, 0.2), Streams(7)))
    parts = [windows.take(cut) for cut in [*sorted(cuts), np.inf]]
    for cut, part in zip([*sorted(cuts), np.inf], parts, strict=True):
        assert not part.size or part.arrival_s[-1] < cut
    assert columns(Requests.concatenate(parts)) == columns(WHOLE)


def interpolated(rate, before, gaps):
    """What `Rate.arrivals` must equal in every bit, by numpy."""
    expected = before + np.cumsum(gaps)
    arrived = np.searchsorted(expected, rate.total)
    return np.interp(expected[:arrived], rate.cumulative, rate.time_s), expected[min(arrived, gaps.size - 1)]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(1e-3, 1e4), st.sampled_from((0.0, 1e-9, 0.3, 1.0, 7.0, 5e4))), min_size=1, max_size=40
    ),
    st.integers(0, 2**32),
    st.floats(0.0, 1.1),
)
def test_arrivals_are_those_of_numpy_to_the_bit(steps, seed, part):
    time_s, cumulative = (np.concatenate(([0.0], np.cumsum(column))) for column in zip(*steps, strict=True))
    rate = Rate(time_s, cumulative)
    gaps = rate.total / 50 * np.random.default_rng(seed).standard_exponential(100)
    for share, exact in ((part, gaps), (0.0, cumulative[1:] - cumulative[:-1])):
        arrival_s, summed = rate.arrivals(share * rate.total, exact)
        by_numpy = interpolated(rate, share * rate.total, exact)
        assert (arrival_s.tobytes(), summed) == (by_numpy[0].tobytes(), by_numpy[1])


def test_a_request_is_taken_once():
    windows = Windows(blocks(RATE, mix(), Streams(7)))
    first = windows.take(3600.0)
    assert first.size
    assert windows.take(3600.0).size == windows.take(0.0).size == 0
    assert windows.take(3601.0).arrival_s[0] >= 3600.0


def test_arrivals_are_sorted_and_within_the_day():
    assert (np.diff(WHOLE.arrival_s) >= 0).all()
    assert WHOLE.arrival_s[0] >= 0
    assert WHOLE.arrival_s[-1] < DAY_S
    assert WHOLE.size == pytest.approx(RATE.total, rel=0.01)


def test_a_longer_day_begins_with_the_shorter_one():
    longer = Windows(blocks(daily_rate((1, 2, 4, 3), 3.5 * BLOCK, 0.0, 1.5 * DAY_S), mix(0.5, 0.3, 0.2), Streams(7)))
    start = longer.take(DAY_S)
    assert start.arrival_s == pytest.approx(WHOLE.arrival_s, abs=1e-6)
    assert columns(start)[1:] == columns(WHOLE)[1:]


def test_no_demand_no_requests():
    assert Windows(blocks(daily_rate((1,), 0.0, 0.0, DAY_S), mix(), Streams(1))).take(np.inf).size == 0


def test_hours_without_demand_stay_empty():
    rate = daily_rate((0, 0, 1, 0), 100_000.0, 0.0, DAY_S)
    arrival_s = Windows(blocks(rate, mix(), Streams(1))).take(np.inf).arrival_s
    assert arrival_s.min() >= 32_400.0
    assert arrival_s.max() <= 75_600.0


def test_streams_are_independent():
    u, v, w = (ranks(c.astype(float) + np.random.default_rng(0).random(c.size)) for c in WHOLE.columns[1:4])
    gaps = ranks(np.diff(WHOLE.arrival_s, prepend=0))
    bound = 4 / np.sqrt(WHOLE.size)
    for a, b in [(u, gaps), (v, gaps), (w, gaps)]:
        assert abs(np.corrcoef(a, b)[0, 1]) < bound
    assert np.corrcoef(v, w)[0, 1] > bound


def test_lengths_do_not_move_arrivals_nor_use_cases():
    other = steady_mix((0.5, 0.3, 0.2), [length_tables(lengths(0.0, prompt=OUTPUT))] * 3)
    drawn = Windows(blocks(RATE, other, Streams(7))).take(np.inf)
    assert columns(drawn)[:2] == columns(WHOLE)[:2]
    assert columns(drawn)[2] != columns(WHOLE)[2]


def test_another_replication_is_another_day():
    assert columns(Windows(blocks(RATE, mix(), Streams(7, 1))).take(np.inf))[0] != columns(WHOLE)[0]


def test_shares_are_kept():
    counts = np.bincount(WHOLE.use_case) / WHOLE.size
    assert counts == pytest.approx([0.5, 0.3, 0.2], abs=0.01)


def test_each_use_case_has_its_own_lengths():
    short = length_tables(lengths(0, prompt=(1.0, 9.0), output=(1.0, 2.0), probability=(0.0, 1.0)))
    drawn = Windows(blocks(RATE, steady_mix((0.5, 0.5), [length_tables(lengths()), short]), Streams(7))).take(np.inf)
    assert drawn.prompt_tokens[drawn.use_case == 1].max() == 9
    assert drawn.prompt_tokens[drawn.use_case == 0].max() > 4000


# Lengths


@pytest.mark.parametrize("rank_correlation", [0.0, 0.3, -0.6, 1.0])
def test_quantiles_are_reproduced(rank_correlation):
    prompt, output = draw_lengths(length_tables(lengths(rank_correlation)), *uniforms(1_000_000))
    levels = np.linspace(0.10, 0.99, 90)
    for drawn, table in [(prompt, PROMPT), (output, OUTPUT)]:
        assert np.quantile(drawn, levels) == pytest.approx(np.interp(levels, PROBABILITY, table), rel=0.05)


@pytest.mark.parametrize("rank_correlation", [0.0, 0.07, 0.3, -0.6, 0.95])
def test_rank_correlation_is_reproduced(rank_correlation):
    first, second = uniforms(400_000)
    tied = tie(gaussian_copula(rank_correlation), first, second)
    assert np.corrcoef(ranks(first), ranks(tied))[0, 1] == pytest.approx(rank_correlation, abs=0.006)
    assert tied.min() >= 0
    assert tied.max() < 1


def test_look_up_is_the_exact_quantile():
    uniform, _ = uniforms(500_000)
    uniform = np.concatenate([uniform, np.linspace(0.9985, 1, 5000, endpoint=False, dtype=np.float32)])
    exact = np.maximum(np.interp(uniform.astype(float), PROBABILITY, PROMPT), 1)
    assert (np.abs(look_up(quantiles(PROBABILITY, PROMPT), uniform) - exact) <= np.maximum(1, 0.01 * exact)).all()


def test_knots_within_one_cell_and_jumps():
    probability, tokens = (0, 0.5, 0.5, 0.50001, 0.50002, 1), (0, 10, 20, 30, 1000, 1010)
    uniform = np.float32([0, 0.25, 0.499999, 0.5, 0.75, 0.9999999])
    assert look_up(quantiles(probability, tokens), uniform).tolist() == [1, 5, 10, 20, 1005, 1010]


def test_an_interval_narrower_than_any_step_of_a_uniform_is_a_jump():
    table = quantiles([0, 1.2e-38, 0.5, 1], [2, 8, 10, 20])
    assert look_up(table, np.float32([0, 1.2e-38, 2**-24, 0.25])).tolist() == [2, 8, 8, 9]


def looked_up(probability, tokens, uniform):
    """What `look_up` must equal, by numpy in the same width."""
    p, q = np.float32(probability), np.float32(tokens)
    interval = np.searchsorted(p, uniform, side="right") - 1
    width, rise = np.diff(p)[interval], np.diff(q)[interval]
    slope = np.where(width < 2**-24, 0, rise / np.maximum(width, np.float32(2**-24)))
    return np.maximum(np.rint((uniform - p[interval]) * slope + q[interval]), 1)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0.0, 1.0) | st.sampled_from((0.0, 0.5, 0.5001, 1.0)), max_size=30),
    st.lists(st.floats(0.0, 1e6), min_size=32, max_size=32),
    st.integers(0, 2**32),
)
def test_look_up_is_that_of_numpy_to_the_bit(inner, tokens, seed):
    probability, tokens = [0.0, *sorted(inner), 1.0], sorted(tokens)[: len(inner) + 2]
    knots = np.float32(probability)
    near = np.concatenate([knots, np.nextafter(knots, np.float32(0)), np.nextafter(knots, np.float32(1))])
    uniform = np.concatenate([near[near < 1], uniforms(200, seed)[0]])
    exact = looked_up(probability, tokens, uniform)
    assert look_up(quantiles(probability, tokens), uniform).tolist() == exact.tolist()


@pytest.mark.parametrize("rank_correlation", [0.07, 0.3, -0.6, 1.0, -1.0])
def test_tied_uniforms_are_those_of_numpy_to_the_bit(rank_correlation):
    copula, (first, second) = gaussian_copula(rank_correlation), uniforms(100_000)
    ends = np.float32([0, np.nextafter(np.float32(1), np.float32(0))])
    first, second = np.append(first, ends.repeat(2)), np.append(second, np.tile(ends, 2))
    own, other = (copula.normal[(uniform * np.float32(NORMAL_CELLS)).astype(int)] for uniform in (second, first))
    z = np.float32(max(0.0, 1 - copula.pearson**2) ** 0.5) * own + np.float32(copula.pearson) * other
    place = (z * np.float32(NORMAL_CELLS / (2 * LARGEST_Z)) + np.float32(NORMAL_CELLS / 2)).astype(int)
    assert tie(copula, first, second).tolist() == copula.uniform[place.clip(0, NORMAL_CELLS - 1)].tolist()


@pytest.mark.parametrize(
    ("probability", "tokens"),
    [
        ((0.0, 0.5), (1.0, 2.0)),
        ((0.0, 1.0), (2.0, 1.0)),
        ((0.0, 1.0), (1.0,)),
        ((0.0, 0.6, 0.5, 1.0), (1, 2, 3, 4)),
        ((0.0, 1.0), (1.0, 1e10)),
    ],
)
def test_tables_that_are_no_distribution_are_refused(probability, tokens):
    with pytest.raises(InputError):
        quantiles(probability, tokens)


def test_a_correlation_beyond_one_is_refused():
    with pytest.raises(InputError, match="rank correlation"):
        gaussian_copula(1.2)


# Source


def scenario(**workload):
    return Scenario(name="test", workload=workload)


def test_drawn_workload():
    cases = {"chat": {"share": 0.75}, "code": {"share": 0.25}}
    source = open_workload(scenario(demand={"requests_per_day": 20_000}, use_cases=cases), Catalogue(), Streams(1))
    assert source.use_cases == ("chat", "code")
    assert (source.expected, source.left_out) == (pytest.approx(20_000.0), 0)
    assert source.take(DAY_S).size == pytest.approx(20_000, abs=600)


def test_replayed_workload(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("arrival_s,input_tokens,output_tokens\n0,5,6\n1.5,7,8\n90000,1,1\n")
    cases = {"chat": {"share": 0.75}, "code": {"share": 0.25}}
    asked = scenario(trace={"path": str(path), "use_case": "code"}, use_cases=cases)
    source = open_workload(asked, Catalogue(), Streams(1))
    assert source.expected == 2.0
    assert source.take(1.5).use_case.tolist() == [1]
    assert source.take(DAY_S).output_tokens.tolist() == [8]
    assert (source.left_out, source.skipped_rows) == (1, 0)


def test_a_trace_without_a_path_is_refused():
    with pytest.raises(InputError, match=r"workload\.trace\.path"):
        open_workload(scenario(trace={}), Catalogue(), Streams(1))


def test_a_trace_of_an_unknown_use_case_is_refused():
    with pytest.raises(InputError, match=r"workload\.trace\.use_case: 'cod'.*chat"):
        open_workload(scenario(trace={"path": "t.csv", "use_case": "cod"}), Catalogue(), Streams(1))


def test_a_bad_shape_is_named():
    catalogue = Catalogue()
    catalogue.shape = Shape(title="test", weight={"value": (0,), "source": "test"})
    with pytest.raises(InputError, match=r"shapes\.burstgpt_hourly: the weights"):
        open_workload(scenario(), catalogue, Streams(1))
