"""Numbers of a batch or study as the terminal shows them."""

from collections.abc import Callable
from typing import Any

Form = Callable[[Any], str]


def number(value: Any) -> str:
    """A number to four figures, or to the hundredth from a thousand on; a word as it is."""
    if value is None or isinstance(value, str):
        return value or "-"
    return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:,.4g}"


def signed(value: float | None) -> str:
    """A difference, with its sign."""
    return "-" if value is None else f"{'+' if value > 0 else ''}{number(value)}"


def share(value: float | None) -> str:
    """A part of a whole, to three places."""
    return "-" if value is None else f"{value:z.3f}"


def change(relative: float | None) -> str:
    """A change by a share, as signed percent."""
    return "-" if relative is None else f"{relative:+z.1%}".replace("+0.0%", "0.0%")


def percent(value: float | None) -> str:
    """A share as percent."""
    return "-" if value is None else f"{value:.1%}"


def half(told: dict[str, Any]) -> str:
    """Half of an interval that is as wide above its estimate as below."""
    if told["low"] is None:
        return "-"
    around = (told["high"] - told["low"]) / 2
    return f"{around:,.0f}" if around >= 10 else f"{around:.2g}"


def interval(told: dict[str, Any], form: Form = number) -> str:
    """An interval, of which an end may be unknown."""
    low, high = told["low"], told["high"]
    if low is None or high is None:
        return f"from {form(low)} on" if low is not None else f"up to {form(high)}" if high is not None else ""
    return f"{form(low)} to {form(high)}"
