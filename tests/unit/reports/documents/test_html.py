"""The page opens offline in a browser, without a word of complaint."""

import html.parser
import json
import re
import shutil
import subprocess

import pytest

from reports.documents.blocks import Card, Cards, Report, Section, Series
from reports.documents.html import html_page
from tests.unit.reports.day.test_report import HOSTILE, report_of
from tests.unit.reports.day.test_report import catalogue as catalogue
from tests.unit.reports.day.test_report import eventful as eventful

pytestmark = pytest.mark.usefixtures("engine_compiled")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PROBE = """
<script>
addEventListener("error", (event) => { document.title = "broken: " + event.message; });
addEventListener("securitypolicyviolation", (event) => { document.title = "refused: " + event.blockedURI; });
</script>
"""


def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium is installed")
    return found


def opened(page, tmp_path):
    """The document after its scripts have run, and what the browser's console said."""
    file = tmp_path / "page.html"
    file.write_text(page, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0", "--dump-dom"]
    command = [
        browser(),
        *options,
        f"--user-data-dir={tmp_path / 'profile'}",
        "--virtual-time-budget=5000",
        file.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def tiny(**changes):
    series = Series("Demand", "1/s", ("arrived",), ("#5790fc",), (0.0, 3600.0, 7200.0), ((1.0, None, 2.0),))
    told = {
        "language": "en", "title": HOSTILE, "kicker": "k", "question": HOSTILE, "answer": (HOSTILE,),
        "cards": Cards((Card(HOSTILE, HOSTILE, HOSTILE),)), "facts": ((HOSTILE, HOSTILE),),
        "sections": (Section(HOSTILE, (series,)),), "footer": HOSTILE,
        "words": {"zoom": "z", "reset": "r", "time": "Time", "contents": "c"},
    }  # fmt: skip
    return Report(**(told | changes))


def test_a_day_opens_without_errors_and_draws_every_curve(eventful, catalogue, tmp_path):
    page = html_page(*report_of(eventful)).replace("<style>", PROBE + "<style>", 1)
    document, console = opened(page, tmp_path)
    assert console == []
    assert "<title>broken" not in document and "<title>refused" not in document
    assert document.count('class="u-wrap"') == page.count('id="panel-') > 8


NARROW_PX = 390
FRAME = """<body style="margin:0"><iframe src="inner.html" style="width:{width}px;height:3000px;border:0"></iframe>
<script>addEventListener("message", (event) => {{ document.title = event.data; }});</script>"""
TELL = """<script>
const tell = () => parent.postMessage(`${innerWidth} ${document.documentElement.scrollWidth}`, "*");
addEventListener("load", () => setTimeout(tell, 1000));
</script></body>"""


def test_a_day_is_no_wider_than_a_telephone(eventful, catalogue, tmp_path):
    page = html_page(*report_of(eventful))
    (tmp_path / "inner.html").write_text(page.replace("</body>", TELL), encoding="utf-8")
    document, _ = opened(FRAME.format(width=NARROW_PX), tmp_path)
    width, needed = map(int, re.findall(r"<title>(\d+) (\d+)", document)[0])
    assert width == NARROW_PX and needed <= NARROW_PX


def test_drawings_give_way_to_curves_and_all_is_numbered_and_named(eventful, catalogue, tmp_path):
    report, svgs = report_of(eventful)
    page = html_page(report, svgs)
    document, _ = opened(page, tmp_path)
    assert page.count('<figure class="still">') == 1 and 'class="live"' in document and 'class="live"' not in page
    assert re.findall("<figcaption><b>Figure ([0-9]+)", page) == [str(n + 1) for n in range(len(svgs))]
    captioned = [block for section in report.sections for block in section.blocks if getattr(block, "rows", ())]
    assert page.count("<caption><b>Table ") == sum(bool(block.caption) for block in captioned)
    for number, section in enumerate(report.sections):
        assert f'<a href="#section-{number}">' in page and f'<h2 id="section-{number}">' in page, section.title


def test_an_error_in_a_page_would_be_seen(tmp_path):
    _, console = opened(html_page(tiny(), {}).replace('"use strict";', "undefinedThing();", 1), tmp_path)
    assert any("undefinedThing" in line for line in console)


def test_hostile_text_opens_as_text(tmp_path):
    document, console = opened(html_page(tiny(), {}), tmp_path)
    assert console == []
    assert "<script>alert" not in document


class Reader(html.parser.HTMLParser):
    """Every address that a page names."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("src", "href", "xlink:href")]


def test_a_page_needs_nothing_else(eventful, catalogue):
    page = html_page(*report_of(eventful))
    reader = Reader()
    reader.feed(page)
    assert [address for address in reader.found if not address.startswith("#")] == []
    assert "@import" not in page and not re.search(r"url\((?!#)", page)
    assert len(page.encode()) < 1_500_000


def test_the_curves_are_data_that_cannot_end_the_script():
    page = html_page(
        tiny(sections=(Section("s", (Series("</script><b>", "", ("x",), ("#000000",), (0.0,), ((1.0,),)),)),)), {}
    )
    [data] = re.findall(r'<script type="application/json" id="series">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data)["panels"][0]["title"] == "</script><b>"
