"""Which dialects there are: alive in this process, and installed.

The one global state of this package: a weak set of the dialects that exist, so that a view can be had of an operation
without saying of which dialect; nothing is kept alive by it.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ireekit.dialect.names import nearest
from ireekit.errors import PipelineError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from ireekit.dialect.dialect import Dialect

ENTRY_POINTS = "ireekit.dialects"

_alive: dict[str, weakref.WeakSet[Dialect]] = {}
_lock = threading.Lock()


def register(dialect: Dialect) -> None:
    """Remember a dialect for as long as it lives."""
    with _lock:
        _alive.setdefault(dialect.name, weakref.WeakSet()).add(dialect)


def alive(name: str) -> list[Dialect]:
    """The dialects of that name that exist in this process, each definition once."""
    with _lock:
        found = list(_alive.get(name, ()))
    if len(found) < 2:
        return found
    return list({dialect.marker: dialect for dialect in found}.values())


def installed_dialects() -> Mapping[str, EntryPoint]:
    """The installed dialects by name; none is imported until ``load`` of its entry point."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}


def find_dialect(name: str) -> Dialect:
    """The installed dialect ``name``, imported now, or else one that exists in this process.

    Raises:
      PipelineError: there is none, or what is installed under that name is no dialect.
    """
    from ireekit.dialect.dialect import Dialect

    entries = installed_dialects()
    if name not in entries:
        here = alive(name)
        if len(here) == 1:
            return here[0]
        raise PipelineError(
            f"no installed dialect is called {name!r}",
            remedy=nearest(name, entries) or f"a package offers dialects by the entry point group {ENTRY_POINTS!r}",
        )
    try:
        found = entries[name].load()
    except Exception as error:
        raise PipelineError(
            f"the dialect {name!r} cannot be imported from {entries[name].value}: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, Dialect):
        raise PipelineError(f"{entries[name].value} is no Dialect but {type(found).__name__}")
    return found
