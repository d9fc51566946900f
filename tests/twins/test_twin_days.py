"""Whole days, twice: on both engines, on one thread and on several, they are the same day and the same files."""

import json
from dataclasses import fields

import numpy as np
import pytest

from sim.day import run
from sim.saving import save
from sim.traces.requests import Outcome, RequestTrace
from tests.golden.tiny_day import BREAKING, tiny_day
from tests.twins.comparing import same_digest

pytestmark = [pytest.mark.limit_s(120), pytest.mark.usefixtures("engine_compiled")]

EVENTFUL = BREAKING | {
    "seed": 3,
    "day.duration_s": 2_430.5,
    "workload.use_cases": {
        "code": {"share": 0.6, "lengths": "azure_code_2023"},
        "chat": {"share": 0.4, "lengths": "azure_conv_2023", "patience_s": 2},
    },
    "fleet.pools": {
        "one": {"model": "llama_3_1_8b", "servers": 5, "tensor_parallel": 4, "cells": 2, "routing": "power_of_two"},
        "two": {
            "model": "llama_2_7b",
            "server": "dgx_a100",
            "servers": 3,
            "precision": "bf16",
            "cells": 3,
            "batching": {"max_requests": 4},
        },
    },
    "fleet.gateway": {"chat": "two"},
    "workload.demand.requests_per_day": 120_000,
    "facts.efficiencies.serving_2026.iteration_overhead_s": 0.05,
    "plant.failures.technicians": 4,
}
THROTTLED = EVENTFUL | {"plant.failures.multiplier": 2e4, "facts.cooling.chiller_tower.capacity_fraction": 0.04}
ROUNDED = 1e-9
"""Sums of work differ in rounding between the engines, and with them energy, heat, speed and money."""


def day_of(changes, engine="compiled", threads=1):
    return run(tiny_day(changes), engine=engine, threads=threads, trace="full")


def files(result, folder):
    save(result, folder, {"wall_s": 1})
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def leaves(value, where=""):
    if not isinstance(value, dict | list):
        return {where: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {path: leaf for key, inner in items for path, leaf in leaves(inner, f"{where}.{key}").items()}


@pytest.fixture(scope="module")
def eventful():
    return {engine: day_of(EVENTFUL, engine) for engine in ("reference", "compiled")}


@pytest.fixture(scope="module")
def throttled():
    return {engine: day_of(THROTTLED, engine) for engine in ("reference", "compiled")}


def test_the_day_is_eventful(eventful, throttled):
    """Else the rest would prove little."""
    traces = eventful["reference"].traces
    assert len(traces.events.of("failed")) > 20
    assert {event.pool for event in traces.events.of("failed")} == {"one", "two"}
    assert set(traces.requests.outcome.tolist()) >= {Outcome.FINISHED, Outcome.ABANDONED, Outcome.IN_FLIGHT}
    assert traces.requeued > 0
    assert set(traces.requests.server.tolist()) == set(range(-1, 8))
    speed = throttled["reference"].traces.utilisation.pools[0].speed
    assert len(throttled["reference"].traces.events.of("throttled")) > 3
    assert speed.min() < 0.9


def test_both_engines_tell_the_same_of_every_request(eventful):
    one, other = (eventful[engine].traces for engine in ("reference", "compiled"))
    same_digest(one.digest, other.digest)
    for field in fields(RequestTrace):
        if field.name != "use_cases":
            left, right = getattr(one.requests, field.name), getattr(other.requests, field.name)
            assert np.array_equal(left, right, equal_nan=True), field.name
    assert one.events.table().equals(other.events.table())
    counts = ("arrived", "requeued", "preempted", "too_long", "left_out")
    assert [getattr(one, name) for name in counts] == [getattr(other, name) for name in counts]


@pytest.mark.parametrize("kind", ["eventful", "throttled"])
def test_both_engines_write_the_same_numbers(kind, request, tmp_path):
    """All of result.json but the engine's name: whole numbers exactly; latencies too, where heat has no say."""
    results = request.getfixturevalue(kind)
    one, other = (leaves(json.loads(files(results[e], tmp_path / e)["result.json"])) for e in results)
    assert (one.pop(".engine"), other.pop(".engine")) == ("reference", "compiled")
    assert one.keys() == other.keys()
    for path, value in one.items():
        if isinstance(value, float) and not (kind == "eventful" and path.startswith(".latency")):
            assert other[path] == pytest.approx(value, rel=ROUNDED, abs=0.0), path
        else:
            assert other[path] == value, path


@pytest.mark.parametrize("kind", ["eventful", "throttled"])
def test_both_engines_tell_the_same_of_every_minute(kind, request):
    one, other = (request.getfixturevalue(kind)[e].traces.utilisation.table() for e in ("reference", "compiled"))
    assert list(one.columns) == list(other.columns)
    for name in one.columns:
        if one[name].dtype.kind == "f":
            np.testing.assert_allclose(other[name], one[name], rtol=ROUNDED, atol=1e-6, err_msg=name)
        else:
            assert one[name].equals(other[name]), name


def test_heat_brings_rounding_into_the_times_but_changes_no_decision(throttled):
    """Speeds follow the hall's temperature, and so the last digits of energy: times agree to a microsecond."""
    one, other = (throttled[engine].traces for engine in ("reference", "compiled"))
    for name in ("arrival_s", "use_case", "prompt_tokens", "output_tokens", "server", "outcome", "attempts"):
        assert np.array_equal(getattr(one.requests, name), getattr(other.requests, name)), name
    for name in ("start_s", "first_token_s", "finish_s"):
        np.testing.assert_allclose(getattr(other.requests, name), getattr(one.requests, name), rtol=0, atol=1e-6)


@pytest.mark.parametrize("changes", [EVENTFUL, THROTTLED], ids=["eventful", "throttled"])
def test_threads_change_no_byte(changes, tmp_path):
    one, *others = (files(day_of(changes, threads=n), tmp_path / str(n)) for n in (1, 2, 5))
    for other in others:
        assert other == one


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_day_is_the_same_bytes_twice(engine, throttled, tmp_path):
    first, again = (files(result, tmp_path / name) for name, result in
                    (("a", throttled[engine]), ("b", day_of(THROTTLED, engine))))  # fmt: skip
    assert first == again


def test_another_number_of_cells_is_another_day(eventful):
    other = day_of(EVENTFUL | {"fleet.pools.one.cells": 1})
    mine = eventful["compiled"].traces
    assert np.array_equal(other.traces.requests.arrival_s, mine.requests.arrival_s)
    assert not np.array_equal(other.traces.requests.server, mine.requests.server)


@pytest.mark.parametrize("trace", ["none", "sample"])
def test_what_is_kept_changes_no_number(trace, eventful):
    from sim.result_json import summary

    assert summary(run(tiny_day(EVENTFUL), trace=trace)) == summary(eventful["compiled"])
