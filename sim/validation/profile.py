"""A profile: efficiencies refitted to a stack, as a file that a scenario names under `plant.efficiency`."""

from textwrap import wrap

from sim.catalogue.catalogue import claim_fields
from sim.catalogue.law_types import Efficiency, Generation
from sim.validation.fitting import Fitted
from sim.validation.scoring import score

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
        f"# bias {told.bias_fraction:+.1%}. A scenario names this file: plant: {{efficiency: ./FILE}}.",
        f"efficiency: {efficiency}",
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
