"""Whatever fleet is chosen, a day keeps its laws and is the same day twice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.catalogue import read_catalogue, with_facts
from sim.fleet.simulate import simulate
from sim.traces.requests import Outcome
from sim.traces.sinks import Keep
from tests.golden.tiny_day import BREAKING, tiny_day

CATALOGUE = read_catalogue()
POOL = "fleet.pools.main."
CHOICES = st.fixed_dictionaries(
    {
        POOL + "servers": st.integers(1, 3),
        POOL + "tensor_parallel": st.sampled_from([1, 2, 4, 8]),
        POOL + "routing": st.sampled_from(["round_robin", "random", "power_of_two", "least_outstanding"]),
        POOL + "stale_s": st.sampled_from([0.0, 5.0]),
        POOL + "max_attempts": st.integers(1, 3),
        POOL + "batching.policy": st.sampled_from(["continuous", "chunked", "static"]),
        POOL + "batching.admission": st.sampled_from(["reserved", "on_demand"]),
        POOL + "batching.max_requests": st.integers(1, 32),
        POOL + "batching.max_batched_tokens": st.sampled_from([512, 8192]),
        "plant.failures.enabled": st.booleans(),
        "plant.failures.technicians": st.integers(1, 3),
        "facts.cooling.chiller_tower.capacity_fraction": st.sampled_from([0.02, 1.1]),
        "workload.use_cases.code.patience_s": st.sampled_from([None, 0.5]),
        "workload.demand.requests_per_day": st.sampled_from([0, 10_000, 60_000]),
        "day.duration_s": st.floats(30, 600),
        "day.start_s": st.integers(0, 86_399_000).map(lambda ms: ms / 1000),
        "seed": st.integers(0, 2**63 - 1),
    }
)


@pytest.mark.usefixtures("engine_compiled")
@pytest.mark.parametrize("engine", ["reference", "compiled"])
@settings(max_examples=12)
@given(CHOICES)
def test_every_day_keeps_its_laws(engine, changes):
    day = tiny_day(BREAKING | {"facts.efficiencies.serving_2026.iteration_overhead_s": 0.02} | changes)
    traces, again = (
        simulate(day, with_facts(CATALOGUE, day.facts), engine, Keep()) for _ in range(2)
    )  # simulate checks the invariants
    pool, count = traces.utilisation.pools[0], traces.digest.count
    down_s = sum(event.duration_s for event in traces.events.of("failed"))
    assert abs(pool.down_server_s.sum() - down_s) < 1e-6
    assert count(Outcome.LOST) == sum(event.lost for event in traces.events.events)
    assert traces.requeued == sum(event.requeued for event in traces.events.events)
    assert pool.output_tokens.sum() >= traces.digest.tokens[:, :, 1].sum()
    assert pool.prompt_tokens.sum() >= traces.digest.tokens[:, :, 0].sum()
    assert traces.utilisation.table().equals(again.utilisation.table())
    assert traces.requests.table().equals(again.requests.table())
