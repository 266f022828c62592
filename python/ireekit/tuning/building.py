"""Compiling one candidate, in a process of its own.

Whatever the compiler does there (refuse, crash, abort, hang, fill the memory) costs this candidate and nothing else.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_MEMORY = 8 << 30


@dataclass(frozen=True)
class Built:
    """What came of it.

    Attributes:
      program: a ``.vmfb``, or MLIR; ``None`` where there is none.
      reason: why not, in one line.
    """

    program: bytes | None
    reason: str = ""


def build(text: str, flags: Sequence[str], timeout: float, *, start: str, stop: str | None = None) -> Built:
    """Compile a program.

    Args:
      text: of the program.
      flags: of ``iree-compile``.
      timeout: in seconds.
      start: the phase the program is at.
      stop: phase to stop after, with the program as MLIR; ``None``: a ``.vmfb``.
    """
    from iree.compiler.tools.binaries import find_tool

    with tempfile.TemporaryDirectory(prefix="ireekit-tune-") as folder:
        source, output = Path(folder) / "dispatch.mlir", Path(folder) / "dispatch.vmfb"
        source.write_text(text, encoding="utf-8")
        command = [
            find_tool("iree-compile"),
            str(source),
            f"--compile-from={start}",
            *(() if stop is None else (f"--compile-to={stop}",)),
            *flags,
            # One kernel each, several processes.
            "--mlir-disable-threading",
            "-o",
            str(output),
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder) as compiler:
            _limit_memory(compiler.pid)
            try:
                _, said = compiler.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                compiler.kill()
                return Built(None, f"the compiler did not finish in {timeout:.0f} s")
            except BaseException:
                compiler.kill()
                raise
        if compiler.returncode:
            return Built(None, _reason(compiler.returncode, said.decode(errors="replace")))
        return Built(output.read_bytes())


def _reason(code: int, said: str) -> str:
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return f"the compiler died of {name}"
    lines = [line.strip() for line in said.splitlines() if "error:" in line]
    return lines[0].rpartition("error: ")[2][:200] if lines else f"the compiler failed with code {code}"


def _limit_memory(process: int) -> None:
    """Let a process have no more memory than the compilation of a kernel can need. Only Linux can do that to others."""
    try:
        import resource

        resource.prlimit(process, resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    except (ImportError, AttributeError, OSError, ValueError):
        return
