"""Registering dialects in a compiler context from their IRDL text, without a C++ class behind them."""

from __future__ import annotations

import ctypes
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ireekit.bindings.capabilities import IRDL_LOAD_FILE, IRDL_LOAD_MODULE, require
from ireekit.bindings.capsules import context_address
from ireekit.bindings.erasure import address
from ireekit.bindings.library import library
from ireekit.bindings.native import require_native, string_ref
from ireekit.bindings.symbols import addresses
from ireekit.errors import DialectError

if TYPE_CHECKING:
    from iree.compiler import ir

# An empty file, to the compiler an empty module: loading it teaches the context the dialect that IRDL is written in.
_EMPTY = "/dev/null"


def load_irdl(text: str, context: ir.Context) -> None:
    """Register every dialect that ``text`` defines. Safe on any thread, as long as no other uses ``context``.

    A dialect can be loaded once into a context; keeping count is the caller's. After a refusal by the compiler half of
    the dialect may be registered: give up the context then.

    Args:
      text: a module of ``irdl.dialect`` operations.
      context: any context of the installed compiler, a session's included.

    Raises:
      CapabilityError: this build of the compiler cannot register dialects.
      DialectError: the text does not parse or verify, or a dialect of that name is loaded already.
    """
    from iree.compiler import ir

    require("irdl")
    with context, _messages(context) as messages:
        _call(IRDL_LOAD_FILE, string_ref(_EMPTY), context_address(context))
        try:
            module = ir.Module.parse(text, context)
        except ir.MLIRError as error:
            raise DialectError(
                "the IRDL text of the dialect does not parse",
                notes=tuple(f"{row.location}: {row.message}" for row in error.error_diagnostics),
            ) from None
        for operation in module.body.operations:
            if operation.operation.name != "irdl.dialect":
                raise DialectError(f"the IRDL text holds no dialect but {operation.operation.name}")
            name = ir.StringAttr(operation.attributes["sym_name"]).value
            if context.is_dialect_loaded(name):
                raise DialectError(f"the dialect {name!r} is loaded already in this context", op=name)
        if not _call(IRDL_LOAD_MODULE, address(module.operation)):
            raise DialectError("the compiler refused the dialect", notes=tuple(messages))


def register_op(context: ir.Context, name: str) -> None:
    """Register an operation that IRDL cannot describe; the compiler verifies nothing of it.

    Args:
      context: where :func:`load_irdl` loaded its dialect.
      name: with the dialect's, as in ``"acme.concat"``.

    Raises:
      CapabilityError: there is no native library, or this build of the compiler was not verified with it.
      DialectError: the dialect is not loaded in ``context``, or has the operation already.
    """
    require("dynamic-ops")
    native = require_native()
    namespace, _, op = name.partition(".")
    if not op:
        raise DialectError(f"{name!r} is not an operation's full name", remedy="dialect and name, as in acme.concat")
    if not context.is_dialect_loaded(namespace):
        raise DialectError(f"the dialect {namespace!r} is not loaded in this context", op=name)
    if context.is_registered_operation(name):
        raise DialectError(f"{name} is registered already", op=name)
    dialect = library().mlirContextGetOrLoadDialect(context_address(context), string_ref(namespace))
    if not native.ireekit_register_operation(context_address(context), dialect, string_ref(op), string_ref(name)):
        raise DialectError(f"{namespace!r} is a dialect of the compiler's own, it takes no further operations", op=name)


def _call(symbol: str, *arguments: Any) -> bool:
    types = [type(argument) if isinstance(argument, ctypes.Structure) else ctypes.c_void_p for argument in arguments]
    # Not CFUNCTYPE: the bindings hand diagnostics to Python without taking the interpreter's lock.
    return ctypes.PYFUNCTYPE(ctypes.c_bool, *types)(addresses([symbol])[symbol])(*arguments)


@contextmanager
def _messages(context: ir.Context) -> Generator[list[str]]:
    """The diagnostics of a while, kept from standard error."""
    messages: list[str] = []

    def keep(diagnostic: ir.Diagnostic) -> bool:
        messages.append(f"{diagnostic.location}: {diagnostic.message}")
        messages.extend(f"{note.location}: {note.message}" for note in diagnostic.notes)
        return True

    handler = context.attach_diagnostic_handler(keep)
    try:
        yield messages
    finally:
        handler.detach()
