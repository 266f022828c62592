"""Pipelines where Python programs compile through ``iree.compiler`` and ``iree.build``, and not through ireekit."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Mapping

import pytest

from .conftest import CPU_GENERIC, StockTools
from .test_literal_command import MODEL

BUILD = """
from iree.build import compile, entrypoint, fetch_http, iree_build_main

@entrypoint(description="Builds the model.")
def model():
    return compile(name="model", source=fetch_http(name="in.mlir", url="{url}"))

if __name__ == "__main__":
    iree_build_main()
"""
COMPILE_FILE = """
import sys
from iree.compiler.tools import CompilerToolError, compile_file
try:
    compile_file("in.mlir", output_file="tools.vmfb", extra_args=sys.argv[1:])
except CompilerToolError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.fixture
def own(tools: StockTools) -> StockTools:
    """The tools, with the library under a name that no environment's own settings take the place of."""
    library = tools.folder / "plugin.so"
    library.symlink_to(tools.environment["IREE_LOAD_PLUGINS"])
    (tools.folder / "in.mlir").write_text(MODEL)
    return dataclasses.replace(tools, environment={**tools.environment, "IREE_LOAD_PLUGINS": str(library)})


def _python(
    tools: StockTools, program: str, *words: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=tools.folder,
        env={**tools.environment, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _compiled(tools: StockTools, source: str, *flags: str) -> bytes:
    """What ``iree-compile`` makes of a file."""
    done = tools.run("iree-compile", source, *CPU_GENERIC, *flags, "-o", "tool.vmfb")
    assert (done.returncode, done.stderr) == (0, "")
    return (tools.folder / "tool.vmfb").read_bytes()


def test_compile_file(own: StockTools) -> None:
    done = _python(own, COMPILE_FILE, *CPU_GENERIC, "--iree-plugin=mypipeline")
    assert (done.returncode, done.stderr) == (0, "")
    program = (own.folder / "tools.vmfb").read_bytes()
    assert program == _compiled(own, "in.mlir", "--iree-plugin=mypipeline")
    assert program != _compiled(own, "in.mlir")


def test_a_failure_in_compile_file(own: StockTools) -> None:
    flags = [*CPU_GENERIC, "--iree-plugin=failing"]
    done = _python(own, COMPILE_FILE, *flags, environment={"ACME_FAIL": "raise"})
    assert done.returncode == 1
    assert done.stderr.startswith("CompilerToolError: ")
    assert "error: ValueError: deliberate" in done.stderr
    assert not (own.folder / "tools.vmfb").exists()


@pytest.mark.parametrize("where", ["--no-iree-compile-out-of-process", "--iree-compile-out-of-process"])
def test_iree_build(own: StockTools, where: str) -> None:
    program = BUILD.format(url=(own.folder / "in.mlir").as_uri())
    words = ["--output-dir=out", "--iree-hal-target-device=cpu", "--iree-llvmcpu-target-cpu=generic", where]
    done = _python(own, program, *words, "--iree-compile-extra-args=--iree-plugin=mypipeline")
    assert done.returncode == 0, done.stderr
    (built,) = (own.folder / "out" / "bin").rglob("*.vmfb")
    # Kernels are named after the path of the source.
    (source,) = (own.folder / "out" / "genfiles").rglob("in.mlir")
    source = str(source.relative_to(own.folder))
    assert built.read_bytes() == _compiled(own, source, "--iree-plugin=mypipeline")
    assert built.read_bytes() != _compiled(own, source)


@pytest.mark.parametrize("where", ["--no-iree-compile-out-of-process", "--iree-compile-out-of-process"])
def test_a_failure_in_iree_build(own: StockTools, where: str) -> None:
    program = BUILD.format(url=(own.folder / "in.mlir").as_uri())
    words = ["--output-dir=out", "--iree-hal-target-device=cpu", "--iree-llvmcpu-target-cpu=generic", where]
    flags = "--iree-compile-extra-args=--iree-plugin=failing"
    done = _python(own, program, *words, flags, environment={"ACME_FAIL": "raise"})
    assert done.returncode not in (0, -6, -11), done.stderr
    assert "error: ValueError: deliberate" in done.stdout + done.stderr


def test_iree_build_runs_the_passes_in_its_own_interpreter(own: StockTools) -> None:
    """What it changed there, the passes see."""
    program = "import acme_plugin; acme_plugin.Say.run = lambda step, op: print('[changed]', op.name)\n" + BUILD
    words = ["--output-dir=out", "--iree-hal-target-device=cpu", "--iree-llvmcpu-target-cpu=generic"]
    flags = "--iree-compile-extra-args=--iree-plugin=saying"
    done = _python(own, program.format(url=(own.folder / "in.mlir").as_uri()), *words, flags)
    assert done.returncode == 0, done.stderr
    assert "[changed] builtin.module" in done.stdout
