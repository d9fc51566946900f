"""Names as people and benchmarks write them, matched to entries of the catalogue.

What a benchmark measured, as the laws need it: a replica and the load on it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, isqrt
from typing import Any

from sim.catalogue import Catalogue
from sim.catalogue.parameter import Entry
from sim.core.units import BYTES_PER_GIGABYTE
from sim.files.documents import did_you_mean
from sim.plant.gpu.efficiency import kernels_of
from sim.plant.gpu.memory import kv_room_tokens, usable_bytes, weights_bytes
from sim.plant.gpu.replica import WEIGHT_BYTES, WIDE, Layout, Replica
from sim.plant.gpu.step_time import matrix_rate, native_precision

_SUFFIXES = (
    *("instruct", "chat", "hf", "it", "base", "thinking", "dynamic", "preview", "fp8", "fp4", "nvfp4", "mxfp4", "bf16"),
    *("fp16", "int4", "int8", "awq", "gptq", "w4a16", "w8a8", "kv", "trt", "99", "99_9", "text", "vl", "omni"),
)
_DATE = re.compile(r"_(\d{4}|v1|v0_\d|v\d_\d)$")
_PREFIXES = ("nvidia_", "amd_", "intel_", "virtualized_", "instinct_", "meta_", "maxsun_")


class UnknownNameError(ValueError):
    """No entry of the catalogue goes by a name."""


def plain(name: str) -> str:
    """A name without owner, case and punctuation: `meta-llama/Llama-3.1-8B` is llama_3_1_8b.

    >>> plain("meta-llama/Llama-3.1-8B"), plain("NVIDIA H100-SXM-80GB")
    ('llama_3_1_8b', 'nvidia_h100_sxm_80gb')
    """
    return re.sub(r"[^a-z0-9]+", "_", name.rsplit("/", 1)[-1].lower()).strip("_")


def candidates(name: str) -> list[str]:
    """A plain name, and what is left of it as prefixes of makers, suffixes of tuning and of formats, and dates go.

    >>> candidates("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8")[-1]
    'qwen3_235b_a22b'
    """
    found = [plain(name)]
    while True:
        shorter = _shorter(found[-1])
        if shorter == found[-1]:
            return found
        found.append(shorter)


def _shorter(name: str) -> str:
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    for suffix in _SUFFIXES:
        if name.endswith(f"_{suffix}"):
            return name.removesuffix(f"_{suffix}")
    return _DATE.sub("", name)


def _squeezed(name: str) -> str:
    return name.replace("_", "")


def known_names(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Every way of writing the entries, squeezed, to their names: names, titles and aliases."""
    spelt: dict[str, str] = {}
    for name, entry in entries.items():
        for said in (name, plain(entry.title), *getattr(entry, "aliases", "").split()):
            spelt.setdefault(_squeezed(said), name)
    return spelt


def match(name: str, entries: Mapping[str, Entry], kind: str) -> str:
    """The entry that a written name means; UnknownNameError with the nearest and the way to add one."""
    spelt = known_names(entries)
    for said in candidates(name):
        if _squeezed(said) in spelt:
            return spelt[_squeezed(said)]
    near = did_you_mean(candidates(name)[-1], list(entries))
    raise UnknownNameError(f"{name!r} is not among the {kind}{near}; add it to sim/catalogue/{kind}.yaml")


MIXED = "serving_2026"
"""Efficiencies of engines that are not told apart."""
PRECISIONS = {
    **dict.fromkeys(("", "nan", "none", "fp16", "float16", "bfloat16"), WIDE),
    **{"nvfp4": "fp4", "mxfp4": "fp4", "fp8_block": "fp8", "w4a16": "int4"},
}
"""Other ways to write a number format."""


class UnpredictableError(ValueError):
    """A row that cannot be predicted; the message says why."""


@dataclass(frozen=True)
class Setup:
    """A replica by the names of its parts: rows of one setup share their laws."""

    model: str
    """Catalogue name of the model."""
    gpu: str
    """Catalogue name of the GPU."""
    precision: str
    """Number format of weights."""
    efficiency: str
    """Catalogue name of the software's efficiencies."""
    layout: Layout
    """How the replica is divided."""

    def replica(self, book: Catalogue, context_tokens: float, kv_precision: str = WIDE) -> Replica:
        """The replica, for a typical context."""
        gpu = book.pick("gpus", self.gpu)
        kernels = kernels_of(book, self.efficiency, gpu)
        model = book.pick("models", self.model)
        return Replica(model, gpu, kernels, self.precision, kv_precision, self.layout, context_tokens)


def precision_of(written: Any) -> str:
    """A number format as written; 16 bits where none is."""
    text = "" if written is None or written != written else str(written).strip().lower()
    found = PRECISIONS.get(text, text)
    if found not in WEIGHT_BYTES:
        raise UnpredictableError(f"precision {written!r} is not one of {', '.join(WEIGHT_BYTES)}")
    return found


def efficiency_of(book: Catalogue, software: str) -> str:
    """Efficiencies of a software by its name in a file (`vllm`, `vllm_2026`); of all together where it has none."""
    names = (software, f"{software}_2026")
    return next((name for name in names if name in book.efficiencies), MIXED)


def check_setup(setup: Setup, book: Catalogue) -> None:
    """Refuse a model that does not fit its GPUs and a number format that they cannot multiply."""
    replica = setup.replica(book, 1.0)
    if matrix_rate(replica.gpu, native_precision(replica.gpu, setup.precision)) is None:
        raise UnpredictableError(f"{replica.gpu.title} has no {setup.precision} matrix rate")
    if kv_room_tokens(replica) < 1:
        need, have = weights_bytes(replica) / BYTES_PER_GIGABYTE, usable_bytes(replica) / BYTES_PER_GIGABYTE
        raise UnpredictableError(
            f"{replica.model.title} at {setup.precision} needs {need:.0f} GB for its weights, "
            f"{setup.layout.gpus} x {replica.gpu.title} leave {have:.0f} GB"
        )


def find_model(book: Catalogue, name: Any) -> str:
    """The model that a row names."""
    return match(str(name), book.models, "models")


def find_gpu(book: Catalogue, name: Any) -> str:
    """The GPU that a row names."""
    return match(str(name), book.gpus, "gpus")


def one_node(size: int, gpus_a_server: int) -> int:
    """GPUs of a replica inside one server, where a database multiplied a size with itself.

    Rows whose tensor and expert (or data and expert) parallel sizes name the same GPUs carry the product: 64 for
    eight GPUs, 16 for four. Their measurements equal those of the rows that carry the size itself.

    >>> one_node(64, 8), one_node(8, 8), one_node(16, 8), one_node(72, 72)
    (8, 8, 4, 72)
    """
    root = isqrt(size)
    return root if size > gpus_a_server and root * root == size else size


def given(value: Any) -> bool:
    """Whether a cell of a table holds anything."""
    return value is not None and value == value and str(value) != ""


def number(row: Mapping[str, Any], name: str) -> float:
    """A number above zero; UnpredictableError says what stands there instead."""
    try:
        value = float(row[name])
    except (KeyError, TypeError, ValueError):
        value = float("nan")
    if not (isfinite(value) and value > 0.0):
        raise UnpredictableError(f"{name} must be a number above zero, not {row.get(name)!r}")
    return value


def count(row: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A whole number from 1, or the default where nothing stands."""
    if not given(row.get(name)) and default is not None:
        return default
    value = number(row, name)
    if value != int(value):
        raise UnpredictableError(f"{name} must be a whole number, not {value:g}")
    return int(value)
