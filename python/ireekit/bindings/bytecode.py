"""Moving modules between contexts as bytecode.

Bytecode that holds weights is read in place, so its buffer has to be aligned as the weights are.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ireekit.bindings.capsules import OPERATION, capsule_of, context_address, pointer_of
from ireekit.bindings.library import STRING_CALLBACK, StringRef, library
from ireekit.errors import ModelImportError

if TYPE_CHECKING:
    from iree.compiler import ir


def stream_bytecode(operation: ir.Operation, take: Callable[[int, int], None]) -> None:
    """Give an operation's bytecode piece by piece, as address and size.

    The bindings would make an object of each piece, weights included.

    Raises:
      Whatever ``take`` raises, at the end.
    """
    failed: list[BaseException] = []

    def forward(piece: StringRef, _user_data: object) -> None:
        if not failed and piece.length:
            try:
                take(piece.data, piece.length)
            except BaseException as error:  # ctypes would print it
                failed.append(error)

    callback = STRING_CALLBACK(forward)
    library().mlirOperationWriteBytecode(pointer_of(operation._CAPIPtr, OPERATION), callback, None)
    if failed:
        raise failed[0]


def write_aligned(operation: ir.Operation) -> mmap.mmap:
    """An operation's bytecode in page-aligned memory, written once and held once."""
    size = 0

    def count(_address: int, length: int) -> None:
        nonlocal size
        size += length

    stream_bytecode(operation, count)
    memory = pages(size)
    view = (ctypes.c_char * size).from_buffer(memory)
    end = start = ctypes.addressof(view)

    def append(address: int, length: int) -> None:
        nonlocal end
        if end + length > start + size:
            raise RuntimeError("bytecode that was written twice differs in size")
        ctypes.memmove(end, address, length)
        end += length

    try:
        stream_bytecode(operation, append)
    finally:
        # The view has to go before the mapping can be closed.
        del view
    return memory


def pages(size: int) -> mmap.mmap:
    """Memory of whole pages, of this process alone where there is a choice: it takes less time to come by."""
    if not hasattr(mmap, "MAP_PRIVATE"):
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


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
