"""Values of the compiler library's hidden symbols, kept on disk: reading its symbol table takes 0.1 to 0.5 s."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ireekit.bindings.build import BuildInfo
from ireekit.bindings.build_cache import store, stored


def stored_symbols(build: BuildInfo) -> Mapping[str, int | None]:
    """Linker name -> value, ``None`` for one the library lacks; empty where nothing fitting is stored."""
    symbols: Any = stored(build, "symbols")
    if not isinstance(symbols, dict):
        return {}
    return symbols if all(value is None or type(value) is int for value in symbols.values()) else {}


def store_symbols(build: BuildInfo, symbols: Mapping[str, int | None]) -> None:
    """Keep what is known. Not being able to is no error: the next process looks again."""
    store(build, "symbols", dict(symbols))
