"""One day as a user asks for it: simulate, price, and price again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.accounting.allocation import Share, allocate
from sim.accounting.article import Step, article_fleet, article_ledger, reconcile
from sim.accounting.inventory import take_inventory, technicians_on_duty
from sim.accounting.ledger import CostLedger, check_ledger
from sim.accounting.prices import ResolvedPrices, resolve_prices
from sim.accounting.pricing import PriceDraws, charge, with_draws
from sim.accounting.usage import Served, Usage, measure
from sim.catalogue import Catalogue, read_catalogue, with_facts
from sim.catalogue.catalogue import Overrides
from sim.core.errors import ScenarioError
from sim.files.documents import Keys, dotted, raise_all
from sim.scenario.checking import price_problems, problems
from sim.scenario.prices import Prices
from sim.scenario.reading import read_scenario
from sim.scenario.schema import Scenario
from sim.traces.day import DayTraces
from sim.traces.requests import Outcome
from sim.traces.sinks import Sink, open_sink

if TYPE_CHECKING:
    import pandas as pd

EngineName = Literal["compiled", "reference"]


@dataclass(frozen=True)
class ArticleView:
    """The same fleet as the seed article books it."""

    ledger: CostLedger
    """The article's lines."""
    steps: tuple[Step, ...]
    """The way from its total to ours."""


@dataclass(frozen=True)
class DayResult:
    """A simulated day and what it cost."""

    scenario: Scenario
    """What was asked."""
    catalogue: Catalogue
    """The claims it was answered with, the scenario's own facts included."""
    engine: str
    """Engine that simulated it."""
    traces: DayTraces
    """What happened."""
    ledger: CostLedger
    """What it cost."""
    usage: Usage
    """What the day used up, whatever the prices."""

    @cached_property
    def article(self) -> ArticleView | None:
        """The article's ledger, where the scenario asks for it."""
        if not self.scenario.prices.as_the_article_books_it:
            return None
        fleet = article_fleet(self.usage.inventory, self.scenario.prices.article_coolers)
        prices = self.prices
        entry = self.catalogue.pick("article", "article")
        ledger = article_ledger(entry, fleet, self.scenario.day.duration_s, prices.electricity, self.usage.served)
        return ArticleView(ledger, tuple(reconcile(ledger, self.ledger, self.usage, prices)))

    @cached_property
    def prices(self) -> ResolvedPrices:
        """The prices of the ledger, with their sources."""
        return _resolve(self.scenario, self.catalogue)

    @cached_property
    def shares(self) -> list[Share]:
        """The ledger's dollars by pool and use."""
        return allocate(self.ledger, self.usage)

    def with_usage(self, usage: Usage) -> "DayResult":
        """The same day, had it used up something else."""
        return replace(self, usage=usage, ledger=_price(self.scenario, self.catalogue, usage))

    def reprice(self, prices: Prices, facts: Overrides | None = None) -> "DayResult":
        """The same day at other prices, `facts` that are prices among them; nothing is simulated again."""
        scenario = self.scenario.model_copy(update={"prices": prices} | ({"facts": facts} if facts else {}))
        catalogue = with_facts(self.catalogue, facts or {})
        _refuse(price_problems(scenario, catalogue))
        ledger = _price(scenario, catalogue, self.usage)
        return replace(self, scenario=scenario, catalogue=catalogue, ledger=ledger)

    def totals_at(self, draws: PriceDraws) -> "pd.DataFrame":
        """Dollars by category and in all for many price vectors at once: one row a draw, no lines."""
        import pandas as pd

        ledger = self.reprice_draws(draws).ledger
        count = max((values.size for values in draws.values()), default=1)
        sums = ledger.by("category") | {"total": ledger.total_usd}
        return pd.DataFrame({name: np.broadcast_to(usd, count) for name, usd in sums.items()})

    def reprice_draws(self, draws: PriceDraws) -> "DayResult":
        """The same day at many price vectors at once: its numbers that prices change are arrays, one number a draw."""
        scenario, catalogue = with_draws(self.scenario, self.catalogue, draws)
        ledger = charge(self.usage, _resolve(scenario, catalogue))
        return replace(self, scenario=scenario, catalogue=catalogue, ledger=ledger)


def load(name_or_path: str, changes: Mapping[str, Any] | None = None) -> Scenario:
    """Read a scenario by its path, or by the name of a shipped file, and change dotted paths of it."""
    scenario = read_scenario(name_or_path)
    return scenario.replace(dict(changes)) if changes else scenario


def run(
    scenario: Scenario,
    seed: int | None = None,
    engine: EngineName = "compiled",
    trace: str | Sink = "none",
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
    catalogue: Catalogue | None = None,
    replication: int = 0,
) -> DayResult:
    """Simulate a scenario's day and price it.

    `trace` says which requests are kept: "none", "sample", "full", or a sink of sim.traces.sinks. `threads` says how
    many cells of a pool run at a time, and from two on requests are drawn beside them; it changes no answer. `progress`
    is called with the simulated time, minute by minute; who runs many days hands over the catalogue, too. Each
    `replication` is another random day of the same seed.
    """
    from sim.fleet.simulate import simulate

    scenario = scenario if seed is None else scenario.replace({"seed": seed})
    catalogue = catalogue or read_catalogue()
    _refuse(problems(scenario, catalogue))
    claims = with_facts(catalogue, scenario.facts)
    traces = simulate(scenario, claims, engine, open_sink(trace), threads, progress, replication)
    return priced_day(scenario, catalogue, engine, traces)


def _refuse(found: Iterable[tuple[Keys, str]]) -> None:
    raise_all([f"{dotted(where)}: {what}" for where, what in found], ScenarioError)


def priced_day(scenario: Scenario, catalogue: Catalogue, engine: str, traces: DayTraces) -> DayResult:
    """A day that has happened, at the prices of its scenario and the claims of a catalogue, its facts included."""
    catalogue = with_facts(catalogue, scenario.facts)
    usage = _usage(scenario, catalogue, traces)
    return DayResult(scenario, catalogue, engine, traces, _price(scenario, catalogue, usage), usage)


def _usage(scenario: Scenario, catalogue: Catalogue, traces: DayTraces) -> Usage:
    digest = traces.digest
    prompt_tokens, output_tokens, _ = digest.tokens.sum(axis=(0, 1)).tolist()
    served = Served(digest.count(Outcome.FINISHED), prompt_tokens, output_tokens)
    return measure(traces.utilisation, traces.events, take_inventory(scenario, catalogue), served)


def _price(scenario: Scenario, catalogue: Catalogue, usage: Usage) -> CostLedger:
    ledger = charge(usage, _resolve(scenario, catalogue))
    check_ledger(ledger, catalogue.sources)
    return ledger


def _resolve(scenario: Scenario, catalogue: Catalogue) -> ResolvedPrices:
    pools = {name: pool.server for name, pool in scenario.fleet.pools.items()}
    return resolve_prices(scenario.prices, scenario.plant.site, catalogue, pools, technicians_on_duty(scenario))
