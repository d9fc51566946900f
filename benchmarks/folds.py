"""Time per output token of GPUs and of models that a fit has not seen: efficiencies fitted to all others, tried on one.

Usage: python -m benchmarks.folds DATA [STRIDE] prints the last sections of VALIDATION.md: DATA holds
perf/e2e_serving_points.csv.gz; of every STRIDE-th aggregated row (12 unless told otherwise; a third of those where
models are left out) those are taken whose KV cache holds all clients. Fits begin at the middle of each bound, not at
the catalogue's values, which have seen every row. Times per token are the closed form's, not simulated.
"""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from sim.calibration.calibrate import Sample, knobs_for, observe, samples
from sim.calibration.fitting import Floats, Knob, as_facts, errors_of, fit
from sim.calibration.kinds.serving_runs import holds_all
from sim.calibration.predict import FORMS, read_points, rows_of
from sim.catalogue import Catalogue, read_catalogue, with_facts

STRIDE = 12
THIN = 3
"""Models are left out of one row in so many of those: there are many models."""
PROCESSES = 2
KIND = "serving"
POINTS = "perf/e2e_serving_points.csv.gz"
SHARED = ("activation_passes", "iteration_overhead_s")
"""Numbers that all software has in common."""
HEAD = """
## Leave-one-{what}-out

Time per output token of every {stride}th aggregated serving row whose KV cache holds all clients, by its closed form
(`python -m benchmarks.folds DATA`). Efficiencies are fitted anew to all other {what}s, from the middle of their bounds,
and tried on the {what} left out.
{note}

| left out | numbers | fitted to | points | median | 90 % | bias | of them dense | median | 90 % |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""
GPU_NOTE = "Other GPUs of its generation stay in; 20 % must be reached at the median, 45 % at the 90th percentile."
MODEL_NOTE = "No limit is set for it."


@dataclass(frozen=True)
class Fold:
    """What became of leaving out each GPU, or each model, in its turn."""

    what: str
    """GPU or model."""
    must: tuple[float, float] | None
    """Median and 90th percentile of errors that are allowed."""
    every: Floats
    """Errors of all folds together."""
    turned: tuple[int, ...]
    """Numbers fitted in each."""
    text: str
    """The section of VALIDATION.md."""


@dataclass(frozen=True)
class Tried:
    """One fold."""

    name: str
    """What was left out."""
    turned: int
    """Numbers fitted to the others."""
    points: int
    """Rows that they were fitted to."""
    every: Floats
    """Errors on the rows left out."""
    dense: Floats
    """Errors on those of them whose model is dense."""


def usable(data: Path, stride: int, book: Catalogue) -> list[Sample]:
    """Aggregated rows of which all clients fit."""
    table = read_points(data / POINTS, FORMS[KIND])
    found = samples(KIND, rows_of(table[table["mode"] == "agg"].iloc[::stride]), book)
    return [sample for sample in found if holds_all(sample.case, book)]


def shared(knobs: Sequence[Knob]) -> list[Knob]:
    """The same knobs, some of them one for all software, as the catalogue has it: fewer numbers carry further."""
    software = tuple(sorted({knob.entries[0] for knob in knobs if knob.kind == "efficiencies"}))
    return [replace(knob, entries=software) if knob.field in SHARED else knob for knob in knobs]


def unseen(train: Sequence[Sample], book: Catalogue) -> tuple[Catalogue, int, int]:
    """A catalogue fitted to some samples alone, with the numbers turned and the points they were fitted to."""
    knobs = list(dict.fromkeys(shared(knobs_for(KIND, train, book))))
    middles = np.sqrt([knob.low * knob.high for knob in knobs])
    found = fit(observe(KIND, train, book), knobs, with_facts(book, as_facts(knobs, middles)))
    return with_facts(book, found.overrides), len(knobs), found.points


def errors_on(chosen: Sequence[Sample], book: Catalogue) -> Floats:
    """Relative errors of the closed form; none for no samples."""
    return errors_of(observe(KIND, chosen, book), book) if chosen else np.zeros(0)


def tried(chosen: Sequence[Sample], key: Callable[[Sample], str], name: str) -> Tried:
    """Fit to all but the samples of one name, and try on them."""
    book = read_catalogue()
    train, test = ([sample for sample in chosen if (key(sample) == name) is left] for left in (False, True))
    blind, turned, points = unseen(train, book)
    dense = [sample for sample in test if book.models[sample.setup.model].experts is None]
    return Tried(name, turned, points, errors_on(test, blind), errors_on(dense, blind))


def gpu_of(sample: Sample) -> str:
    """The GPU of a sample."""
    return sample.setup.gpu


def model_of(sample: Sample) -> str:
    """The model of a sample."""
    return sample.setup.model


def told(errors: Floats) -> str:
    """Median and 90th percentile of the size of errors."""
    if not len(errors):
        return "|"
    return " | ".join(f"{value:.1%}" for value in np.quantile(np.abs(errors), [0.5, 0.9]))


def line(name: str, fitted: str, every: Floats, dense: Floats) -> str:
    """A row of the table."""
    whole = f"{len(every)} | {told(every)} | {np.median(every):+.1%}"
    return f"| {name} | {fitted} | {whole} | {len(dense)} | {told(dense)} |\n"


def fold_of(what: str, must: tuple[float, float] | None, chosen: list[Sample], stride: int) -> Fold:
    """Leave out each in its turn, and all folds together."""
    key, note = (gpu_of, GPU_NOTE) if what == "GPU" else (model_of, MODEL_NOTE)
    with ProcessPoolExecutor(PROCESSES) as pool:
        parts = list(pool.map(partial(tried, chosen, key), sorted({key(sample) for sample in chosen})))
    every, dense = (np.concatenate([getattr(part, name) for part in parts]) for name in ("every", "dense"))
    lines = "".join(line(part.name, f"{part.turned} | {part.points}", part.every, part.dense) for part in parts)
    text = HEAD.format(what=what, stride=stride, note=note) + lines + line("all", "|", every, dense)
    return Fold(what, must, every, tuple(part.turned for part in parts), text)


def folds_of(data: Path, stride: int) -> list[Fold]:
    """Both ways to leave out."""
    book = read_catalogue()
    gpus, models = usable(data, stride, book), usable(data, THIN * stride, book)
    return [fold_of("GPU", (0.20, 0.45), gpus, stride), fold_of("model", None, models, THIN * stride)]


if __name__ == "__main__":
    for fold in folds_of(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else STRIDE):
        print(fold.text)
