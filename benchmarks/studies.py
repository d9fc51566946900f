"""What studies take: price-only draws, the overhead of a cell, the driver's memory, and a day of chatgpt_2023_cost.

    .venv/bin/python benchmarks/studies.py                        all of it, small: 10,000 draws, 200 cells, 8 days
    .venv/bin/python benchmarks/studies.py --prices 100000 --cells 1000 --days 100 --jobs 2

`prices` are draws that share one simulated day. `overhead` is the processor time of a cell beside `sim.run`, and the
time that dask takes for a task that does nothing. `days` are draws of chatgpt_2023_cost on a 64th of the fleet.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.studies.questions.cell_plan import Plan

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PRICES = """
name: prices
scenario: support_chatbot
overrides: {day.duration_s: 10 min, workload.demand.requests_per_day: 20000}
uncertain:
  prices.electricity_usd_per_kwh: {distribution: uniform, low: 0.05, high: 0.2}
  prices.lifetime_years: {distribution: pert, low: 3, mode: 5, high: 6}
  facts.servers.dgx_h100.gpu_usd: {distribution: pert, low: 20e3, mode: 25e3, high: 40e3}
outcomes: [cost_usd.total, usd_per_million_output_tokens]
"""
CELLS = """
name: cells
scenario: support_chatbot
overrides: {day.duration_s: 1 min, workload.demand.requests_per_day: 0}
uncertain: {plant.failures.multiplier: {distribution: uniform, low: 0.5, high: 2}}
outcomes: [cost_usd.total]
"""
FORM = "{:34}{:>10}{:>10}{:>14}{:>14}{:>10}"


def study(file: str, draws: int, jobs: int) -> dict[str, Any]:
    """Run a study in a process of its own; its run.json."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, str(ROOT / "run_sim.py"), "study", file, "--draws", str(draws), "--jobs", str(jobs)]
        subprocess.run([*command, "--out", f"{out}/o"], check=True, capture_output=True)
        record: dict[str, Any] = json.loads((Path(out) / "o" / "run.json").read_text("utf-8"))
        return record


def told(name: str, draws: int, record: dict[str, Any], whole: int) -> None:
    """A line of the table, and what the whole of it would take at that rate."""
    wall_s, peak_mib = record["wall_s"], record["peak_rss_bytes"] / 2**20
    ratio = whole / draws
    print(FORM.format(name, f"{draws:,}", f"{wall_s:.1f}", f"{1e3 * wall_s / draws:.2f}", f"{ratio * wall_s:,.0f}",
                      f"{peak_mib:,.0f}"), flush=True)  # fmt: skip


def overhead(file: Path, cells: int) -> None:
    """Processor time by which a further cell exceeds its day, and dask's time for nothing."""
    from sim.studies.questions.reading import read_study

    few, many = (read_study(str(file), draws) for draws in (cells, 2 * cells))
    carried_s(few)  # loads what is loaded once
    further_s = (carried_s(many) - carried_s(few)) / cells
    alone_s = simulated_s(few) / cells
    print(f"overhead a cell: {1e3 * (further_s - alone_s):.2f} ms of {1e3 * further_s:.2f} ms processor time, "
          f"and dask's {1e3 * dask_s(cells):.2f} ms")  # fmt: skip


def carried_s(plan: "Plan") -> float:
    """Processor time of a plan in this process."""
    from sim.studies.running.run import carry_out
    from sim.studies.running.workers import Here

    with tempfile.TemporaryDirectory() as out:
        begun_s = time.process_time()
        carry_out(plan, Path(out) / "o", Here())
        return time.process_time() - begun_s


def simulated_s(plan: "Plan") -> float:
    """Processor time of `sim.run` alone for the days of a plan."""
    from sim.day import run
    from sim.studies.running.cells import the_catalogue

    days = [plan.base.replace(plan.cell(number).changes) for number in range(plan.cells)]
    begun_s = time.process_time()
    for number, day in enumerate(days):
        run(day, catalogue=the_catalogue(), replication=number)
    return time.process_time() - begun_s


def dask_s(tasks: int) -> float:
    """Wall time of a task that does nothing, on one worker."""
    from sim.studies.running.workers import open_workers

    with open_workers(1, None, "reference") as workers:
        begun_s = time.perf_counter()
        for _ in range(tasks):
            workers.watch(workers.submit(int))
        for _ in range(tasks):
            workers.next()
        return (time.perf_counter() - begun_s) / tasks


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prices", type=int, default=10_000, help="price-only draws; 0: none")
    parser.add_argument("--cells", type=int, default=200, help="cells for the overhead; 0: none")
    parser.add_argument("--days", type=int, default=8, help="draws of chatgpt_2023_cost; 0: none")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="worker processes")
    arguments = parser.parse_args()
    subprocess.run([sys.executable, ROOT / "run_sim.py", "warmup"], check=True, capture_output=True)
    with tempfile.TemporaryDirectory() as home:
        prices, cells = Path(home) / "prices.yaml", Path(home) / "cells.yaml"
        prices.write_text(PRICES, encoding="utf-8")
        cells.write_text(CELLS, encoding="utf-8")
        print(FORM.format("study", "draws", "wall s", "ms a draw", "whole s", "peak MiB"))
        if arguments.prices:
            told(
                "prices (whole: 100,000)",
                arguments.prices,
                study(str(prices), arguments.prices, arguments.jobs),
                100_000,
            )
        if arguments.days:
            record = study("chatgpt_2023_cost", arguments.days, arguments.jobs)
            told("chatgpt_2023_cost (whole: 1,000)", arguments.days, record, 1_000)
        if arguments.cells:
            overhead(cells, arguments.cells)


if __name__ == "__main__":
    main()
