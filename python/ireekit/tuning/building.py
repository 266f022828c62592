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
            "-o",
            str(output),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=timeout, check=False, cwd=folder, preexec_fn=_limit
            )
        except subprocess.TimeoutExpired:
            return Built(None, f"the compiler did not finish in {timeout:.0f} s")
        if done.returncode:
            return Built(None, _reason(done.returncode, done.stderr.decode(errors="replace")))
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


def _limit() -> None:
    """No core files; no more memory than a kernel can need."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _MEMORY if hard == resource.RLIM_INFINITY else min(hard, _MEMORY)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
