"""Moving modules between contexts as bytecode.

Bytecode that holds weights is read in place, so its buffer has to be aligned as the weights are.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import TYPE_CHECKING, Any

from ireekit.bindings.capsules import capsule_of, context_address
from ireekit.bindings.library import StringRef, library
from ireekit.errors import ModelImportError

if TYPE_CHECKING:
    from iree.compiler import ir


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
            context_address(context),
            StringRef(ctypes.addressof(view), len(memory)),
        )
    finally:
        # The view has to go before the mapping can be closed.
        del view
        handler.detach()
    if not module:
        raise ModelImportError(f"not valid MLIR bytecode: {messages[0] if messages else 'no reason given'}")
    create: Any = getattr(ir.Module, "_CAPICreate")  # noqa: B009 (the stubs leave it out)
    return create(capsule_of(module, b"iree.compiler.ir.Module._CAPIPtr"))


def copy_module(module: ir.Module, context: ir.Context) -> ir.Module:
    """A copy of ``module`` in ``context``."""
    return parse_aligned(write_aligned(module.operation), context)
