"""Pricing: a ledger as a pure function of what happened and of what things cost."""

from collections.abc import Iterator

from sim.accounting.depreciation import Number
from sim.accounting.energy import energy_items
from sim.accounting.hardware import hardware_items
from sim.accounting.inventory import Inventory
from sim.accounting.items import Item
from sim.accounting.ledger import CATEGORIES, CostLedger
from sim.accounting.maintenance import maintenance_items
from sim.accounting.prices import ResolvedPrices
from sim.accounting.usage import Served, Usage, measure
from sim.traces.events import EventLog
from sim.traces.utilisation import UtilisationTrace


def price(
    utilisation: UtilisationTrace, events: EventLog, inventory: Inventory, prices: ResolvedPrices, served: Served
) -> CostLedger:
    """The ledger of a simulated day; to price one day many times, `measure` it once and `charge` what it used."""
    return charge(measure(utilisation, events, inventory, served), prices)


def charge(usage: Usage, prices: ResolvedPrices) -> CostLedger:
    """The ledger of what a day used up: the same lines in the same order whatever the events are."""
    lines = tuple(item.told() for item in reckon(usage, prices))
    served = usage.served
    return CostLedger(lines, served.requests, served.prompt_tokens, served.output_tokens)


def totals(usage: Usage, prices: ResolvedPrices) -> dict[str, Number]:
    """Dollars by category and in all, without lines; an array each where prices hold arrays, one number a draw."""
    sums: dict[str, Number] = dict.fromkeys(CATEGORIES, 0.0)
    for item in reckon(usage, prices):
        sums[item.category] = sums[item.category] + item.amount_usd
    return sums | {"total": sum(sums.values())}


def reckon(usage: Usage, prices: ResolvedPrices) -> Iterator[Item]:
    """Everything that is paid for, category by category."""
    for pool in usage.pools:
        yield from hardware_items(pool, usage.inventory.duration_days, prices)
    yield from energy_items(usage, prices)
    yield from maintenance_items(usage, prices)
