"""What is kept for each context, and ends with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary, finalize

from ireekit.bindings.capsules import context_address
from ireekit.bindings.native import native_library

if TYPE_CHECKING:
    from iree.compiler import ir

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class ContextCache(Generic[Key, Value]):
    """Values by context and key, each made once as long as its context lives.

    Contexts of compiler sessions are the bindings' own objects, which take no weak reference. The native library tells
    when a context ends; without it nothing is kept for those. A value must not keep its context alive.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_token: dict[int, dict[Key, Value]] = {}
        self._by_context: WeakKeyDictionary[ir.Context, dict[Key, Value]] = WeakKeyDictionary()

    def get(self, context: ir.Context, key: Key, make: Callable[[], Value]) -> Value:
        """The value of ``key``; what ``make`` raises leaves nothing behind."""
        known = self._of(context)
        if known is None:
            return make()
        if key not in known:
            made = make()  # without the lock: it may take long, and may be asked for other values
            known.setdefault(key, made)
        return known[key]

    def __len__(self) -> int:
        """The number of living contexts that something is kept for."""
        with self._lock:
            self._forget_ended()
            return len(self._by_token) + len(self._by_context)

    def _of(self, context: ir.Context) -> dict[Key, Value] | None:
        token = _token(context)
        with self._lock:
            if token:
                if token not in self._by_token:
                    self._forget_ended()
                return self._by_token.setdefault(token, {})
            try:
                return self._by_context.setdefault(context, {})
            except TypeError:
                return None

    def _forget_ended(self) -> None:
        native = native_library()
        for token in list(self._by_token):
            if native is None or not native.ireekit_context_is_alive(token):
                del self._by_token[token]


def _token(context: ir.Context) -> int:
    """What stands for a context and for no later one; 0 where nothing does."""
    native = native_library()
    if native is None:
        return 0
    address = context_address(context)
    with _lock:
        _known.add(address)
    return native.ireekit_context_token(address)


def end_with(owner: object, context: ir.Context) -> None:
    """Let what is kept for ``context`` end with ``owner``: contexts of sessions outlive them, used by nobody."""
    finalize(owner, _end, context_address(context)).atexit = False


def _end(address: int) -> None:
    with _lock:
        was_known = address in _known
        _known.discard(address)
    native = native_library() if was_known else None
    if native is not None:
        native.ireekit_context_end(address)


_lock = threading.Lock()
# Of this process: addresses of contexts that got a token.
_known: set[int] = set()
