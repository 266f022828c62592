"""The parser: help, versions, wrong usage, start-up."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ireekit.cli.parser import COMMANDS


def test_help_names_every_command(ireekit) -> None:
    done = ireekit("--help")
    assert done.code == 0
    for command in COMMANDS:
        assert f"    {command.name} " in done.out


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_has_help(ireekit, command: str) -> None:
    done = ireekit(command, "--help")
    assert done.code == 0
    assert done.out.startswith(f"usage: ireekit {command} ")


def test_version(ireekit) -> None:
    done = ireekit("--version")
    assert done.code == 0
    assert done.out.startswith("ireekit ")
    assert "iree-base-compiler 3." in done.out


def test_no_command_shows_help_and_is_wrong_usage(ireekit) -> None:
    done = ireekit()
    assert done.code == 2
    assert done.out == ""
    assert "usage: ireekit" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["complie"], "invalid choice: 'complie'"),
        (["compile"], "the following arguments are required: MODEL"),
        (["compile", "m.mlir", "-O5"], "invalid choice: '5'"),
        (["compile", "m.mlir", "--data-types", "f32"], "'f32' is not of the form FROM=TO"),
        (["compile", "m.mlir", "--data-types", "f32=f16=f8"], "is not of the form FROM=TO"),
        (["compile", "m.mlir", "--frontend-setting", "opset"], "'opset' is not of the form KEY=VALUE"),
        (["compile", "m.mlir", "--no-cache", "--cache", "x"], "not allowed with argument"),
        (["compile", "m.mlir", "--report", "colour"], "invalid choice: 'colour'"),
        (["compile", "m.mlir", "--name", "n"], "--name goes with --static-library"),
        (["compile", "m.mlir", "--static-library", "d", "-o", "x"], "--output does not go with"),
        (["compile", "m.mlir", "--static-library", "d", "--report", "time"], "--report does not go with"),
        (["run", "m.vmfb", "--repeat", "0"], "'0' is no number of calls"),
        (["run", "m.vmfb", "--target", "cpu"], "--target is for models; m.vmfb is compiled already"),
        (["run", "m.vmfb", "--", "--iree-x"], "-- is for models"),
        (["devices", "--", "--iree-x"], "only compile, run, profile and tune take compiler flags after --"),
        (["inspect", "--unknown", "x.vmfb"], "unrecognized arguments: --unknown"),
    ],
)
def test_wrong_usage(ireekit, words: list[str], message: str) -> None:
    done = ireekit(*words)
    assert done.code == 2
    assert done.out == ""
    assert message in done.err
    assert "Traceback" not in done.err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from ireekit.cli import main; main(['--help']); "
        "print([m for m in ('numpy', 'iree', 'torch', 'onnx', 'jax', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_is_quick(process) -> None:
    resource = pytest.importorskip("resource", reason="needs the CPU time of processes, which POSIX has")
    # CPU time, in seconds: the time on the clock depends on what else the machine does.
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process("--help").code == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3
