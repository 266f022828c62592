"""Which Python passes there are, by name. Nothing is imported before it is asked for.

A package offers passes with::

    [project.entry-points."ireekit.passes"]
    acme-fuse = "acme.passes:Fuse"
"""

from __future__ import annotations

import difflib
import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

from ireekit.errors import IreekitError, PipelineError
from ireekit.passes.base import Pass

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "ireekit.passes"


class PassSource(Protocol):
    """Passes from one place."""

    def names(self) -> Iterable[str]:
        """Of all passes it has."""
        ...

    def find(self, name: str) -> type[Pass] | None:
        """The class of the pass called ``name``."""
        ...


class Passes:
    """Pass classes given one by one.

    Args:
      classes: in any order.

    Raises:
      PipelineError: one is no pass class, or two different ones have one name.

    Example::

        parse_pipeline("acme-fuse,cse", Passes([Fuse, Tile]))
    """

    def __init__(self, classes: Iterable[type[Pass]] = ()) -> None:
        self._classes: dict[str, type[Pass]] = {}
        for cls in classes:
            self.add(cls)

    def add(self, cls: type[Pass]) -> None:
        """Add one more; adding it again changes nothing."""
        if not (isinstance(cls, type) and issubclass(cls, Pass)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PipelineError(f"{cls!r} is no pass class", remedy="give classes derived from ireekit.Pass")
        name = getattr(cls, "name", None)
        if not isinstance(name, str):
            raise PipelineError(f"class {cls.__name__} gives its pass no name", remedy="write name = 'acme-...'")
        other = self._classes.setdefault(name, cls)
        if other is not cls:
            raise PipelineError(
                f"two passes are called {name!r}: {_described(other)} and {_described(cls)}", remedy="rename one"
            )

    def names(self) -> tuple[str, ...]:
        return tuple(self._classes)

    def find(self, name: str) -> type[Pass] | None:
        return self._classes.get(name)

    def __iter__(self) -> Iterator[type[Pass]]:
        return iter(self._classes.values())

    def __len__(self) -> int:
        return len(self._classes)


class InstalledPasses:
    """Passes that installed packages offer, by the entry point group ``ireekit.passes``."""

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._table()))

    def find(self, name: str) -> type[Pass] | None:
        """Import the pass called ``name``.

        Raises:
          PipelineError: importing it fails, the object is no pass class of that name, or several packages offer one.
        """
        entries = self._table().get(name)
        if entries is None:
            return None
        if len({entry.value for entry in entries}) > 1:
            offers = " and ".join(f"{_package(entry)} ({entry.value})" for entry in entries)
            raise PipelineError(f"several packages offer a pass {name!r}: {offers}", remedy="uninstall all but one")
        return _load(entries[0])

    def describe(self, name: str) -> str:
        """Which package offers it, and where it is defined."""
        return ", ".join(f"{entry.value} of {_package(entry)}" for entry in self._table().get(name, []))

    def _table(self) -> Mapping[str, list[EntryPoint]]:
        return _entries(tuple(sys.path))


@functools.lru_cache(maxsize=8)
def _entries(_path: tuple[str, ...]) -> Mapping[str, list[EntryPoint]]:
    """Read once for each search path: it takes milliseconds."""
    from importlib.metadata import entry_points

    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, []).append(entry)
    return found


class LazyPasses:
    """Passes of a place that is expensive to look into, e.g. all installed pipelines; opened at the first look.

    Args:
      open_source: gives the passes.
    """

    def __init__(self, open_source: Callable[[], PassSource]) -> None:
        self._open = open_source
        self._source: PassSource | None = None

    def names(self) -> Iterable[str]:
        return self._opened().names()

    def find(self, name: str) -> type[Pass] | None:
        return self._opened().find(name)

    def _opened(self) -> PassSource:
        if self._source is None:
            self._source = self._open()
        return self._source


class PassRegistry:
    """Where names of passes are looked up: in each source in turn, then among the compiler's, then in the last resorts.

    Args:
      sources: asked first, in order.
      last: asked for what is found nowhere else.
    """

    def __init__(self, sources: Iterable[PassSource] = (), last: Iterable[PassSource] = ()) -> None:
        self._sources = tuple(sources)
        self._last = tuple(last)

    @staticmethod
    def of(passes: PassesLike) -> PassRegistry:
        """A registry of ``passes``, what packages offer, and the compiler's."""
        if isinstance(passes, PassRegistry):
            return passes
        if passes is None:
            return PassRegistry([InstalledPasses()])
        source = passes if hasattr(passes, "find") else Passes(passes)  # pyright: ignore[reportArgumentType]
        return PassRegistry([source, InstalledPasses()])  # pyright: ignore[reportArgumentType]

    def find(self, name: str) -> type[Pass] | None:
        """The class of the Python pass called ``name``; ``None`` where there is none.

        Raises:
          PipelineError: it cannot be imported.
        """
        for source in self._sources:
            if (found := source.find(name)) is not None:
                return found
        if not self._last or self.is_native(name):
            return None
        return next((found for source in self._last if (found := source.find(name)) is not None), None)

    def is_native(self, name: str) -> bool:
        """Whether the compiler registers a pass of this name."""
        from ireekit.bindings.native_passes import is_native_pass

        return is_native_pass(name)

    def knows(self, name: str) -> bool:
        return self.find(name) is not None or self.is_native(name)

    def names(self) -> tuple[str, ...]:
        """Names of all Python passes, sorted; without those of last resorts that the compiler has itself."""
        found = {name for source in self._sources for name in source.names()}
        found |= {name for source in self._last for name in source.names() if not self.is_native(name)}
        return tuple(sorted(found))

    def nearest(self, name: str) -> str | None:
        """The name of a Python or native pass that is most like ``name``, if any is."""
        from ireekit.bindings.native_passes import native_passes

        close = difflib.get_close_matches(name, [*self.names(), *native_passes()], 1, 0.6)
        return close[0] if close else None


PassesLike: TypeAlias = "PassRegistry | PassSource | Iterable[type[Pass]] | None"
"""What functions take as ``passes=``: a registry, one source, pass classes, or ``None`` for installed ones."""


def _load(entry: EntryPoint) -> type[Pass]:
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:  # whatever the module does when it is imported
        cause = error.cause if isinstance(error, IreekitError) else (str(error).splitlines() or ["no message"])[0]
        raise PipelineError(
            f"pass {entry.name!r} of {_package(entry)} cannot be imported: {type(error).__name__}: {cause}",
            op=entry.name,
            remedy=f"`python -c 'import {entry.module}'` shows the whole story",
        ) from error
    if not (isinstance(found, type) and issubclass(found, Pass)):
        raise PipelineError(
            f"{entry.value}, which {_package(entry)} offers as pass {entry.name!r}, is no pass class",
            op=entry.name,
            remedy="derive it from ireekit.Pass",
        )
    if getattr(found, "name", None) != entry.name:
        raise PipelineError(
            f"{entry.value}, which {_package(entry)} offers as pass {entry.name!r}, calls itself "
            f"{getattr(found, 'name', None)!r}",
            op=entry.name,
            remedy="give the entry point the name the class has",
        )
    return found


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "an unknown package"


def _described(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
