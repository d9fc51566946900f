import json
import re
from datetime import date
from string import Formatter

import pytest

from reports.documents.language import CODES, FOLDER, basis_sentence, language
from reports.documents.plain_text import UNKNOWN, columns, plain, shorten
from reports.documents.wording import each_request, quantity_unit
from sim.accounting.basis import SENTENCES, Basis
from tests.architecture.source_files import ROOT

WORD = re.compile("[a-z]{4}")
GAP = re.compile(r"{(\w+)}")
EN, ZH = language("en"), language("zh")


def test_languages_have_the_same_phrases():
    assert EN.phrases.keys() == ZH.phrases.keys()


@pytest.mark.parametrize("key", sorted(EN.phrases))
def test_a_phrase_has_the_same_gaps_in_both(key):
    assert sorted(GAP.findall(EN.phrases[key])) == sorted(GAP.findall(ZH.phrases[key]))


NO_BREAK = "\N{NO-BREAK SPACE}"
SAME = {"page.made_by", "parameter.sigma"}
"""Phrases that are the same in both languages, as signs and names are."""


def test_every_phrase_is_translated():
    words = {
        key
        for key, text in EN.phrases.items()
        if WORD.search(GAP.sub("", text)) and not key.startswith("month.") and key not in SAME
    }
    assert {key for key in words if not re.search("[\u4e00-\u9fff]", ZH.phrases[key])} == set()


def test_no_phrase_is_written_for_nobody():
    code = "\n".join(file.read_text(encoding="utf-8") for file in ROOT.glob("reports/**/*.py"))
    named = {key for key in EN.phrases if f'"{key}"' in code}
    groups = {*re.findall(r"[\"']([a-z_.]+\.)\{", code), "number."}
    assert {key for key in EN.phrases.keys() - named if not key.startswith(tuple(groups))} == set()


NUMBERS = [
    ("money", 462.6, "$462.60", "462.60 美元"),
    ("money", 0.009256123, "$0.009256", "0.009256 美元"),
    ("money", -31651.5, "−$31,651.50", "−31,651.50 美元"),
    ("money", 0.0, "$0.00", "0.00 美元"),
    ("money", None, "–", "–"),
    ("money", float("nan"), "–", "–"),
    ("large", 195_008_953, "195.0 million", "1.950 亿"),
    ("large", 49_980, "49,980", "4.998 万"),
    ("large", 2.5e9, "2.500 billion", "25.00 亿"),
    ("time", 0.0756, "75.6 ms", "75.6 毫秒"),
    ("time", 7.516, "7.52 s", "7.52 秒"),
    ("percent", 0.753, "75.3 %", "75.3%"),
    ("percent", -0.0001, "0.0 %", "0.0%"),
    ("count", 49980, "49,980", "49,980"),
    ("duration", 86400.0, "24 h", "24 小时"),
    ("duration", 28_920.0, "8 h 2 min", "8 小时 2 分钟"),
    ("duration", 3599.9, "60 min", "60 分钟"),
    ("duration", 445_000.0, "124 h", "124 小时"),
    ("money_rounded", 462.6, "$463", "463 美元"),
    ("money_rounded", 98.765, "$98.77", "98.77 美元"),
    ("money_rounded", -12_345.6, "−$12,350", "−1.235 万美元"),
    ("money_rounded", None, "–", "–"),
    ("duration", 600.0, "10 min", "10 分钟"),
    ("date", date(2026, 7, 15), "15 July 2026", "2026 年 7 月 15 日"),
    ("trimmed", 2.0, "2", "2"),
    ("trimmed", 1000.0, "1,000", "1,000"),
    ("list", ["a", "b", "c"], "a, b and c", "a、b和c"),
]


@pytest.mark.parametrize(("method", "value", "english", "chinese"), NUMBERS)
def test_numbers_are_written_as_each_language_does(method, value, english, chinese):
    assert getattr(EN, method)(value).replace(NO_BREAK, " ") == english
    assert getattr(ZH, method)(value).replace(NO_BREAK, " ") == chinese


TICKS = [
    ("ticks", (0.0, 5_000, 25_000), ["0", "5k", "25k"], ["0", "0.5 万", "2.5 万"]),
    ("ticks", (0.0, 5_000, -7_500), ["0", "5000", "−7500"], ["0", "5000", "−7500"]),
    ("ticks", (1.0, 1.25, 1.5), ["1.00", "1.25", "1.50"], ["1.00", "1.25", "1.50"]),
    ("ticks", (), [], []),
    ("factors", (0.5, 10.0, 20_000), ["0.5", "10", "20k"], ["0.5", "10", "2 万"]),
]


@pytest.mark.parametrize(("method", "values", "english", "chinese"), TICKS)
def test_numbers_along_an_axis_agree_in_unit_and_decimals(method, values, english, chinese):
    assert getattr(EN, method)(values) == english
    assert getattr(ZH, method)(values) == chinese


HOSTILE = [
    ('#import "x" $a^2$ *b* <i>', '#import "x" $a^2$ *b* <i>'),
    ("a\u202egnp.exe\u2066b\u200f", "agnp.exeb"),
    ("nul\x00 tab\t new\nline\u2028", "nul tab new line"),
    ("../../etc/passwd", "../../etc/passwd"),
    ("fire 🔥 fire", f"fire {UNKNOWN} fire"),
    ("\ud800lone", "lone"),
    ("e\u0301", "é"),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_a_name_becomes_text_that_can_be_set(text, shown):
    assert plain(text) == shown


def test_no_space_stays_between_chinese_characters():
    told = ZH("number.range", low=ZH.money(331.0), high=ZH.money(1864.0)).replace(NO_BREAK, " ")
    assert told == "331.00 美元至 1,864.00 美元"


def test_units_of_figures_are_in_the_language():
    assert [quantity_unit(unit, EN) for unit in ("degC", "USD/m3", "J/(K W)")] == ["°C", "USD/m³", "J/(K W)"]
    assert [quantity_unit(unit, ZH) for unit in ("USD/kWh", "token/s")] == ["美元/kWh", "词元/秒"]


def test_a_request_of_less_than_a_cent_is_told_by_the_thousand():
    assert each_request(0.000706, EN) == "$0.7060 per 1,000 requests"
    assert each_request(0.0128, EN) == "$0.01280 a request"


def test_a_long_name_is_shortened_by_its_width():
    assert shorten("费用费用费用", 7) == "费用费…"
    assert columns(shorten("x" * 200, 30)) == 30


LOWERED_TWO = "₂"
"""Set as a lowered 2, which `test_the_pdf_lowers_what_the_typeface_lacks` shows."""


def test_both_languages_can_be_set_in_the_typeface():
    for code in CODES:
        text = (FOLDER / f"{code}.json").read_text(encoding="utf-8")
        assert UNKNOWN not in plain(text.replace(LOWERED_TWO, "2")), code


def test_a_basis_is_said_in_chinese():
    sentence = basis_sentence(Basis("parts_covered", {"price_usd": 9.5}), ZH)
    assert sentence == "按事件记录，维修所用的部件，每件 9.50 美元；由合同支付。"


def test_chinese_has_a_sentence_for_every_basis_with_the_same_places():
    chinese = json.loads((FOLDER / "basis_zh.json").read_text(encoding="utf-8"))
    assert list(chinese) == list(SENTENCES)
    assert {key: _places(text) for key, text in chinese.items()} == {
        key: _places(text) for key, text in SENTENCES.items()
    }


def _places(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_chinese_words_stand_without_spaces_between_them():
    usd = [ZH.money(value) for value in (1.0, 2.0)]
    assert ZH("number.range", low=usd[0], high=usd[1]) == "1.00\u00a0美元至 2.00\u00a0美元"
    assert ZH("number.range", low="1", high="2") == "1 至 2"
    assert EN("number.range", low="a", high="b") == "a to b"
