"""Moving modules between contexts as bytecode.

Bytecode that holds weights is read in place, so its buffer has to be aligned as the weights are.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import TYPE_CHECKING, Any

from ireekit.bindings.library import StringRef, library
from ireekit.errors import ModelImportError

if TYPE_CHECKING:
    from iree.compiler import ir


_pointer: Any = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
_capsule: Any = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi)
)


def pointer_of(capsule: object, name: bytes) -> int:
    """The address in a capsule of the bindings.

    Raises:
      ValueError: the capsule is none of that name.
    """
    return _pointer(capsule, name)


def capsule_of(pointer: int, name: bytes) -> object:
    """An address as a capsule, which the bindings take."""
    return _capsule(pointer, name, None)


def make_capsule(address: int, name: bytes) -> object:
    """A capsule that the bindings take an object from; ``name`` must outlive it."""
    return _capsule(address, name, None)


class _Counter:
    """A file object that only counts what is written to it."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Any) -> int:
        self.size += len(data)
        return len(data)


def write_aligned(operation: Any) -> mmap.mmap:
    """An operation's bytecode in page-aligned memory, written once and held once."""
    counter = _Counter()
    operation.write_bytecode(counter)
    memory = mmap.mmap(-1, counter.size)
    operation.write_bytecode(memory)
    return memory


def parse_aligned(memory: mmap.mmap, context: ir.Context) -> ir.Module:
    """Parse page-aligned bytecode into ``context``; weights are copied out of ``memory``.

    Raises:
      ModelImportError: it is not valid bytecode; carries the parser's first message.
    """
    from iree.compiler import ir

    messages: list[str] = []

    def collect(diagnostic: ir.Diagnostic) -> bool:
        messages.append(diagnostic.message)
        return True

    handler = context.attach_diagnostic_handler(collect)
    view = (ctypes.c_char * len(memory)).from_buffer(memory)
    try:
        module = library().mlirModuleCreateParse(
            _pointer(context._CAPIPtr, b"iree.compiler.ir.Context._CAPIPtr"),
            StringRef(ctypes.addressof(view), len(memory)),
        )
    finally:
        # The view has to go before the mapping can be closed.
        del view
        handler.detach()
    if not module:
        raise ModelImportError(f"not valid MLIR bytecode: {messages[0] if messages else 'no reason given'}")
    create: Any = getattr(ir.Module, "_CAPICreate")  # noqa: B009 (the stubs leave it out)
    return create(_capsule(module, b"iree.compiler.ir.Module._CAPIPtr", None))


def copy_module(module: ir.Module, context: ir.Context) -> ir.Module:
    """A copy of ``module`` in ``context``."""
    return parse_aligned(write_aligned(module.operation), context)
