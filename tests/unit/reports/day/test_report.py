"""A day's report, as PDF and as a page: read back with other tools."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from reports.commands.report import Order, make, make_of_day
from reports.day.method import figure, flat
from reports.day.report import day_report
from reports.documents import fonts
from reports.documents.html import html_page
from reports.documents.language import basis_sentence, language
from reports.documents.pdf import typeset
from reports.documents.plain_text import plain
from reports.documents.wording import component, each_request
from reports.figures.queue import Sketcher
from sim.accounting.basis import Basis
from sim.accounting.ledger import RENTED_FACILITY, Component, Scope, line_of
from sim.accounting.provenance import Provenance
from sim.catalogue import read_catalogue
from sim.core.errors import InputError, OutputError
from sim.day import run
from sim.result_json import summary
from sim.saving import save
from tests.golden.tiny_day import BREAKING, tiny_day

pytestmark = pytest.mark.usefixtures("engine_compiled")

HOSTILE = "#import $a^2$ *b* <script>alert(1)</script> \u202e../../x\\ 🔥\x00 & \"quoted\" 'single' {{7*7}}"
ARTICLE = {"prices.as_the_article_books_it": True, "prices.article_coolers": 1}


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue()


@pytest.fixture(scope="module")
def eventful(catalogue):
    return run(tiny_day(BREAKING | ARTICLE), catalogue=catalogue)


@pytest.fixture(scope="module")
def idle(catalogue):
    return run(tiny_day({"workload.demand.requests_per_day": 0}), catalogue=catalogue)


@pytest.fixture(scope="module")
def folder(eventful, tmp_path_factory):
    path = tmp_path_factory.mktemp("day")
    save(eventful, path)
    return path


def report_of(result, code="en", numbers=None):
    """A day's report and its drawings."""
    sketcher = Sketcher(language(code))
    report = day_report(result, json.loads(json.dumps(numbers or summary(result))), sketcher)
    return report, svgs_of(sketcher)


def svgs_of(sketcher):
    return {name: drawing.svg for name, drawing in sketcher.drawings().items()}


def named(result, name):
    return replace(result, scenario=result.scenario.model_copy(update={"name": name, "description": name}))


def text_of(pdf, tmp_path, order="-layout"):
    """The text as a reader's tools find it, white space folded."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler) is not installed")
    file = tmp_path / "read.pdf"
    file.write_bytes(pdf)
    command = ["pdftotext", order, str(file), "-"]
    return " ".join(subprocess.run(command, capture_output=True, check=True).stdout.decode().split())


def without_breaks(text):
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("code", ["en", "zh"])
def test_every_number_of_the_result_stands_in_the_pdf(folder, code, tmp_path):
    pdf, *_ = make(Order(folder, code, tmp_path / "day.pdf"))
    text = text_of(pdf.read_bytes(), tmp_path)
    numbers = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    words, squeezed = language(code), without_breaks(text)
    raw = without_breaks(text_of(pdf.read_bytes(), tmp_path, "-raw"))
    for key, value in flat(numbers):
        assert without_breaks(plain(key)) in raw, key
        assert figure(value) in text or without_breaks(figure(value)) in raw, key
    costs, latency = numbers["cost_usd"], numbers["latency"]
    told = [words.money(usd) for usd in costs.values()]
    told += [words.money(numbers["usd_per_request"]), words.money(numbers["usd_per_million_output_tokens"])]
    told += [words.time(row[name]) for row in latency.values() for name in ("mean", "p50", "p90", "p99", "max")]
    told += [words.number(kwh, 1) for kwh in numbers["energy_kwh"].values()]
    told += [words.money(step["total_usd"]) for step in numbers["article_steps"]]
    told += _told_uses(numbers, words)
    assert [value for value in told if without_breaks(value) not in squeezed] == []


def _told_uses(numbers, words):
    """What the section on uses prints."""
    amounts = [usd for usd in numbers["cost_by_use_usd"].values() if usd]
    amounts += [usd for token in numbers["usd_per_million_tokens"].values() for usd in token.values()]
    for case in numbers["use_cases"].values():
        amounts += [usd for key, usd in case.items() if "usd" in key]
    amounts += [numbers["marginal"][key] for key in ("usd", "usd_per_million_output_tokens")]
    amounts += [pool["usd_per_gpu_h"] for pool in numbers["owning"].values()]
    shares = [share for pool in numbers["owning"].values() for share in pool["break_even_utilisation"].values()]
    assert len(amounts) > 10 and len(shares) == 3
    told = [words.money(usd) for usd in amounts] + [words.percent(share) for share in shares]
    return [*told, each_request(numbers["marginal"]["usd_per_request"], words)]


def test_another_result_gives_another_pdf(eventful, catalogue):
    numbers = summary(eventful)
    changed = numbers | {"cost_usd": numbers["cost_usd"] | {"total": numbers["cost_usd"]["total"] + 1}}
    assert typeset(*report_of(eventful, numbers=numbers)) != typeset(*report_of(eventful, numbers=changed))


def test_a_saved_day_and_a_fresh_one_give_the_same_bytes(eventful, folder, catalogue, tmp_path):
    saved = make(Order(folder, "en", tmp_path / "saved" / "report.pdf", figures=True))
    fresh = make_of_day(eventful, summary(eventful), Order(folder, "en", tmp_path / "fresh" / "report.pdf", True))
    assert [file.name for file in saved] == [file.name for file in fresh]
    assert {"report.pdf", "report.html", "cost.svg", "cost.png", "day.svg", "failures.png"} <= {f.name for f in saved}
    assert [a.name for a, b in zip(saved, fresh, strict=True) if a.read_bytes() != b.read_bytes()] == []


@pytest.mark.parametrize("code", ["en", "zh"])
def test_a_day_without_a_request_is_reported(idle, catalogue, code, tmp_path):
    words = language(code)
    told = text_of(typeset(*report_of(idle, code)), tmp_path)
    text = without_breaks(told)
    assert without_breaks(words("waits.lead_none")) in text
    assert without_breaks(words("breakdown.none")) in text
    assert not re.search(r"\b(nan|inf)\b", told.lower())


@pytest.mark.parametrize("name", [HOSTILE, "x" * 200, "wide " * 40, "费" * 200, "\u202e\u200f", "a/b.c_" * 33])
def test_any_name_can_be_reported(idle, catalogue, name, tmp_path):
    report, svgs = report_of(named(idle, name))
    text = text_of(typeset(report, svgs), tmp_path)
    assert without_breaks(plain(name)) in without_breaks(text)
    page = html_page(report, svgs)
    assert "<script>alert" not in page
    assert page.count("</script>") == 2
    assert len(page.encode()) < 1_500_000


BOOKKEEPING = [
    {},
    {
        "repair": "contract",
        "facility": "owned",
        "depreciation": "declining",
        "labour": "roster",
        "roster_technicians": 2,
    },
    {"pools": {"main": {"by": "on_demand"}}, "carbon_usd_per_t": 50.0, "facility": "none"},
    {"pools": {"main": {"by": "reserved"}}, "demand_usd_per_kw_month": 9.0, "depreciation": "by_use"},
]


@pytest.mark.parametrize("changes", BOOKKEEPING, ids=lambda changes: "-".join(changes) or "default")
def test_chinese_has_words_for_every_line(eventful, changes):
    words = language("zh")
    prices = eventful.scenario.replace({f"prices.{name}": value for name, value in changes.items()}).prices
    result = eventful.reprice(prices)
    lines = [*result.ledger.lines, *result.article.ledger.lines]
    english = language("en")
    bases = [line.basis for line in lines]
    assert [b for b in bases if basis_sentence(b, words) == basis_sentence(b, english)] == []
    assert [line.component for line in lines if not words.has(f"component.{line.component}")] == []
    assert [line.unit for line in lines if not words.has(f"unit.{line.unit}")] == []
    assert [step.name for step in result.article.steps[1:] if not words.has(f"article.steps.{step.name}")] == []


def test_a_line_names_its_part_pool_and_kind():
    paid, known = ("energy", 1.0, "kWh", 1.0, Basis("water")), Provenance(("meter",))
    line = line_of("energy", Component.GPUS, Scope("pool", "a (b)", "H100 (8)"), *paid, known)
    assert component(line, language("en")) == "GPUs, a (b), H100 (8)"
    hall = line_of("energy", Component.COOLING, RENTED_FACILITY, *paid, known)
    assert component(hall, language("en")) == "Cooling, hall, of rented pools"


def test_the_pdf_is_tagged_titled_and_has_an_outline(idle, catalogue):
    pdf = typeset(*report_of(idle))
    assert b"/StructTreeRoot" in pdf and b"/Lang" in pdf and b"/Outlines" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf


def test_the_pdf_lowers_what_the_typeface_lacks(idle, catalogue, tmp_path):
    assert "of CO2 equivalent" in text_of(typeset(*report_of(idle)), tmp_path)


def test_the_outline_names_every_section(idle, catalogue, tmp_path):
    report, svgs = report_of(idle)
    text = text_of(typeset(report, svgs), tmp_path)
    for section in report.sections:
        assert text.count(" ".join(section.title.split())) >= 2, section.title


def test_a_missing_font_is_told(folder, monkeypatch, tmp_path):
    monkeypatch.setattr(fonts, "FILES", ("NotoSansSC-Regular.otf", "Gone.otf"))
    fonts.characters.cache_clear()
    with pytest.raises(OutputError, match=r"Gone\.otf: the font is missing"):
        make(Order(folder, "en", tmp_path / "report.pdf"))
    fonts.characters.cache_clear()
    assert not (tmp_path / "report.pdf").exists()


def damaged(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    return copy


WRONG = {
    "utilisation.parquet": (lambda file: file.write_bytes(file.read_bytes()[:500]), r"utilisation\.parquet: "),
    "events.parquet": (lambda file: file.unlink(), r"has no events\.parquet"),
    "result.json": (lambda file: file.write_text("{"), "is damaged"),
    "scenario.yaml": (lambda file: file.write_text("name: [\n"), "scenario.yaml"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_damaged_folder_is_told(folder, name, tmp_path):
    copy = damaged(folder, tmp_path)
    break_it, told = WRONG[name]
    break_it(copy / name)
    with pytest.raises(InputError, match=told):
        make(Order(copy))
    assert sorted(file.name for file in copy.iterdir() if file.suffix in (".pdf", ".html")) == []


NUMBERS = [
    ({"version": "9.1.0"}, r"written by version 9\.1\.0, newer than this one"),
    ({"version": None}, "does not say which version"),
    (
        {"cost_usd": {"hardware": 1.0, "energy": 0.0, "maintenance": 0.0, "total": 1.0}},
        r"its total is 1\.00 USD, but its day comes to",
    ),
    ({"cost_usd": None}, "is damaged"),
    ({"latency": {}}, "is damaged"),
]


@pytest.mark.parametrize(("change", "told"), NUMBERS)
def test_numbers_that_cannot_be_are_told(folder, change, told, tmp_path):
    copy = damaged(folder, tmp_path)
    numbers = json.loads((copy / "result.json").read_text()) | change
    numbers = {key: value for key, value in numbers.items() if value is not None or key == "cost_usd"}
    (copy / "result.json").write_text(json.dumps(numbers))
    with pytest.raises(OutputError, match=told):
        make(Order(copy))
    assert not (copy / "report.pdf").exists()


def test_places_that_cannot_be_are_told(folder, tmp_path):
    with pytest.raises(OutputError, match="holds no result of a day, batch or study"):
        make(Order(tmp_path))
    with pytest.raises(OutputError, match="is a folder; name a file"):
        make(Order(folder, out=tmp_path))
    with pytest.raises(OutputError, match=r"does not end with \.pdf"):
        make(Order(folder, out=tmp_path / "scenario.yaml"))
