"""A day that several tests look at, simulated once."""

import pytest

from sim.day import DayResult, run
from tests.golden.tiny_day import BREAKING, tiny_day

TWO_POOLS = BREAKING | {
    "day.start_s": 1_000.0,
    "day.duration_s": 5_430.0,
    "fleet.pools": {"main": {"model": "llama_3_1_8b"}, "second": {"model": "llama_3_1_8b", "servers": 1}},
    "workload.use_cases": {
        "code": {"share": 0.25, "lengths": "azure_code_2023"},
        "chat": {"share": 0.5, "lengths": "azure_conv_2023"},
        "more": {"share": 0.25, "lengths": "azure_conv_2023"},
    },
    "fleet.gateway": {"chat": "second"},
    "prices.carbon_usd_per_t": 80.0,
    "prices.demand_usd_per_kw_month": 12.0,
    "prices.labour": "roster",
}


@pytest.fixture(scope="session")
def two_pools() -> DayResult:
    """An hour and a half of two pools that break, three uses of them, and prices of all kinds."""
    return run(tiny_day(TWO_POOLS), engine="reference")
