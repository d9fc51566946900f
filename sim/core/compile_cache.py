"""Where the machine code of the kernels is kept, and whether it is there: told without loading the compiler.

numba's own cache does not notice an edit in a helper of another file, so the folder is named by a hash of all sources.
"""

import hashlib
import os
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
COMPILED = (
    "core/compiling.py",
    "core/states.py",
    "core/units.py",
    "serving/compiled/*.py",
    "serving/engine/protocol.py",
    "serving/engine/rules.py",
    "serving/policies/*.py",
    "traces/digest.py",
    "traces/requests.py",
    "workload/drawing.py",
)
SOURCES = [path for pattern in COMPILED for path in sorted(ROOT.glob(pattern))]
"""All files of kernel functions, and of what they compile, constants among it."""


def source_hash() -> str:
    """A name for this version of the kernels in this place."""
    digest = hashlib.sha256(f"{version('numba')} {np.__version__} {ROOT}".encode())
    for path in SOURCES:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where machine code is kept between runs: the user's cache, or a temporary folder where that cannot be written."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "llm-day-cost"
    try:
        root.mkdir(parents=True, exist_ok=True)
        writable = os.access(root, os.W_OK)
    except OSError:
        writable = False
    return (root if writable else Path(tempfile.gettempdir()) / "llm-day-cost") / source_hash()


def is_warm() -> bool:
    """Whether this version has been compiled on this machine before."""
    return _mark().exists()


def note_warm() -> None:
    """Remember that all has been compiled."""
    _mark().touch()


def _mark() -> Path:
    return cache_folder() / "complete"
