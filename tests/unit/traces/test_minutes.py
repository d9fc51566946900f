from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.catalogue import read_catalogue
from sim.core.errors import InvariantError
from sim.core.states import EventKind, ServerState
from sim.fleet.simulate import simulate
from sim.traces.digest import BINS, METRICS, Digest, bin_edges, bins_of
from sim.traces.events import Event, EventLog
from sim.traces.minutes import PlantMinutes, PoolMinutes
from sim.traces.requests import Outcome, RequestTrace
from sim.traces.sinks import Keep
from tests.golden.tiny_day import BREAKING, tiny_day

pytestmark = pytest.mark.usefixtures("engine_compiled")

FINISHED = Outcome.FINISHED


def trace_of(arrival_s, first_after_s, e2e_s, output_tokens, outcome=FINISHED, use_cases=("chat",), server=0):
    arrival_s = np.asarray(arrival_s, dtype=float)
    size = arrival_s.size

    def whole(value, kind):
        return np.broadcast_to(np.asarray(value), size).astype(kind)

    return RequestTrace(
        arrival_s=arrival_s,
        use_case=whole(0, np.int16),
        prompt_tokens=whole(100, np.int32),
        output_tokens=whole(output_tokens, np.int32),
        cached_tokens=whole(30, np.int32),
        server=whole(server, np.int32),
        start_s=arrival_s + np.asarray(first_after_s) / 2,
        first_token_s=arrival_s + np.asarray(first_after_s),
        finish_s=arrival_s + np.asarray(e2e_s),
        outcome=whole(outcome, np.int8),
        attempts=whole(1, np.int16),
        use_cases=use_cases,
    )


def digest_of(trace, hours=24):
    digest = Digest.empty(trace.use_cases, hours)
    digest.add(trace)
    return digest


@pytest.fixture(scope="module")
def day():
    return simulate(tiny_day(), read_catalogue(), sink=Keep())


# --- the digest -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("median_s", "sigma"), [(0.05, 0.5), (1.0, 1.0), (30.0, 2.0)])
def test_quantiles_are_within_half_a_percent_of_the_samples(median_s, sigma):
    ttft_s = median_s * np.exp(sigma * np.random.default_rng(3).standard_normal(100_000))
    digest = digest_of(trace_of(np.zeros(100_000), ttft_s, ttft_s, 1))
    for probability in (0.01, 0.1, 0.5, 0.9, 0.99):
        assert digest.quantile("ttft_s", probability) == pytest.approx(np.quantile(ttft_s, probability), rel=5e-3)
    assert digest.summary("ttft_s")["p50"] != pytest.approx(np.quantile(ttft_s, 0.52), rel=5e-3)


def test_means_and_maxima_are_exact_and_do_not_depend_on_the_order():
    e2e_s = np.random.default_rng(4).integers(1, 2**30, 5000) * 2.0**-24
    forward, backward = (digest_of(trace_of(np.zeros(5000), values / 2, values, 1)) for values in (e2e_s, e2e_s[::-1]))
    assert forward.mean("e2e_s") == backward.mean("e2e_s") == e2e_s.sum() / 5000
    assert forward.summary("e2e_s")["max"] == e2e_s.max()


def test_means_are_within_a_tick():
    values = np.random.default_rng(5).exponential(1.0, 1000)
    assert digest_of(trace_of(np.zeros(1000), values, values, 1)).mean("ttft_s") == pytest.approx(
        values.mean(), abs=2**-25
    )


def test_tpot_is_the_time_after_the_first_token_over_the_gaps():
    digest = digest_of(trace_of([0.0], [1.0], [3.0], 11))
    assert digest.mean("tpot_s") == pytest.approx(2.0 / 10, abs=2**-24)
    assert (digest.mean("ttft_s"), digest.mean("e2e_s"), digest.mean("queue_s")) == (1.0, 3.0, 0.5)


def test_answers_of_one_token_have_no_tpot():
    digest = digest_of(trace_of([0.0, 1.0], [1.0, 1.0], [1.0, 2.0], [1, 3]))
    assert digest.mean("tpot_s") == 0.5
    assert digest.bins[:, :, METRICS.index("tpot_s")].sum() == 1
    assert np.isnan(digest_of(trace_of([0.0], [1.0], [1.0], 1)).mean("tpot_s"))


def test_only_finished_requests_have_latencies_but_all_are_counted():
    digest = digest_of(trace_of([0.0, 1.0, 2.0], 1.0, 2.0, 5, [FINISHED, Outcome.REFUSED, Outcome.LOST]))
    assert digest.arrived == 3
    assert [digest.count(outcome) for outcome in Outcome] == [0, 1, 1, 1, 0]
    assert digest.tokens.sum(axis=(0, 1)).tolist() == [100, 5, 30]
    assert digest.bins[:, :, METRICS.index("ttft_s")].sum() == 1


def test_requests_are_counted_by_hour_of_arrival():
    digest = digest_of(trace_of([0.0, 3599.9, 3600.0, 7300.0], 1.0, 9000.0, 2), hours=2)
    assert digest.outcomes[0, :, FINISHED].tolist() == [2, 2]


def test_nothing_has_no_quantiles():
    empty = Digest.empty(("chat",), 1)
    assert all(np.isnan(value) for metric in METRICS for value in empty.summary(metric).values())


@given(st.lists(st.floats(1e-6, 9e5), min_size=1, max_size=30))
def test_every_value_lies_in_its_bin(values):
    values, edges = np.array(values), bin_edges()
    bins = bins_of(values)
    assert np.all((edges[bins] <= values) & (values < edges[bins + 1]))
    assert np.all(edges[bins + 1] / edges[bins] < 1.008)
    assert edges.size == BINS + 1


@given(st.lists(st.floats(1e-3, 1e5), min_size=1, max_size=40))
def test_quantiles_rise_and_end_at_the_maximum(values):
    values = np.array(values)
    digest = digest_of(trace_of(np.zeros(values.size), values, values, 1))
    rising = [digest.quantile("ttft_s", p) for p in np.linspace(0, 1, 11)]
    assert np.all(np.diff(rising) >= 0)
    assert rising[-1] == values.max()


# --- requests ---------------------------------------------------------------------------------------------------------


def test_the_request_table_has_names_for_numbers(day):
    table = day.requests.table()
    assert list(table.columns) == [field.name for field in fields(RequestTrace) if field.name != "use_cases"]
    assert len(table) == day.arrived
    assert set(table["use_case"]) == {"code"}
    assert set(table["outcome"]) <= {outcome.name.lower() for outcome in Outcome}


def test_the_utilisation_table_has_a_row_a_minute_and_pool(day):
    table = day.utilisation.table()
    wanted = [field.name for kind in (PoolMinutes, PlantMinutes) for field in fields(kind)]
    assert list(table.columns) == ["minute", "minute_s", *wanted, "pue"]
    assert len(table) == 60
    assert table["gpu_j"].sum() == pytest.approx(day.utilisation.pools[0].gpu_j.sum())


def test_the_event_table_is_in_order_of_time():
    log = EventLog()
    for at_s in (5.0, 1.0, 3.0):
        log.note(Event(at_s, "main", 0, "failed", 1.0, "gpu", 0.5, 0, 0))
    assert log.table()["at_s"].tolist() == [1.0, 3.0, 5.0]
    assert list(log.table().columns) == list(Event._fields)
    assert len(log.of("failed")) == 3 and log.of("repaired") == []
    assert EventLog().table().empty


def test_files_hold_the_plain_words_of_events_and_states():
    log = EventLog([Event(1.0, "main", 0, EventKind.RACK_REPAIRED, 1.0, "rack", 0.5, 0, 0)])
    assert [(type(kind), kind) for kind in log.table()["kind"]] == [(str, "rack_mended")]
    assert {state.column for state in ServerState} <= {field.name for field in fields(PoolMinutes)}


# --- the invariants ---------------------------------------------------------------------------------------------------


def tampered(day, part, **columns):
    """The same day with arrays of its first pool, or of its hall, changed."""
    trace = day.utilisation
    if part == "pool":
        changed = replace(trace, pools=(replace(trace.pools[0], **columns), *trace.pools[1:]))
    else:
        changed = replace(trace, plant=replace(trace.plant, **columns))
    return replace(day, utilisation=changed)


def bumped(array, by, at=3):
    copy = array.copy()
    copy[at] += by
    return copy


def test_an_honest_day_passes(day):
    day.check()
    replace(day, requests=None).check()
    simulate(tiny_day(BREAKING), read_catalogue()).check()


def test_a_request_too_many_is_found(day):
    with pytest.raises(
        InvariantError, match=f"{day.arrived + 1} requests arrived, but {day.arrived} are accounted for"
    ):
        replace(day, arrived=day.arrived + 1).check()


def test_a_finished_request_without_a_latency_is_found(day):
    with pytest.raises(InvariantError, match="have a latency"):
        bins = day.digest.bins.copy()
        bins[:, :, METRICS.index("e2e_s")] //= 2
        replace(day, digest=replace(day.digest, bins=bins)).check()


def test_rows_that_differ_from_the_counts_are_found(day):
    outcome = day.requests.outcome.copy()
    outcome[0] = Outcome.LOST
    with pytest.raises(InvariantError, match="are not those that were counted"):
        replace(day, requests=replace(day.requests, outcome=outcome)).check()


@pytest.mark.parametrize(("column", "value"), [("start_s", -1.0), ("first_token_s", 1e9), ("finish_s", np.nan)])
def test_times_in_the_wrong_order_are_found(day, column, value):
    times = getattr(day.requests, column).copy()
    times[np.flatnonzero(day.requests.outcome == FINISHED)[0]] = value
    with pytest.raises(InvariantError, match="in the wrong order"):
        replace(day, requests=replace(day.requests, **{column: times})).check()


def test_a_server_second_too_many_is_found(day):
    with pytest.raises(InvariantError, match="server-seconds of pool main"):
        tampered(day, "pool", down_server_s=bumped(day.utilisation.pools[0].down_server_s, 0.001)).check()


@pytest.mark.parametrize("by", [180.001, np.nan])
def test_replicas_busier_than_there_is_time_are_found(day, by):
    with pytest.raises(InvariantError, match="busy"):
        tampered(day, "pool", decode_busy_s=bumped(day.utilisation.pools[0].decode_busy_s, by)).check()


@pytest.mark.parametrize("value", [-1e12, np.nan])
@pytest.mark.parametrize("part", ["gpu_j", "host_j", "storage_j", "network_j"])
def test_energy_that_cannot_be_is_found(day, part, value):
    with pytest.raises(InvariantError, match="energy of pool main is negative, or not a number"):
        tampered(day, "pool", **{part: bumped(getattr(day.utilisation.pools[0], part), value)}).check()


@pytest.mark.parametrize("value", [-1e12, np.nan])
@pytest.mark.parametrize(("part", "told"), [("cooling_j", "energy of cooling"), ("losses_j", "electrical losses")])
def test_energy_of_the_hall_that_cannot_be_is_found(day, part, told, value):
    with pytest.raises(InvariantError, match=told):
        tampered(day, "plant", **{part: bumped(getattr(day.utilisation.plant, part), value)}).check()


def test_infinite_energy_is_found(day):
    with pytest.raises(InvariantError, match="energy at the feed"):
        tampered(day, "plant", cooling_j=bumped(day.utilisation.plant.cooling_j, np.inf)).check()
