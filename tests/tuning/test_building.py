"""Candidates that go wrong: the compiler refuses, dies or hangs; the kernel computes something else, or dies."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ireekit.tuning.building import build
from ireekit.tuning.measuring import Measured, measure
from ireekit.tuning.preparing import FROM, Prepared
from ireekit.tuning.programs import placed_buffers

from .conftest import compiled

SCRIPTS = {
    "aborts": ("kill -ABRT $$", "the compiler died of SIGABRT"),
    "crashes": ("kill -SEGV $$", "the compiler died of SIGSEGV"),
    "hangs": ("exec sleep 60", "the compiler did not finish in 1 s"),
    "refuses": ("echo 'x.mlir:1:2: error: no such thing' >&2; exit 1", "no such thing"),
    "says nothing": ("exit 3", "the compiler failed with code 3"),
}


def _found(tool: Path) -> Callable[[str], str]:
    return lambda name: str(tool.with_name(name))


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_the_compiler_does_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, reason = SCRIPTS[name]
    tool = tmp_path / "iree-compile"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("iree.compiler.tools.binaries.find_tool", _found(tool))
    built = build("module {}", (), 1.0, start=FROM)
    assert built.program is None
    assert built.reason == reason


def test_the_compiler_itself_refuses() -> None:
    built = build("module {", (), 60.0, start=FROM)
    assert built.program is None
    assert "expected" in built.reason


def _measure(prepared: Prepared, reference: Path, candidate: Path, timeout: float = 60.0) -> Measured:
    buffers = placed_buffers(prepared.dispatch)
    return measure(reference, candidate, buffers, threads=1, seconds=0.05, timeout=timeout)


def test_the_reference_is_as_fast_as_itself(prepared: Prepared, reference: Path) -> None:
    found = _measure(prepared, reference, reference)
    assert found.status == "ok"
    assert found.error == 0.0
    assert 0.5 < found.ratio < 2.0


def test_wrong_numbers_do_not_win(prepared: Prepared, reference: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.vmfb"
    wrong.write_bytes(compiled(prepared.text.replace("arith.addf", "arith.maximumf")))
    found = _measure(prepared, reference, wrong)
    assert found.status == "wrong"
    assert found.ratio == float("inf")
    assert "numbers differ" in found.reason


@pytest.mark.parametrize("content", [b"", b"no program"], ids=["empty", "damaged"])
def test_programs_that_do_not_load(prepared: Prepared, reference: Path, tmp_path: Path, content: bytes) -> None:
    damaged = tmp_path / "damaged.vmfb"
    damaged.write_bytes(content)
    found = _measure(prepared, reference, damaged)
    assert found.status == "failed"
    assert found.reason


def test_programs_that_hang(prepared: Prepared, reference: Path) -> None:
    found = _measure(prepared, reference, reference, timeout=0.01)
    assert found.status == "failed"
    assert "did not finish" in found.reason


def test_several_threads(prepared: Prepared, reference: Path) -> None:
    buffers = placed_buffers(prepared.dispatch)
    found = measure(reference, reference, buffers, threads=2, seconds=0.05, timeout=60.0)
    assert found.status == "ok"
