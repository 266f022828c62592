"""The rewriter that drivers use: the one in Python, on a native base where there is one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ireekit.bindings.native_patterns import native_rewriter
from ireekit.passes.rewrite.rewriter import NoMatch, Rewriter, replacement_values

if TYPE_CHECKING:
    from iree.compiler import ir


def rewriter_class(context: ir.Context) -> type[Rewriter]:
    """:class:`Rewriter`, or its native subclass, which is :func:`is_native`."""
    base = native_rewriter(_methods(), context)
    return Rewriter if base is None else _subclass(base)


def is_native(rewriter: Rewriter) -> bool:
    """Whether ``rewriter`` is one that the native library may call patterns with."""
    return type(rewriter) is not Rewriter


@functools.cache
def _subclass(base: type[Any]) -> type[Rewriter]:
    return type("Rewriter", (base, Rewriter), {"__doc__": Rewriter.__doc__, "__module__": Rewriter.__module__})


@functools.cache
def _methods() -> dict[str, Any]:
    """What the native base falls back on."""
    return {
        "no_match": NoMatch,
        "create": Rewriter.create,
        "replace": Rewriter.replace,
        "replace_with": Rewriter.replace_with,
        "end": Rewriter._end,  # pyright: ignore[reportPrivateUsage]
        "replace_op": Rewriter._replace_op,  # pyright: ignore[reportPrivateUsage]
        "erase_op": Rewriter._erase_op,  # pyright: ignore[reportPrivateUsage]
        "replacement_values": replacement_values,
    }
