"""Folders that results go to: refused when they are not ours, and filled whole or not at all.

Files are made in a workshop, a hidden folder inside the one that they are for, and moved out when all are complete. The
last of them proves that the others belong together: it goes first where an earlier result stands, and comes last. A
program that is killed while it moves leaves its workshop behind, by which the next run knows the folder as its own.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.core.errors import OutputError

PROVES_A_RESULT = '"scenario_hash"'
"""Stands in the proof of every result of ours."""
NESTED = ("demand",)
"""Folders of other results that may lie in a result's folder before it is there itself."""
UNPROVEN = ".unfinished-"


def claim_folder(folder: Path, names: Sequence[str] = ()) -> None:
    """Make sure that a folder can be written, before any work is done for it, and that no stranger's file is lost.

    `names` are the files that will be put there, the last one their proof. Without names any folder will do.
    """
    try:
        str(folder).encode("utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        if names and not any(folder.glob(f"{_prefix(names)}*")):
            refuse_strangers(folder, names[-1], NESTED)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}; choose another with --out") from None
    except UnicodeEncodeError:
        raise OutputError(f"{folder}: is no name in UTF-8, as other tools need it; choose another with --out") from None


def claim_file(file: Path) -> None:
    """Refuse a name that a file of ours cannot have, before any work is done: that of a folder, a pipe, a device."""
    there = _is_there(file)
    if not file.name or (there and file.is_dir()):
        raise OutputError(f"{file}: is a folder; name a file with --out")
    if there and not file.is_file():
        raise OutputError(f"{file}: is no plain file, and is left as it is; choose another with --out")


def refuse_strangers(folder: Path, proof: str, harmless: Collection[str] = ()) -> None:
    """Refuse a folder that holds anything but a result of the kind that this file proves; `harmless` names aside."""
    there = {path.name for path in folder.iterdir()} - set(harmless) if folder.exists() else set()
    if there and not (proof in there and _is_ours(folder / proof)):
        shown = min(there - {proof}, key=lambda name: (name.startswith("."), name), default=proof)
        what = f"{shown} but no {proof} of ours"
        raise OutputError(f"{folder}: holds {what}, and is left as it is; choose a new or empty folder with --out")


def _is_ours(proof: Path) -> bool:
    """Whether it is what we write; what is not JSON has a name that nobody else takes."""
    return proof.suffix != ".json" or PROVES_A_RESULT in proof.read_text(encoding="utf-8", errors="replace")


@contextmanager
def workshop(folder: Path, names: Sequence[str] = ()) -> Iterator[Path]:
    """A hidden folder inside `folder` for files that are not finished; gone afterwards, whatever happens.

    Should the work fail, `folder` goes again, too, with the parents made for it, unless it holds something.
    """
    made = [path for path in (folder, *folder.parents) if not _is_there(path)]
    claim_folder(folder, names)
    try:
        with (
            tempfile.TemporaryDirectory(prefix=_prefix(names), dir=folder, ignore_cleanup_errors=True) as unfinished,
            _held(Path(unfinished)),
        ):
            _clear_abandoned(folder, names)
            yield Path(unfinished)
    except BaseException as error:
        with suppress(OSError):  # not empty: then it holds what was written after all
            for path in made:
                path.rmdir()
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from None
        raise


def _prefix(names: Sequence[str]) -> str:
    """How a workshop for these files is called."""
    return f".{names[-1]}-" if names else UNPROVEN


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Hold a folder; False where another process does, or where the file system knows no locks."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = True
    except OSError:
        held = False
    try:
        yield held
    finally:
        os.close(handle)


def _clear_abandoned(folder: Path, names: Sequence[str]) -> None:
    """Remove workshops for the same files whose program was killed, and before them what it had moved out."""
    for left in folder.glob(f"{_prefix(names)}*") if names else ():
        with _held(left) as abandoned:
            if abandoned and not (folder / names[-1]).exists():
                _remove(folder, names)
            if abandoned:
                shutil.rmtree(left, ignore_errors=True)


def _remove(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # of a name that no file can have
        return False


def publish(unfinished: Path, folder: Path, names: Sequence[str]) -> None:
    """Move the complete files into place, their proof last; what an earlier run left and this one has not is removed.

    Ended half-way, it leaves none of them.
    """
    try:
        (folder / names[-1]).unlink(missing_ok=True)
        for name in names:
            if (unfinished / name).exists():
                (unfinished / name).replace(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
    except BaseException:
        _remove(folder, names)
        raise
