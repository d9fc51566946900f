"""Tables on terminals of several widths: nothing runs over, no number is cut, every figure is there on each."""

import io

import pytest
from rich.console import Console

from reports.terminal import tables
from reports.terminal.study_summary import _variants
from reports.terminal.tables import fits, labelled, plain_table, word_table


@pytest.fixture(params=[60, 80, 120, 200])
def shown(request, monkeypatch):
    """What something looks like on a terminal, in lines; `shown.columns` is its width."""
    monkeypatch.setattr(tables, "width", lambda: request.param)
    monkeypatch.setattr("reports.terminal.study_summary.width", lambda: request.param, raising=False)

    def lines(make):
        file = io.StringIO()
        Console(file=file, width=request.param, highlight=False).print(make())
        found = [line.rstrip() for line in file.getvalue().splitlines()]
        assert max(map(len, found)) <= request.param
        return found

    lines.columns = request.param
    return lines


def test_numbers_stay_whole_and_words_fold(shown):
    def latency():
        table = plain_table("latency", "mean", "p50", "p90", "p99", "max")
        table.add_row("time per output token", *["424.8 ms"] * 5)
        return table

    assert "\n".join(shown(latency)).count("424.8 ms") == 5


def test_a_line_that_does_not_fit_goes_on_below_its_words(shown):
    found = shown(lambda: labelled(("fleet", "a word " * 20), ("", "last")))
    assert all(line.startswith(("fleet      a", " " * 11 + "a", " " * 11 + "w", " " * 11 + "last")) for line in found)


def test_words_are_stacked_where_columns_would_not_fit(shown):
    found = shown(lambda: word_table(("key", "kind", "what"), [("a.long.path", "text", "what it is")], needed=100))
    assert found == (
        ["a.long.path", "    text; what it is"]
        if shown.columns < 100
        else ["key          kind  what", "a.long.path  text  what it is"]
    )


def about(value):
    around = abs(value) / 100
    return {"estimate": value, "low": value - around, "high": value + around}


def test_a_batch_shows_every_number_on_any_width(shown):
    names = ["servers 1, server dgx_h100", "servers 2, server dgx_b200"]
    result = {
        "variants": {name: {"mean": about(123.456)} for name in names},
        "differences": {names[1]: {"mean": about(-5.4321), "relative": -0.044}},
    }
    text = " ".join(" ".join(shown(lambda: _variants(result))).split())
    for number in ("123.5", "-5.432", "-4.4%", "0.054"):
        assert number in text


def test_a_table_fits_when_its_numbers_do_beside_a_few_words(monkeypatch):
    row = ("w" * 100, "1" * 60, "2" * 50)
    monkeypatch.setattr(tables, "width", lambda: tables.LEAST_WORDS + 110 + 2 * tables.GAP)
    assert fits(("", "", ""), row)
    monkeypatch.setattr(tables, "width", lambda: tables.LEAST_WORDS + 109 + 2 * tables.GAP)
    assert not fits(("", "", ""), row)
