"""What ``ireekit opt`` reads: text or bytecode, from a file or standard input."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ireekit.errors import ModelImportError

BYTECODE_MAGIC = b"ML\xefR"

MAX_NESTING = 256
"""Deeper brackets than these are refused: parser and passes call themselves, and the stack ends at about 1000."""

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|->|>=|[(\[{<)\]}>]')
_CHANGE = {"(": 1, "[": 1, "{": 1, "<": 1, ")": -1, "]": -1, "}": -1, ">": -1}


def read_input(file: str) -> bytes:
    """The bytes of a file, ``-`` for standard input.

    Raises:
      ModelImportError: it cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise ModelImportError(f"cannot read {_display(file)}: {error.strerror}") from None
    except ValueError as error:  # a NUL byte in the name
        raise ModelImportError(f"cannot read {file!r}: {error}") from None


def is_bytecode(data: bytes) -> bool:
    return data.startswith(BYTECODE_MAGIC)


def decode(data: bytes, file: str) -> str:
    """Text of MLIR.

    Raises:
      ModelImportError: it is no UTF-8, or nested too deeply to be parsed without ending the process.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ModelImportError(
            f"the input is neither MLIR bytecode nor UTF-8 text: byte 0x{data[error.start]:02x}",
            location=f"{_display(file)}:{line}:1",
        ) from None
    _check_nesting(text, file)
    return text


def _check_nesting(text: str, file: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        depth = max(depth + _CHANGE.get(token[0], 0), 0)
        if depth > MAX_NESTING:
            line = text.count("\n", 0, token.start()) + 1
            raise ModelImportError(
                f"brackets are nested more than {MAX_NESTING} deep", location=f"{_display(file)}:{line}:1"
            )


def _display(file: str) -> str:
    return "<stdin>" if file == "-" else file
