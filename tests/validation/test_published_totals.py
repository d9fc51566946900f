"""Ten minutes at a day's mean demand beside what others published of a query; each test prints both (pytest -s)."""

from typing import Any

import pytest

import sim
from sim.core.units import SECONDS_PER_HOUR, WATTS_PER_KILOWATT

pytestmark = pytest.mark.usefixtures("engine_compiled")

STRETCH = {"day.start_s": "12:00", "day.duration_s": "10 min", "workload.demand.shape": "flat"}
SITE = ("cooling", "losses")
HOST = ("host", "storage", "network")
WAIT_S = 2.0
"""SemiAnalysis has its GPUs used at latencies below 2,000 ms."""


def ten_minutes(name: str, **changes: object) -> dict[str, Any]:
    """Headline numbers of a shipped scenario; a change's path has two underscores for a dot."""
    sets = {path.replace("__", "."): value for path, value in changes.items()}
    return sim.summary(sim.run(sim.load(name, STRETCH | sets), seed=1))


def watt_hours(numbers: dict[str, Any], requests: int | None = None) -> dict[str, float]:
    """Wh by component of a request that arrived."""
    arrived = requests or numbers["requests"]["arrived"]
    return {part: kwh * WATTS_PER_KILOWATT / arrived for part, kwh in numbers["energy_kwh"].items()}


def told(title: str, parts: dict[str, float]) -> None:
    print(f"\n{title}; simulated, Wh: " + ", ".join(f"{part} {value:.4f}" for part, value in parts.items()))


def in_time(numbers: dict[str, Any]) -> bool:
    """Whether all but one of a hundred requests saw their first token in time."""
    return bool(numbers["latency"]["ttft_s"]["p99"] < WAIT_S)


def test_semianalysis_cents_and_the_servers_that_its_day_needs() -> None:
    """0.356 cents a request at 28,936 GPUs; half the servers answer as promptly, a third of them do not."""
    found = {servers: ten_minutes("semianalysis_2023", fleet__pools__gpt3__servers=servers) for servers in (57, 28, 20)}
    for servers, numbers in found.items():
        cents = numbers["cost_usd"]["total"] / numbers["requests"]["arrived"] * 100
        first, each = (numbers["latency"][metric]["p99"] for metric in ("ttft_s", "tpot_s"))
        told(
            f"SemiAnalysis: 0.356 ct on 3,617 servers; {servers * 64:,} servers {cents:.3f} ct, mean batch "
            f"{numbers['fleet']['mean_batch']:.1f}, p99 {first:.2f} s to first token, {each * 1e3:.0f} ms a token",
            watt_hours(numbers),
        )
        if servers == 57:
            assert cents == pytest.approx(0.356, rel=0.02)
    assert [in_time(numbers) for numbers in found.values()] == [True, True, False]


def epoch(numbers: dict[str, Any]) -> dict[str, float]:
    """Epoch's three factors: GPU-seconds a query, IT watts a GPU, PUE; their product is the energy."""
    energy, gpus = numbers["energy_kwh"], numbers["fleet"]["gpus"]
    it_kwh = energy["total"] - sum(energy[part] for part in SITE)
    gpu_h = gpus * numbers["duration_s"] / SECONDS_PER_HOUR
    return {
        "gpu_s": gpu_h * SECONDS_PER_HOUR / numbers["requests"]["arrived"],
        "w": it_kwh * WATTS_PER_KILOWATT / gpu_h,
        "pue": numbers["pue"],
    }


def test_epoch_0_30_wh_a_query_by_its_three_factors() -> None:
    """1.011 GPU-seconds at 1,275 W x 0.7 and a PUE of 1.2; a tenth of the demand leaves the band."""
    numbers, calm = (ten_minutes("epoch_2025", workload__demand__requests_per_day=n) for n in (1_367_194, 136_719))
    parts, factors = watt_hours(numbers), epoch(numbers)
    told("Epoch: 0.3008 Wh = 1.011 GPU-s x 893 W x 1.200", parts)
    print("  here " + " x ".join(f"{value:.3f} {name}" for name, value in factors.items()))
    assert factors["gpu_s"] * factors["w"] * factors["pue"] / SECONDS_PER_HOUR == pytest.approx(parts["total"])
    assert factors["gpu_s"] == pytest.approx(1.011, rel=0.03)
    assert factors["w"] == pytest.approx(893, rel=0.20)
    assert factors["pue"] == pytest.approx(1.2, rel=0.03)
    assert parts["total"] == pytest.approx(0.30, rel=0.25)
    assert watt_hours(calm)["total"] > 1.25 * 0.30


def test_altman_0_34_wh_a_query() -> None:
    """No split was published; the band is what load alone moves, and a quarter of the demand leaves it."""
    numbers, calm = (ten_minutes("altman_2025", workload__demand__requests_per_day=n) for n in (2.5e6, 0.625e6))
    parts = watt_hours(numbers)
    told("Altman: 0.34 Wh and 0.32 mL", parts)
    print(f"  here {numbers['plant']['water_m3'] * 1e6 / numbers['requests']['arrived']:.2f} mL on the site")
    assert parts["total"] == pytest.approx(0.34, rel=0.25)
    assert watt_hours(calm)["total"] > 1.25 * 0.34


GOOGLE = {"accelerators": 0.58, "host": 0.25, "idle machines": 0.10, "overhead": 0.08}


def google(numbers: dict[str, Any], without_spare: dict[str, Any]) -> dict[str, float]:
    """Google's four parts; idle machines are what the spare server adds."""
    requests = numbers["requests"]["arrived"]
    whole, serving = watt_hours(numbers), watt_hours(without_spare, requests)
    idle = sum(whole[part] - serving[part] for part in ("gpu", *HOST))
    host, overhead = sum(serving[part] for part in HOST), sum(whole[part] for part in SITE)
    return dict(zip(GOOGLE, (serving["gpu"], host, idle, overhead), strict=True))


def test_google_0_24_wh_and_its_split() -> None:
    """Each share within twelve points of Google's, and the whole within 40 %: TPUs and the load are not known."""
    alone = {"fleet__pools__text__servers": 4, "plant__repair__spares__text__hot": 0}
    numbers, without = ten_minutes("google_2025"), ten_minutes("google_2025", **alone)
    parts = google(numbers, without)
    total = sum(parts.values())
    told("Google: 0.24 Wh, PUE 1.09", parts | {"total": total})
    shares = {part: value / total for part, value in parts.items()}
    print(f"  PUE {numbers['pue']:.3f}; " + ", ".join(f"{p} {shares[p]:.1%} ({GOOGLE[p]:.0%})" for p in GOOGLE))
    assert without["requests"] == numbers["requests"]
    assert total == pytest.approx(watt_hours(numbers)["total"])
    assert shares == pytest.approx(GOOGLE, abs=0.12)
    assert total == pytest.approx(0.24, rel=0.40)
    assert 1.0 < numbers["pue"] < 1.09
