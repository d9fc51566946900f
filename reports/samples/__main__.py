"""Make the samples: a day, a batch and a study, simulated here, reported, and shown as pictures.

    python -m reports.samples [NAME]...

Needs pdftoppm (poppler) for the pictures.

Pages of a PDF as small pictures.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from reports.commands.report import Order, make
from reports.terminal.console import say
from sim.core.errors import InputError

HERE = Path(__file__).parent
PROGRAM = HERE.parents[1] / "run_sim.py"
PICTURED = {"day": (1, 2, 4), "batch": (1, 2), "study": (1, 2)}
"""Pages of each sample that are shown in pictures."""
COMMANDS = {
    "day": (
        *("run", "support_chatbot", "--set", "fleet.pools.main.servers=3"),
        *("--set", "workload.demand.requests_per_day=400e3", "--set", "plant.failures.multiplier=60"),
        *("--set", "prices.as_the_article_books_it=true", "--set", "prices.article_coolers=3"),
    ),
    "batch": ("batch", "gpu_choice"),
    "study": ("study", "support_chatbot_budget", "--draws", "128"),
}
"""What is asked: shipped files, the day with so much demand and so many failures that each section has its say."""

SUMMARIES = {"day": "result.json", "batch": "summary.json", "study": "summary.json"}
"""Where the numbers of each lie; they are kept beside its PDF, which is checked by them."""


def make_sample(name: str) -> None:
    """Simulate, report and picture one sample."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / name
        command = [sys.executable, str(PROGRAM), *COMMANDS[name], "--out", str(folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        pdf, *_ = make(Order(folder))
        (HERE / f"{name}.pdf").write_bytes(pdf.read_bytes())
        for page, picture in draw_pages(pdf, PICTURED[name]).items():
            (HERE / f"{name}_{page}.png").write_bytes(picture)
        (HERE / f"{name}.json").write_bytes((folder / SUMMARIES[name]).read_bytes())
        say(f"{HERE / name}.pdf")


def main(names: list[str]) -> None:
    """Make the samples that are named, or all."""
    for name in names or COMMANDS:
        make_sample(name)


if __name__ == "__main__":
    main(sys.argv[1:])


DOTS_PER_INCH = 80
COLOURS = 64
"""Colours of a picture: few enough for a small file, more than a page of ours has."""


def draw_pages(pdf: Path, pages: tuple[int, ...]) -> dict[int, bytes]:
    """Pictures (PNG) of some pages by their number, from 1."""
    tool = shutil.which("pdftoppm")
    if tool is None:
        raise InputError("pdftoppm: is not installed; it draws the pages of the samples and comes with poppler")
    return {page: _picture(tool, pdf, page) for page in pages}


def _picture(tool: str, pdf: Path, page: int) -> bytes:
    """One page, reduced to a palette."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as work:
        target = Path(work) / "page"
        command = [tool, "-r", str(DOTS_PER_INCH), "-f", str(page), "-l", str(page), "-singlefile", "-png", str(pdf)]
        subprocess.run([*command, str(target)], check=True)
        small = Image.open(target.with_suffix(".png")).quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(target.with_suffix(".out.png"), optimize=True)
        return target.with_suffix(".out.png").read_bytes()
