"""IREE's example plugin simple_io, ported to Python: examples/plugin_port and docs/porting.md."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .stock import LOCAL_CPU, Stock, install

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin_port"
PAGE = Path(__file__).parents[2] / "docs" / "porting.md"
SOURCE = EXAMPLE / "print.mlir"


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    entry_points = {"ireekit.pipelines": {"simple_io": "simple_io:pipeline"}}
    return install(tmp_path_factory.mktemp("simple-io"), "simple_io", entry_points, modules=EXAMPLE)


def test_iree_opt_runs_the_pass(stock: Stock) -> None:
    done = stock.opt("--iree-plugin=simple_io", "--pass-pipeline=builtin.module(iree-simpleio-legalize)", SOURCE)
    assert done.status == 0, str(done)
    assert done.text.index("func.func private @simple_io.print()") < done.text.index("call @simple_io.print")
    assert '"simple_io.print"' not in done.text


@pytest.mark.parametrize("flags", [(), ("--iree-input-type=simple_io",), ("--iree-input-type=auto",)])
def test_the_program_calls_the_host(flags: tuple[str, ...], stock: Stock, tmp_path: Path) -> None:
    program = tmp_path / "print.vmfb"
    done = stock.compile("--iree-plugin=simple_io", *LOCAL_CPU, *flags, SOURCE, "-o", program)
    assert (done.status, done.err) == (0, ""), str(done)
    command = [sys.executable, EXAMPLE / "host.py", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "hello from the host\n"), ran.stderr


def test_custom_assembly_is_refused_aloud(stock: Stock) -> None:
    custom = SOURCE.read_bytes().replace(b'"simple_io.print"() : () -> ()', b"simple_io.print")
    for tool, flags in (("iree-opt", ()), ("iree-compile", ("--iree-plugin=simple_io", *LOCAL_CPU, "-o", "/dev/null"))):
        done = stock.run(tool, "-", *flags, stdin=custom)
        assert done.status == 1, str(done)
        assert re.search(r":2:3: error: the compiler reads 'simple_io.print' in generic form only", done.err), str(done)


def test_the_page_shows_the_example_as_it_is() -> None:
    page = PAGE.read_text()
    assert (EXAMPLE / "simple_io.py").read_text().strip() in page
    counted = {
        name: sum(1 for line in (EXAMPLE / name).read_text().splitlines() if line.strip())
        for name in ("simple_io.py", "pyproject.toml")
    }
    for name, lines in counted.items():
        assert f"| `{name}` | {lines} |" in page
