"""A report as PDF: typst sets the blocks with the house's template; whatever it warns of is an error."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from reports.documents.blocks import Report, content, plots
from reports.documents.fonts import FAMILY, FOLDER, font_files
from sim.core.errors import DefectError, OutputError

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
STANDARD: Literal["ua-1"] = "ua-1"
"""Accessible PDF: tagged, with a title, a language and alternatives to its figures; typst refuses what is not."""
BLANK = '<svg xmlns="http://www.w3.org/2000/svg" width="480" height="200"/>'
"""Stands for a drawing that is still being made."""


def rehearse(report: Report) -> None:
    """Set a report before its figures are there: typst remembers lines and tables, and is quick the second time."""
    typeset(report, dict.fromkeys((plot.name for plot in plots(report)), BLANK))


def typeset(report: Report, drawings: Mapping[str, str]) -> bytes:
    """The PDF, its drawings as SVG by name; the same report gives the same bytes, rehearsed or not."""
    import typst

    font_files()
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FOLDER)])
    if FAMILY not in fonts.families():
        raise OutputError(f"{FOLDER}: its files do not hold the font {FAMILY}; install the program again")
    text = json.dumps(content(report), ensure_ascii=False)
    files: Any = {"main": TEMPLATE.read_bytes(), "report.json": text.encode()}  # more than its types say
    files |= {f"{name}.svg": svg.encode() for name, svg in drawings.items()}
    try:
        pdf, warnings = typst.compile_with_warnings(
            files,
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs={"family": FAMILY},
            format="pdf",
            pdf_standards=STANDARD,
            timestamp=0,
        )
    except typst.TypstError as error:
        raise DefectError(f"the report cannot be set: {error.message}; {' '.join(error.hints)}") from error
    if warnings:
        raise DefectError(f"the report cannot be set: {warnings[0].message}")
    return bytes(pdf)
