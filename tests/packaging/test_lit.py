"""The lit suite runs, all of it, and a wrong expectation in it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "tests" / "lit"


def lit(folder: Path, report: Path) -> tuple[int, ElementTree.Element]:
    done = subprocess.run(
        [Path(sys.executable).parent / "lit", "-q", "-j2", "--xunit-xml-output", report, folder],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert report.exists(), done.stdout + done.stderr
    return done.returncode, ElementTree.parse(report).getroot()


def names(report: ElementTree.Element, outcome: str | None = None) -> list[str]:
    return sorted(
        case.attrib["name"] for case in report.iter("testcase") if outcome is None or case.find(outcome) is not None
    )


@pytest.mark.slow
def test_every_file_of_the_suite_passes(tmp_path: Path) -> None:
    on_disk = sorted(
        path.name
        for path in SUITE.rglob("*")
        if path.suffix in (".mlir", ".test") and not {"Output", "Inputs"} & set(path.parts)
    )
    code, report = lit(ROOT, tmp_path / "report.xml")
    assert names(report, "failure") == []
    assert names(report, "skipped") == []
    assert names(report) == on_disk
    assert len(on_disk) > 5
    assert code == 0


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite of its own under the same configuration."""
    (tmp_path / "lit.cfg.py").write_text((ROOT / "lit.cfg.py").read_text())
    folder = tmp_path / "tests" / "lit"
    folder.mkdir(parents=True)
    return folder


TEST = """// RUN: ireekit compile %s -t vmvx --no-cache -o %t.vmfb --dump %t.dump
// RUN: cat %t.dump/*-input.mlir | filecheck %s
// CHECK: arith.{op}
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {{
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}}
"""


def test_a_wrong_expectation_fails(suite: Path, tmp_path: Path) -> None:
    (suite / "right.mlir").write_text(TEST.format(op="addf"))
    (suite / "wrong.mlir").write_text(TEST.format(op="subf"))
    (suite / "dies.test").write_text("RUN: %python -c 'raise SystemExit(3)'\n")
    code, report = lit(tmp_path, tmp_path / "report.xml")
    assert code == 1
    assert names(report) == ["dies.test", "right.mlir", "wrong.mlir"]
    assert names(report, "failure") == ["dies.test", "wrong.mlir"]
