"""Statistics: what a pass counts while it runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Self, overload

_COUNTERS = "_ireekit_counters"
_making = threading.Lock()


class Counter:
    """The value of one statistic of one pass object. Safe to change from several threads."""

    __slots__ = ("_lock", "_value")

    def __init__(self) -> None:
        self._value = 0
        self._lock = threading.Lock()

    @property
    def value(self) -> int:
        return self._value

    def increment(self, by: int = 1) -> None:
        """Add ``by``."""
        with self._lock:
            self._value += by

    def update_max(self, value: int) -> None:
        """Raise it to ``value`` where that is more."""
        with self._lock:
            self._value = max(self._value, value)

    def __repr__(self) -> str:
        return f"Counter({self._value})"


class Statistic:
    """A class attribute of a pass: a number it counts in every run.

    Each run of a pipeline counts from zero, apart from other runs of the same pass object in other threads.

    Args:
      description: what is counted, e.g. ``"operations folded"``.

    Example::

        class Fold(Pass):
            name = "acme-fold"
            folded = Statistic("operations folded")

            def run(self, op):
                self.folded.increment()
    """

    def __init__(self, description: str) -> None:
        self.description = description
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name.replace("_", "-")

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Counter: ...
    def __get__(self, instance: object | None, owner: type) -> Self | Counter:
        if instance is None:
            return self
        counters: dict[str, Counter] = vars(instance).get(_COUNTERS, {})
        if (found := counters.get(self.name)) is not None:
            return found
        with _making:
            made: dict[str, Counter] = vars(instance).setdefault(_COUNTERS, {})
            return made.setdefault(self.name, Counter())


def statistics_of(cls: type) -> Mapping[str, Statistic]:
    """The statistics a pass class defines, by name."""
    found: dict[str, Statistic] = {}
    for base in reversed(cls.__mro__):
        found.update({each.name: each for each in vars(base).values() if isinstance(each, Statistic)})
    return found


def read_counters(instance: Any) -> Mapping[str, int]:
    """Values of all statistics of a pass object, those never counted included."""
    counters: Mapping[str, Counter] = vars(instance).get(_COUNTERS, {})
    names = statistics_of(type(instance))
    return {name: counters[name].value if name in counters else 0 for name in names}


def reset_counters(instance: Any) -> None:
    """Count from zero in counters of its own, not those of the object it was copied from."""
    vars(instance)[_COUNTERS] = {}
