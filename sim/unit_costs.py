"""What a day's dollars come to for people who plan: by use, use case, token, user, and against renting."""

import math
from typing import Any

from sim.accounting.allocation import Tokens, break_even, by_use, case_costs, marginal_usd, usd_per_million
from sim.accounting.energy import carbon_t
from sim.accounting.energy_use import added
from sim.accounting.ledger import per_million
from sim.accounting.numbers import sum_of
from sim.day import DayResult
from sim.traces.request import Outcome
from sim.units import KILOGRAMS_PER_TONNE


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
        case: Tokens(int(digest.outcomes[n, :, Outcome.FINISHED].sum()), *digest.tokens[n].sum(axis=0).tolist()[:2])
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
