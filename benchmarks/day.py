"""What the day of chatgpt_2023 takes, at several sizes: time and memory, each run in a process of its own.

    .venv/bin/python benchmarks/day.py              a day small enough for both engines, then 1/100 and 1/10
    .venv/bin/python benchmarks/day.py 1/50 1/20 --routing power_of_two --routing least_outstanding --threads 1
    .venv/bin/python benchmarks/day.py --full       the whole day, too

Requests and servers are scaled together, so that a server has the same work at any size. `wall` is the command up to
writing; `simulate` the part of it in `sim.run`, in which loading the compiled engine takes seconds at any size: hence
`ns a further`, the time by which a row exceeds the first of its engine, by request. Ratios are to that row, too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

RUN_SIM = Path(__file__).resolve().parents[1] / "run_sim.py"
DAY, POOL, REQUESTS, SERVERS = "chatgpt_2023", "fleet.pools.gpt3", 195_000_000, 3_617
SIZES = [Fraction(1, 100), Fraction(1, 10)]
SMALL = Fraction(1, 10_000)
REFERENCE_REQUESTS = 20_000
"""What the reference engine simulates in bearable time."""
COLUMNS = "engine       requests  servers  routing            threads   wall s  simulate s  ns a request  ns a further"
RATIOS = "  peak MiB  x requests  x simulate   x peak"


class Run(NamedTuple):
    """One run to be measured."""

    engine: str
    size: Fraction
    routing: str
    threads: int


class Measured(NamedTuple):
    """What it took."""

    requests: int
    servers: int
    wall_s: float
    simulate_s: float
    peak_mib: float


def measure(run: Run) -> Measured:
    """Run the command in a process that sees so many processors, and read what it wrote."""
    values = {
        "workload.demand.requests_per_day": float(REQUESTS * run.size),
        f"{POOL}.servers": max(1, round(SERVERS * run.size)),
        f"{POOL}.routing": run.routing,
    }
    changes = [word for path, value in values.items() for word in ("--set", f"{path}={value}")]
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, str(RUN_SIM), "run", DAY, "--engine", run.engine, "--out", out, *changes]
        subprocess.run(command, check=True, capture_output=True, preexec_fn=lambda: limit(run.threads))
        record, result = (json.loads((Path(out) / name).read_text("utf-8")) for name in ("run.json", "result.json"))
    peak_mib = record["peak_rss_bytes"] / 2**20
    return Measured(
        result["requests"]["arrived"], result["fleet"]["servers"], record["wall_s"], record["simulate_s"], peak_mib
    )


def processors() -> list[int]:
    """Processors that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def limit(threads: int) -> None:
    """Let a process use no more processors; run_sim.py takes a thread for each."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, processors()[:threads])


def plan(arguments: argparse.Namespace) -> Iterator[Run]:
    """All runs, the compiled engine first."""
    sizes = [SMALL, *(arguments.sizes or SIZES), *([Fraction(1)] if arguments.full else [])]
    for engine in ("compiled", "reference"):
        for size in sizes:
            if engine == "compiled" or size * REQUESTS <= REFERENCE_REQUESTS:
                for routing in arguments.routing or ["power_of_two"]:
                    yield Run(engine, size, routing, arguments.threads if engine == "compiled" else 1)


def row(run: Run, it: Measured, first: Measured) -> str:
    """A line of the table."""
    ns = 1e9 * it.simulate_s / it.requests
    told = f"{run.engine:9}{it.requests:12,}{it.servers:9,}  {run.routing:18}{run.threads:8}"
    more = it.requests - first.requests
    further = f"{1e9 * (it.simulate_s - first.simulate_s) / more:14,.0f}" if more else f"{'-':>14}"
    told += f"{it.wall_s:9.2f}{it.simulate_s:12.2f}{ns:14,.0f}{further}{it.peak_mib:10,.0f}"
    ratios = it.requests / first.requests, it.simulate_s / first.simulate_s, it.peak_mib / first.peak_mib
    return told + "{:12.4g}{:12.4g}{:9.3g}".format(*ratios)


def main() -> None:
    """Print the table line by line as runs end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=Fraction, help="parts of the whole day; 1/100 and 1/10 if none")
    parser.add_argument("--full", action="store_true", help="add the whole day")
    parser.add_argument("--routing", action="append", help="power_of_two if none; may be repeated")
    parser.add_argument("--threads", type=int, default=len(processors()), help="processors the compiled engine sees")
    arguments = parser.parse_args()
    subprocess.run([sys.executable, RUN_SIM, "warmup"], check=True, capture_output=True)
    print(COLUMNS + RATIOS, flush=True)
    first: dict[str, Measured] = {}
    for run in plan(arguments):
        measured = measure(run)
        print(row(run, measured, first.setdefault(run.engine, measured)), flush=True)


if __name__ == "__main__":
    main()
