"""The host's side of simple_io: runs a program that the stock compiler made of print.mlir.

Usage: python host.py PROGRAM.vmfb
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import iree.runtime as rt


class _Functions:
    def __init__(self, interface: rt.PyModuleInterface) -> None:
        del interface

    def print_(self) -> None:
        print("hello from the host")


def run(program: bytes) -> None:
    """Call ``main`` of a program that may call ``simple_io.print``."""
    interface = rt.PyModuleInterface("simple_io", _Functions)
    interface.export("print", "0v_v", _Functions.print_)
    config = rt.Config("local-sync")
    modules = (*config.default_vm_modules, interface.create(), rt.VmModule.copy_buffer(config.vm_instance, program))
    context: Any = rt.SystemContext(vm_modules=modules, config=config)
    context.modules.module["main"]()


if __name__ == "__main__":
    run(Path(sys.argv[1]).read_bytes())
