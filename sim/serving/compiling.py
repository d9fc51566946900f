"""Compiling the kernels once: where the machine code is kept, and how a rule becomes a compiled one.

numba's own cache does not notice an edit in a helper of another file, so the folder is named by a hash of all sources.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba import config

SOURCES = ("rules.py", "layout.py", "leaps.py", "routes.py", "kernel.py", "compiling.py")


def source_hash() -> str:
    """A name for this version of the kernels."""
    digest = hashlib.sha256(numba.__version__.encode())
    for name in SOURCES:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where machine code is kept between runs."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "llm-day-cost" / source_hash()


def is_compiled() -> bool:
    """Whether some run has compiled this version on this machine before."""
    return any(cache_folder().rglob("*.nbc"))


config.CACHE_DIR = str(cache_folder())


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a kernel function; it runs without the interpreter's lock."""
    return numba.njit(function, cache=True, nogil=True, error_model="numpy")


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a small rule into its callers."""
    return numba.njit(function, nogil=True, error_model="numpy", inline="never")
