"""The lit suites run, all of them, and a wrong expectation in one fails."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ireekit.testing.lit import available_features, suite_files

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "tests" / "lit"
PLUGIN = ROOT / "tests" / "plugin_package"
FOLDERS = sorted({path.relative_to(SUITE).parts[0] for path in suite_files(SUITE)})
REQUIRED = re.compile(r"REQUIRES: *(\S+)")
CASE = re.compile(r"^// -----$", re.MULTILINE)


def lit(folder: Path, report: Path, *options: str) -> tuple[int, ElementTree.Element, str]:
    """Run lit; gives its exit code, its report and what it printed."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lit", "-vq", "-j1", *options, "--xunit-xml-output", report, folder],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert report.exists(), done.stdout + done.stderr
    return done.returncode, ElementTree.parse(report).getroot(), done.stdout + done.stderr


def names(report: ElementTree.Element, outcome: str | None = None) -> list[str]:
    return sorted(
        case.attrib["name"] for case in report.iter("testcase") if outcome is None or case.find(outcome) is not None
    )


def check_whole(folder: Path, report: Path) -> None:
    """Every file with a RUN line under ``folder`` is run, or skipped for what is missing here, and all pass."""
    code, found, text = lit(folder, report)
    assert names(found, "failure") == [], text[-8000:]
    files = suite_files(folder)
    missing = {path.name: set(REQUIRED.findall(path.read_text())) - available_features() for path in files}
    assert names(found, "skipped") == sorted(name for name, features in missing.items() if features)
    assert names(found) == sorted(path.name for path in files)
    assert code == 0


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_of_the_suite_passes(folder: str, tmp_path: Path) -> None:
    check_whole(SUITE / folder, tmp_path / "report.xml")


@pytest.mark.slow
def test_the_plugin_package_passes_its_own(tmp_path: Path) -> None:
    try:
        distribution("ireekit-gain")
    except PackageNotFoundError:
        pytest.skip("the package ireekit-gain is missing: pip install --no-deps -e tests/plugin_package")
    code, found, text = lit(PLUGIN, tmp_path / "report.xml")
    assert names(found, "failure") == [], text[-8000:]
    assert names(found) == sorted(path.name for path in suite_files(PLUGIN / "tests" / "lit"))
    assert code == 0


def test_the_folders_are_the_suite() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lit", "--show-tests", ROOT], capture_output=True, text=True, check=True
    )
    shown = sorted(line.split(" :: ")[1] for line in done.stdout.splitlines() if " :: " in line)
    assert shown == sorted(path.relative_to(SUITE).as_posix() for path in suite_files(SUITE))
    assert {name.partition("/")[0] for name in shown} == set(FOLDERS)


def test_there_are_hundreds_of_cases() -> None:
    """A part of a file between split markers is a case."""
    cases = sum(1 + len(CASE.findall(path.read_text())) for path in suite_files(SUITE))
    assert cases >= 300


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite of its own under the same configuration."""
    (tmp_path / "lit.cfg.py").write_text((ROOT / "lit.cfg.py").read_text())
    folder = tmp_path / "tests" / "lit"
    folder.mkdir(parents=True)
    return folder


TEST = """// RUN: ireekit opt %s --canonicalize | filecheck %s
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
    (suite / "unexpected.mlir").write_text("// RUN: ireekit opt %s --verify-diagnostics\nfunc.func @f() { retrun }\n")
    code, report, _ = lit(tmp_path, tmp_path / "report.xml")
    assert code == 1
    assert names(report) == ["dies.test", "right.mlir", "unexpected.mlir", "wrong.mlir"]
    assert names(report, "failure") == ["dies.test", "unexpected.mlir", "wrong.mlir"]


MUTATED = ("opt/print-flags.mlir", "opt/verify-diagnostics.mlir", "opt/usage.test")


@pytest.mark.parametrize("name", MUTATED)
def test_a_changed_check_line_fails(name: str, suite: Path, tmp_path: Path) -> None:
    """A word of one expectation of a real test is replaced in a copy."""
    text = (SUITE / name).read_text()
    expectation = re.compile(r"^(.*(?:CHECK|OUT|HELP): |.*expected-error[-@+\w]* *\{\{).*?(\w{4,})", re.MULTILINE)
    changed, count = expectation.subn(r"\1never said", text, count=1)
    assert count == 1
    (suite / "same").mkdir()
    for folder, content in (("same", text), ("changed", changed)):
        (suite / folder).mkdir(exist_ok=True)
        (suite / folder / Path(name).name).write_text(content)
    code, report, _ = lit(tmp_path, tmp_path / "report.xml")
    assert code == 1
    failed = [case.attrib["classname"] for case in report.iter("testcase") if case.find("failure") is not None]
    assert failed == ["ireekit.changed"]
