"""``python -m ireekit.cli.selftest``: compile a small program for this CPU and run it.

In a process of its own: where the compiler or a driver takes it down, ``ireekit doctor`` lives to say so.
"""

from __future__ import annotations

import sys

_PROGRAM = """
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %sum = arith.addf %x, %y : tensor<4xf32>
  return %sum : tensor<4xf32>
}
"""


def selftest() -> int:
    """Compile, load, call and compare; 0 where the numbers are right."""
    import numpy as np

    from ireekit.compiler import CompileOptions, compile_model
    from ireekit.pipeline import PipelineDefinition

    options = CompileOptions(cache=False, progress=False)
    artifact = compile_model(PipelineDefinition("selftest"), _PROGRAM, target="cpu", options=options)
    x = np.array([1, 2, 3, 4], np.float32)
    got = artifact(x, 10 * x)
    if not np.array_equal(got, 11 * x):
        print(f"wrong result: {got}, expected {11 * x}")
        return 1
    return 0


def main() -> int:
    """Run :func:`selftest`; on failure one line on standard output says why."""
    try:
        return selftest()
    except Exception as error:  # the caller wants one line, whatever it is
        print(f"{type(error).__name__}: {' '.join(str(error).split())}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
