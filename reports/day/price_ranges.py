"""How sure a day's cost is as far as claims about prices go: each at both ends of its range, and all together."""

from collections.abc import Iterator
from dataclasses import dataclass

from sim.catalogue import claims
from sim.catalogue.parameter import Fact
from sim.day import DayResult

PRICED = ("prices", "servers", "sites", "rentals", "currencies")
"""Kinds of entries whose claims are prices, or shares and lives that prices are reckoned with."""
Facts = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True)
class RangedClaim:
    """A claim, and what the day costs at either end of its range."""

    kind: str
    """Kind of its entry."""
    entry: str
    """Name of its entry."""
    field: str
    """Its name."""
    fact: Fact
    """Itself."""
    at_low_usd: float
    """The day's total at its low end."""
    at_high_usd: float
    """The day's total at its high end."""

    @property
    def path(self) -> str:
        """Its dotted key in the catalogue."""
        return f"{self.kind}.{self.entry}.{self.field}"

    @property
    def width_usd(self) -> float:
        """How far the total moves."""
        return abs(self.at_high_usd - self.at_low_usd)

    def end(self, cheap: bool) -> float:
        """Its value where the day is cheaper, or dearer."""
        low, high = ends(self.fact)
        return low if cheap == (self.at_low_usd <= self.at_high_usd) else high


@dataclass(frozen=True)
class Ranges:
    """All claims that move the day's total."""

    claims: tuple[RangedClaim, ...]
    """The widest first."""
    cheap_usd: float
    """The total with each at its cheap end."""
    dear_usd: float
    """The total with each at its dear end."""


def price_ranges(result: DayResult) -> Ranges:
    """Price the same day again for both ends of every claim behind its prices; nothing is simulated."""
    found = [claim for claim in _ranged(result) if claim.width_usd > 0]
    found.sort(key=lambda claim: (-claim.width_usd, claim.kind, claim.entry, claim.field))
    totals = (_total_usd(result, _together(found, cheap)) for cheap in (True, False))
    return Ranges(tuple(found), *totals)


def ends(fact: Fact) -> tuple[float, float]:
    """Both ends of a claim's range; an end that is not known is the claim itself."""
    return fact.value if fact.low is None else fact.low, fact.value if fact.high is None else fact.high


def _ranged(result: DayResult) -> Iterator[RangedClaim]:
    for kind, entry in used_entries(result):
        if kind not in PRICED:
            continue
        for field, fact in claims(result.catalogue.pick(kind, entry)).items():
            if isinstance(fact, Fact) and ends(fact)[0] < ends(fact)[1]:
                totals = (_total_usd(result, {kind: {entry: {field: end}}}) for end in ends(fact))
                yield RangedClaim(kind, entry, field, fact, *totals)


def _together(found: list[RangedClaim], cheap: bool) -> Facts:
    facts: Facts = {}
    for claim in found:
        facts.setdefault(claim.kind, {}).setdefault(claim.entry, {})[claim.field] = claim.end(cheap)
    return facts


def _total_usd(result: DayResult, facts: Facts) -> float:
    return result.reprice(result.scenario.prices, facts).ledger.total_usd


def used_entries(result: DayResult) -> list[tuple[str, str]]:
    """Kind and name of every entry of the catalogue that the day rests on."""
    scenario, pick = result.scenario, result.catalogue.pick
    pools, plant = scenario.fleet.pools.values(), scenario.plant
    servers = [pool.server for pool in pools]
    found = [
        *(("models", pool.model) for pool in pools),
        *(("servers", server) for server in servers),
        *(("gpus", pick("servers", server).gpu) for server in servers),
        *(("starts", pool.sleep.start) for pool in pools if pool.sleep is not None),
        *(("efficiencies", pool.software) for pool in pools),
        ("sites", plant.site),
        ("cooling", plant.climate.cooling),
        ("chillers", pick("cooling", plant.climate.cooling).chiller),
        ("thermals", plant.climate.thermals),
        ("delivery", plant.delivery.kind),
        ("hazards", plant.failures.hazard),
        ("prices", scenario.prices.book),
        *(("rentals", pick("servers", server).gpu) for server in servers if _is_rented(result)),
        ("article", "article" if scenario.prices.as_the_article_books_it else ""),
        *_demand_entries(result),
    ]
    return [(kind, name) for kind, name in dict.fromkeys(found) if name in result.catalogue.entries(kind)]


def _is_rented(result: DayResult) -> bool:
    return any(line.unit == "GPU-h" for line in result.ledger.lines)


def _demand_entries(result: DayResult) -> list[tuple[str, str]]:
    """Entries behind drawn requests; replayed ones bring their own."""
    workload = result.scenario.workload
    if workload.trace is not None:
        return []
    demand = workload.demand
    named = [("shapes", demand.shape), ("weeks", demand.week or ""), ("clients", demand.burstiness.clients or "")]
    return named + [("lengths", case.lengths) for case in workload.use_cases.values()]
