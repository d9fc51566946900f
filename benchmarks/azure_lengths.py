"""How long 100,000 requests of the Azure conversation lengths take: 200 a second on 100 servers, in process.

    .venv/bin/python benchmarks/azure_lengths.py [REPETITIONS]

Llama 2 70B in bf16 on servers of eight H100; one thread, no request trace. The first run, not counted, warms up.
Requests beyond the model's context of 4,096 tokens, one in thirteen, are refused on arrival.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sim
from sim.catalogue import Catalogue, read_catalogue

REQUESTS, REQUESTS_PER_S, SERVERS = 100_000, 200.0, 100
REPETITIONS = 3
SECONDS_PER_DAY = 86_400
CHANGES = {
    "name": "Azure conversation lengths",
    "day.start_s": 0.0,
    "day.duration_s": REQUESTS / REQUESTS_PER_S,
    "workload.trace": None,
    "workload.demand": {"requests_per_day": REQUESTS_PER_S * SECONDS_PER_DAY, "shape": "flat"},
    "fleet.pools.main.servers": SERVERS,
}
ROUTINGS = ("round_robin", "power_of_two", "least_outstanding")


def main() -> None:
    """Print a line for each routing: the fastest of some runs."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    catalogue = read_catalogue()
    print("routing              requests   finished  mean batch  sim.run s  ns a request  requests a second")
    for routing in ROUTINGS:
        day = sim.load("azure_conv", {**CHANGES, "fleet.pools.main.routing": routing})
        numbers = sim.summary(sim.run(day, catalogue=catalogue))
        took_s = min(seconds(day, catalogue) for _ in range(repetitions))
        counts, batch = numbers["requests"], numbers["fleet"]["mean_batch"]
        told = f"{routing:18}{counts['arrived']:11,}{counts['finished']:11,}{batch:12.1f}{took_s:11.3f}"
        print(f"{told}{1e9 * took_s / counts['arrived']:14,.0f}{counts['arrived'] / took_s:19,.0f}", flush=True)


def seconds(day: sim.Scenario, catalogue: Catalogue) -> float:
    """Time of one run."""
    begun = time.perf_counter()
    sim.run(day, catalogue=catalogue)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
