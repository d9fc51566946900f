"""The fleet's processes on tiny days: breakdown, repair, gateway, climate, the edges of a day."""

import math
from itertools import pairwise

import numpy as np
import pytest

from sim.catalogue import read_catalogue, with_facts
from sim.core.errors import FitError, ScenarioError
from sim.core.streams import Streams
from sim.day import run
from sim.fleet import gateway as dispatch
from sim.fleet.pool_specs import build_pools, check_fit
from sim.fleet.simulate import simulate
from sim.traces.requests import Outcome
from sim.traces.sinks import Keep
from tests.golden.tiny_day import BREAKING, HOUR_S, tiny_day

pytestmark = pytest.mark.usefixtures("engine_compiled")

CATALOGUE = read_catalogue()
IDLE = {"workload.demand.requests_per_day": 0}
STATED = {"facts.thermals.air_a2.reference_inlet_c": 24}
"""The hall's own temperature adds nothing to the servers' stated power."""
SLOW = {
    "facts.efficiencies.serving_2026.iteration_overhead_s": 0.05,
    "workload.use_cases.code.lengths": "azure_conv_2023",
    "workload.demand.requests_per_day": 24_000,
}
"""Answers take ten seconds, so that whatever breaks breaks under load."""


def traces_of(*changes, seed=1):
    merged = {key: value for change in changes for key, value in change.items()}
    day = tiny_day({"seed": seed, **merged})
    return simulate(day, with_facts(CATALOGUE, day.facts), sink=Keep())


def columns(trace):
    return {name: getattr(trace, name).tobytes() for name in vars(trace) if name != "use_cases"}


@pytest.fixture(scope="module")
def calm():
    return traces_of()


@pytest.fixture(scope="module")
def broken():
    return traces_of(BREAKING, SLOW, {"plant.failures.technicians": 1})


# --- windows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("enough", "windows"), [(0, 60), (dispatch.ENOUGH_REQUESTS, 6)])
def test_longer_windows_change_no_request(broken, monkeypatch, enough, windows):
    deposits = []

    class Counting(dispatch.Gateway):
        def _deposit(self, window):
            deposits.append(window)
            super()._deposit(window)

    monkeypatch.setattr("sim.fleet.simulate.Gateway", Counting)
    monkeypatch.setattr(dispatch, "ENOUGH_REQUESTS", enough)
    traces = traces_of(BREAKING, SLOW, {"plant.failures.technicians": 1})
    assert len(deposits) == windows
    assert columns(traces.requests) == columns(broken.requests)
    assert traces.events == broken.events


# --- breakdown and repair ---------------------------------------------------------------------------------------------


def test_failures_requeue_requests_and_cost_availability(broken):
    failed, pool = broken.events.of("failed"), broken.utilisation.pools[0]
    assert len(failed) > 10
    assert 0.05 < pool.up_server_s.sum() / (3 * HOUR_S) < 0.95
    assert broken.requeued == sum(event.requeued for event in failed) > 0
    assert broken.requests.attempts.max() > 1
    assert broken.digest.count(Outcome.LOST) == sum(event.lost for event in failed)


def test_down_server_seconds_are_the_durations_of_the_failures(broken):
    down_s = broken.utilisation.pools[0].down_server_s.sum()
    assert down_s == pytest.approx(sum(event.duration_s for event in broken.events.of("failed")), rel=1e-12)


def test_every_repair_ends_a_failure(broken):
    ends = sorted(event.at_s + event.duration_s for event in broken.events.of("failed"))
    repaired = sorted(event.at_s for event in broken.events.of("repaired"))
    assert [end for end in ends if end < HOUR_S] == pytest.approx(repaired)
    assert all(event.part in ("gpu", "host", "network", "software") for event in broken.events.of("failed"))


def hands_on(traces):
    """When technicians were at work on repairs that ended within the day."""
    failed = [e for e in traces.events.of("failed") if e.labour_s and e.at_s + e.duration_s < HOUR_S - 1e-9]
    return sorted((e.at_s + e.duration_s - 60.0 - e.labour_s, e.at_s + e.duration_s - 60.0) for e in failed)


def overlaps(spans):
    return sum(end > begin + 1e-9 for (_, end), (begin, _) in pairwise(spans))


def test_one_technician_mends_one_server_at_a_time_and_ten_do_not(broken):
    many = traces_of(BREAKING, IDLE, {"plant.failures.technicians": 10, "fleet.pools.main.servers": 10})
    assert len(hands_on(broken)) > 5
    assert overlaps(hands_on(broken)) == 0
    assert overlaps(hands_on(many)) > 5


def test_hands_on_time_stays_within_the_failure(broken):
    for event in broken.events.of("failed"):
        assert 0 <= event.labour_s <= event.duration_s
        assert event.part != "software" or event.labour_s == 0


def test_a_cut_repair_books_the_labour_spent_so_far():
    slow = {"facts.hazards.llama_3.technician_repair_s": 1e6}
    slow |= {f"facts.hazards.llama_3.{cause}_fraction": 0 for cause in ("software_bug", "watchdog", "dependency")}
    traces = traces_of(BREAKING, slow, IDLE, {"plant.failures.technicians": 10})
    for event in traces.events.of("failed"):
        assert event.at_s + event.duration_s == pytest.approx(HOUR_S)
        assert event.labour_s == pytest.approx(event.duration_s)


def test_the_same_seed_gives_the_same_day_another_seed_another(broken):
    chosen = (BREAKING, SLOW, {"plant.failures.technicians": 1})
    again, other = traces_of(*chosen), traces_of(*chosen, seed=2)
    assert columns(again.requests) == columns(broken.requests)
    assert again.events.events == broken.events.events
    assert again.utilisation.table().equals(broken.utilisation.table())
    assert columns(other.requests) != columns(broken.requests)
    assert other.events.events != broken.events.events


def test_failures_leave_arrivals_and_lengths_alone(calm):
    failing = traces_of(BREAKING)
    for name in ("arrival_s", "prompt_tokens", "output_tokens"):
        assert np.array_equal(getattr(failing.requests, name), getattr(calm.requests, name))
    assert not np.array_equal(failing.requests.finish_s, calm.requests.finish_s)


def test_failures_at_rate_zero_are_no_failures(calm):
    never = traces_of({"plant.failures.enabled": True, "plant.failures.multiplier": 0})
    assert columns(never.requests) == columns(calm.requests)
    assert never.events.events == []
    assert never.utilisation.pools[0].up_server_s.sum() == 3 * HOUR_S


def test_requests_are_refused_while_no_server_is_up():
    dead = {"facts.hazards.llama_3.restart_s": 1e6, "fleet.pools.main.servers": 1}
    traces = traces_of(BREAKING, dead)
    (failure,) = traces.events.of("failed")
    later = traces.requests.arrival_s > failure.at_s
    assert later.any()
    assert set(traces.requests.outcome[later].tolist()) == {Outcome.REFUSED}
    assert traces.utilisation.pools[0].gpu_j[int(failure.at_s // 60) + 1 :].sum() == 0


def test_a_request_has_only_so_many_tries():
    traces = traces_of(BREAKING, SLOW, {"fleet.pools.main.max_attempts": 1})
    assert traces.requeued == 0
    assert traces.digest.count(Outcome.LOST) > 0
    assert traces.requests.attempts.max() == 1


def availability(technicians):
    """Of forty servers over a day that fail each 4 h and take an hour to mend."""
    often = {
        "day.duration_s": 24 * HOUR_S,
        "fleet.pools.main.servers": 40,
        "plant.failures.multiplier": 1.0,
        "plant.failures.technicians": technicians,
        "facts.hazards.llama_3.failures_per_server_day": 6.0,
        "facts.hazards.llama_3.technician_repair_s": 3000.0 / (1 - 0.150358),
        "facts.hazards.llama_3.restart_s": 600.0,
    }
    pool = traces_of(IDLE, BREAKING, often).utilisation.pools[0]
    return pool.up_server_s.sum() / (40 * 24 * HOUR_S)


def test_availability_is_mtbf_over_mtbf_and_mttr_unless_hands_are_short():
    wanted = 4.0 / (4.0 + 1.0)
    assert availability(1000) == pytest.approx(wanted, abs=0.03)
    assert availability(4) < wanted - 0.1


# --- pools and the gateway --------------------------------------------------------------------------------------------

TWO_POOLS = {
    "workload.use_cases": {
        "code": {"share": 0.5, "lengths": "azure_code_2023"},
        "chat": {"share": 0.5, "lengths": "azure_conv_2023"},
    },
    "fleet.pools": {
        "one": {"model": "llama_3_1_8b", "servers": 2, "tensor_parallel": 4},
        "two": {"model": "llama_2_7b", "server": "dgx_a100", "servers": 1, "precision": "bf16"},
    },
    "fleet.gateway": {"chat": "two"},
    "workload.demand.requests_per_day": 2400,
}


def test_the_gateway_sends_each_use_case_to_its_pool():
    traces = traces_of(TWO_POOLS)
    requests, (one, two) = traces.requests, traces.utilisation.pools
    assert (one.pool, one.replicas, two.pool, two.replicas) == ("one", 4, "two", 1)
    assert requests.use_cases == ("code", "chat")
    done = requests.outcome == Outcome.FINISHED
    code = done & (requests.use_case == 0)
    chat = done & (requests.use_case == 1)
    assert code.any() and chat.any()
    assert set(requests.server[code].tolist()) == {0, 1}
    assert set(requests.server[chat].tolist()) == {2}
    assert np.all(np.diff(requests.arrival_s) >= 0)
    assert one.output_tokens.sum() >= requests.output_tokens[code].sum()
    assert two.prompt_tokens.sum() >= requests.prompt_tokens[chat].sum()


def test_without_a_gateway_the_first_pool_serves_all():
    traces = traces_of(TWO_POOLS, STATED, {"fleet.gateway": {}})
    one, two = traces.utilisation.pools
    assert two.output_tokens.sum() == 0
    assert one.output_tokens.sum() > 0
    assert two.gpu_j.sum() == pytest.approx(8 * 88 * HOUR_S)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fleet.gateway": {"code": "mian"}}, r"fleet.gateway.code: 'mian' is not a pool .*did you mean main\?"),
        ({"fleet.gateway": {"cod": "main"}}, r"fleet.gateway.cod: 'cod' is not a use case .*did you mean code\?"),
        ({"plant.site": "virgina"}, r"plant.site: 'virgina' .*did you mean virginia\?"),
    ],
)
def test_names_that_lead_nowhere_are_refused_in_python_too(changes, told):
    with pytest.raises(ScenarioError, match=told):
        run(tiny_day(changes))


# --- climate ----------------------------------------------------------------------------------------------------------

SMALL_PLANT = {"facts.cooling.chiller_tower.capacity_fraction": 0.02}


def test_a_plant_too_small_heats_the_hall_and_slows_the_servers(calm):
    hot = traces_of(SMALL_PLANT)
    inlet_c, pool = hot.utilisation.plant.inlet_c, hot.utilisation.pools[0]
    assert np.all(np.diff(inlet_c) > 0)
    assert inlet_c[-1] > 45
    assert set(calm.utilisation.plant.inlet_c.tolist()) == {24.0}
    throttled = hot.events.of("throttled")
    assert throttled[0].at_s == 60.0 * (1 + int(np.argmax(inlet_c > 35.0)))
    assert np.all(np.diff(pool.speed) <= 0)
    assert pool.speed[0] == 1.0 and pool.speed[-1] < 0.5
    assert hot.digest.mean("tpot_s") > 1.1 * calm.digest.mean("tpot_s")


def test_heat_is_balanced_over_the_day():
    traces = traces_of(SMALL_PLANT)
    plant, it_j = traces.utilisation.plant, traces.utilisation.it_j.sum()
    stored_j = 30 * 3 * 10_200 * (plant.inlet_c[-1] - 24.0)
    assert plant.heat_stored_j.sum() == pytest.approx(stored_j, rel=1e-9)
    assert it_j == pytest.approx(plant.heat_removed_j.sum() + stored_j, rel=1e-9)
    assert it_j != pytest.approx(plant.heat_removed_j.sum() * (1 + 1e-6) + stored_j, rel=1e-9)


def test_climate_off_is_no_throttling_but_as_warm():
    traces = traces_of(SMALL_PLANT, {"plant.climate.enabled": False})
    assert traces.events.events == []
    assert set(traces.utilisation.pools[0].speed.tolist()) == {1.0}
    assert traces.utilisation.plant.inlet_c[-1] > 45


@pytest.mark.parametrize(("site", "date", "start_h"), [("virginia", "2026-07-15", 6), ("singapore", "2026-01-02", 23)])
def test_outdoors_follows_the_site_by_hour(site, date, start_h):
    traces = traces_of(
        IDLE, {"plant.site": site, "day.date": date, "day.start_s": start_h * HOUR_S, "day.duration_s": 3 * HOUR_S}
    )
    hourly = CATALOGUE.sites[site].dry_bulb_c.value[int(date[5:7]) - 1]
    outdoor_c = traces.utilisation.plant.outdoor_c
    for hour in range(3):
        now, following = hourly[(start_h + hour) % 24], hourly[(start_h + hour + 1) % 24]
        for minute in (0, 30):
            past = (minute + 0.5) / 60
            assert outdoor_c[60 * hour + minute] == pytest.approx(now + past * (following - now))


def test_a_warmer_site_needs_more_cooling():
    day = {"day.date": "2026-01-15", "plant.climate.cooling": "economiser_tower"}
    cool, warm = (traces_of(IDLE, day, {"plant.site": site}) for site in ("germany", "singapore"))
    assert warm.utilisation.plant.cooling_j.sum() > 1.2 * cool.utilisation.plant.cooling_j.sum()
    assert cool.utilisation.plant.chiller_j.sum() == 0
    assert warm.utilisation.it_j.sum() == cool.utilisation.it_j.sum()


# --- the edges of a day -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration_s", "minutes"), [(90.5, [60, 30.5]), (60, [60]), (20, [20]), (120.25, [60, 60, 0.25])]
)
def test_a_day_may_end_inside_a_minute(duration_s, minutes):
    told = []
    day = tiny_day({"day.duration_s": duration_s, "workload.demand.requests_per_day": 86_400})
    traces = simulate(day, CATALOGUE, sink=Keep(), progress=told.append)
    pool = traces.utilisation.pools[0]
    assert traces.utilisation.minute_s.tolist() == pytest.approx(minutes)
    assert pool.network_j.tolist() == pytest.approx([3 * 600 * seconds for seconds in minutes])
    assert pool.up_server_s.tolist() == pytest.approx([3 * seconds for seconds in minutes])
    assert traces.arrived > 0 and np.all(traces.requests.arrival_s < duration_s)
    assert told[-1] == duration_s


def test_who_is_not_done_by_the_end_is_in_flight():
    traces = traces_of(SLOW, {"day.duration_s": 130, "workload.demand.requests_per_day": 240_000})
    flying = traces.requests.outcome == Outcome.IN_FLIGHT
    assert flying.any()
    assert np.isnan(traces.requests.finish_s[flying]).all()
    assert np.nanmax(traces.requests.finish_s) <= 130


def test_a_day_without_demand_idles():
    traces = traces_of(IDLE, STATED)
    pool = traces.utilisation.pools[0]
    assert traces.arrived == traces.digest.arrived == traces.requests.arrival_s.size == 0
    assert pool.busy_s.sum() == 0
    assert pool.gpu_j.sum() == pytest.approx(24 * 121.6 * HOUR_S)
    assert pool.host_j.sum() == pytest.approx(3 * 1600 * HOUR_S)
    assert traces.utilisation.pue > 1
    assert all(math.isnan(value) for value in traces.digest.summary("ttft_s").values())


def test_energy_is_power_times_time():
    pool = traces_of(STATED).utilisation.pools[0]
    busy_s = pool.busy_s.sum()
    idle_j = 8 * 121.6 * (3 * HOUR_S - busy_s)
    assert idle_j + 0.35 * 5600 * busy_s < pool.gpu_j.sum() < idle_j + 5600 * busy_s
    assert pool.host_j.sum() == pytest.approx(3 * 1600 * HOUR_S + 600 * busy_s)


# --- what does not fit ------------------------------------------------------------------------------------------------


def misfit(changes):
    day = tiny_day(changes)
    with pytest.raises(FitError) as error:
        build_pools(day, with_facts(CATALOGUE, day.facts), Streams(1))
    return str(error.value)


def remedied(changes, message):
    """The day with the changes that the message recommends."""
    remedy = message.split("it fits with ")[1]
    wanted = dict(change.split(": ") for change in remedy.split(" and "))
    read = {key: int(value) if value.isdigit() else value for key, value in wanted.items()}
    return tiny_day(changes | {f"fleet.pools.main.{key}": value for key, value in read.items()})


BIG = {"fleet.pools.main.model": "llama_3_1_405b", "fleet.pools.main.precision": "bf16"}
SEVENTY = {"fleet.pools.main.model": "llama_3_1_70b", "fleet.pools.main.precision": "bf16"}


@pytest.mark.parametrize(
    ("changes", "missing", "remedy"),
    [
        (BIG, "193.2 GB too little", "precision: fp8"),
        (BIG | {"fleet.pools.main.server": "dgx_a100"}, "193.2 GB too little", "precision: int8"),
        (SEVENTY | {"fleet.pools.main.tensor_parallel": 1}, "63.8 GB too little", "tensor_parallel: 2"),
        (BIG | {"fleet.pools.main.tensor_parallel": 2}, "657.1 GB too little", "tensor_parallel: 8 and precision: fp8"),
    ],
)
def test_the_message_says_how_much_is_missing_and_a_remedy_that_fits(changes, missing, remedy):
    message = misfit(changes)
    assert message.startswith("fleet.pools.main: Llama 3.1 ")
    assert missing in message
    assert message.endswith(f"it fits with {remedy}")
    assert "\n" not in message
    assert check_fit(remedied(changes, message), CATALOGUE) == []
    assert check_fit(tiny_day(changes), CATALOGUE)[0][0] == ("fleet", "pools", "main")


def test_a_remedy_never_asks_for_gpus_that_the_server_has_not():
    four = {"facts.servers.dgx_h100.gpus": 4, "fleet.pools.main.tensor_parallel": 4}
    message = misfit(BIG | four | {"fleet.pools.main.precision": "fp8"})
    assert message.endswith("it fits no server of this GPU; choose one with more memory")


def test_weights_that_leave_room_for_no_token_do_not_fit():
    tight = {"facts.models.llama_3_1_8b.params": 8 * 85.9e9 * 0.9 - 1000}
    assert "0.0 GB too little, nothing left for a KV cache" in misfit(tight)
