"""Names as people and benchmarks write them, matched to entries of the catalogue."""

import re
from collections.abc import Mapping

from sim.catalogue.entry import Entry
from sim.documents import did_you_mean

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
