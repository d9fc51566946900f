"""A report as PDF: typst sets the blocks with the house's template; whatever it warns of is an error."""

import json
from pathlib import Path
from typing import Literal

from reports.blocks import Report, content
from reports.fonts import FAMILY, FOLDER, font_files
from sim.errors import DefectError, OutputError

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
STANDARD: Literal["ua-1"] = "ua-1"
"""Accessible PDF: tagged, with a title, a language and alternatives to its figures; typst refuses what is not."""


def typeset(report: Report) -> bytes:
    """The PDF; the same report gives the same bytes."""
    import typst

    font_files()
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FOLDER)])
    if FAMILY not in fonts.families():
        raise OutputError(f"{FOLDER}: its files do not hold the font {FAMILY}; install the program again")
    inputs = {"report": json.dumps(content(report), ensure_ascii=False), "family": FAMILY}
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs=inputs,
            format="pdf",
            pdf_standards=STANDARD,
            timestamp=0,
        )
    except typst.TypstError as error:
        raise DefectError(f"the report cannot be set: {error.message}; {' '.join(error.hints)}") from error
    if warnings:
        raise DefectError(f"the report cannot be set: {warnings[0].message}")
    return bytes(pdf)
