"""What the plant costs a run, and what each kind of hall gives.

python benchmarks/plant.py cost [HOURS]   CPU time of ChatGPT's day of 2023 with all of the plant on, and off
python benchmarks/plant.py pue            PUE and WUE of each kind of hall, a typical day of every month, and what is
                                          published for halls of that kind
"""

import sys
import time
from typing import Any

import numpy as np

import sim
from sim.core.units import JOULES_PER_KWH, LITRES_PER_M3, SECONDS_PER_HOUR

OFF = {
    "plant.failures.enabled": False,
    "plant.climate.enabled": False,
    "plant.delivery.random_outages": False,
}
ON: dict[str, Any] = {
    "plant.climate.zones": 4,
    "plant.climate.weather.drawn": True,
    "plant.climate.trips": {"noon": {"at_s": 1800, "duration_s": 1800, "units": 2}},
    "plant.failures.multiplier": 3,
    "plant.delivery.feed_w": 30e6,
    "plant.delivery.outages": {"early": {"at_s": 600, "duration_s": 300}},
    "plant.repair.spares": {"gpt3": {"hot": 10, "cold": 10}},
    "plant.repair.services": {"upgrade": {"pool": "gpt3", "at_once": 36, "work_s": 1200}},
}
KINDS = {
    "pue_average": "Uptime survey 1.54",
    "pue_economiser": "Google 1.09",
    "pue_dry": "Microsoft 1.18",
    "pue_outside_air": "Meta 1.08",
    "pue_hot_outside_air": "AWS 1.15",
}
MONTHS = range(1, 13)


def cost(hours: float) -> None:
    """CPU seconds of the same hours with the plant off and on; the best of three each."""
    day = sim.load("chatgpt_2023", {"day.duration_s": hours * SECONDS_PER_HOUR})
    took = {name: min(_cpu_s(day.replace(changes)) for _ in range(3)) for name, changes in (("off", OFF), ("on", ON))}
    ratio = took["on"] / took["off"] - 1.0
    print(f"chatgpt_2023, {hours:g} h: plant off {took['off']:.2f} s, on {took['on']:.2f} s of CPU: {ratio:+.1%}")


def _cpu_s(day: sim.Scenario) -> float:
    begun = time.process_time()
    sim.run(day)
    return time.process_time() - begun


def pue() -> None:
    """The mean of twelve typical days for each kind of hall."""
    print(f"{'hall':22} {'PUE':>6} {'of days':>13} {'WUE L/kWh':>10}   published")
    for name, published in KINDS.items():
        day = sim.load(name)
        traces = [sim.run(day.replace({"day.date": f"2026-{m:02d}-15"})).traces.utilisation for m in MONTHS]
        found = np.array([trace.pue for trace in traces])
        water = np.mean([trace.wue_m3_per_j for trace in traces]) * LITRES_PER_M3 * JOULES_PER_KWH
        print(f"{name:22} {found.mean():6.3f} {found.min():6.3f}-{found.max():.3f} {water:10.2f}   {published}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["cost"]:
        cost(float(sys.argv[2]) if len(sys.argv) > 2 else 2.0)
    else:
        pue()
