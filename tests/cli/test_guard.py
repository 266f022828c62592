"""Exit codes: nobody meets a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from ireekit.cli.guard import guarded
from ireekit.errors import CompileError


def _raiser(error: BaseException):
    def work() -> int:
        raise error

    return work


def test_the_code_of_the_work_is_passed_on() -> None:
    assert guarded(lambda: 3) == 3


def test_refusal_prints_the_error_in_at_most_twenty_lines(capfd: pytest.CaptureFixture[str]) -> None:
    error = CompileError("bad", op="a.b", remedy="do", notes=tuple(f"note {i}" for i in range(100)))
    assert guarded(_raiser(error)) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("error: bad\n")
    assert "op: a.b" in err
    assert "remedy: do" in err
    assert len(err.splitlines()) <= 20


def test_interruption(capfd: pytest.CaptureFixture[str]) -> None:
    assert guarded(_raiser(KeyboardInterrupt())) == 130
    assert capfd.readouterr().err == "interrupted\n"


def test_a_bug_is_one_line_and_a_file_with_the_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    assert guarded(_raiser(ZeroDivisionError("what\nnow"))) == 70
    err = capfd.readouterr().err
    assert err.startswith("internal error: ZeroDivisionError: what now; ")
    assert err.count("\n") == 1
    details = Path(err.split()[-1])
    assert "ZeroDivisionError" in details.read_text()
    assert "test_guard.py" in details.read_text()
    details.unlink()


def test_a_bug_where_no_file_can_be_written(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.tempdir", "/nonexistent")
        assert guarded(_raiser(ZeroDivisionError("what"))) == 70
    assert "no file could be written" in capfd.readouterr().err


@pytest.mark.parametrize(("code", "expected"), [(2, 2), (None, 0), ("text", 1)])
def test_exit_requests(code: object, expected: int) -> None:
    assert guarded(_raiser(SystemExit(code))) == expected


def test_warnings_are_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        warnings.warn("look\nout", stacklevel=1)
        return 0

    shown = warnings.showwarning
    assert guarded(work) == 0
    assert capfd.readouterr().err == "warning: look\n"
    assert warnings.showwarning is shown


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device file /dev/full")
def test_a_full_disk_at_standard_output() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ireekit", "targets"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "error: the output cannot be written: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX pipes")
def test_a_reader_that_left_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "ireekit", "targets"],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_control_c(models: Path) -> None:
    command = ["run", models / "add.vmfb", "--input", "1", "--input", "2", "--repeat", "100000000"]
    child = subprocess.Popen(
        [sys.executable, "-u", "-m", "ireekit", *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "output0: float32[4]\n"  # it runs now
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err == "interrupted\n"


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize("times", [1, 2])
def test_control_c_while_native_code_works(times: int) -> None:
    # A key derivation stands for a phase of the compiler: minutes of native code without the interpreter's lock.
    code = (
        "import hashlib, sys; from ireekit import cli; from ireekit.cli import targets; "
        "targets.run = lambda _: (print('on', flush=True), hashlib.pbkdf2_hmac('sha1', b'', b'', 2**31 - 1)); "
        "sys.argv = ['ireekit', 'targets']; cli.main()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "on\n"
        for _ in range(times):
            time.sleep(0.1)
            child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert err == "interrupted\n"


def test_names_the_terminal_cannot_show(models: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ireekit", "compile", models / "add.mlir", "-o", tmp_path / "\u00e4.vmfb"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0
    assert b"\\xe4.vmfb: " in done.stdout
