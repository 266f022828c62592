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
# Bytes of it, and of what follows it, that are read below.
_CODE_SIZE = 16


@functools.cache
def fold_layout() -> FoldLayout | None:
    """The layout in this compiler build; ``None`` where it is not known, or is not what the build's code uses."""
    build = build_info().verified
    expected = build.fold_layout if build else None
    if expected is None or (hook := addresses([_HOOK]).get(_HOOK)) is None:
        return None
    code = ctypes.string_at(hook, _CODE_SIZE)
    used = (expected.call, expected.storage)
    return expected if used in (_read_x86_64(code), _read_aarch64(code)) else None


def _read_x86_64(code: bytes) -> tuple[int, int] | None:
    """The offsets of the function and of its data in ``mov rax, [rdi + call]; add rdi, storage``."""
    load, call, add, storage = struct.unpack_from("<3sI3sI", code)
    return (call, storage) if (load, add) == (b"\x48\x8b\x87", b"\x48\x81\xc7") else None


def _read_aarch64(code: bytes) -> tuple[int, int] | None:
    """The same in ``ldr x, [x0, call]; add x0, x0, storage; br x``."""
    load, add, jump = struct.unpack_from("<3I", code)
    register = load & 31
    fits = (load & 0xFFC003E0, add & 0xFFC003FF, jump) == (0xF9400000, 0x91000000, 0xD61F0000 | register << 5)
    return ((load >> 10 & 0xFFF) * 8, add >> 10 & 0xFFF) if fits else None
