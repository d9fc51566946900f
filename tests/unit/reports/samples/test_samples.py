"""The samples that come with the program say what the numbers beside them say."""

import json
import shutil
import subprocess

import pytest

from reports.day.method import figure
from reports.documents.language import language
from reports.samples.__main__ import COMMANDS, HERE, PICTURED
from tests.unit.reports.day.test_report import without_breaks

LARGEST_BYTES = 1_500_000
PNG = b"\x89PNG"


def read(name):
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def text_of(name):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler) is not installed")
    command = ["pdftotext", "-layout", str(HERE / f"{name}.pdf"), "-"]
    return without_breaks(subprocess.run(command, capture_output=True, check=True).stdout.decode())


def told(name):
    """Amounts that a sample's first pages must print."""
    numbers = read(name)
    if name == "day":
        return [*numbers["cost_usd"].values(), *numbers["article_usd"].values()]
    main = numbers["results"][numbers["outcomes"][0]]
    if name == "batch":
        return [row["mean"]["estimate"] for row in main["variants"].values()]
    return [main["mean"]["estimate"], *(row["estimate"] for row in main["quantiles"].values())]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_sample_prints_its_numbers(name):
    text, words = text_of(name), language("en")
    assert [usd for usd in told(name) if without_breaks(words.money(usd)) not in text] == []


def test_the_sample_of_a_day_prints_the_cost_of_a_request():
    assert figure(read("day")["usd_per_request"]) in text_of("day")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_sample_has_its_pictures(name):
    assert all((HERE / f"{name}_{page}.png").read_bytes().startswith(PNG) for page in PICTURED[name])


def test_samples_are_small():
    assert sum(file.stat().st_size for file in HERE.iterdir() if file.is_file()) < LARGEST_BYTES
