"""Which figures of a day are doubtful, and how much of its total they carry: one rule for the cover and the tables."""

from collections.abc import Iterator

from reports.day.ranges import PRICED, RangedClaim, Ranges, used_entries
from reports.language import Language
from sim.accounting.ledger import CostLedger
from sim.catalogue.catalogue import claims
from sim.catalogue.facts import Claim, Fact
from sim.day import DayResult

DOUBTFUL = ("assumption", "unverified")
NUDGE = 0.99
"""By what a figure is multiplied to see which lines rest on it."""


def is_doubtful(claim: Claim, result: DayResult) -> bool:
    """Whether a figure is assumed or unverified, by its own word or by its source's."""
    source = result.catalogue.sources.get(claim.source)
    return claim.known in DOUBTFUL or (source is not None and source.kind == "assumption")


def doubtful_share(result: DayResult) -> float:
    """Share of the total in lines that rest, in part at least, on a doubtful figure behind their price."""
    ledger, found = result.ledger, set[int]()
    for kind, entry, field, claim in _doubtful(result):
        found |= _resting(result, kind, entry, field, claim)
    return sum(ledger.lines[line].amount_usd for line in found) / ledger.total_usd if ledger.total_usd else 0.0


def widest_doubtful(result: DayResult, ranges: Ranges) -> RangedClaim | None:
    """The doubtful figure whose range moves the total most."""
    return next((claim for claim in ranges.claims if is_doubtful(claim.fact, result)), None)


def figure_name(claim: RangedClaim, words: Language) -> str:
    """A figure behind prices in words; its key where there are none."""
    return words.known(f"figure.{claim.kind}.{claim.field}", claim.path)


def _doubtful(result: DayResult) -> Iterator[tuple[str, str, str, Claim]]:
    for kind, entry in used_entries(result):
        if kind in PRICED:
            for field, claim in claims(result.catalogue.pick(kind, entry)).items():
                if is_doubtful(claim, result):
                    yield kind, entry, field, claim


def _resting(result: DayResult, kind: str, entry: str, field: str, claim: Claim) -> set[int]:
    """Lines whose amount follows a figure; of a series, those that name its source."""
    if not isinstance(claim, Fact):
        return {n for n, line in enumerate(result.ledger.lines) if claim.source in line.sources}
    other = claim.value * NUDGE or claim.high or claim.low
    if not other:
        return set()
    return _changed(result.ledger, result.reprice(result.scenario.prices, {kind: {entry: {field: other}}}).ledger)


def _changed(before: CostLedger, after: CostLedger) -> set[int]:
    pairs = zip(before.lines, after.lines, strict=True)
    return {n for n, (was, now) in enumerate(pairs) if was.amount_usd != now.amount_usd}
