"""Random small days for property tests: pools of every kind, crowded, with failures and speeds.

All numbers are multiples of powers of two, so that every sum is exact in floating point, ties at one instant abound,
and two engines have no excuse for differing.
"""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from sim.serving.engine.spec import PoolSpec
from sim.serving.policies.admission import ADMISSIONS
from sim.serving.policies.batching import BATCHING_POLICIES
from sim.serving.policies.routing import ROUTINGS
from sim.workload.requests import Requests
from tests.twins.harness import CASES, Action, asks, spec

EIGHTH = 0.125
END_S = 150.0
BUSY_S = 40.0


class Day(NamedTuple):
    """What `play` takes."""

    pool: PoolSpec
    requests: Requests
    script: list[Action]


def eighths(low_s: float, high_s: float) -> st.SearchStrategy[float]:
    """Times in eighths of a second."""
    return st.integers(int(low_s / EIGHTH), int(high_s / EIGHTH)).map(lambda n: n * EIGHTH)


@st.composite
def pools(draw: st.DrawFn) -> PoolSpec:
    """A pool of one to four servers of one or two replicas, in tight or ample room."""
    per_server = draw(st.sampled_from([1, 1, 2]))
    slope = draw(st.sampled_from([0.0, 0.0, EIGHTH / 8]))
    base = draw(st.sampled_from([EIGHTH, 2 * EIGHTH, 1.0]))
    return spec(
        replicas=per_server * draw(st.integers(1, 4)),
        replicas_per_server=per_server,
        base_s=lambda n: base + slope * n,
        kv_s=draw(st.sampled_from([0.0, 2.0**-10])),
        attention_s=draw(st.sampled_from([0.0, 2.0**-12])),
        policy=draw(st.sampled_from(sorted(BATCHING_POLICIES))),
        admission=draw(st.sampled_from(sorted(ADMISSIONS))),
        routing=draw(st.sampled_from(sorted(ROUTINGS))),
        stale_s=draw(st.sampled_from([0.0, 0.0, 0.5, 7.0])),
        kv_room_tokens=draw(st.sampled_from([24, 40, 64, 10_000, 10_000])),
        max_context_tokens=draw(st.sampled_from([26, 10_000])),
        max_requests=draw(st.integers(1, 5)),
        max_batched_tokens=draw(st.sampled_from([1, 4, 16, 2_048, 2_048])),
        wait_s=draw(st.sampled_from([0.0, 0.5, 3.0])),
        max_attempts=draw(st.integers(1, 4)),
        patience_s=np.array(draw(st.sampled_from([(np.inf,) * CASES, (1.5, np.inf, 6.0), (0.0, 20.0, 2.5)]))),
        routing_salt=draw(st.integers(0, 2**64 - 1)),
    )


@st.composite
def crowds(draw: st.DrawFn) -> Requests:
    """Many at the same instants: up to sixty that Hypothesis chooses, or many drawn at random."""
    if draw(st.booleans()):
        return rush(np.random.default_rng(draw(st.integers(0, 2**32))))
    row = st.tuples(eighths(0.0, BUSY_S), st.integers(1, 20), st.integers(1, 12), st.integers(0, CASES - 1))
    cached = draw(st.sampled_from([0, 0, 3, 19]))
    return asks(*((*row, min(cached, row[1] - 1)) for row in sorted(draw(st.lists(row, max_size=60)))))


def rush(rng: np.random.Generator) -> Requests:
    """A crowd that fills queues."""
    count = int(rng.integers(30, 121))
    arrival_s = np.sort(rng.integers(0, int(rng.choice([5.0, 20.0, BUSY_S]) / EIGHTH), count)) * EIGHTH
    prompt = rng.integers(1, 21, count)
    cached = rng.integers(0, prompt) * rng.integers(0, 2)
    columns = (arrival_s, prompt, rng.integers(1, 13, count), rng.integers(0, CASES, count), cached)
    return asks(*zip(*(column.tolist() for column in columns), strict=True))


@st.composite
def scripts(draw: st.DrawFn, servers: int) -> list[Action]:
    """Failures and drains with restorations, some for good, servers that fail while draining, and changes of speed."""
    actions: list[Action] = []
    for server in range(servers):
        at_s = 0.0
        for up_s, down_s in draw(st.lists(st.tuples(eighths(0.125, 20.0), eighths(0.0, 10.0)), max_size=3)):
            stops = draw(st.sampled_from([["fail"], ["fail"], ["drain"], ["drain", "fail"]]))
            actions += [(at_s + up_s * (n + 1) / len(stops), stop, server, 0.0) for n, stop in enumerate(stops)]
            actions.append((at_s + up_s + down_s, "restore", server, 0.0))
            at_s += up_s + down_s
        if actions and draw(st.booleans()) and actions[-1][2] == server:
            actions.pop()
    factors = st.sampled_from([0.25, 0.5, 1.0])
    speed = st.tuples(eighths(0.0, BUSY_S), st.just("speed"), st.integers(0, servers - 1), factors)
    actions += draw(st.lists(speed, max_size=5))
    return sorted(actions, key=lambda action: action[0])


@st.composite
def days(draw: st.DrawFn, disturbed: bool = True) -> Day:
    """A pool, its requests and (if disturbed) its failures and speeds."""
    pool = draw(pools())
    return Day(pool, draw(crowds()), draw(scripts(pool.servers)) if disturbed else [])
