"""The laws at the command line: points predicted, efficiencies refitted."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from reports.terminal.console import progress_bar, say, tell
from sim.calibration.calibrate import calibrate, profile_text, samples
from sim.calibration.predict import FORMS, Form, predict_rows, read_points, reasons, rows_of, with_predictions
from sim.calibration.scoring import ALL, Score, scores
from sim.catalogue import read_catalogue
from sim.core.errors import InputError
from sim.files.documents import did_you_mean
from sim.files.staging import claim_file, workshop

MOST_LINES_SHOWN = 5


def form_of(kind: str) -> Form:
    """The layout of a kind of points file; InputError where there is no such kind."""
    if kind not in FORMS:
        raise InputError(f"--kind {kind}: is not one of {', '.join(FORMS)}{did_you_mean(kind, FORMS)}")
    return FORMS[kind]


def predict_file(points: Path, kind: str, out: Path) -> None:
    """Predict every row of a file, write it with the predictions, and tell the errors."""
    form, book = form_of(kind), read_catalogue()
    claim_file(out)
    table = read_points(points, form)
    rows, predicted = rows_of(table), list[dict[str, float] | str]()
    with progress_bar(str(points), len(rows)) as progress:
        for found in predict_rows(form, rows, book):
            predicted.append(found)
            progress(len(predicted))
    told = with_predictions(table, form, predicted)
    _write(out, told.to_csv(index=False))
    _tell_reasons(str(points), predicted)
    done = sum(not isinstance(found, str) for found in predicted)
    if not done:
        raise InputError(f"{points}: nothing could be predicted; {out} says why, row by row")
    tell(scores_table(scores(rows_of(told), form.measured, form.factor)))
    tell(f"\n{done:,} of {len(rows):,} rows predicted, written to {out}")


def calibrate_file(points: Path, kind: str, out: Path) -> None:
    """Refit efficiencies to a file of measurements, and write them as a profile."""
    form, book = form_of(kind), read_catalogue()
    claim_file(out)
    rows = rows_of(read_points(points, form))
    say(f"fitting to {len(rows):,} rows ...")
    fitted = calibrate(kind, rows, book)
    names = [sample.setup.efficiency for sample in samples(kind, rows, book)]
    efficiency = max(dict.fromkeys(names), key=names.count)
    text = profile_text(fitted, efficiency, kind, points.name)
    _write(out, text)
    tell(text, f"written to {out}; a pool names it: software: {out}")


def scores_table(found: Sequence[Score]) -> Table:
    """Errors by column, factor and level."""
    table = Table(box=None, pad_edge=False)
    for name in ("predicted", "by", "level"):
        table.add_column(name, no_wrap=True)
    for name in ("points", "median", "90 %", "bias"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in found:
        by = "" if line.factor == ALL else line.factor
        errors = (f"{line.median_fraction:.1%}", f"{line.high_fraction:.1%}", f"{line.bias_fraction:+.1%}")
        table.add_row(line.column if line.factor == ALL else "", by, line.level, f"{line.points:,}", *errors)
    return table


def _tell_reasons(points: str, predicted: Sequence[dict[str, float] | str]) -> None:
    """Every reason once, with the first lines that it holds for."""
    for reason, lines in reasons(predicted).items():
        shown = ", ".join(map(str, lines[:MOST_LINES_SHOWN]))
        more = f" and {len(lines) - MOST_LINES_SHOWN:,} more" if len(lines) > MOST_LINES_SHOWN else ""
        say(f"{points}: line {shown}{more}: {reason}")


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with workshop(path.parent) as unfinished:
        (unfinished / path.name).write_text(text, encoding="utf-8")
        (unfinished / path.name).replace(path)
