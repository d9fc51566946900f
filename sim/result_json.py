"""result.json: the numbers of a day that other tools read. Its keys are a contract.

What a day's dollars come to for people who plan: by use, use case, token, user, and against renting.
"""

import math
from collections.abc import Sequence
from typing import Any

from sim.accounting.allocation import break_even, by_use, case_costs, marginal_usd, usd_per_million
from sim.accounting.amounts import sum_of
from sim.accounting.energy import carbon_t
from sim.accounting.energy_use import added
from sim.accounting.ledger import per_million
from sim.accounting.usage import Served
from sim.core.states import TOKENS, EventKind, ServerState
from sim.core.units import JOULES_PER_KWH, KILOGRAMS_PER_TONNE, LITRES_PER_M3, SECONDS_PER_HOUR, WATTS_PER_KILOWATT
from sim.core.version import __version__
from sim.day import DayResult
from sim.scenario.identity import scenario_hash
from sim.traces.digest import METRICS
from sim.traces.events import Event
from sim.traces.minutes import UtilisationTrace
from sim.traces.requests import Outcome


def summary(result: DayResult) -> dict[str, Any]:
    """All headline numbers of a day, as plain data; what is undefined (a quantile of nothing) is None."""
    numbers: dict[str, Any] = _plain(
        {
            "scenario": result.scenario.name,
            "scenario_hash": scenario_hash(result.scenario),
            "seed": result.scenario.seed,
            "engine": result.engine,
            "version": __version__,
            "duration_s": result.scenario.day.duration_s,
            "requests": _requests(result),
            "tokens": dict(zip(TOKENS, result.traces.digest.tokens.sum(axis=(0, 1)).tolist(), strict=True))
            | {"reusable": result.traces.reusable_tokens},
            "latency": {metric: result.traces.digest.summary(metric) for metric in METRICS},
            "fleet": _fleet(result),
            "energy_kwh": _energy_kwh(result),
            "pue": result.traces.utilisation.pue,
            "wue_l_per_kwh": result.traces.utilisation.wue_m3_per_j * LITRES_PER_M3 * JOULES_PER_KWH,
            "plant": _plant(result),
            **money(result),
        }
    )
    return numbers


def money(result: DayResult) -> dict[str, Any]:
    """Those of the headline numbers that prices change; arrays of them where the day holds many draws of prices."""
    changed: dict[str, Any] = _plain(_cost(result) | unit_costs(result))
    return changed


def _requests(result: DayResult) -> dict[str, int]:
    """Arrivals by fate: arrived = finished + refused + lost + in flight; who left unserved counts as lost."""
    traces, count = result.traces, result.traces.digest.count
    return {
        "arrived": traces.arrived,
        "finished": count(Outcome.FINISHED),
        "refused": count(Outcome.REFUSED),
        "lost": count(Outcome.LOST) + count(Outcome.ABANDONED),
        "in_flight": count(Outcome.IN_FLIGHT),
        "requeued": traces.requeued,
        "abandoned": count(Outcome.ABANDONED),
        "too_long": traces.too_long,
        "preempted": traces.preempted,
        "left_out": traces.left_out,
        "skipped_rows": traces.skipped_rows,
    }


def _fleet(result: DayResult) -> dict[str, float]:
    """Sizes, and means over all replicas and the whole day."""
    pools = result.traces.utilisation.pools
    busy_s = sum(float(pool.busy_s.sum()) for pool in pools)
    replica_s = sum(float(pool.serving_server_s.sum()) * pool.replicas / pool.servers for pool in pools)
    batch_s = sum(float(pool.batch_request_s.sum()) for pool in pools)
    return {
        "servers": sum(pool.servers for pool in pools),
        "gpus": sum(pool.servers * pool.gpus_per_server for pool in pools),
        "mean_utilisation": busy_s / replica_s if replica_s else 0.0,
        "mean_batch": batch_s / busy_s if busy_s else 0.0,
        "failures": mended(result.traces.events.events)["fleet.failures"],
        "availability": availability(result),
    }


def _energy_kwh(result: DayResult) -> dict[str, float]:
    trace = result.traces.utilisation
    joules = {
        "gpu": sum(float(pool.gpu_j.sum()) for pool in trace.pools),
        "host": sum(float(pool.host_j.sum()) for pool in trace.pools),
        "storage": sum(float(pool.storage_j.sum()) for pool in trace.pools),
        "network": sum(float(pool.network_j.sum()) for pool in trace.pools),
        "cooling": float(trace.plant.cooling_j.sum()),
        "losses": float(trace.plant.losses_j.sum()),
    }
    return {name: value / JOULES_PER_KWH for name, value in (joules | {"total": sum(joules.values())}).items()}


def _plant(result: DayResult) -> dict[str, Any]:
    """What cooling and power delivery are made of, how warm it got, and who mended what."""
    trace, found = result.traces.utilisation, mended(result.traces.events.events)
    parts = ("chiller", "fan", "pump", "rejection", "ups", "transformer")
    energy = {f"{part}_kwh": float(getattr(trace.plant, f"{part}_j").sum()) / JOULES_PER_KWH for part in parts}
    return energy | {
        "water_m3": float(trace.plant.water_m3.sum()),
        "warmest_inlet_c": float(trace.plant.inlet_c.max()),
        "slowest_speed": min(float(pool.speed.min()) for pool in trace.pools),
        "technician_h": found["plant.technician_h"],
        "parts_used": found["plant.parts_used"],
        "server_h": {state.word: _server_h(trace, state) for state in ServerState},
    }


def availability(result: DayResult) -> float:
    """Share of all server-time that was not lost."""
    trace = result.traces.utilisation
    down_s = sum(float(pool.down_server_s.sum()) for pool in trace.pools)
    return 1.0 - down_s / (sum(pool.servers for pool in trace.pools) * float(trace.minute_s.sum()))


def mended(events: Sequence[Event]) -> dict[str, float]:
    """The headline numbers that an event log tells alone, by their dotted names."""
    return {
        "fleet.failures": sum(event.kind == EventKind.FAILED for event in events),
        "plant.technician_h": math.fsum(event.labour_s for event in events) / SECONDS_PER_HOUR,
        "plant.parts_used": sum(event.parts_used for event in events),
    }


def _server_h(trace: UtilisationTrace, state: ServerState) -> float:
    return sum(float(getattr(pool, state.column).sum()) for pool in trace.pools) / SECONDS_PER_HOUR


def _cost(result: DayResult) -> dict[str, Any]:
    ledger = result.ledger
    total_wh = WATTS_PER_KILOWATT * _energy_kwh(result)["total"]
    costs = {
        "cost_usd": ledger.by("category") | {"total": ledger.total_usd},
        "usd_per_request": ledger.usd_per_request,
        "usd_per_million_output_tokens": ledger.usd_per_million_output_tokens,
        "wh_per_request": total_wh / ledger.requests if ledger.requests else None,
    }
    return costs | _article(result)


def _article(result: DayResult) -> dict[str, Any]:
    """The article's view, where it was asked for."""
    view = result.article
    if view is None:
        return {}
    steps = [{"name": step.name, "change_usd": step.change_usd, "total_usd": step.total_usd} for step in view.steps]
    return {"article_usd": view.ledger.by("category") | {"total": view.ledger.total_usd}, "article_steps": steps}


def _plain(value: Any) -> Any:
    """JSON has no NaN: undefined numbers become None."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def unit_costs(result: DayResult) -> dict[str, Any]:
    """The keys that result.json has beside the ledger's totals, as plain data."""
    ledger, shares = result.ledger, result.shares
    marginal = marginal_usd(result.usage, result.prices)
    dollar = result.catalogue.pick("currencies", "usd")
    return {
        "money": {"currency": "USD", "year": int(dollar.year.value)},
        "cost_by_use_usd": by_use(shares),
        "usd_per_million_tokens": usd_per_million(shares, ledger),
        "use_cases": _use_cases(result),
        "marginal": {
            "usd": marginal,
            "usd_per_request": marginal / ledger.requests if ledger.requests else None,
            "usd_per_million_output_tokens": per_million(marginal, ledger.output_tokens),
        },
        "usd_per_user_per_day": _per_user(result),
        "owning": _owning(result),
        **_feed(result),
    }


def _use_cases(result: DayResult) -> dict[str, dict[str, float]]:
    digest, fleet = result.traces.digest, result.scenario.fleet
    first = next(iter(fleet.pools))
    pools = {case: fleet.gateway.get(case, first) for case in digest.use_cases}
    served = {
        case: Served(int(digest.outcomes[n, :, Outcome.FINISHED].sum()), *digest.tokens[n].sum(axis=0).tolist()[:2])
        for n, case in enumerate(digest.use_cases)
    }
    return {
        case: {
            "requests": cost.served.requests,
            "used_usd": cost.used_usd,
            "allocated_usd": cost.allocated_usd,
            "usd_per_request": cost.allocated_usd / cost.served.requests if cost.served.requests else math.nan,
            "usd_per_million_output_tokens": per_million(cost.allocated_usd, cost.served.output_tokens),
        }
        for case, cost in case_costs(result.shares, served, pools).items()
    }


def _per_user(result: DayResult) -> float | None:
    """Cost of a user in 24 hours, where the scenario says how much one asks."""
    each = result.scenario.prices.requests_per_user_per_day
    return result.ledger.usd_per_request * each if each is not None else None


def _owning(result: DayResult) -> dict[str, dict[str, Any]]:
    """Each pool's cost a GPU-hour, and from which utilisation on owning is cheaper than renting by the hour at work."""
    owning: dict[str, dict[str, Any]] = {}
    for pool in result.usage.pools:
        usd = sum_of(share.amount_usd for share in result.shares if share.pool == pool.pool.name)
        usd_per_gpu_h = usd / (pool.server_h * pool.pool.gpus_per_server)
        gpu = result.catalogue.pick("servers", pool.pool.server).gpu
        rental = result.catalogue.rentals.get(gpu)
        rented = pool.pool.name in result.prices.rents
        owning[pool.pool.name] = {
            "usd_per_gpu_h": usd_per_gpu_h,
            "utilisation": pool.busy_share,
            "break_even_utilisation": break_even(usd_per_gpu_h, rental) if rental and not rented else None,
        }
    return owning


def _feed(result: DayResult) -> dict[str, float]:
    """Carbon of all energy by the grid's hours, and the highest quarter of an hour."""
    usage = result.usage
    feed = added([*(pool.it for pool in usage.pools), *usage.hall.values()])
    highest = float((feed.quarter_kwh / usage.quarter_h).max())
    return {"carbon_kg": carbon_t(feed, result.prices) * KILOGRAMS_PER_TONNE, "peak_kw": highest}
