"""What drawing and replaying a day of requests takes, without serving it: processor time and memory on one core.

    .venv/bin/python benchmarks/demand.py                    100 million arrivals, then variants of a tenth of them
    .venv/bin/python benchmarks/demand.py --requests 1e7     fewer
    .venv/bin/python benchmarks/demand.py --rows 27e6        and a replayed trace of so many rows (2 million otherwise)

Each line is a process of its own. `ns` is processor time a request, opening the workload included; ratios are to the
first line. The replayed trace is made for the purpose, in the layout of Azure's traces of 2024, plain and gzipped.
"""

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KIB_PER_MIB = 1024
PLAIN: dict[str, Any] = {}
USES = {
    "a": {"share": 0.5, "lengths": "servegen_m_mid"},
    "b": {"share": 0.3, "lengths": "azure_conv_2023", "shape": "burstgpt_hourly"},
    "c": {"share": 0.2, "lengths": "servegen_m_large", "shape": "flat"},
}
VARIANTS: dict[str, dict[str, Any]] = {
    "Poisson": PLAIN,
    "bursts, CV 3": {"workload.demand.burstiness.gap_cv": 3},
    "55 clients": {"workload.demand.burstiness.clients": "servegen_m_mid"},
    "three uses": {"workload.use_cases": USES},
    "conversations": {"workload.use_cases.chat.conversation": {"turns": 3}},
}
COLUMNS = f"{'workload':26}{'requests':>14}{'CPU s':>9}{'ns':>8}{'x ns':>7}{'peak MiB':>10}"


def take_all(scenario: str, changes: dict[str, Any]) -> None:
    """Draw or replay a whole day minute by minute, and print what it took."""
    sys.path.insert(0, str(ROOT))
    import sim
    from sim.catalogue import read_catalogue
    from sim.core.streams import Streams
    from sim.workload.source import open_workload

    catalogue, day = read_catalogue(), sim.load(scenario, changes)
    begun, arrived, until_s = time.process_time(), 0, 0.0
    source = open_workload(day, catalogue, Streams(day.seed))
    while until_s < day.day.duration_s:
        until_s += 60.0
        arrived += source.take(min(until_s, day.day.duration_s)).size
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
    print(json.dumps([arrived, time.process_time() - begun, peak_mib]))


def measured(scenario: str, changes: dict[str, Any]) -> tuple[int, float, float]:
    """Requests, processor seconds and peak memory of a day in a process of its own."""
    command = [sys.executable, __file__, "--day", scenario, "--changes", json.dumps(changes)]
    limits = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | limits)
    arrived, cpu_s, peak_mib = json.loads(done.stdout)
    return arrived, cpu_s, peak_mib


def plan(requests: float, rows: int, folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, scenario and changes of every line."""
    for name, changes in VARIANTS.items():
        amount = requests if changes is PLAIN else requests / 10
        yield name, "chatgpt_2023", {"workload.demand.requests_per_day": amount} | changes
    for name, file in (("Azure 2024, plain", folder / "trace.csv"), ("Azure 2024, gzipped", folder / "trace.csv.gz")):
        write_trace(file, rows)
        changes = {"workload.trace.path": str(file), "workload.trace.layout": "azure_2024", "day.duration_s": 604_800.0}
        yield name, "azure_conv", changes
        file.unlink()


def write_trace(file: Path, rows: int) -> None:
    """A week of evenly spaced requests."""
    start, step = datetime(2024, 5, 12), timedelta(days=7) / rows
    with gzip.open(file, "wt", 1) if file.suffix == ".gz" else file.open("w") as stream:
        stream.write("TIMESTAMP,ContextTokens,GeneratedTokens\n")
        for row in range(rows):
            stream.write(f"{start + row * step}+00:00,{500 + row % 4000},{20 + row % 300}\n")


def main() -> None:
    """Print the table line by line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=float, default=1e8, help="arrivals of the first line; 1e8 if none")
    parser.add_argument("--rows", type=float, default=2e6, help="rows of the replayed trace; 2e6 if none")
    parser.add_argument("--day", help=argparse.SUPPRESS)
    parser.add_argument("--changes", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.day:
        take_all(arguments.day, arguments.changes)
        return
    print(COLUMNS, flush=True)
    first = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, scenario, changes in plan(arguments.requests, int(arguments.rows), Path(folder)):
            arrived, cpu_s, peak_mib = measured(scenario, changes)
            ns = 1e9 * cpu_s / arrived
            first = first or ns
            print(f"{name:26}{arrived:14,}{cpu_s:9.2f}{ns:8.0f}{ns / first:7.2f}{peak_mib:10,.0f}", flush=True)


if __name__ == "__main__":
    main()
