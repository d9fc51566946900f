"""Where requests go: nowhere, into memory, into a sample that has no taste, to disk while the day runs."""

import threading
from dataclasses import fields

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy import stats

from sim.day import run
from sim.traces import sinks
from sim.traces.requests import ROW, Outcome, RequestTrace, in_order, lots, no_rows, trace_of
from sim.traces.sinks import EVERY_LOT, Keep, Nothing, Sample, Spill, open_sink
from tests.golden.tiny_day import BREAKING, tiny_day

PLAUSIBLE, REFUSED = 1e-3, 1e-6
CASES = ("code", "chat")
DAY_S = 86_400.0
CELLED = BREAKING | {
    "day.duration_s": 1800,
    "fleet.pools.main.servers": 6,
    "fleet.pools.main.cells": 3,
    "fleet.pools.main.tensor_parallel": 4,
    "workload.demand.requests_per_day": 60_000,
}


def rows_of(arrival_s, prompt=None, output=None):
    """Rows of requests that arrived and finished, ten seconds later."""
    arrival_s = np.asarray(arrival_s, float)
    rows = np.zeros(arrival_s.size, ROW)
    rows["number"] = np.arange(rows.size)
    rows["arrival_s"], rows["start_s"] = arrival_s, arrival_s + 1.0
    rows["first_token_s"], rows["finish_s"] = arrival_s + 2.0, arrival_s + 10.0
    rows["prompt_tokens"] = np.arange(rows.size) % 2_000 + 1 if prompt is None else prompt
    rows["output_tokens"] = np.arange(rows.size) % 700 + 1 if output is None else output
    rows["use_case"], rows["attempts"], rows["outcome"] = np.arange(rows.size) % 2, 1, Outcome.FINISHED
    return rows


def poisson_day(count, seed=1):
    return np.sort(np.random.default_rng(seed).uniform(0.0, DAY_S, count))


def fed(sink, rows, parts=24):
    for part in np.array_split(rows, parts):
        sink.add(part[lots(part) <= np.uint64(sink.lot)] if sink.lot else no_rows())
    return sink


def same(one, other):
    for field in fields(RequestTrace):
        if field.name == "use_cases":
            assert one.use_cases == other.use_cases
        else:
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name), equal_nan=True), field.name


# --- nothing and everything -------------------------------------------------------------------------------------------


def test_words_open_sinks_and_sinks_are_themselves():
    assert [type(open_sink(word)) for word in ("none", "sample", "full")] == [Nothing, Sample, Keep]
    mine = Keep()
    assert open_sink(mine) is mine
    assert [open_sink(word).lot for word in ("none", "sample", "full")] == [0, EVERY_LOT, EVERY_LOT]


def test_nothing_is_kept():
    assert fed(Nothing(), rows_of(poisson_day(100))).close(CASES) is None


def test_everything_is_kept_by_arrival_whatever_the_order_in_which_it_ended():
    rows = rows_of(poisson_day(1_000))
    shuffled = np.random.default_rng(2).permutation(rows)
    trace = fed(Keep(), shuffled).close(CASES)
    same(trace, trace_of(rows, CASES))
    assert trace.arrival_s.size == 1_000
    assert Keep().close(CASES).arrival_s.size == 0


def test_equal_arrivals_stay_in_the_order_of_their_numbers():
    rows = rows_of(np.repeat([5.0, 5.0, 9.0], 100))
    trace = fed(Keep(), rows[::-1].copy()).close(CASES)
    assert trace.prompt_tokens.tolist() == rows["prompt_tokens"].tolist()


def test_what_never_happened_is_not_a_number():
    rows = rows_of([1.0, 2.0])
    rows["finish_s"][1], rows["outcome"][1] = np.inf, Outcome.IN_FLIGHT
    trace = fed(Keep(), rows).close(CASES)
    assert np.isnan(trace.finish_s).tolist() == [False, True]
    assert list(trace.table()["outcome"]) == ["finished", "in_flight"]


# --- the sample -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "size"), [(0, 10), (9, 10), (10, 10), (11, 10), (5_000, 500)])
def test_a_sample_has_its_size_or_all_there_are(count, size):
    sink = fed(Sample(size), rows_of(poisson_day(count)))
    trace = sink.close(CASES)
    assert trace.arrival_s.size == min(count, size)
    assert (np.diff(trace.arrival_s) >= 0.0).all()
    assert (sink.lot < EVERY_LOT) == (count > size)


def test_a_sample_is_the_same_in_whatever_order_and_parts_requests_end():
    rows = rows_of(poisson_day(5_000))
    wanted = fed(Sample(300), rows, parts=1).close(CASES)
    for seed, parts in ((1, 2), (2, 24), (3, 1_440)):
        same(fed(Sample(300), np.random.default_rng(seed).permutation(rows), parts).close(CASES), wanted)


def test_a_larger_sample_holds_the_smaller():
    rows = rows_of(poisson_day(5_000))
    small, large = (set(fed(Sample(size), rows).close(CASES).arrival_s.tolist()) for size in (100, 500))
    assert small < large


def test_a_sample_looks_at_nothing_but_what_was_asked():
    """Whoever waits longer, fails over to another server or is lost has the same chance."""
    rows = rows_of(poisson_day(2_000))
    late = rows.copy()
    late["finish_s"] += 500.0
    late["server"], late["attempts"], late["outcome"], late["number"] = 7, 3, Outcome.LOST, 5
    chosen = (fed(Sample(100), part).close(CASES).arrival_s for part in (rows, late))
    assert np.array_equal(*chosen)


def by_hour(arrival_s):
    return np.bincount((arrival_s // 3_600.0).astype(int), minlength=24)


def hours_p(chosen_s, arrival_s):
    """p of a chi-square test that a sample falls into the hours as all requests do."""
    everybody = by_hour(arrival_s)
    return stats.chisquare(by_hour(chosen_s), everybody * (chosen_s.size / everybody.sum())).pvalue


@pytest.mark.parametrize("seed", range(4))
def test_a_sample_has_no_taste_for_hours_lengths_or_places(seed):
    arrival_s = poisson_day(100_000, seed)
    trace = fed(Sample(10_000), rows_of(arrival_s), parts=1_440).close(CASES)
    assert hours_p(trace.arrival_s, arrival_s) > PLAUSIBLE
    for values, width in ((trace.prompt_tokens, 2_000), (trace.output_tokens, 700)):
        tenths = np.bincount((values - 1) * 10 // width, minlength=10)
        assert stats.chisquare(tenths).pvalue > PLAUSIBLE
    assert stats.binomtest(int(trace.use_case.sum()), 10_000).pvalue > PLAUSIBLE


def test_a_biased_sample_is_refused():
    """Two wrong samples: the first to end, and one that fills up by day and thins by night; both are found out."""
    arrival_s = poisson_day(100_000)
    assert hours_p(arrival_s[:10_000], arrival_s) < REFUSED
    drawn, hour = lots(rows_of(arrival_s)).astype(float), arrival_s // 3_600.0
    tilted = np.argsort(drawn * np.where(hour < 12, 0.9, 1.1))[:10_000]
    assert hours_p(arrival_s[tilted], arrival_s) < REFUSED


def test_lots_are_even_although_times_and_lengths_are_regular():
    """A request a second, all alike: the hardest case for a hash."""
    drawn = lots(rows_of(np.arange(200_000.0), prompt=100, output=10))
    cells = np.bincount((drawn >> np.uint64(54)).astype(int), minlength=1_024)
    assert stats.chisquare(cells).pvalue > PLAUSIBLE
    low = np.bincount((drawn & np.uint64(1_023)).astype(int), minlength=1_024)
    assert stats.chisquare(low).pvalue > PLAUSIBLE
    bare = np.bincount((np.arange(200_000.0).view(np.uint64) >> np.uint64(54)).astype(int), minlength=1_024)
    assert stats.chisquare(bare).pvalue < REFUSED


@pytest.mark.usefixtures("engine_compiled")
def test_the_sample_of_a_day_is_the_same_on_any_engine_and_threads_and_part_of_all():
    day = tiny_day(CELLED)
    ways = [("reference", 1), ("compiled", 1), ("compiled", 2), ("compiled", 4)]
    first, *others = (run(day, engine=e, threads=n, trace=Sample(200)).traces.requests for e, n in ways)
    for other in others:
        same(first, other)
    everything = run(day, trace="full").traces
    assert not everything.sampled
    assert first.arrival_s.size == 200 < everything.requests.arrival_s.size
    table, whole = first.table(), everything.requests.table()
    assert len(table.merge(whole)) == 200
    smallest = np.sort(lots(np.array(list(zip(*[whole[c] for c in LOT_OF], strict=True)), LOT_TYPE)))[:200]
    assert sorted(lots(np.array(list(zip(*[table[c] for c in LOT_OF], strict=True)), LOT_TYPE))) == list(smallest)


LOT_OF = ("arrival_s", "prompt_tokens", "output_tokens")
LOT_TYPE = np.dtype([(name, ROW[name]) for name in LOT_OF])


@pytest.mark.usefixtures("engine_compiled")
@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_sampled_day_says_so_and_none_keeps_none(engine):
    day = tiny_day({"day.duration_s": 900})
    some = run(day, engine=engine, trace=Sample(20)).traces
    assert some.sampled and some.requests.arrival_s.size == 20
    all_of_it = run(day, engine=engine, trace="sample").traces
    assert not all_of_it.sampled and all_of_it.requests.arrival_s.size == all_of_it.arrived
    assert run(day, engine=engine).traces.requests is None


# --- to disk ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_groups(monkeypatch):
    monkeypatch.setattr(sinks, "ROWS_PER_GROUP", 100)


def read(path):
    return pd.read_parquet(path).sort_values(["arrival_s", "prompt_tokens"], kind="stable", ignore_index=True)


def test_the_file_holds_what_memory_would(small_groups, tmp_path):
    """Several groups, each by arrival; all of them together are what Keep has, sorted."""
    rows = np.random.default_rng(2).permutation(rows_of(poisson_day(2_345)))
    sink = Spill(tmp_path / "r.parquet", CASES)
    assert fed(sink, rows, parts=60).close(CASES) is None
    kept = fed(Keep(), rows).close(CASES)
    pd.testing.assert_frame_equal(read(tmp_path / "r.parquet"), kept.table())
    file = pq.ParquetFile(tmp_path / "r.parquet")
    assert file.metadata.num_row_groups > 15
    for group in range(file.metadata.num_row_groups):
        assert (np.diff(file.read_row_group(group)["arrival_s"].to_numpy()) >= 0.0).all()
    assert file.schema_arrow == kept.arrow().schema


def test_a_day_without_requests_is_an_empty_table(tmp_path):
    sink = Spill(tmp_path / "r.parquet", CASES)
    sink.close(CASES)
    assert list(pd.read_parquet(tmp_path / "r.parquet").columns) == list(Keep().close(CASES).table().columns)
    assert pq.read_metadata(tmp_path / "r.parquet").num_rows == 0


def test_the_same_rows_are_the_same_bytes(small_groups, tmp_path):
    rows = rows_of(poisson_day(1_000))
    for name in "ab":
        fed(Spill(tmp_path / name, CASES), rows).close(CASES)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_waiting_rows_are_bounded_while_a_slow_disk_writes(small_groups, tmp_path, monkeypatch):
    """The simulation waits for the disk: one group in its hand, one in the queue, one being written, no more."""
    release, most = threading.Semaphore(0), 0
    sink = Spill(tmp_path / "r.parquet", CASES)
    written = []

    def write_table(table, row_group_size):
        release.acquire(timeout=30)
        written.append(table.num_rows)

    monkeypatch.setattr(sink._writer, "write_table", write_table)
    taken = 0
    feeder_done = threading.Event()
    rows = rows_of(poisson_day(5_000))

    def feed():
        nonlocal taken
        for part in np.array_split(rows, 500):
            sink.add(part)
            taken += part.size
        sink.close(CASES)
        feeder_done.set()

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    while not feeder_done.wait(0.005):
        most = max(most, taken - sum(written))
        release.release()
    feeder.join(30)
    assert sum(written) == 5_000
    assert 100 <= most <= 4 * 100 + 10


class BrokenError(Exception):
    """A disk says no."""


@pytest.mark.parametrize("fails_at", [0, 3])
def test_a_failing_disk_stops_the_day_and_hangs_nothing(small_groups, tmp_path, monkeypatch, fails_at):
    sink, calls = Spill(tmp_path / "r.parquet", CASES), []

    def write_table(table, row_group_size):
        calls.append(table.num_rows)
        if len(calls) > fails_at:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sink._writer, "write_table", write_table)
    with pytest.raises(OSError, match="No space left on device"):
        fed(sink, rows_of(poisson_day(5_000)), parts=500)
    assert len(calls) == fails_at + 1
    with pytest.raises(OSError, match="No space left on device"):
        sink.close(CASES)
    assert not sink._thread.is_alive()


def test_a_disk_that_fails_on_the_last_group_is_told_at_the_close(tmp_path, monkeypatch):
    sink = Spill(tmp_path / "r.parquet", CASES)

    def write_table(table, row_group_size):
        raise BrokenError

    monkeypatch.setattr(sink._writer, "write_table", write_table)
    fed(sink, rows_of(poisson_day(50)))
    with pytest.raises(BrokenError):
        sink.close(CASES)


@pytest.mark.usefixtures("engine_compiled")
@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_day_streamed_to_disk_is_the_day_in_memory(engine, small_groups, tmp_path):
    day = tiny_day(CELLED)
    streamed = run(day, engine=engine, threads=2, trace=Spill(tmp_path / "r.parquet", ("code",))).traces
    assert streamed.requests is None
    kept = run(day, engine=engine, trace="full").traces.requests
    assert pq.ParquetFile(tmp_path / "r.parquet").metadata.num_row_groups > 5
    pd.testing.assert_frame_equal(read(tmp_path / "r.parquet"), kept.table())


def test_rows_of_several_parts_are_one_by_arrival():
    rows = rows_of([3.0, 1.0, 2.0])
    assert in_order([rows[:1], no_rows(), rows[1:]])["arrival_s"].tolist() == [1.0, 2.0, 3.0]
    assert in_order([]).dtype == ROW
