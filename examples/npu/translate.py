"""Print the command streams of the kernels in a file: python -m npu.translate FILE (``-``: standard input)."""

from __future__ import annotations

import sys
from pathlib import Path

from iree.compiler import ir

import ireekit
from ireekit.dialect import parse_module

from .dialect import Kernel, npu
from .emit import emit


def translate(text: str, filename: str = "-") -> str:
    """The command streams of every kernel in ``text``, numbered in order.

    Raises:
      IreekitError: it does not parse or verify, or ``npu-allocate`` did not run.
    """
    context = ir.Context()
    npu.load(context)
    module = parse_module(text, context, [npu], filename=filename)
    kernels = ireekit.find(module.operation, Kernel.name)
    return "\n".join(emit(Kernel.view(kernel), f"kernel_{number}") for number, kernel in enumerate(kernels))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    file = arguments[0]
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        print(translate(text, file), end="")
    except (OSError, ireekit.IreekitError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
