"""Flags that name hardware, tried in a process of their own first.

The compiler's library ends the whole process at a CPU, GPU or backend it does not know.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Sequence

from ireekit.errors import TargetError

_HARDWARE = re.compile(r"--iree-(llvmcpu-(target|enable)|vulkan-target|cuda-target|rocm-target|hal-.*(target|backend))")
_SECONDS = 60

_PROGRAM = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


def try_hardware_flags(target: Sequence[str], given: Sequence[str]) -> None:
    """Compile a program of one operation with the flags of a target and those of ``given`` that name hardware.

    Nothing is done where none of ``given`` does: a target's own flags are known to work.

    Raises:
      TargetError: the compiler fails or dies.
    """
    hardware = tuple(flag for flag in given if _HARDWARE.match(flag))
    if not hardware:
        return
    reason = _failure((*target, *hardware))
    if reason is not None:
        raise TargetError(
            f"the compiler cannot generate code with {' '.join(hardware)}: {reason}",
            remedy="`ireekit targets` lists what needs no flags",
        )


@functools.lru_cache(maxsize=256)
def _failure(flags: tuple[str, ...]) -> str | None:
    from iree.compiler.tools.binaries import find_tool

    command = [find_tool("iree-compile"), "-", "-o", "-", *flags]
    try:
        done = subprocess.run(command, input=_PROGRAM.encode(), capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"it did not finish in {_SECONDS} s"
    if done.returncode == 0:
        return None
    lines = [line.strip() for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    first = lines[0] if lines else f"exit code {done.returncode}"
    return first.rpartition("error: ")[2]
