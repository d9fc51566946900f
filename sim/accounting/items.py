"""An item: a line of the ledger before its sentence is put into words.

A ledger of words takes far longer to write than to reckon. Items are reckoned once a price vector, with a number or an
array of draws in each price; `told` makes the line of the ledger, which only a person reads.
"""

from dataclasses import dataclass
from typing import Any

from sim.accounting.ledger import Category, Driver, Line


@dataclass(frozen=True, eq=False, slots=True)
class Item:
    """What a line says, reckoned."""

    category: Category
    """Part of the cost it belongs to."""
    component: str
    """What was paid for."""
    pool: str
    """Pool it belongs to; empty for the hall."""
    driver: Driver
    """What of the day it follows."""
    quantity: float
    """How much of it."""
    unit: str
    """Unit of the quantity."""
    unit_price_usd: float
    """Price of one unit."""
    sources: tuple[str, ...]
    """Ids of the sources that its prices rest on."""
    basis: str
    """How it was reckoned, with places for numbers."""
    numbers: tuple[Any, ...] = ()
    """The numbers for those places."""

    @property
    def amount_usd(self) -> float:
        """Quantity times unit price."""
        return self.quantity * self.unit_price_usd

    def told(self) -> Line:
        """The line of the ledger."""
        basis = self.basis.format(*self.numbers) if self.numbers else self.basis
        return self._line(float(self.quantity), float(self.unit_price_usd), float(self.amount_usd), basis)

    def untold(self) -> Line:
        """The same without its sentence; its numbers may be arrays."""
        return self._line(self.quantity, self.unit_price_usd, self.amount_usd, "")

    def _line(self, quantity: float, price_usd: float, amount_usd: float, basis: str) -> Line:
        paid = (self.category, self.component, quantity, self.unit, price_usd, amount_usd)
        return Line(*paid, basis, self.sources, self.pool, self.driver)
