"""How many price vectors a second a simulated day can be priced at: `python benchmarks/repricing.py`.

Three ways: a whole ledger with its sentences and checks (`DayResult.reprice`), sums alone, and many draws at once
(`DayResult.totals_at`), each of which is compared with the first.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sim

PATHS = {
    "prices.lifetime_years": (3.0, 6.0),
    "prices.electricity_usd_per_kwh": (0.04, 0.20),
    "prices.equipment.dgx_h100.gpu_usd": (20e3, 35e3),
    "prices.capital_fraction_per_year": (0.05, 0.17),
    "facts.sites.virginia.colocation_usd_per_kw_month": (137.0, 280.0),
}
DAY = {"day.duration_s": 3600, "workload.demand.requests_per_day": 5000}
ONE_BY_ONE, AT_ONCE, REPEATS = 500, 100_000, 3


def rate(work: Callable[[], object], vectors: int) -> float:
    """Price vectors a second of processor time, the best of some repeats."""
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return vectors / min(times)


def main() -> None:
    """Print the table."""
    result = sim.run(sim.load("support_chatbot", DAY), engine="reference")
    random = np.random.default_rng(1)
    draws = {path: random.uniform(low, high, AT_ONCE) for path, (low, high) in PATHS.items()}
    first = [{path: float(values[n]) for path, values in draws.items()} for n in range(ONE_BY_ONE)]
    days = [result.scenario.replace(changes) for changes in first]
    frame = result.totals_at(draws)
    ledgers = [result.reprice(day.prices, day.facts).ledger.total_usd for day in days]
    error = np.abs(frame["total"].to_numpy()[:ONE_BY_ONE] / np.array(ledgers) - 1).max()
    whole = rate(lambda: [result.reprice(day.prices, day.facts) for day in days], ONE_BY_ONE)
    many = rate(lambda: result.totals_at(draws), AT_ONCE)
    print(f"whole ledgers, one by one   {whole:12,.0f} a second")
    print(f"sums, {AT_ONCE:,} at once      {many:12,.0f} a second, {AT_ONCE / many:.2f} s for all")
    print(f"largest relative difference {error:12.1e}")


if __name__ == "__main__":
    main()
