"""Who and what the day's dollars went to: the uses of every pool's time, use cases, tokens, one more token.

Two bases throughout. **Used**: the dollars of the time and energy in which prompts were read and answers made.
**Allocated**: all dollars of a pool, with what was idle, waking, asleep, failed or spare borne by those who used it.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sim.accounting.amounts import Number, ratio, sum_of
from sim.accounting.energy import energy_usd
from sim.accounting.ledger import CostLedger, Line, per_million
from sim.accounting.prices import ResolvedPrices
from sim.accounting.usage import PoolUsage, Served, Usage
from sim.catalogue.types.money import Rental
from sim.core.states import ServerState

SERVING = ("prompts", "answers")
"""Uses that somebody asked for."""
USES = (*SERVING, "idle", "waking", "asleep", "failed", "spare")
"""What a pool's dollars may go to."""


class Share(NamedTuple):
    """What one use of one pool cost."""

    pool: str
    """The pool."""
    use: str
    """What its time, energy or parts went to."""
    server_h: float
    """Server-hours of it."""
    amount_usd: float
    """What it cost."""


@dataclass(frozen=True)
class CaseCost:
    """What a use case cost."""

    served: Served
    """What it was served."""
    used_usd: float
    """Dollars of the time and energy that it took."""
    allocated_usd: float
    """The same with its part of all that its pool cost."""


def allocate(ledger: CostLedger, usage: Usage) -> list[Share]:
    """All dollars of a ledger by pool and use; they sum to its total.

    Capacity goes by server-hours, energy by work and idling, what failed to `failed`, spares to `spare`. The hall's
    lines go to the pools by what they drew, its labour by their servers.
    """
    return [share for pool in usage.pools for share in _shares(pool, ledger, usage)]


def by_use(shares: list[Share]) -> dict[str, float]:
    """Dollars by use over all pools."""
    return {use: sum_of(share.amount_usd for share in shares if share.use == use) for use in USES}


def _shares(pool: PoolUsage, ledger: CostLedger, usage: Usage) -> Iterator[Share]:
    hours, amounts = _hours(pool), dict.fromkeys(USES, 0.0)
    splits = {"capacity": _parts(hours), "energy": _energy_parts(pool, hours)}
    splits |= {"failures": {"failed": 1.0}, "spare": {"spare": 1.0}}
    for line in ledger.lines:
        usd = line.amount_usd * _share_of(line, pool, usage)
        for use, part in splits[line.driver].items():
            amounts[use] += usd * part
    for use in USES:
        yield Share(pool.pool.name, use, hours.get(use, 0.0), amounts[use])


def _share_of(line: Line, pool: PoolUsage, usage: Usage) -> float:
    """A pool's part of a line: all of its own, none of another's; of the hall's by energy or by servers."""
    if line.pool:
        return 1.0 if line.pool == pool.pool.name else 0.0
    weights = [each.it.total_kwh if line.driver == "energy" else each.server_h for each in usage.pools]
    own = pool.it.total_kwh if line.driver == "energy" else pool.server_h
    total = math.fsum(weights)
    return own / total if total else 1.0 / len(weights)


def _hours(pool: PoolUsage) -> dict[str, float]:
    """Server-hours by use."""
    state = pool.state_h
    return {
        "prompts": pool.prefill_h,
        "answers": pool.decode_h,
        "idle": max(0.0, state[ServerState.UP] + state[ServerState.DRAINING] - pool.busy_h),
        "waking": state[ServerState.WAKING],
        "asleep": state[ServerState.ASLEEP],
        "failed": state[ServerState.DOWN],
        "spare": state[ServerState.OFF],
    }


def _parts(hours: Mapping[str, float]) -> dict[str, float]:
    """Each part of a whole; where there is none, all of it is idle."""
    total = math.fsum(hours.values())
    return {name: each / total for name, each in hours.items()} if total else {"idle": 1.0}


def _energy_parts(pool: PoolUsage, hours: Mapping[str, float]) -> dict[str, float]:
    """Parts of a pool's energy: work by busy time, the rest by all time with the power on."""
    busy = _parts({use: hours[use] for use in SERVING})
    powered = _parts({use: hours[use] for use in (*SERVING, "idle", "waking")})
    drawn_kwh = pool.it.total_kwh
    work = min(1.0, pool.work.total_kwh / drawn_kwh) if drawn_kwh else 0.0
    return {use: work * busy.get(use, 0.0) + (1 - work) * powered.get(use, 0.0) for use in (*busy, *powered)}


def usd_per_million(shares: list[Share], ledger: CostLedger) -> dict[str, dict[str, float]]:
    """Dollars per million prompt tokens and per million output tokens, used and allocated."""
    tokens = {"prompts": ledger.prompt_tokens, "answers": ledger.output_tokens}
    used = by_use(shares)
    served = sum(used[use] for use in SERVING)
    burden = ratio(ledger.total_usd, served, math.nan)
    names = {"prompts": "prompt", "answers": "output"}
    each = {names[use]: per_million(used[use], count) for use, count in tokens.items()}
    return {name: {"used": usd, "allocated": usd * burden} for name, usd in each.items()}


def case_costs(shares: list[Share], served: Mapping[str, Served], pools: Mapping[str, str]) -> dict[str, CaseCost]:
    """What each use case cost, by the pool it went to: its part of the pool's time, then of the tokens made in it."""
    return {case: _case_cost(case, shares, served, pools) for case in served}


def _case_cost(case: str, shares: list[Share], served: Mapping[str, Served], pools: Mapping[str, str]) -> CaseCost:
    own, pool = served[case], pools[case]
    usd = {share.use: share.amount_usd for share in shares if share.pool == pool}
    others = [tokens for name, tokens in served.items() if pools[name] == pool]
    prompts = ratio(own.prompt_tokens, sum(tokens.prompt_tokens for tokens in others))
    answers = ratio(own.output_tokens, sum(tokens.output_tokens for tokens in others))
    used = usd["prompts"] * prompts + usd["answers"] * answers
    burden = ratio(sum_of(usd.values()), usd["prompts"] + usd["answers"])
    return CaseCost(own, used, used * burden)


def marginal_usd(usage: Usage, prices: ResolvedPrices) -> Number:
    """What the day's work itself cost [USD]: the energy beyond idling, with the hall's on top, of owned pools.

    Everything else would have been paid had nobody asked for anything.
    """
    drawn_kwh = math.fsum(pool.it.total_kwh for pool in usage.pools)
    hall_kwh = math.fsum(used.total_kwh for used in usage.hall.values())
    own = [pool for pool in usage.pools if pool.pool.name not in prices.rents]
    work_usd = sum_of(energy_usd(pool.work, prices.electricity) for pool in own)
    marginal: Number = work_usd * (1 + ratio(hall_kwh, drawn_kwh))
    return marginal


def break_even(owned_usd_per_gpu_h: float, rental: Rental) -> dict[str, float]:
    """Utilisation from which a GPU of one's own is cheaper than one rented for the hours at work only [1].

    Above 1 renting is cheaper at any utilisation.
    """
    rents = {
        "on_demand": rental.on_demand_usd_per_h,
        "reserved": rental.reserved_usd_per_h,
        "spot": rental.spot_usd_per_h,
    }
    return {name: ratio(owned_usd_per_gpu_h, rent.value, math.inf) for name, rent in rents.items()}
