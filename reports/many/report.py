"""The report of a batch or a study."""

from reports.blocks import Card, Cards, Column, Paragraph, Points, Report, Section, Table
from reports.many.batch import batch_answer, batch_cards, batch_sections, choice_of
from reports.many.context import Many
from reports.many.drivers import drivers, index_section, tornado_section
from reports.many.monte_carlo import monte_carlo_answer, monte_carlo_sections
from reports.plain import plain
from reports.sketching import Sketcher
from reports.wording import distribution
from sim.studies import StudyResult


def many_report(result: StudyResult, sketcher: Sketcher) -> Report:
    """The report of what lies in a batch's or study's folder."""
    many = Many(result, sketcher.words, sketcher)
    words, summary = many.words, many.summary
    answer, cards, sections = _batch(many) if result.kind == "batch" else _study(many)
    return Report(
        language=words.code,
        title=plain(summary["name"]) or words("day.scenario"),
        kicker=words(f"many.kicker_{result.kind}"),
        question=plain(summary["description"]),
        answer=answer,
        cards=cards,
        facts=_facts(many),
        sections=(*sections, *_ends(many)),
        footer=words("page.made_by", version=plain(str(summary["version"]))),
        words={key: words(f"page.{key}") for key in ("contents", "time", "zoom", "reset")},
    )


def _batch(many: Many) -> tuple[tuple[str, ...], Cards, list[Section]]:
    choice = choice_of(many)
    return batch_answer(choice), batch_cards(choice), batch_sections(choice)


def _study(many: Many) -> tuple[tuple[str, ...], Cards, list[Section]]:
    if many.result.kind == "monte_carlo":
        return monte_carlo_answer(many), _monte_carlo_cards(many), monte_carlo_sections(many)
    section = tornado_section(many) if many.result.kind == "tornado" else index_section(many)
    return drivers(many)[:2], _driver_cards(many), [section]


def _monte_carlo_cards(many: Many) -> Cards:
    words, told = many.words, many.main_result
    shown = (("middle", told["quantiles"]["p50"]), ("high", told["quantiles"]["p95"]), ("mean", told["mean"]))
    cards = [
        Card(words(f"many.card_{name}"), many.value(many.main, row["estimate"]), many.interval(many.main, row))
        for name, row in shown
    ]
    for goal in many.summary["goals"][:3]:
        missed = words.percent(goal["missed"]["estimate"])
        cards.append(Card(words("many.card_missed", name=plain(goal["name"])), missed, many.percents(goal["missed"])))
    return Cards(tuple(cards))


def _driver_cards(many: Many) -> Cards:
    words, told, cells = many.words, many.main_result, many.summary["cells"]
    failed = words("many.card_cells_note", failed=words.count(cells["failed"]))
    cards = [Card(words("many.card_cells"), words.count(cells["done"]), failed)]
    cards.append(Card(words("many.card_inputs"), words.count(len(many.summary["inputs"])), many.name(many.main)))
    if "mean" in told and not isinstance(told["mean"], dict):
        cards.append(Card(words("many.card_mean"), many.value(many.main, told["mean"]), ""))
    return Cards(tuple(cards))


def _facts(many: Many) -> tuple[tuple[str, str], ...]:
    words, summary = many.words, many.summary
    days = "same_days" if summary["days"] == "shared" else "own_days"
    rows = [
        (words("many.base_scenario"), plain(summary["scenario"])),
        (words("day.hash"), str(summary["scenario_hash"])),
        (words("many.days"), words(f"many.{days}", count=words.count(summary["replications"]))),
        (words("many.confidence"), words.percent(summary["confidence"], 0)),
        (words("day.seed"), str(summary["seed"])),
        (words("day.version"), plain(str(summary["version"]))),
    ]
    if many.result.kind != "batch":
        rows.insert(2, (words("many.draws"), words.count(summary["draws"])))
    return tuple(rows)


def _ends(many: Many) -> list[Section]:
    sections = [] if many.result.kind == "batch" else [_inputs(many)]
    return [*sections, _method(many), *_failed(many), _again(many)]


def _inputs(many: Many) -> Section:
    words = many.words
    rows = tuple(
        (
            plain(one["path"]),
            distribution(str(one["text"]), words),
            *(many.end(one[name]) for name in ("low", "central", "high")),
            plain(str(one["source"] or "")),
        )
        for one in many.summary["inputs"]
    )
    heads = ("low_quantile", "central", "high_quantile")
    columns = (
        Column(words("many.input"), False, 1.3, code=True),
        Column(words("many.distribution"), False, 1.0),
        *(Column(words(f"many.{head}")) for head in heads),
        Column(words("claims.source"), False, 0.6),
    )
    return Section(
        words("many.inputs"),
        (Paragraph(words("many.inputs_lead")), Table(columns, rows, caption=words("many.inputs_caption"))),
    )


def _method(many: Many) -> Section:
    words, summary = many.words, many.summary
    points = [words(f"many.method_{many.result.kind}"), words("many.method_days"), words("many.method_intervals")]
    fraction = summary["fleet_fraction"]
    if fraction is not None:
        points.append(
            words("many.fraction", asked=plain(str(fraction["asked"])), realised=words.percent(fraction["realised"], 3))
        )
        for name, told in (fraction["bias"] or {}).items():
            bias = words.percent(told["relative"], 2, signed=True)
            points.append(words("many.bias", outcome=many.name(name), bias=bias))
    if summary.get("stopped"):
        points.append(words("many.stopped", draws=words.count(summary["stopped"]["draws"])))
    return Section(words("method.title"), (Points(tuple(points)),))


def _failed(many: Many) -> list[Section]:
    words, told = many.words, many.summary["failed"]
    if not told:
        return []
    rows = tuple(
        (str(one["cell"]), plain(str(one["label"])), str(one["replication"]), plain(one["message"])) for one in told
    )
    columns = (
        Column(words("many.cell")), Column(words("many.label"), False, 0.5), Column(words("many.replication")),
        Column(words("many.message"), False, 1.5),
    )  # fmt: skip
    lead = words(
        "many.failed_lead",
        failed=words.count(many.summary["cells"]["failed"]),
        planned=words.count(many.summary["cells"]["planned"]),
    )
    return [Section(words("many.failed"), (Paragraph(lead), Table(columns, rows)))]


def _again(many: Many) -> Section:
    words = many.words
    command = f"run_sim.py {'batch' if many.result.kind == 'batch' else 'study'} study.yaml"
    return Section(words("again.title"), (Paragraph(words("many.again_lead")), Paragraph(command, "code")))
