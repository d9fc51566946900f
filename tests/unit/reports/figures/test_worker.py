"""Figures drawn by a second process: the same ones, and no process is left behind."""

import os
import subprocess
import sys
import time
from multiprocessing import Pipe
from pathlib import Path

import pytest

from reports.commands.report import Order, make
from reports.documents import fonts
from reports.documents.fonts import characters
from reports.documents.language import language
from reports.documents.pdf import rehearse, typeset
from reports.figures.queue import Sketcher
from reports.figures.style import BLUE
from reports.figures.waterfall import Bar, waterfall
from reports.figures.worker import Drafter, drafter
from sim.core.errors import OutputError
from tests.architecture.source_files import ROOT
from tests.unit.reports.day.test_report import catalogue as catalogue
from tests.unit.reports.day.test_report import eventful as eventful
from tests.unit.reports.day.test_report import folder as folder
from tests.unit.reports.day.test_report import report_of

pytestmark = pytest.mark.usefixtures("engine_compiled")

needs_two_processors = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="needs a second processor"
)


def fresh(*arguments):
    """A process of its own, where numpy has not been imported yet."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_two_processes_make_the_same_bytes_as_one(folder, tmp_path):
    alone = make(Order(folder, "en", tmp_path / "alone" / "report.pdf", figures=True))
    done = fresh("run_sim.py", "report", str(folder), "--figures", "--out", str(tmp_path / "both" / "report.pdf"))
    assert done.returncode == 0, done.stderr
    both = [Path(line) for line in done.stdout.splitlines()]
    assert [file.name for file in both] == [file.name for file in alone]
    assert [a.name for a, b in zip(alone, both, strict=True) if a.read_bytes() != b.read_bytes()] == []


def sketched(helper):
    sketcher = Sketcher(language("en"), helper=helper)
    bars = [Bar("energy", 0.0, 1.0, BLUE, "USD 1")]
    sketcher.plot("first", "", waterfall, bars, sketcher.words)
    sketcher.plot("second", "", waterfall, bars * 2, sketcher.words)
    return sketcher


def test_a_process_that_has_died_is_replaced_by_the_first_one():
    ours, theirs = Pipe()
    theirs.close()
    assert sketched(Drafter(ours)).drawings() == sketched(None).drawings()


def test_what_one_process_cannot_draw_is_an_error_of_the_other():
    class Helpless:
        def ask(self, sketch):
            pass

        def drawings(self):
            return [None]

    sketcher = Sketcher(language("en"), helper=Helpless())
    sketcher.plot("cost", "", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sketcher.drawings()


def test_no_process_is_forked_once_numpy_has_threads():
    with drafter() as helper:
        assert helper is None


STOPPED = """
import multiprocessing
from reports.figures.worker import drafter
try:
    with drafter() as helper:
        print(helper is not None, len(multiprocessing.active_children()))
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print(multiprocessing.active_children())
"""
KILLED = """
import multiprocessing, os, signal
from reports.figures.worker import drafter
with drafter():
    print(multiprocessing.active_children()[0].pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@needs_two_processors
def test_ctrl_c_ends_both_processes():
    assert fresh("-c", STOPPED).stdout.split() == ["True", "1", "[]"]


@needs_two_processors
def test_a_process_whose_sender_is_killed_ends():
    done = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60
    )
    child, patience = Path("/proc") / done.stdout.decode().strip(), time.monotonic() + 30
    while child.exists() and "\nState:\tZ" not in (child / "status").read_text() and time.monotonic() < patience:
        time.sleep(0.1)
    assert not child.exists() or "\nState:\tZ" in (child / "status").read_text()


def test_characters_are_those_that_matplotlib_finds():
    from matplotlib.ft2font import FT2Font

    found = [frozenset(FT2Font(str(file)).get_charmap()) for file in fonts.font_files()]
    assert characters() == frozenset.intersection(*found)


@pytest.mark.parametrize("data", [b"OTTO", b"\0" * 64, b"OTTO\0\1" + b"\xff" * 90])
def test_a_damaged_font_is_told(monkeypatch, tmp_path, data):
    (tmp_path / "broken.otf").write_bytes(data)
    monkeypatch.setattr(fonts, "font_files", lambda: (tmp_path / "broken.otf",))
    with pytest.raises(OutputError, match="a font is damaged"):
        characters.__wrapped__()


def test_a_rehearsal_leaves_no_trace(eventful):
    report, svgs = report_of(eventful)
    alone = typeset(report, svgs)
    rehearse(report)
    assert typeset(report, svgs) == alone
