"""What a day of serving a large language model costs.

day = sim.load("support_chatbot")       read a scenario
result = sim.run(day, seed=1)           simulate and price it
result.ledger.total_usd                 what it cost
result.reprice(other.prices)            the same day at other prices
sim.summary(result)                     the headline numbers
sim.save(result, folder)                write it to disk
sim.load_result(folder)                 read it back, to look at it or to price it again
"""

from typing import TYPE_CHECKING, Any

from sim.core.version import __version__

if TYPE_CHECKING:
    from sim.day import DayResult, load, run
    from sim.result_json import summary
    from sim.saving import load_result, read_summary, save
    from sim.scenario.schema import Scenario

__all__ = ["DayResult", "Scenario", "__version__", "load", "load_result", "read_summary", "run", "save", "summary"]

_HOMES = {
    "DayResult": "sim.day",
    "Scenario": "sim.scenario.schema",
    "load": "sim.day",
    "load_result": "sim.saving",
    "read_summary": "sim.saving",
    "run": "sim.day",
    "save": "sim.saving",
    "summary": "sim.result_json",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import sim` is instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
