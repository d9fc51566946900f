"""Pricing: a ledger as a pure function of what happened and of what things cost."""

from collections.abc import Iterable, Iterator

from sim.accounting.energy import energy_items
from sim.accounting.hardware import hardware_items
from sim.accounting.inventory import Inventory
from sim.accounting.items import Item
from sim.accounting.ledger import CostLedger, Line
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
    return _ledger(usage, (item.told() for item in reckon(usage, prices)))


def charge_draws(usage: Usage, prices: ResolvedPrices) -> CostLedger:
    """The same without sentences: an array stands for each amount whose prices hold arrays, one number a draw."""
    return _ledger(usage, (item.untold() for item in reckon(usage, prices)))


def _ledger(usage: Usage, lines: Iterable[Line]) -> CostLedger:
    served = usage.served
    return CostLedger(tuple(lines), served.requests, served.prompt_tokens, served.output_tokens)


def reckon(usage: Usage, prices: ResolvedPrices) -> Iterator[Item]:
    """Everything that is paid for, category by category."""
    for pool in usage.pools:
        yield from hardware_items(pool, usage.inventory.duration_days, prices)
    yield from energy_items(usage, prices)
    yield from maintenance_items(usage, prices)
