"""Tuning files: written, read, refused, and those that do not fit a program."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from ireekit.errors import CompileWarning, TuningError
from ireekit.tuning import Tuning

from .conftest import Tuned, plain, product


def test_reads_what_it_writes(tuned: Tuned, tmp_path: Path) -> None:
    file = tmp_path / "a.tuning.json"
    tuned.result.tuning.save(file)
    again = Tuning.load(file)
    assert [each.info for each in again.kernels] == [each.info for each in tuned.result.tuning.kernels]
    assert again.to_json() == tuned.result.tuning.to_json()
    assert again.digest() == tuned.result.tuning.digest()


def _changed(data: dict[str, Any], path: str, value: Any) -> str:
    *folders, name = path.split("/")
    at: Any = data
    for folder in folders:
        at = at[int(folder) if folder.isdecimal() else folder]
    at[name] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", "something", "no tuning file: its format"),
        ("version", 99, "tuning file of version 99"),
        ("kernels", None, "no tuning file"),
        ("kernels/0/pipeline", "Fast", "no pipeline generates CPU kernels as 'Fast'"),
        ("kernels/0/tiles", {"distribution": [-1]}, "a tile size is negative"),
        ("kernels/0/tiles", {"depth": [1]}, "no level 'depth'"),
        ("kernels/0/tiles", [1, 2], "no tuning file"),
        ("kernels/0/before_us", "long", "no tuning file"),
        ("threads", "many", "no tuning file"),
    ],
)
def test_refuses_other_files(tuned: Tuned, tmp_path: Path, path: str, value: Any, message: str) -> None:
    file = tmp_path / "a.tuning.json"
    file.write_text(_changed(json.loads(tuned.result.tuning.to_json()), path, value))
    with pytest.raises(TuningError, match=message) as caught:
        Tuning.load(file)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "content", [None, b"", b"[]", b"\xff\xfe", b"{"], ids=["missing", "empty", "list", "bytes", "cut"]
)
def test_refuses_what_is_none(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "a.tuning.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TuningError) as caught:
        plain().compile(product(), tuning=file)
    assert "ireekit tune" in (caught.value.remedy or "")


def _warned(program: str, tuning: Tuning, **options: Any) -> str:
    with pytest.warns(CompileWarning) as caught:
        artifact = plain().compile(program, tuning=tuning, cache=False, **options)
    assert artifact.metadata is not None
    assert artifact.metadata.remarks == tuple(str(each.message) for each in caught)
    return str(caught[0].message)


def test_another_program_is_told(tuned: Tuned) -> None:
    message = _warned(product(64, 64, 64), tuned.result.tuning)
    assert "no kernel of it is in" in message
    assert "ireekit tune" in message


def test_another_machine_is_told(tuned: Tuned) -> None:
    message = _warned(product(), tuned.result.tuning, target="cpu:aarch64")
    assert "aarch64" in message
    assert "tune on that machine" in message


def test_another_compiler_is_told(tuned: Tuned) -> None:
    message = _warned(product(), dataclasses.replace(tuned.result.tuning, compiler="1.0.0 abc"))
    assert "was made with compiler 1.0.0 abc" in message


def test_another_form_is_told(tuned: Tuned) -> None:
    (kernel,) = tuned.result.tuning.kernels
    lowering = dataclasses.replace(kernel.info.lowering, tiles={"distribution": (8,)})
    info = dataclasses.replace(kernel.info, lowering=lowering)
    other = dataclasses.replace(tuned.result.tuning, kernels=(dataclasses.replace(kernel, info=info),))
    assert "another form" in _warned(product(), other)


def test_cannot_be_written(tuned: Tuned, tmp_path: Path) -> None:
    with pytest.raises(TuningError, match="cannot write"):
        tuned.result.tuning.save(tmp_path / "missing" / "a.json")
