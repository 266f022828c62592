"""Running the compiler's own passes, and its verifier, without holding Python's global lock.

``PassManager.run`` of the bindings keeps the lock: anything in Python that a pass calls back on another thread, a
diagnostic handler or a verifier, then waits for it for ever. A call through ctypes lets go of it.
"""

from __future__ import annotations

import ctypes
import functools
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from ctypes import CFUNCTYPE, Structure, c_bool, c_int, c_int8, c_ssize_t, c_void_p
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.bindings.capsules import context_address, pointer_of
from ireekit.bindings.erasure import address
from ireekit.bindings.library import StringRef, declare_functions, library
from ireekit.bindings.models import has_python_models, locked, one_thread
from ireekit.bindings.session import Severity

if TYPE_CHECKING:
    from iree.compiler import ir

_MANAGER = b"iree.compiler.passmanager.PassManager._CAPIPtr"
_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note", "remark")
_REASON = re.compile(r"(?:.*error: |<Pass-Options-Parser>: )?(?P<text>.*)")


class _TypeId(Structure):
    """``MlirTypeID``."""

    _fields_ = (("pointer", c_void_p),)


_HANDLER = CFUNCTYPE(c_int8, c_void_p, c_void_p)
_STRING_CALLBACK = CFUNCTYPE(None, StringRef, c_void_p)

# Structures of one pointer are passed as the pointer, on every platform there is a wheel for.
_SIGNATURES: tuple[tuple[str, object, tuple[object, ...]], ...] = (
    ("mlirPassManagerRunOnOp", c_int8, (c_void_p, c_void_p)),
    ("mlirOperationVerify", c_bool, (c_void_p,)),
    ("mlirContextAttachDiagnosticHandler", ctypes.c_uint64, (c_void_p, _HANDLER, c_void_p, c_void_p)),
    ("mlirContextDetachDiagnosticHandler", None, (c_void_p, ctypes.c_uint64)),
    ("mlirDiagnosticGetLocation", c_void_p, (c_void_p,)),
    ("mlirDiagnosticGetSeverity", c_int, (c_void_p,)),
    ("mlirDiagnosticGetNumNotes", c_ssize_t, (c_void_p,)),
    ("mlirDiagnosticGetNote", c_void_p, (c_void_p, c_ssize_t)),
    ("mlirDiagnosticPrint", None, (c_void_p, _STRING_CALLBACK, c_void_p)),
    ("mlirLocationPrint", None, (c_void_p, _STRING_CALLBACK, c_void_p)),
    ("mlirOperationNameHasTrait", c_bool, (StringRef, _TypeId, c_void_p)),
    ("mlirDynamicOpTraitIsIsolatedFromAboveGetTypeID", _TypeId, ()),
)


@dataclass(frozen=True)
class Message:
    """A diagnostic of the compiler, whole.

    Attributes:
      severity: ``"error"``, ``"warning"``, ``"note"`` or ``"remark"``.
      text: without location and severity.
      location: as MLIR prints it, ``loc(...)``.
      notes: attached to it.
    """

    severity: Severity
    text: str
    location: str
    notes: tuple[Message, ...] = ()


Sink: TypeAlias = Callable[[Message], bool]
"""Is given each message; ``True`` where it took it, ``False`` to leave it to the handler below."""


class NativePassManager:
    """A pass manager of the compiler, to be run any number of times.

    Args:
      text: a pipeline text with its anchor, e.g. ``"util.func(canonicalize,cse)"``.
      context: it is for.

    Raises:
      ValueError: the text names an unknown pass or option, or a pass its anchor cannot have. The message is one line.
    """

    def __init__(self, text: str, context: ir.Context) -> None:
        from iree.compiler.passmanager import PassManager

        try:
            self._manager: Any = PassManager.parse(text, context)
        except ValueError as error:
            raise ValueError(_reason(str(error))) from None
        self.text = text

    def run(self, op: ir.Operation) -> bool:
        """Run over ``op``; ``False`` where a pass failed. Other Python threads go on meanwhile."""
        manager = pointer_of(self._manager._CAPIPtr, _MANAGER)
        return bool(_call(_library().mlirPassManagerRunOnOp, op.context, manager, address(op)))


def verify_operation(op: ir.Operation) -> bool:
    """Verify ``op`` and what is in it. Other Python threads go on meanwhile."""
    return bool(_call(_library().mlirOperationVerify, op.context, address(op)))


def _call(function: Any, context: ir.Context, *arguments: int) -> Any:
    if not has_python_models(context):
        return function(*arguments)
    with one_thread(context):
        return locked(function)(*arguments)


@contextmanager
def captured_messages(context: ir.Context, sink: Sink) -> Generator[None]:
    """Give ``sink`` every diagnostic of ``context``, from whatever thread it comes.

    While it is active nothing that holds the global lock may wait for threads of the compiler: run passes and
    verify by this module.
    """
    native = _library()
    pointer = context_address(context)

    def handle(diagnostic: int, _user_data: object) -> int:
        return int(sink(_message(diagnostic)))

    # Kept by this frame: ctypes holds no reference of its own.
    callback = _HANDLER(handle)
    handler = native.mlirContextAttachDiagnosticHandler(pointer, callback, None, None)
    try:
        yield
    finally:
        native.mlirContextDetachDiagnosticHandler(pointer, handler)


def messages_of(error: ir.MLIRError) -> tuple[Message, ...]:
    """What the compiler said when the bindings raised ``error``."""
    rows: Any = error.error_diagnostics
    return tuple(map(_held_message, rows))


def _held_message(row: Any) -> Message:
    severity: Any = str(row.severity).rpartition(".")[2].lower()
    return Message(severity, row.message, str(row.location), tuple(map(_held_message, row.notes)))


def is_isolated(name: str, context: ir.Context) -> bool:
    """Whether operations called ``name`` are registered and isolated from above, so that passes can run on them."""
    data = name.encode()
    native = _library()
    trait = native.mlirDynamicOpTraitIsIsolatedFromAboveGetTypeID()
    text = StringRef(ctypes.cast(ctypes.c_char_p(data), c_void_p), len(data))
    return bool(native.mlirOperationNameHasTrait(text, trait, context_address(context)))


@functools.cache
def _library() -> ctypes.CDLL:
    handle = library()
    declare_functions(handle, _SIGNATURES)
    return handle


def _message(diagnostic: int) -> Message:
    native = _library()
    return Message(
        _SEVERITIES[native.mlirDiagnosticGetSeverity(diagnostic)],
        _printed(native.mlirDiagnosticPrint, diagnostic),
        _printed(native.mlirLocationPrint, native.mlirDiagnosticGetLocation(diagnostic)),
        tuple(
            _message(native.mlirDiagnosticGetNote(diagnostic, index))
            for index in range(native.mlirDiagnosticGetNumNotes(diagnostic))
        ),
    )


def _printed(function: Any, pointer: int) -> str:
    parts: list[bytes] = []

    @_STRING_CALLBACK
    def collect(text: StringRef, _user_data: object) -> None:
        parts.append(ctypes.string_at(text.data, text.length))

    function(pointer, collect, None)
    return b"".join(parts).decode(errors="replace")


def _reason(message: str) -> str:
    lines: Sequence[str] = [line.strip() for line in message.splitlines() if line.strip()]
    first = lines[0] if lines else "no reason given"
    match = _REASON.match(first)
    return match["text"] if match else first
