"""Leave-one-GPU-out of time per output token: efficiencies fitted to all other GPUs, tried on the one left out.

Usage: python -m benchmarks.folds DATA [STRIDE] prints the last section of VALIDATION.md: DATA holds
perf/e2e_serving_points.csv.gz; of every STRIDE-th aggregated row (30 unless told otherwise) those are taken whose KV
cache holds all clients. Fits begin at the middle of each bound, not at the
catalogue's values, which have seen every GPU. Times per token are the closed form's, not simulated.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sim.catalogue import Catalogue, read_catalogue, with_facts
from sim.plant.memory import kv_room_tokens
from sim.validation.calibrating import Sample, knobs_for, observe, samples
from sim.validation.fitting import Floats, as_facts, errors_of, fit
from sim.validation.points import read_points, rows_of
from sim.validation.predicting import FORMS

STRIDE = 30
KIND = "serving"
POINTS = "perf/e2e_serving_points.csv.gz"
HEAD = """
## Leave-one-GPU-out

Printed by `python -m benchmarks.folds DATA`: time per output token of every thirtieth aggregated serving row whose KV
cache holds all clients, by its closed form. Efficiencies are fitted anew to all other GPUs, from the middle of their
bounds, and tried on the GPU left out; other GPUs of its generation stay in. What must be reached is 20 % at the median
and 45 % at the 90th percentile: the median is, the 90th percentile is not. Few rows stand behind each figure.

| left out | numbers | fitted to | points | median | 90 % | bias | of them dense | median | 90 % |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def usable(data: Path, stride: int, book: Catalogue) -> list[Sample]:
    """Aggregated rows of which all clients fit."""
    table = read_points(data / POINTS, FORMS[KIND])
    found = samples(KIND, rows_of(table[table["mode"] == "agg"].iloc[::stride]), book)
    return [sample for sample in found if _fits(sample, book)]


def _fits(sample: Sample, book: Catalogue) -> bool:
    case = sample.case
    room = kv_room_tokens(sample.setup.replica(book, case.context_tokens))
    return bool(case.clients * (case.prompt + case.output) <= room)


def unseen(train: Sequence[Sample], book: Catalogue) -> tuple[Catalogue, int, int]:
    """A catalogue fitted to some samples alone, with the numbers turned and the points they were fitted to."""
    knobs = list(dict.fromkeys(knobs_for(KIND, train, book)))
    middles = np.sqrt([knob.low * knob.high for knob in knobs])
    found = fit(observe(KIND, train), knobs, with_facts(book, as_facts(knobs, middles)))
    return with_facts(book, found.overrides), len(knobs), found.points


def told(errors: Floats) -> str:
    """Median and 90th percentile of the size of errors."""
    if not len(errors):
        return "|"
    return " | ".join(f"{value:.1%}" for value in np.quantile(np.abs(errors), [0.5, 0.9]))


def errors_on(chosen: Sequence[Sample], book: Catalogue) -> Floats:
    """Relative errors of the closed form; none for no samples."""
    return errors_of(observe(KIND, chosen), book) if chosen else np.zeros(0)


def line(name: str, fitted: str, every: Floats, dense: Floats) -> str:
    """A row of the table."""
    whole = f"{len(every)} | {told(every)} | {np.median(every):+.1%}"
    return f"| {name} | {fitted} | {whole} | {len(dense)} | {told(dense)} |\n"


def folds(chosen: Sequence[Sample], book: Catalogue) -> str:
    """Leave out each GPU in its turn, and all folds together."""
    lines, every, dense = "", [], []
    for gpu in sorted({sample.setup.gpu for sample in chosen}):
        train, test = ([s for s in chosen if (s.setup.gpu == gpu) is left] for left in (False, True))
        blind, turned, points = unseen(train, book)
        every.append(errors_on(test, blind))
        dense.append(errors_on([s for s in test if book.models[s.setup.model].experts is None], blind))
        lines += line(gpu, f"{turned} | {points}", every[-1], dense[-1])
        print(lines.splitlines()[-1], file=sys.stderr, flush=True)
    return lines + line("all", "|", np.concatenate(every), np.concatenate(dense))


def leave_one_gpu_out(data: Path, stride: int) -> str:
    """The section of VALIDATION.md."""
    book = read_catalogue()
    return HEAD + folds(usable(data, stride, book), book)


if __name__ == "__main__":
    print(leave_one_gpu_out(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else STRIDE))
