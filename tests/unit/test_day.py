import math

import pytest

import sim
from sim.day import load, run
from sim.result_json import summary
from sim.traces.requests import Outcome
from tests.golden.tiny_day import BREAKING, tiny_day

pytestmark = pytest.mark.usefixtures("engine_compiled")

QUANTILES = {"mean", "p50", "p90", "p99", "max"}
CONTRACT = {
    "requests": {"arrived", "finished", "refused", "lost", "in_flight", "requeued"},
    "tokens": {"prompt", "output", "cached", "reusable"},
    "latency": {"ttft_s", "tpot_s", "e2e_s", "queue_s"},
    "fleet": {"servers", "gpus", "mean_utilisation", "mean_batch", "failures", "availability"},
    "energy_kwh": {"gpu", "host", "storage", "network", "cooling", "losses", "total"},
    "cost_usd": {"hardware", "energy", "maintenance", "total"},
}
PLAIN = {"scenario", "scenario_hash", "seed", "engine", "version", "pue", "wue_l_per_kwh", "usd_per_request"}
PLAIN |= {"usd_per_million_output_tokens", "wh_per_request"}
BEYOND_THE_CONTRACT = {"duration_s", "plant"}
BEYOND_THE_CONTRACT |= {"money", "cost_by_use_usd", "usd_per_million_tokens", "use_cases", "marginal", "owning"}
BEYOND_THE_CONTRACT |= {"usd_per_user_per_day", "carbon_kg", "peak_kw"}
REQUESTS_BEYOND = {"abandoned", "too_long", "preempted", "left_out", "skipped_rows"}

OTHER_PRICES = {
    "prices.electricity_usd_per_kwh": 0.31,
    "prices.lifetime_years": 3,
    "prices.technician_usd_per_h": 123,
    "prices.equipment": {"dgx_h100": {"gpu_usd": 20_000}},
}


@pytest.fixture(scope="module")
def eventful():
    return run(tiny_day(BREAKING), trace="full")


@pytest.fixture(scope="module")
def idle():
    return run(tiny_day({"workload.demand.requests_per_day": 0}))


def test_repricing_is_a_fresh_run_at_those_prices(eventful):
    day = eventful.scenario.replace(OTHER_PRICES)
    again, fresh = eventful.reprice(day.prices), run(day)
    assert again.scenario == fresh.scenario
    for now, then in zip(again.ledger.lines, fresh.ledger.lines, strict=True):
        assert (now.category, now.label, now.parameters) == (then.category, then.label, then.parameters)
        assert now.amount_usd == pytest.approx(then.amount_usd, rel=1e-9)
    assert summary(again)["cost_usd"] == pytest.approx(summary(fresh)["cost_usd"], rel=1e-9)
    assert abs(again.ledger.total_usd - eventful.ledger.total_usd) > 1


def test_repricing_leaves_the_day_and_its_first_price_alone(eventful):
    before = eventful.ledger.total_usd
    again = eventful.reprice(eventful.scenario.replace(OTHER_PRICES).prices)
    assert again.traces is eventful.traces
    assert eventful.ledger.total_usd == before
    assert again.reprice(eventful.scenario.prices).ledger == eventful.ledger


def test_the_article_view_follows_the_prices(eventful):
    assert eventful.article is None
    booked = eventful.reprice(eventful.scenario.replace({"prices.as_the_article_books_it": True}).prices)
    assert booked.article is not None
    assert booked.article.steps[-1].total_usd == pytest.approx(booked.ledger.total_usd)


@pytest.mark.parametrize("name", ["eventful", "idle"])
def test_result_json_has_the_keys_of_the_contract(name, request):
    numbers = summary(request.getfixturevalue(name))
    assert set(numbers) == PLAIN | set(CONTRACT) | BEYOND_THE_CONTRACT
    for part, keys in CONTRACT.items():
        assert set(numbers[part]) == keys | (REQUESTS_BEYOND if part == "requests" else set())
    assert all(set(quantiles) == QUANTILES for quantiles in numbers["latency"].values())


@pytest.mark.parametrize("name", ["eventful", "idle"])
def test_the_numbers_add_up(name, request):
    numbers = summary(request.getfixturevalue(name))
    requests, energy, cost = numbers["requests"], dict(numbers["energy_kwh"]), dict(numbers["cost_usd"])
    assert requests["arrived"] == sum(requests[fate] for fate in ("finished", "refused", "lost", "in_flight"))
    total_kwh, total_usd = energy.pop("total"), cost.pop("total")
    assert sum(energy.values()) == pytest.approx(total_kwh, rel=1e-12)
    assert sum(cost.values()) == pytest.approx(total_usd, rel=1e-12)
    it_kwh = sum(energy[part] for part in ("gpu", "host", "storage", "network"))
    assert numbers["pue"] == pytest.approx(total_kwh / it_kwh, rel=1e-12)
    if requests["finished"]:
        assert numbers["usd_per_request"] == pytest.approx(total_usd / requests["finished"], rel=1e-12)
        assert numbers["wh_per_request"] == pytest.approx(1000 * total_kwh / requests["finished"], rel=1e-12)
        assert numbers["usd_per_million_output_tokens"] == pytest.approx(1e6 * total_usd / numbers["tokens"]["output"])


def test_the_numbers_are_those_of_the_traces(eventful):
    numbers, rows = summary(eventful), eventful.traces.requests
    done = rows.outcome == Outcome.FINISHED
    assert numbers["requests"]["finished"] == done.sum()
    tokens = {kind: getattr(rows, f"{kind}_tokens")[done].sum() for kind in ("prompt", "output", "cached")}
    assert numbers["tokens"] == tokens | {"reusable": 0}
    ttft_s = (rows.first_token_s - rows.arrival_s)[done]
    assert numbers["latency"]["ttft_s"]["mean"] == pytest.approx(ttft_s.mean(), abs=1e-6)
    assert numbers["latency"]["ttft_s"]["max"] == ttft_s.max()
    assert (numbers["fleet"]["servers"], numbers["fleet"]["gpus"]) == (3, 24)
    assert numbers["fleet"]["failures"] == len(eventful.traces.events.of("failed"))
    assert 0 < numbers["fleet"]["availability"] < 1


def test_what_is_undefined_is_null(idle):
    numbers = summary(idle)
    assert numbers["usd_per_request"] is numbers["wh_per_request"] is numbers["usd_per_million_output_tokens"] is None
    assert set(numbers["latency"]["ttft_s"].values()) == {None}
    assert numbers["fleet"]["mean_utilisation"] == numbers["fleet"]["mean_batch"] == 0.0
    assert math.isfinite(numbers["cost_usd"]["total"]) and numbers["cost_usd"]["total"] > 0


def test_a_seed_given_to_run_is_the_scenarios(eventful):
    day = tiny_day({"day.duration_s": 600})
    assert run(day, seed=7).scenario == day.replace({"seed": 7})
    assert summary(run(day, seed=7))["requests"] != summary(run(day, seed=8))["requests"]


def test_the_words_of_the_package():
    day = load("support_chatbot", {"fleet.pools.main.servers": 3})
    assert day.fleet.pools["main"].servers == 3
    assert sim.run is run and sim.load is load and sim.summary is summary
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        sim.nope  # noqa: B018
