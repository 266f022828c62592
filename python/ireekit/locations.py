"""MLIR locations as people read them."""

from __future__ import annotations

import re
from collections.abc import Collection

_FILE_LINE = re.compile(r'"((?:[^"\\]|\\.)*)":(\d+):(\d+)')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(:\d)?')


def location_name(location: object) -> str | None:
    """The name of a ``NameLoc``, e.g. that of a model's layer; ``None`` where it is no ``NameLoc``."""
    match = re.match(r'loc\("((?:[^"\\]|\\.)*)"(?:\(|\))', str(location))
    return _unescape(match[1]) if match and match[1] else None


def source_line(location: object) -> str | None:
    """``file:line:column``, the innermost one of call sites and fused locations."""
    match = _FILE_LINE.search(str(location))
    if match is None or (match[2] == "0" and match[3] == "0"):
        return None
    file = "<text>" if match[1] == "-" else _unescape(match[1])
    return f"{file}:{match[2]}:{match[3]}"


def first_name(location: object, *, but: Collection[str | None] = ()) -> str | None:
    """The first name in ``location``, within call sites and fused locations too; ``None`` where there is none.

    Args:
      location: an MLIR location, or its text.
      but: names that do not count.
    """
    names = (_unescape(match[1]) for match in _QUOTED.finditer(str(location)) if not match[2])
    return next((name for name in names if name and name not in but), None)


def describe_location(location: object) -> str | None:
    """The first name in ``location`` with its source line, or either of both, or ``None``."""
    parts = [part for part in (first_name(location), source_line(location)) if part]
    return ", ".join(parts) or None


def _unescape(text: str) -> str:
    """Undo MLIR's ``\\XX`` (hexadecimal bytes), ``\\"`` and ``\\\\``."""
    raw = re.sub(
        rb'\\([0-9A-Fa-f]{2}|["\\])',
        lambda match: bytes.fromhex(match[1].decode()) if len(match[1]) == 2 else match[1],
        text.encode(),
    )
    return raw.decode(errors="replace")
