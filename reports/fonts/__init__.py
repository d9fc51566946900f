"""The reports' typeface: two files of Noto Sans SC that come with the program; a page is the same everywhere."""

from functools import cache
from pathlib import Path

from sim.errors import OutputError

FAMILY = "Noto Sans CJK SC"
FOLDER = Path(__file__).parent
FILES = ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf")


def font_files() -> tuple[Path, ...]:
    """The files of the typeface; OutputError where one is missing or empty."""
    files = tuple(FOLDER / name for name in FILES)
    for file in files:
        if not file.is_file() or not file.stat().st_size:
            raise OutputError(f"{file}: the font is missing; install the program again")
    return files


@cache
def characters() -> frozenset[int]:
    """Code points that both weights can show."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset.intersection(*(frozenset(FT2Font(str(file)).get_charmap()) for file in font_files()))
    except RuntimeError as error:
        raise OutputError(f"{FOLDER}: a font is damaged: {error}; install the program again") from None
