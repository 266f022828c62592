"""Where the fold hook of an operation defined at run time lies, checked against the code that calls it."""

from __future__ import annotations

import ctypes
import functools
import struct

from ireekit.bindings.build import FoldLayout, build_info
from ireekit.bindings.symbols import addresses

_HOOK = (
    "_ZN4mlir19DynamicOpDefinition8foldHookEPNS_9OperationEN4llvm8ArrayRefINS_9AttributeEEE"
    "RNS3_15SmallVectorImplINS_12OpFoldResultEEE"
)
# mov rax, [rdi + call]; add rdi, storage; jmp rax
_CODE = struct.Struct("<3sI3sI2s")
_OPCODES = (b"\x48\x8b\x87", b"\x48\x81\xc7", b"\xff\xe0")


@functools.cache
def fold_layout() -> FoldLayout | None:
    """The layout in this compiler build; ``None`` where it is not known, or is not what the build's code uses."""
    build = build_info().verified
    expected = build.fold_layout if build else None
    if expected is None or (hook := addresses([_HOOK]).get(_HOOK)) is None:
        return None
    load, call, add, storage, jump = _CODE.unpack(ctypes.string_at(hook, _CODE.size))
    fits = (load, add, jump) == _OPCODES and (call, storage) == (expected.call, expected.storage)
    return expected if fits else None
