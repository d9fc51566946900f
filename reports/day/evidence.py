"""What the day rests on: ranges of prices, parameters with their sources, how each line is calculated.

Which figures of a day are doubtful, and how much of its total they carry: one rule for the cover and the tables.
"""

import math

from reports.day.context import Day
from reports.day.price_ranges import RangedClaim, Ranges, ends, used_entries
from reports.documents.blocks import Column, Heading, Paragraph, Section, Table
from reports.documents.language import Language, basis_sentence
from reports.documents.plain_text import plain
from reports.documents.wording import component, quantity_unit
from sim.accounting.provenance import WEAK, evidence_of
from sim.catalogue import claims
from sim.catalogue.parameter import Claim, Fact
from sim.core.units import unit_of
from sim.day import DayResult

MOST_RANGES = 12


def range_section(day: Day, ranges: Ranges) -> Section:
    """The day's total with one claim at the ends of its range."""
    words = day.words
    told = words("range.lead"), words("range.limit")
    if not ranges.claims:
        return Section(words("range.title"), (Paragraph(words("range.none")), Paragraph(words("range.limit"))))
    columns = (
        Column(words("range.claim"), right=False, share=1.0, code=True),
        Column(words("range.ends")),
        *(Column(words(f"range.{name}")) for name in ("low", "high", "span")),
    )
    rows = tuple(_range_row(day, claim) for claim in ranges.claims[:MOST_RANGES])
    table = Table(columns, rows, caption=words("range.caption"))
    return Section(words("range.title"), (Paragraph(_widest(day, ranges), "lead"), *map(Paragraph, told), table))


def _widest(day: Day, ranges: Ranges) -> str:
    """The answer: which figure moves the total most, and how far all together do."""
    words, widest = day.words, ranges.claims[0]
    low, high = sorted((widest.at_low_usd, widest.at_high_usd))
    ends = {"low": words.money_rounded(low), "high": words.money_rounded(high)}
    bounds = {"cheap": words.money_rounded(ranges.cheap_usd), "dear": words.money_rounded(ranges.dear_usd)}
    return words("range.answer", figure=figure_name(widest, words), **ends, **bounds)


def _range_row(day: Day, claim: RangedClaim) -> tuple[str, ...]:
    words = day.words
    return (
        claim.path,
        _ends(day, claim.fact),
        words.money(claim.at_low_usd),
        words.money(claim.at_high_usd),
        words.money(claim.width_usd),
    )


def _ends(day: Day, fact: Fact) -> str:
    if fact.low is None and fact.high is None:
        return ""
    low, high = (_value(day, end) for end in ends(fact))
    return day.words("number.range", low=low, high=high)


def _value(day: Day, value: float) -> str:
    scientific = 1e9
    return f"{value:.4g}" if abs(value) >= scientific else day.words.trimmed(value)


def claims_section(day: Day) -> Section:
    """Every claim that was used, the doubtful ones apart; then how lines are calculated, and the sources."""
    words = day.words
    used = [
        (f"{kind}.{entry}.{field}", field, claim)
        for kind, entry in used_entries(day.result)
        for field, claim in claims(day.result.catalogue.pick(kind, entry)).items()
    ]
    doubtful = [row for row in used if is_doubtful(row[2], day.result)]
    others = [row for row in used if not is_doubtful(row[2], day.result)]
    blocks = [
        Paragraph(words("claims.lead")),
        Heading(words("claims.assumed")),
        _claims(day, doubtful) if doubtful else Paragraph(words("claims.assumed_none")),
        Heading(words("claims.basis")),
        _basis(day),
        Heading(words("claims.others")),
        _claims(day, others),
        Heading(words("claims.sources")),
        _sources(day, [claim for _, _, claim in used]),
    ]
    return Section(words("claims.title"), tuple(blocks))


def _claims(day: Day, rows: list[tuple[str, str, Claim]]) -> Table:
    words = day.words
    heads = [words(f"claims.{name}") for name in ("claim", "value", "range", "unit", "known", "source")]
    rights, shares = (False, True, True, False, False, False), (1.8, 0.0, 0.0, 0.0, 0.0, 1.0)
    columns = tuple(
        Column(head, right, share, code=share > 0) for head, right, share in zip(heads, rights, shares, strict=True)
    )
    return Table(columns, tuple(_claim_row(day, *row) for row in rows), caption=words("claims.caption"))


def _claim_row(day: Day, path: str, field: str, claim: Claim) -> tuple[str, ...]:
    words, named = day.words, unit_of(field) or ""
    if isinstance(claim, Fact):
        value, span = _value(day, claim.value), _ends(day, claim)
    else:
        value, span = words("claims.values", count=len(getattr(claim, "value", ()))), ""
    known = words.known(f"known.{claim.known}", claim.known)
    return path, value, span, "" if named == "1" else quantity_unit(named, words), known, plain(claim.source)


def _basis(day: Day) -> Table:
    words = day.words
    entries: dict[tuple[str, str], list[str]] = {}
    for line in day.result.ledger.lines:
        sources = words("number.comma").join(map(plain, line.sources))
        entries.setdefault((basis_sentence(line.basis, words), sources), []).append(component(line, words))
    rows = tuple(
        (words("number.semicolon").join(names), sentence, sources) for (sentence, sources), names in entries.items()
    )
    heads = [words(f"claims.{name}") for name in ("entry", "calculation", "sources_of")]
    columns = tuple(
        Column(head, False, share, code=share < 1) for head, share in zip(heads, (1.0, 1.3, 0.7), strict=True)
    )
    return Table(columns, rows, caption=words("claims.basis_caption"))


def _sources(day: Day, used: list[Claim]) -> Table:
    words, sources = day.words, day.result.catalogue.sources
    named = [claim.source for claim in used] + [name for line in day.result.ledger.lines for name in line.sources]
    rows = tuple(
        (
            plain(name),
            plain(source.title),
            plain(source.where),
            source.date,
            words(f"kind.{source.kind}"),
        )
        for name in sorted(set(named))
        if (source := sources.get(name)) is not None
    )
    heads = [words(f"claims.{name}") for name in ("source", "title_of", "where", "date", "kind")]
    shares = (0.7, 1.0, 1.0, 0.0, 0.0)
    columns = tuple(Column(head, False, share, code=True) for head, share in zip(heads, shares, strict=True))
    return Table(columns, rows)


def is_doubtful(claim: Claim, result: DayResult) -> bool:
    """Whether a figure is assumed or unverified, by its own word or by its source's."""
    return evidence_of(claim, result.catalogue.sources) in WEAK


def doubtful_share(result: DayResult) -> float:
    """Share of the total in lines that rest, in part at least, on a price that is assumed or unverified."""
    ledger = result.ledger
    doubtful = math.fsum(line.amount_usd for line in ledger.lines if line.evidence in WEAK)
    return doubtful / ledger.total_usd if ledger.total_usd else 0.0


def widest_doubtful(result: DayResult, ranges: Ranges) -> RangedClaim | None:
    """The doubtful figure whose range moves the total most."""
    return next((claim for claim in ranges.claims if is_doubtful(claim.fact, result)), None)


def figure_name(claim: RangedClaim, words: Language) -> str:
    """A figure behind prices in words; its key where there are none."""
    return words.known(f"figure.{claim.kind}.{claim.field}", claim.path)
