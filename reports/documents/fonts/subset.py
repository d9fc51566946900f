"""Make the reports' two font files anew: Noto Sans SC with the Chinese characters of GB 2312 and no others.

    python -m reports.fonts.subset FOLDER

FOLDER holds NotoSansCJK-Regular.ttc and NotoSansCJK-Bold.ttc of github.com/notofonts/noto-cjk, release Sans 2.004.
"""

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WEIGHTS = ("Regular", "Bold")
SIMPLIFIED = 2
"""Place of the face for simplified Chinese in the collection."""
FIRST_ROW, LAST_ROW, FIRST_CELL, LAST_CELL = 0xA1, 0xF7, 0xA1, 0xFE
"""Bounds of the two bytes of GB 2312."""
LEFT_OUT = ("CJK", "HANGUL", "KANGXI", "IDEOGRAPH")
"""Begin, or stand in, the names of characters that are kept only where GB 2312 has them."""
KEPT_NAMES = (0, 1, 2, 3, 4, 5, 6, 13, 14)
FEATURES = ("kern", "halt", "palt")


def gb_2312() -> Iterator[int]:
    """Code points of GB 2312."""
    for row in range(FIRST_ROW, LAST_ROW + 1):
        for cell in range(FIRST_CELL, LAST_CELL + 1):
            text = bytes([row, cell]).decode("gb2312", errors="ignore")
            yield from map(ord, text)


def kept(code_points: set[int]) -> set[int]:
    """Of all that a font has: the characters of GB 2312 and whatever is not Chinese or Korean."""
    simplified = set(gb_2312())
    return {code for code in code_points if code in simplified or not _is_left_out(code)}


def _is_left_out(code: int) -> bool:
    return any(word in unicodedata.name(chr(code), "") for word in LEFT_OUT)


def make(source: Path, target: Path) -> None:
    """Write one weight."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font: Any = TTFont(source, fontNumber=SIMPLIFIED, recalcTimestamp=False)
    options: Any = Options(
        layout_features=list(FEATURES), name_IDs=list(KEPT_NAMES), hinting=False, notdef_outline=True
    )
    subsetter: Any = Subsetter(options)
    subsetter.populate(unicodes=kept(set(font.getBestCmap())))
    subsetter.subset(font)
    font.save(target)


def main() -> None:
    """Make both weights beside this file."""
    [folder] = map(Path, sys.argv[1:])
    for weight in WEIGHTS:
        make(folder / f"NotoSansCJK-{weight}.ttc", Path(__file__).parent / f"NotoSansSC-{weight}.otf")


if __name__ == "__main__":
    main()
