"""Values of the compiler library's hidden symbols, kept on disk: reading its symbol table takes 0.1 to 0.5 s."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ireekit.bindings.build import BuildInfo
from ireekit.files import cache_folder, write_atomically


def stored_symbols(build: BuildInfo) -> Mapping[str, int | None]:
    """Linker name -> value, ``None`` for one the library lacks; empty where nothing fitting is stored."""
    try:
        content: Any = json.loads(_file(build).read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or content.get("library") != _identity(build):
        return {}
    symbols = content.get("symbols")
    if not isinstance(symbols, dict):
        return {}
    return symbols if all(value is None or type(value) is int for value in symbols.values()) else {}


def store_symbols(build: BuildInfo, symbols: Mapping[str, int | None]) -> None:
    """Keep what is known. Not being able to is no error: the next process looks again."""
    if not build.build_id:
        return
    file = _file(build)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps({"library": _identity(build), "symbols": dict(symbols)}).encode())
    except OSError:
        return


def _file(build: BuildInfo) -> Path:
    return cache_folder() / f"symbols-{build.build_id or 'unknown'}.json"


def _identity(build: BuildInfo) -> list[Any]:
    status = build.path.stat()
    return [build.build_id, str(build.path), status.st_size, status.st_mtime_ns]
