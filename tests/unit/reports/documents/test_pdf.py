"""How a PDF breaks pages and lines."""

import re
import shutil
import subprocess

import pytest

from reports.documents.blocks import Card, Cards, Column, Heading, Paragraph, Points, Report, Section, Table
from reports.documents.pdf import typeset

ROWS = 40


def report_of(blocks, code="en"):
    return Report(
        language=code, title="t", kicker="k", question="", answer=("a",), cards=Cards((Card("l", "v"),)),
        facts=(), sections=(Section("s", tuple(blocks)),), footer="f", words={"contents": "c"},
    )  # fmt: skip


def pages_of(report, tmp_path):
    """The text of each page, its lines as they are set."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler) is not installed")
    file = tmp_path / "read.pdf"
    file.write_bytes(typeset(report, {}))
    done = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True)
    return done.stdout.decode().split("\f")


@pytest.mark.parametrize("above", range(40, 49))
def test_a_caption_has_its_head_and_two_rows_on_its_page(above, tmp_path):
    rows = tuple((f"row {number}", "words that go on " * 9) for number in range(1, ROWS + 1))
    table = Table((Column("Head", right=False), Column("Value", right=False, share=1.0)), rows, caption="The caption")
    blocks = [Points(("filling",) * above), Heading("Before it"), table]
    [page] = [page for page in pages_of(report_of(blocks), tmp_path) if "The caption" in page]
    assert "Before it" in page and "Head" in page and "row 2" in page


def test_no_number_is_broken_in_chinese(tmp_path):
    blocks = [Paragraph("费" * filled + "下降63.9%，为1,234.56美元。") for filled in range(30, 60)]
    lines = "\n".join(pages_of(report_of(blocks, "zh"), tmp_path))
    assert lines.count("63.9%") == lines.count("1,234.56") == len(blocks)


def test_names_of_sources_are_not_broken(tmp_path):
    names = ("epoch_server_cost", "semianalysis_index", "singapore_colocation")
    columns = (Column("a", False, 1.0), Column("b", False, 1.3), Column("c", False, 0.7, code=True))
    told = "\n".join(pages_of(report_of([Table(columns, (("x", "y", ", ".join(names * 4)),))]), tmp_path))
    assert [told.count(name) for name in names] == [4, 4, 4]


def test_a_long_word_is_broken_where_it_would_not_fit(tmp_path):
    told = "\n".join(pages_of(report_of([Paragraph("x" * 300)]), tmp_path))
    assert "x" * 300 not in told and re.sub(r"\s", "", told).count("x") >= 300
