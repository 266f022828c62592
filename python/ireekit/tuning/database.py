"""What was measured, on disk: one file for all models, read and written by any number of processes.

A row is what came of one configuration of one kernel on one kind of machine with one build of the compiler. Rows are
written as soon as they are known, so that an interrupted search goes on where it was.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ireekit.errors import TuningError
from ireekit.files import cache_folder
from ireekit.tuning.measuring import Measured

_VERSION = 1
_WAIT_SECONDS = 60.0
_TABLE = """
create table if not exists measurements (
  kernel text not null, target text not null, compiler text not null, threads integer not null,
  reference text not null, candidate text not null,
  status text not null, reference_ns real not null, candidate_ns real not null, error real not null,
  reason text not null, careful integer not null, measured text not null default current_timestamp,
  primary key (kernel, target, compiler, threads, reference, candidate)
) without rowid
"""


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Attributes:
      kernel: its key.
      target: digest of what it is compiled for, and how.
      compiler: its build.
      threads: that run it.
      reference: configuration that candidates are compared with.
    """

    kernel: str
    target: str
    compiler: str
    threads: int
    reference: str


class Database:
    """The measurements.

    Args:
      path: made where it does not exist; ``None``: in the cache folder.

    Raises:
      TuningError: it cannot be opened, or is something else.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = cache_folder() / "tuning" / "measurements.sqlite" if path is None else Path(path)
        with self._errors():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("begin immediate")
            (version,) = self._connection.execute("pragma user_version").fetchone()
            if version in (0, _VERSION):
                self._connection.execute(_TABLE)
                self._connection.execute(f"pragma user_version = {_VERSION}")
            self._connection.execute("commit")
        if version not in (0, _VERSION):
            self._connection.close()
            raise TuningError(
                f"{self.path} is of another version of ireekit", remedy="choose another file with --database"
            )

    def get(self, subject: Subject, candidate: str, *, careful: bool = False) -> Measured | None:
        """What came of a configuration; ``None`` where it was not measured, or not carefully."""
        with self._errors():
            row = self._connection.execute(
                "select status, reference_ns, candidate_ns, error, reason from measurements where kernel = ? and"
                " target = ? and compiler = ? and threads = ? and reference = ? and candidate = ? and careful >= ?",
                (*_key(subject), candidate, int(careful)),
            ).fetchone()
        return None if row is None else Measured(*row)

    def put(self, subject: Subject, candidate: str, measured: Measured, *, careful: bool = False) -> None:
        """Keep what came of a configuration."""
        values = (measured.status, measured.reference_ns, measured.candidate_ns, measured.error, measured.reason)
        with self._errors():
            self._connection.execute(
                "insert or replace into measurements (kernel, target, compiler, threads, reference, candidate,"
                " status, reference_ns, candidate_ns, error, reason, careful) values (?,?,?,?,?,?,?,?,?,?,?,?)",
                (*_key(subject), candidate, *values, int(careful)),
            )

    def count(self) -> int:
        """How many measurements there are."""
        with self._errors():
            return int(self._connection.execute("select count(*) from measurements").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.close()

    @contextlib.contextmanager
    def _errors(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise TuningError(
                f"the database of measurements cannot be used: {error}",
                location=str(self.path),
                remedy="choose another file with --database, or remove this one",
            ) from None


def _key(subject: Subject) -> tuple[str, str, str, int, str]:
    return subject.kernel, subject.target, subject.compiler, subject.threads, subject.reference
