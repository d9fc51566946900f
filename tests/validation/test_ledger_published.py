"""The ledger beside published totals; each test prints what it compares (pytest -s)."""

from dataclasses import replace

import numpy as np
import pytest

from sim.accounting.inventory import Inventory, take_inventory
from sim.accounting.ledger import CostLedger
from sim.accounting.prices import resolve_prices
from sim.accounting.pricing import price
from sim.accounting.usage import Served
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.reading import read_catalogue
from sim.scenario.schema import Scenario
from sim.traces.events import EventLog
from tests.unit.accounting.test_pricing import minutes_of, trace_of

DAY_MINUTES = 1_440


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue()


def steady(catalogue: Catalogue, server: str, servers: int, it_w: float, pue: float, **prices: object) -> CostLedger:
    """The ledger of a day in which each server draws so many watts, of a pool without storage and network apart."""
    pools = {"main": {"server": server, "servers": servers}}
    scenario = Scenario(name="steady", fleet={"pools": pools}, prices=prices)  # type: ignore[arg-type]
    minute, drawn_j = np.full(DAY_MINUTES, 60.0), np.full(DAY_MINUTES, 60.0 * it_w * servers)
    sizes = {
        "servers": servers,
        "replicas": servers,
        "up_server_s": minute * servers,
        "decode_busy_s": minute * servers,
    }
    pool = replace(minutes_of("main", DAY_MINUTES, gpu_j=drawn_j), server=server, **sizes)
    trace = trace_of(pool, minute_s=minute, cooling_j=drawn_j * (pue - 1))
    inventory: Inventory = take_inventory(scenario, catalogue)
    resolved = resolve_prices(scenario.prices, scenario.plant.site, catalogue, {"main": server}, 0)
    return price(trace, EventLog(), inventory, resolved, Served(1, 1, 1))


def test_semianalysis_694_464_dollars_a_day(catalogue: Catalogue) -> None:
    """3,617 servers of eight A100 at a dollar a GPU-hour, and 0.36 cents a query of 195 million."""
    by_the_hour = {"main": {"by": "reserved", "gpu_usd_per_h": 1.0}}
    ledger = steady(catalogue, "dgx_a100", 3_617, 5_000.0, 1.2, pools=by_the_hour)
    hardware = ledger.by("category")["hardware"]
    print(
        f"\nSemiAnalysis (2023): 694,464 USD a day; ledger {hardware:,.2f} USD; {hardware / 195e6 * 100:.3f} ct a query"
    )
    assert hardware == pytest.approx(694_464.0, abs=0.005)
    assert hardware / 195e6 == pytest.approx(0.0036, rel=0.02)
    assert ledger.by("category")["energy"] == 0.0


OWNER = {"dgx_h100": (1.30, 1.69, 1.73, 0.55, 1.2), "dgx_b200": (1.95, 2.34, 2.17, 0.55, 1.2)}
"""SemiAnalysis: owner's USD/GPU-h of a hyperscaler and a neocloud, kW a GPU all in; load and PUE taken for ours."""


@pytest.mark.parametrize("server", OWNER)
def test_owners_dollars_a_gpu_hour_against_semianalysis(catalogue: Catalogue, server: str) -> None:
    """From components at list-like prices, then with each of the differences between an owner and a hyperscaler.

    A hyperscaler pays less of the vendor's margin and borrows cheaply: prices at the low ends, six years at 5 %, a hall
    of its own, electricity at 6 cents, no spares. The published figure for it must lie between the two ends, and our
    list prices near the neocloud's, which buys at such prices and rents its place.
    """
    hyperscaler, neocloud, _, load, pue = OWNER[server]
    entry = catalogue.pick("servers", server)
    watts = load * entry.nameplate_w.value
    listed = _per_gpu_h(steady(catalogue, server, 1, watts, pue))
    parts = ("server", "gpu", "cpu", "memory", "storage", "network", "rack")
    low = {f"{part}_usd": getattr(entry, f"{part}_usd").low for part in parts}
    steps = {
        "at list prices, 10 % capital, colocation": {},
        "parts at the low end of their ranges": {"equipment": {server: low}},
        "six years at 5 %": {"lifetime_years": 6.0, "capital_fraction_per_year": 0.05},
        "a hall of its own, 6 ct/kWh, no spares": {
            "facility": "owned", "electricity_usd_per_kwh": 0.06, "spares_fraction": 0.0,
        },
    }  # fmt: skip
    chosen: dict[str, object] = {}
    print(f"\n{server}: published {hyperscaler} (hyperscaler), {neocloud} (neocloud) USD/GPU-h")
    for name, change in steps.items():
        chosen |= change
        found = _per_gpu_h(steady(catalogue, server, 1, watts, pue, **chosen))
        print(f"  {found:5.2f}  {found / hyperscaler - 1:+6.1%} {found / neocloud - 1:+6.1%}  {name}")
    assert found < hyperscaler < listed
    assert listed == pytest.approx(neocloud, rel=0.3)


def _per_gpu_h(ledger: CostLedger) -> float:
    return ledger.total_usd / (24 * 8)


def test_mlperf_joules_a_token_become_dollars_a_million_tokens(catalogue: Catalogue) -> None:
    """8 x H200 MaxQ, Llama 2 70B offline: 25,262 tokens/s at 6,153 W of wall power, 0.2436 J a token."""
    tokens_per_day = 25_262 * 86_400
    chosen = {"electricity_usd_per_kwh": 0.0929}
    ledger = steady(catalogue, "hgx_h200", 1, 6_153.0, 1.0, **chosen)
    kwh = sum(line.quantity for line in ledger.lines if line.unit == "kWh")
    joules = kwh * 3.6e6 / tokens_per_day
    energy = ledger.by("component")["gpus of main (NVIDIA H200 SXM 141 GB)"]
    electricity = next(line for line in ledger.lines if line.unit == "kWh").amount_usd / tokens_per_day * 1e6
    whole = ledger.total_usd / tokens_per_day * 1e6
    print(
        f"\n{joules:.4f} J a token: {electricity * 1e2:.4f} ct of electricity, {whole:.4f} USD in all, a million tokens"
    )
    assert (joules, energy > 0) == (pytest.approx(0.2436, abs=5e-5), True)
    assert electricity == pytest.approx(6_153 / 25_262 / 3.6e6 * 0.0929 * 1e6)
    assert electricity < 0.1 * whole
