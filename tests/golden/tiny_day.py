"""A day small enough for the reference engine: what many tests, and the golden file, run."""

from typing import Any

from sim.scenario.schema import Scenario

HOUR_S = 3600.0


def tiny_day(changes: dict[str, Any] | None = None) -> Scenario:
    """One hour of some 300 short requests on three servers of eight GPUs with Llama 3.1 8B; nothing breaks."""
    day = Scenario(
        name="tiny",
        day={"duration_s": HOUR_S},
        workload={
            "demand": {"requests_per_day": 7200, "shape": "flat"},
            "use_cases": {"code": {"lengths": "azure_code_2023"}},
        },
        fleet={"pools": {"main": {"model": "llama_3_1_8b", "servers": 3}}},
        plant={"failures": {"enabled": False}},
    )
    return day.replace(changes or {})


BREAKING: dict[str, Any] = {
    "plant.failures.enabled": True,
    "plant.failures.multiplier": 1e5,
    "facts.hazards.llama_3.restart_s": 60.0,
    "facts.hazards.llama_3.technician_repair_s": 240.0,
    **{f"facts.hazards.llama_3.{name}": 0.0 for name in ("detection_s", "diagnosis_s", "burn_in_s", "vendor_fraction")},
    "facts.hazards.llama_3.hands_on_fraction": 1.0,
    "facts.hazards.llama_3.lemon_factor": 1.0,
    "facts.hazards.llama_3.rack_failures_per_day": 0.0,
    "facts.hazards.llama_3.rack_reach_fraction": 0.0,
    "plant.climate.unit_failures": False,
}
"""Changes that make every server, but not its rack or cooling, fail some fifteen times an hour."""

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
"""Changes that make two pools of it, three uses, and prices of all kinds."""
