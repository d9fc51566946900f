"""Make the samples: a day, a batch and a study, simulated here, reported, and shown as pictures.

    python -m reports.samples [NAME]...

Needs pdftoppm (poppler) for the pictures.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from reports.console import say
from reports.making import Order, make
from reports.samples.pictures import draw_pages

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
