"""Efficiencies refitted to measurements: a user's own, to make a profile of their stack.

A profile: efficiencies refitted to a stack, as a file that a scenario names as the `software` of a pool.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np

from sim.calibration.cases import Setup, UnknownNameError, UnpredictableError
from sim.calibration.fitting import Fitted, Knob, Observed, fit, grouped
from sim.calibration.kinds import ml_energy, mlperf, splitwise
from sim.calibration.kinds import serving_runs as serving
from sim.calibration.predict import Row
from sim.calibration.scoring import score
from sim.catalogue import Catalogue
from sim.catalogue.catalogue import claim_fields
from sim.catalogue.parameter import Entry
from sim.catalogue.types.compute import Efficiency, Generation
from sim.core.errors import InputError
from sim.core.units import MILLISECONDS_PER_SECOND

POINTS_A_KNOB = 3
"""Measured numbers that an efficiency needs to be refitted; with fewer, the last of the list stay as they are."""

Bound = tuple[str, float, float]

_SOFTWARE: tuple[Bound, ...] = (
    ("layer_overhead_s", 1e-6, 5e-4),
    ("sequence_overhead_s", 1e-7, 5e-4),
    ("activation_passes", 1.0, 60.0),
    ("iteration_overhead_s", 1e-5, 6e-2),
)
_EXPERTS: Bound = ("expert_overhead_s", 1e-7, 5e-4)
_HARDWARE: tuple[Bound, ...] = (("memory_fraction", 0.4, 0.95), ("attention_fraction", 0.1, 0.7))
_MATRIX: Mapping[str, Bound] = {
    "bf16": ("matrix_fraction", 0.3, 0.9),
    "fp8": ("fp8_matrix_fraction", 0.2, 0.8),
    "fp4": ("fp4_matrix_fraction", 0.15, 0.7),
}
_POWER: tuple[Bound, ...] = (
    ("active_power_fraction", 0.1, 0.8),
    ("memory_power_ratio", 0.05, 2.0),
    ("matrix_power_ratio", 0.05, 8.0),
)


@dataclass(frozen=True)
class Sample:
    """One row that a fit can use."""

    setup: Setup
    """Its replica."""
    case: Any
    """What it ran, as its kind reads it."""
    row: Row
    """What was measured."""


def _setup(case: Any) -> Setup:
    return case.setup if hasattr(case, "setup") else Setup(case.model, case.gpu, "fp8", mlperf.EFFICIENCY, serving.ONE)


_READ: Mapping[str, Callable[[Row, Catalogue], Any]] = {
    "serving": serving.read_case,
    "splitwise": splitwise.read_case,
    "ml-energy": ml_energy.read_case,
    "mlperf": mlperf.read_case,
}
_PREDICT: Mapping[str, Callable[[Any, Catalogue], dict[str, float]]] = {
    "splitwise": splitwise.predict_case,
    "ml-energy": ml_energy.predict_case,
    "mlperf": mlperf.predict_case,
}
_FITTED: Mapping[str, Mapping[str, str]] = {
    "splitwise": {"predicted_prompt_time_ms": "prompt_time_ms", "predicted_token_time_ms": "token_time_ms"},
    "ml-energy": {
        "predicted_output_throughput_tokens_per_sec": "output_throughput_tokens_per_sec",
        "predicted_avg_power_watts": "avg_power_watts",
    },
    "mlperf": {"predicted_tokens_per_s": "tokens_per_s"},
}
"""Predicted columns that a fit looks at, and what was measured of them."""


def samples(kind: str, rows: Sequence[Row], book: Catalogue) -> list[Sample]:
    """The rows that the laws cover."""
    found = []
    for row in rows:
        try:
            case = _READ[kind](row, book)
        except (UnpredictableError, UnknownNameError):
            continue
        found.append(Sample(_setup(case), case, row))
    return found


def observe(kind: str, chosen: Sequence[Sample], book: Catalogue) -> list[Observed]:
    """What was measured, and the laws that should give it."""
    if kind == "serving":
        groups = grouped([(_replica_of(s.case, book), s) for s in chosen if _measured(s.row, "tpot_ms")])
        return [_served(group) for group in groups.values()]
    return [
        _observed(kind, predicted, [sample for sample in chosen if _measured(sample.row, name)], name)
        for predicted, name in _FITTED[kind].items()
    ]


def _measured(row: Row, name: str) -> bool:
    value = row.get(name)
    return isinstance(value, int | float) and np.isfinite(value) and value > 0


def _replica_of(case: serving.ServingCase, book: Catalogue) -> tuple[Setup, float]:
    """What cases of equal replicas share: windows alone make the context matter."""
    windowed = book.models[case.setup.model].sliding_window_tokens is not None
    return case.setup, case.context_tokens if windowed else 0.0


def _served(group: Sequence[Sample]) -> Observed:
    """Times per output token of one replica, by their closed form."""
    cases: list[serving.ServingCase] = [sample.case for sample in group]
    clients, prompt, output = (
        np.array([float(getattr(case, name)) for case in cases]) for name in ("clients", "prompt", "output")
    )
    budget = np.array([float(case.protocol.most_batched_tokens) for case in cases])
    measured = np.array([float(sample.row["tpot_ms"]) for sample in group]) / MILLISECONDS_PER_SECOND

    def law(book: Catalogue) -> np.ndarray:
        return serving.steady_state_s(cases[0].replica(book), clients, prompt, output, budget)

    return Observed(measured, law)


def _observed(kind: str, predicted: str, chosen: Sequence[Sample], name: str) -> Observed:
    def law(book: Catalogue) -> np.ndarray:
        return np.array([_PREDICT[kind](sample.case, book)[predicted] for sample in chosen])

    return Observed(np.array([float(sample.row[name]) for sample in chosen]), law)


def knobs_for(kind: str, chosen: Sequence[Sample], book: Catalogue) -> list[Knob]:
    """What a fit to these rows may turn: of each software its overheads, of each generation its kernels."""
    turned: list[tuple[str, str, Bound]] = []
    setups = {sample.setup for sample in chosen}
    for efficiency in sorted({setup.efficiency for setup in setups}):
        sparse = any(book.models[setup.model].experts for setup in setups if setup.efficiency == efficiency)
        turned += [("efficiencies", efficiency, bound) for bound in (*_SOFTWARE, *((_EXPERTS,) if sparse else ()))]
    for generation in sorted({book.gpus[setup.gpu].generation for setup in setups}):
        formats = {s.precision for s in setups if book.gpus[s.gpu].generation == generation}
        kernels = [*_HARDWARE, *(_MATRIX[name] for name in sorted(formats) if name in _MATRIX)]
        turned += [("generations", generation, bound) for bound in (*kernels, *(_POWER if kind == "ml-energy" else ()))]
    return [_knob(kind_, entry, bound, setups, book) for kind_, entry, bound in turned]


def _knob(kind: str, entry: str, bound: Bound, setups: set[Setup], book: Catalogue) -> Knob:
    """An efficiency to turn: where all software has its own in place of a generation's, that one."""
    names = tuple(sorted({setup.efficiency for setup in setups}))
    own: list[Entry] = [book.efficiencies[name] for name in names]
    field, low, high = bound
    if kind == "generations" and all(getattr(efficiency, field, None) is not None for efficiency in own):
        return Knob("efficiencies", names, field, low, high)
    return Knob(kind, (entry,), field, low, high)


def calibrate(kind: str, rows: Sequence[Row], book: Catalogue) -> Fitted:
    """Refit efficiencies to measured rows; InputError where there is too little to fit to."""
    chosen = samples(kind, rows, book)
    observed = [part for part in observe(kind, chosen, book) if len(part.measured)]
    points = sum(len(part.measured) for part in observed)
    knobs = list(dict.fromkeys(knobs_for(kind, chosen, book)))[: points // POINTS_A_KNOB]
    if not knobs:
        raise InputError(
            f"{points} of {len(rows)} rows can be fitted to; at least {POINTS_A_KNOB} are needed: `predict` says why "
            "others cannot"
        )
    return fit(observed, knobs, book)


DIGITS = 4
WIDTH = 120
"""Columns of a profile."""


def held(fitted: Fitted) -> list[str]:
    """Efficiencies that a fit did not turn: what no knob is for, and knobs that the points were too few for."""
    turned = {knob.field for knob in fitted.knobs}
    fields = dict.fromkeys((*claim_fields(Efficiency), *claim_fields(Generation)))
    return [name for name in fields if name not in turned]


def profile_text(fitted: Fitted, efficiency: str, kind: str, points: str) -> str:
    """The file's text: what was fitted to what and how well, then the software and the facts of a scenario.

    `efficiency` is the catalogue's set that the profile changes; `points` names the file of measurements.
    """
    told = score(fitted.error_fraction, "")
    lines = [
        f"# Fitted to {fitted.points:,} numbers of {points} ({kind}), {len(fitted.knobs)} efficiencies turned.",
        f"# Absolute error {told.median_fraction:.1%} in the median, {told.high_fraction:.1%} at the 90th percentile;",
        f"# bias {told.bias_fraction:+.1%}. A pool of a scenario names this file: software: ./FILE.",
        f"software: {efficiency}",
        "facts:",
    ]
    stayed = f"# Held as the catalogue has them: {', '.join(held(fitted))}."
    lines[3:3] = wrap(stayed, WIDTH, subsequent_indent="# ", break_on_hyphens=False)
    for kind_, entries in fitted.overrides.items():
        lines.append(f"  {kind_}:")
        for entry, numbers in entries.items():
            inside = ", ".join(f"{name}: {value:.{DIGITS}g}" for name, value in numbers.items())
            lines.append(f"    {entry}: {{{inside}}}")
    return "\n".join(lines) + "\n"
