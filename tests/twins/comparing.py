"""What it means that two engines, or two ways of driving one, tell the same of a day."""

from dataclasses import fields

import numpy as np

from sim.traces.digest import Digest
from tests.twins.harness import Outcomes

CLOSENESS = 1e-9
PARTS = {"prefill_busy_s": 2.0**-30, "decode_busy_s": 2.0**-30, "batch_request_s": 2.0**-24, "busy_j": 2.0**-20}
"""The compiled engine counts work in these parts of a unit: half of one may be lost by each replica in each minute."""


def same_digest(one: Digest, other: Digest) -> None:
    """Every count and sum, to the last bit."""
    for field in fields(Digest):
        if field.name != "use_cases":
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name)), field.name
    assert one.use_cases == other.use_cases


def same_requests(one: Outcomes, other: Outcomes) -> None:
    """Rows, counts and digests, to the last bit."""
    assert one.rows.dtype == other.rows.dtype
    for name in one.rows.dtype.names:
        assert one.rows[name].tolist() == other.rows[name].tolist(), name
    assert (one.counters, one.failures) == (other.counters, other.failures)
    same_digest(one.digest, other.digest)


def same_work(one: Outcomes, other: Outcomes) -> None:
    """Work by minute, to the last bit."""
    assert one.work == other.work
    assert one.minutes.keys() == other.minutes.keys()
    for name, column in one.minutes.items():
        assert column.tolist() == other.minutes[name].tolist(), name


def twins(reference: Outcomes, twin: Outcomes, replicas: int) -> None:
    """Requests and gauges to the last bit; work by minute to the rounding of sums, tokens exactly."""
    same_requests(reference, twin)
    assert reference.gauges == twin.gauges
    assert reference.outstanding == twin.outstanding
    assert reference.minutes.keys() == twin.minutes.keys()
    for name, column in reference.minutes.items():
        lost = 0.5 * replicas * PARTS.get(name, 0.0)
        rtol = CLOSENESS if name in PARTS else 0.0
        np.testing.assert_allclose(twin.minutes[name], column, rtol=rtol, atol=lost, err_msg=name)
    lost = np.array([PARTS["decode_busy_s"], 0.5 * PARTS["busy_j"]]) * replicas
    told, wanted = np.array(twin.work), np.array(reference.work)
    assert told.shape == wanted.shape
    assert (np.abs(told - wanted) <= CLOSENESS * wanted + lost).all()
