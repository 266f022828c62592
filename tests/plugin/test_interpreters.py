"""The interpreters that the plugin runs Python in."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ireekit

from .conftest import ADD, CPU_GENERIC, StockTools

SAID = ["[start] builtin.module", "[flow] builtin.module"]
PHASES = {"ACME_PHASES": "start,flow"}
DEBIAN = Path("/usr/bin/python3")


def _with_interpreter(tools: StockTools, executable: str) -> StockTools:
    """The tools with a manifest that names an interpreter without a shared library."""
    manifest = tools.folder / "ireekit.manifest"
    write = (
        "import dataclasses, sys; from pathlib import Path; from ireekit.plugin.manifest import make_manifest;"
        "made = dataclasses.replace(make_manifest(), python=sys.argv[2], libpython='');"
        "Path(sys.argv[1]).write_text(made.text())"
    )
    subprocess.run([sys.executable, "-c", write, manifest, executable], env=tools.environment, check=True)
    return dataclasses.replace(tools, environment={**tools.environment, "IREEKIT_PLUGIN_MANIFEST": str(manifest)})


@pytest.fixture
def restarting(tools: StockTools) -> StockTools:
    """The tools with an interpreter that cannot be loaded into them."""
    return _with_interpreter(tools, sys.executable)


def test_the_shared_library_of_the_interpreter(tools: StockTools) -> None:
    done = tools.compile(ADD, "--iree-plugin=saying", environment=PHASES)
    assert (done.returncode, done.stderr.splitlines()) == (0, SAID)


def test_without_one_the_tool_starts_over_inside_of_the_interpreter(restarting: StockTools) -> None:
    done = restarting.compile(ADD, "--iree-plugin=saying", environment=PHASES)
    assert (done.returncode, done.stderr.splitlines()) == (0, SAID)
    program = (restarting.folder / "out.vmfb").read_bytes()
    assert restarting.compile(ADD, plugin=False).returncode == 0
    assert (restarting.folder / "out.vmfb").read_bytes() == program


def test_it_starts_over_for_a_pipeline_that_a_file_names(restarting: StockTools) -> None:
    """Before the input is read, which is a pipe; and what the file says is known inside."""
    (restarting.folder / "flags.txt").write_text("--iree-plugin saying --compile-to=stream")
    words = ["@flags.txt", *CPU_GENERIC, "-", "-o", "out.mlir"]
    done = restarting.run("iree-compile", *words, input=ADD, environment=PHASES)
    assert (done.returncode, done.stderr.splitlines()) == (0, SAID)


def test_the_exit_status_comes_through(restarting: StockTools) -> None:
    done = restarting.compile(ADD, "--iree-plugin=failing", environment={"ACME_FAIL": "raise"})
    assert done.returncode == 1
    assert "error: ValueError: deliberate" in done.stderr


def test_iree_opt_starts_over_for_a_dialect_in_a_pipe(restarting: StockTools) -> None:
    text = 'func.func @f(%x: tensor<4xf32>) { %0 = "acme.twice"(%x) : (tensor<4xf32>) -> tensor<4xf32> return }'
    done = restarting.run("iree-opt", "--acme-lower", "-", input=text)
    assert (done.returncode, done.stderr) == (0, "")
    assert "arith.addf" in done.stdout


def test_an_interpreter_that_is_gone(tools: StockTools) -> None:
    done = _with_interpreter(tools, "/nonexistent/python").compile(ADD, "--iree-plugin=saying")
    assert done.returncode == 1
    assert "/nonexistent/python cannot be started: No such file or directory" in done.stderr


def test_debians_interpreter(tools: StockTools) -> None:
    if not DEBIAN.exists():
        pytest.skip(f"there is no {DEBIAN}")
    version = subprocess.run(
        [DEBIAN, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True, check=False
    )
    if version.stdout.strip() != str(sys.version_info[:2]):
        pytest.skip(f"{DEBIAN} is {version.stdout.strip()} and cannot import what is installed here")
    ours = Path(ireekit.__file__).parents[1]
    site = next(path for path in map(Path, sys.path) if (path / "iree" / "compiler").exists())
    path = os.pathsep.join([tools.environment["PYTHONPATH"], str(ours), str(site)])
    debian = _with_interpreter(tools, str(DEBIAN))
    done = debian.compile(ADD, "--iree-plugin=saying", environment={**PHASES, "PYTHONPATH": path})
    assert (done.returncode, done.stderr.splitlines()) == (0, SAID)


def test_a_python_process_uses_its_own(tools: StockTools) -> None:
    program = """
import sys
from iree.compiler.api import Output, Session, Source, _initializeGlobalCL
_initializeGlobalCL("python", "--iree-plugin=saying")
def compile():
    session = Session()
    session.set_flags(*sys.argv[1:])
    invocation = session.invocation()
    invocation.enable_console_diagnostics()
    source = Source.wrap_buffer(session, text)
    assert invocation.parse_source(source) and invocation.execute()
    invocation.close(), source.close(), session.close()
text = sys.stdin.read().encode() + b"\\0"
compile()
compile()
"""
    # Under another name, or this environment's own settings would take the place of these.
    library = tools.folder / "plugin.so"
    library.symlink_to(tools.environment["IREE_LOAD_PLUGINS"])
    done = subprocess.run(
        [sys.executable, "-c", program, *CPU_GENERIC],
        input=ADD,
        capture_output=True,
        text=True,
        env={**tools.environment, **PHASES, "IREE_LOAD_PLUGINS": str(library)},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert [line for line in done.stderr.splitlines() if line.startswith("[")] == SAID * 2
