"""The database of measurements: shared by processes, and files that are none."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ireekit.errors import TuningError
from ireekit.tuning import Database
from ireekit.tuning.database import Subject
from ireekit.tuning.measuring import Measured

SUBJECT = Subject("kernel", "target", "compiler", 1, "reference")
FOUND = Measured("ok", 100.0, 90.0, 1e-7)

WRITER = """
import sys
from ireekit.tuning import Database
from ireekit.tuning.database import Subject
from ireekit.tuning.measuring import Measured

with Database(sys.argv[1]) as database:
    for at in range(100):
        database.put(Subject("kernel", "target", "compiler", 1, sys.argv[2]), str(at), Measured("ok", 1.0, at))
        database.put(Subject("kernel", "target", "compiler", 1, "both"), str(at), Measured("ok", 1.0, at))
"""


def test_keeps_what_it_is_given(tmp_path: Path) -> None:
    with Database(tmp_path / "new" / "m.sqlite") as database:
        assert database.get(SUBJECT, "candidate") is None
        database.put(SUBJECT, "candidate", FOUND)
        assert database.get(SUBJECT, "candidate") == FOUND
        assert database.get(SUBJECT, "candidate", careful=True) is None
        database.put(SUBJECT, "candidate", FOUND, careful=True)
        assert database.get(SUBJECT, "candidate", careful=True) == FOUND
        assert database.get(SUBJECT, "candidate") == FOUND
    with Database(tmp_path / "new" / "m.sqlite") as database:
        assert database.count() == 1


@pytest.mark.parametrize("field", ["kernel", "target", "compiler", "threads", "reference"])
def test_subjects_are_told_apart(tmp_path: Path, field: str) -> None:
    parts: dict[str, Any] = {**vars(SUBJECT), field: 2 if field == "threads" else "other"}
    with Database(tmp_path / "m.sqlite") as database:
        database.put(SUBJECT, "candidate", FOUND)
        assert database.get(Subject(**parts), "candidate") is None


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "m.sqlite"
    command = [sys.executable, "-c", WRITER, str(file)]
    writers = [subprocess.Popen([*command, name]) for name in ("one", "other")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    with Database(file) as database:
        assert database.count() == 300


def test_its_place_is_the_cache_folder(ireekit_cache: Path) -> None:
    with Database() as database:
        assert database.path == ireekit_cache / "tuning" / "measurements.sqlite"


def test_files_that_are_no_database(tmp_path: Path) -> None:
    file = tmp_path / "m.sqlite"
    file.write_bytes(b"these are no measurements" * 100)
    with pytest.raises(TuningError, match="cannot be used: file is not a database") as caught:
        Database(file)
    assert caught.value.location == str(file)
    assert caught.value.remedy
    with pytest.raises(TuningError, match="cannot be used"):
        Database(file / "below")


def test_files_of_another_version(tmp_path: Path) -> None:
    file = tmp_path / "m.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("pragma user_version = 99")
    with pytest.raises(TuningError, match="another version of ireekit"):
        Database(file)
