"""Pages of a PDF as small pictures."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from sim.errors import InputError

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
