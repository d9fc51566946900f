"""A real number's field ends with its unit (sim/units.py), or is on one of two short lists."""

import ast
from collections.abc import Iterator

import pytest

from sim.core.units import suffix_of
from tests.architecture.source_files import model

DIMENSIONLESS = {
    "activation_passes": "reads and writes",
    "active_experts": "count",
    "active_params": "count",
    "air_cooled": "1 or 0",
    "air_economiser": "1 or 0",
    "alive": "count",
    "attention_layers": "count",
    "batch": "count",
    "cap_order": "exponent",
    "capacity_curve": "quadratic of a lift index in K",
    "capacity_ratio": "ratio of two powers",
    "capped_exponent": "exponent",
    "carbon_shape": "relative to the mean",
    "columns": "as the file has them",
    "concentration_cycles": "ratio of two concentrations",
    "condenser_rise_coefficient": "ratio of two temperature differences",
    "confidence": "probability",
    "cop": "ratio of heat to power",
    "cost": "its unit is that of the outcome",
    "costs": "its unit is that of the outcome",
    "count": "requests",
    "cpus": "count",
    "crowded_above_requests": "count",
    "cumulative": "requests so far, by time",
    "declining_factor": "factor",
    "dense_layers": "count",
    "departure": "standard deviations",
    "economiser": "1 or 0",
    "electricity_shape": "relative to the mean",
    "ends": "probability",
    "estimate": "its unit is that of what is estimated",
    "expected": "requests",
    "expert_ffn": "width of a layer",
    "experts": "count",
    "factor": "factor",
    "ffn": "width of a layer",
    "gap_cv": "ratio of two times",
    "gpus": "count",
    "head_dim": "width of a head",
    "heads": "count",
    "hidden": "width of a layer",
    "high": "its unit is that of what is estimated",
    "infant_shape": "Weibull shape",
    "kv_heads": "count",
    "kv_lora_rank": "width",
    "kv_values_per_token": "count",
    "larger": "factor",
    "law": "in the unit of what it predicts",
    "latencies": "its unit is that of the outcome",
    "latency": "its unit is that of the outcome",
    "layers": "count",
    "lemon_factor": "factor",
    "limit": "its unit is that of the outcome",
    "low": "its unit is that of what is estimated",
    "matrix_power_ratio": "ratio of two powers",
    "measured": "in the unit of its law",
    "median": "its unit is that of the input",
    "memory_power_ratio": "ratio of two powers",
    "multiplier": "factor",
    "next_probability": "probability",
    "normal": "standard deviations",
    "params": "count",
    "part_load_curve": "quadratic of a ratio",
    "pearson": "correlation",
    "points": "probability",
    "poll_iterations": "count",
    "power_curve": "quadratic of a ratio",
    "power_order": "order of a norm",
    "probability": "probability",
    "quantity": "its unit is the field beside it",
    "queue_requests": "count",
    "rank": "correlation",
    "rank_correlation": "correlation",
    "rated_cop": "ratio of two powers",
    "relative_half_width": "ratio",
    "roofline_order": "order of a norm",
    "rope_head_dim": "width",
    "roster_technicians": "count",
    "sd": "its unit is that of the input",
    "share": "share",
    "shared_experts": "count",
    "shares": "share",
    "sigma": "standard deviation of a logarithm",
    "sized_ratio": "ratio of two capacities",
    "speed": "factor",
    "state_values_per_request": "count",
    "stop_probability": "probability",
    "tail_ratio": "ratio of two times",
    "technicians": "count",
    "tied_embeddings": "1 or 0",
    "turns": "count",
    "uniform": "probability",
    "value": "its unit is that of the field that holds it",
    "visits": "count",
    "vocabulary": "count",
    "volume": "factor",
    "wear_shape": "Weibull shape",
    "weight": "only ratios matter",
    "wet_rejection": "1 or 0",
    "year": "calendar year",
}
"""Names of fields that have no unit, and what they are."""

UNIT_IN_DOCSTRING = {
    "at_least": "that of the outcome",
    "at_most": "that of the outcome",
    "day": "the square of the outcome's",
    "failures_per_server_day": "1/day of a server",
    "gaps": "count, s, s^2",
    "maxima": "s",
    "slope": "tokens a unit of probability",
    "tokens": "token",
    "world": "the square of the outcome's",
}
"""Names of fields that have a unit and do not end with its suffix; this list only ever gets shorter."""

REAL = {"float", "Fact", "Series", "Table", "np.float32", "np.float64"}


def _names(annotation: ast.expr) -> set[str]:
    """Every name in an annotation, dotted ones whole."""
    nodes = list(ast.walk(annotation))
    dotted = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    return dotted | {node.id for node in nodes if isinstance(node, ast.Name)}


def _aliases() -> set[str]:
    """Names for real numbers and arrays of them: the types themselves, and what modules call them."""
    known = set(REAL)
    assigned = [node for tree in model().values() for node in tree.body if isinstance(node, ast.Assign)]
    types = [node for node in assigned if isinstance(node.value, ast.Subscript | ast.BinOp)]
    for _ in range(3):
        known |= {
            target.id
            for node in types
            if _names(node.value) & known
            for target in node.targets
            if isinstance(target, ast.Name)
        }
    return known


def _fields(tree: ast.Module) -> Iterator[tuple[str, str, ast.expr]]:
    """Class, name and annotation of every annotated field of every class."""
    for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for node in owner.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield owner.name, node.target.id, node.annotation


def _holds_real(annotation: ast.expr, real: set[str]) -> bool:
    """Whether a field holds real numbers; a mapping is named for its keys."""
    names = _names(annotation)
    return bool(names & real) and not names & {"dict", "Mapping"}


def _unnamed(tree: ast.Module, real: set[str]) -> list[str]:
    return [
        f"{owner}.{name}" for owner, name, kind in _fields(tree) if _holds_real(kind, real) and suffix_of(name) is None
    ]


def test_fields_end_with_their_unit() -> None:
    real, listed = _aliases(), DIMENSIONLESS.keys() | UNIT_IN_DOCSTRING.keys()
    found = {module: _unnamed(tree, real) for module, tree in model().items()}
    wrong = [
        f"{module}: {name}" for module, names in found.items() for name in names if name.split(".")[1] not in listed
    ]
    assert wrong == []


def test_the_lists_hold_nothing_else() -> None:
    real = _aliases()
    used = {name.split(".")[1] for tree in model().values() for name in _unnamed(tree, real)}
    assert sorted((DIMENSIONLESS.keys() | UNIT_IN_DOCSTRING.keys()) - used) == []


@pytest.mark.parametrize("field", ["power: float", "power: NDArray[np.float64]", "power: Fact | None = None"])
def test_a_field_without_unit_would_be_seen(field: str) -> None:
    assert _unnamed(ast.parse(f"class Server:\n    {field}\n"), REAL) == ["Server.power"]
