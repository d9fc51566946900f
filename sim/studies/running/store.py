"""What is finished, on disk: part files renamed into place, and a sqlite catalogue of them. Nothing done is lost.

A part file is complete or not there. The catalogue says which parts there are and what each file's checksum is; a file
that is missing or damaged counts as not done. A lock on the folder keeps a second study out; it goes with the process.
"""

import fcntl
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from sim.core.errors import OutputError
from sim.core.version import __version__
from sim.files.staging import refuse_strangers
from sim.studies.running.columns import DONE, FAILED, Columns

CATALOGUE, CELLS, LOCK, RESOLVED = "catalogue.sqlite", "cells", ".lock", "study.yaml"
BEFORE_IT = (CELLS, LOCK)
"""What a study makes in its folder before its catalogue."""
LOST = -1
"""Checksum of no file."""
TABLES = """
create table if not exists study (key text primary key, value text);
create table if not exists parts (part integer primary key, file text, crc32 integer);
create table if not exists cells (cell integer primary key, part integer, status text, main real, message text);
"""


class Store:
    """The folder of one study while it runs."""

    def __init__(self, folder: Path, lock: IO[str], db: sqlite3.Connection) -> None:
        self.folder, self._lock, self._db = folder, lock, db

    def finished(self) -> set[int]:
        """Numbers of the parts whose files are there and whole."""
        rows = self._db.execute("select part, file, crc32 from parts").fetchall()
        return {part for part, file, crc in rows if _crc(self.folder / CELLS / file) == crc}

    def known(self) -> list[tuple[int, str, float | None]]:
        """Cell, status and main outcome of every finished cell."""
        return self._db.execute("select cell, status, main from cells order by cell").fetchall()

    def keep(self, part: int, columns: Columns, main: str, lost: bool = False) -> None:
        """Write the file of a part, move it into place, and enter it in the catalogue.

        A part that was lost with its worker is kept with a wrong checksum, so that `--resume` tries it again.
        """
        name = f"{part:06}.json"
        data = json.dumps(vars(columns), ensure_ascii=False, allow_nan=False).encode()
        path, unfinished = self.folder / CELLS / name, self.folder / CELLS / f".{name}"
        try:
            unfinished.write_bytes(data)
            unfinished.replace(path)
            self._enter(part, name, LOST if lost else zlib.crc32(data), columns, main)
        except (OSError, sqlite3.Error) as error:
            with suppress(OSError):
                unfinished.unlink()
            raise _full(self.folder, error) from None

    def _enter(self, part: int, name: str, crc: int, columns: Columns, main: str) -> None:
        values = columns.column(main)
        rows = [
            (cell, part, FAILED if message else DONE, value, message)
            for cell, message, value in zip(columns.cells, columns.messages, values, strict=True)
        ]
        with self._db:
            self._db.execute("insert or replace into parts values (?, ?, ?)", (part, name, crc))
            self._db.executemany("insert or replace into cells values (?, ?, ?, ?, ?)", rows)

    def parts(self) -> Iterator[Columns]:
        """The rows of all finished parts."""
        for (file,) in self._db.execute("select file from parts order by part").fetchall():
            yield Columns(**json.loads((self.folder / CELLS / file).read_bytes()))

    def failures(self) -> list[tuple[int, str]]:
        """Cell and message of every failed cell."""
        return self._db.execute("select cell, message from cells where status = ? order by cell", (FAILED,)).fetchall()


@contextmanager
def open_store(folder: Path, resolved: str, resume: bool) -> Iterator[Store]:
    """Take a folder for a study: a fresh one, or with `resume` one in which the same study was begun."""
    with suppress(OSError):  # of a folder that cannot be read, which is told when it is to be written
        refuse_strangers(folder, CATALOGUE, BEFORE_IT)
    lock = _locked(folder)
    try:
        db = sqlite3.connect(folder / CATALOGUE)
        try:
            db.executescript("pragma journal_mode = wal; pragma synchronous = normal;" + TABLES)
            _claim(db, folder, resolved, resume)
            yield Store(folder, lock, db)
        finally:
            db.close()
    except (OSError, sqlite3.Error) as error:
        raise _full(folder, error) from None
    finally:
        lock.close()


def _locked(folder: Path) -> IO[str]:
    """The lock of a folder, which is made where it is not there."""
    try:
        (folder / CELLS).mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}; choose another with --out") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise OutputError(f"{folder}: another study is being written there; wait for it, or give --out") from None
    return lock


def _claim(db: sqlite3.Connection, folder: Path, resolved: str, resume: bool) -> None:
    """Enter a study in a fresh catalogue, or make sure that it is the one that is there and is to go on."""
    told = hashlib.sha256(f"{__version__}\n{resolved}".encode()).hexdigest()
    found = db.execute("select value from study where key = 'hash'").fetchone()
    if found is None:
        with db:
            db.execute("insert into study values ('hash', ?), ('version', ?)", (told, __version__))
        return
    if found[0] != told:
        raise OutputError(f"{folder}: holds another study, or one of another version; give --out, or remove it")
    count = db.execute("select count(*) from cells").fetchone()[0]
    if count and not resume:
        raise OutputError(
            f"{folder}: holds this study already, {count:,} cells done; --resume goes on, --out starts anew"
        )


def _crc(path: Path) -> int | None:
    try:
        return zlib.crc32(path.read_bytes())
    except OSError:
        return None


def _full(folder: Path, error: Exception) -> OutputError:
    """What to say when the disk takes no more."""
    what = getattr(error, "strerror", None) or str(error)
    return OutputError(f"{folder}: cannot be written: {what}; what is finished is kept: mend that and --resume")


@contextmanager
def finished_whole(path: Path) -> Iterator[Path]:
    """Where to write a file that is moved into its place when it is finished."""
    unfinished = path.with_name(f".{path.name}")
    try:
        yield unfinished
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise _full(path.parent, error) from None


def write_whole(path: Path, text: str) -> None:
    """Write a file under another name and move it into place."""
    with finished_whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def as_json(data: Mapping[str, Any]) -> str:
    """Data as a JSON file holds it."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
