"""The stock tool inside of an interpreter: ``python -m ireekit.plugin.tool LIBRARY TOOL [ARGUMENT ...]``.

The native plugin starts this where the interpreter is no library and so cannot be started inside of the tool.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

TOOL = "IREEKIT_PLUGIN_TOOL"
_MAINS = {"iree-compile": "ireeCompilerRunMain", "iree-opt": "ireeOptRunMain"}


def main(words: list[str]) -> int:
    """Run a tool of the compiler; gives its exit status.

    Args:
      words: path of the compiler's library, then the tool as it was called and its arguments.
    """
    library, *arguments = words
    # The native side cannot tell it from the arguments of this process.
    os.environ[TOOL] = f"{os.getpid()}:{Path(arguments[0]).name}"
    run = getattr(ctypes.CDLL(library, ctypes.RTLD_GLOBAL), _MAINS[Path(arguments[0]).name])
    run.restype = ctypes.c_int
    run.argtypes = [ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)]
    # The interpreter acts on signals between lines of Python, of which there are none from here on.
    for number in (signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    values = (ctypes.c_char_p * (len(arguments) + 1))(*map(os.fsencode, arguments), None)
    return run(len(arguments), values)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
