"""The compiler's builds that are known, on the Python side and on the native one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from ireekit.bindings import fold_layout
from ireekit.bindings.build import VERIFIED_BUILDS
from ireekit.cli import main
from ireekit.plugin import environment
from ireekit.plugin.places import NO_LOADER

NATIVE = Path(__file__).parents[2] / "python" / "ireekit" / "plugin" / "native"


def test_both_sides_know_the_same_builds() -> None:
    rows = re.findall(r'IREEKIT_BUILD\("(\w+)", (0x\w+), "(.*)"\)', (NATIVE / "plugin_builds.def").read_text())
    assert {key: int(value, 16) for key, value, _ in rows} == {
        key: build.plugin_hash for key, build in VERIFIED_BUILDS.items()
    }


@pytest.mark.parametrize(
    ("read", "code", "offsets"),
    [
        # As in the builds of 3.13.0.
        ("_read_x86_64", "488b873001000048 81c718010000ffe0", (0x130, 0x118)),
        ("_read_aarch64", "059840f900600491 a0001fd603ac40f9", (0x130, 0x118)),
        ("_read_aarch64", "039840f900600491 60001fd603ac40f9", (0x130, 0x118)),
        # The jump is to another register than the one that was loaded.
        ("_read_aarch64", "059840f900600491 60001fd603ac40f9", None),
        ("_read_aarch64", "488b873001000048 81c718010000ffe0", None),
        ("_read_x86_64", "059840f900600491 a0001fd603ac40f9", None),
    ],
)
def test_offsets_in_the_code_of_a_hook(read: str, code: str, offsets: tuple[int, int] | None) -> None:
    assert getattr(fold_layout, read)(bytes.fromhex(code)) == offsets


def test_windows_is_told_that_there_is_no_loader(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert environment.loading(tmp_path / "IREECompiler.dll").reason == NO_LOADER
    for action in ("path", "refresh"):
        assert main(["plugin", action]) == 1
        assert NO_LOADER in capsys.readouterr().err
