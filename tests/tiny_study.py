"""Studies small enough for tests: a minute of a small day on the reference engine, in this process."""

from pathlib import Path
from typing import Any

from sim.scenario.identity import as_yaml
from sim.studies.questions.cell_plan import Plan
from sim.studies.questions.reading import read_batch, read_study
from sim.studies.running.run import carry_out
from sim.studies.running.workers import Here

MINUTE: dict[str, Any] = {
    "day.duration_s": 60.0,
    "workload.demand.requests_per_day": 15_000.0,
    "workload.use_cases.support.lengths": "azure_code_2023",
    "fleet.pools.main.model": "llama_3_1_8b",
    "fleet.pools.main.servers": 1,
}
"""Some ten short requests on one server."""
PRICES = {
    "prices.lifetime_years": {"distribution": "uniform", "low": 3.0, "high": 6.0},
    "facts.servers.dgx_h100.gpu_usd": {"distribution": "pert", "low": 2e4, "mode": 2.5e4, "high": 4e4},
}
WORLD = {
    "workload.demand.requests_per_day": {"distribution": "uniform", "low": 2e4, "high": 6e4},
    "facts.gpus.h100_sxm.idle_w": {"distribution": "triangular", "low": 100.0, "mode": 120.0, "high": 150.0},
}


def question(folder: Path, **keys: Any) -> Path:
    """A file that asks something of the small day."""
    data = {"name": "tiny", "scenario": "support_chatbot", "overrides": MINUTE, "outcomes": ["cost_usd.total"]} | keys
    file = folder / "question.yaml"
    file.write_text(as_yaml(data), encoding="utf-8")
    return file


def study(folder: Path, **keys: Any) -> Plan:
    """The plan of such a study: four draws of two inputs unless said otherwise."""
    return read_study(
        str(question(folder, **{"kind": "monte_carlo", "draws": 4, "uncertain": WORLD} | keys)), None, "reference"
    )


def batch(folder: Path, **keys: Any) -> Plan:
    """The plan of such a batch."""
    return read_batch(str(question(folder, **keys)), None, "reference")


def done(plan: Plan, folder: Path, **options: Any):
    """Its result, worked out in this process."""
    return carry_out(plan, folder, Here(), **options)
