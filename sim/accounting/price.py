"""Pricing: a ledger as a pure function of what happened and of what things cost."""

from sim.accounting.energy import energy_lines
from sim.accounting.hardware import hardware_lines
from sim.accounting.inventory import Inventory
from sim.accounting.ledger import CostLedger
from sim.accounting.maintenance import maintenance_lines
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
    """The ledger of what a day used up: the same lines in the same order whatever the prices and the events are."""
    lines = [
        *hardware_lines(usage.inventory, prices),
        *energy_lines(usage, prices),
        *maintenance_lines(usage, prices),
    ]
    served = usage.served
    return CostLedger(tuple(lines), served.requests, served.prompt_tokens, served.output_tokens)
