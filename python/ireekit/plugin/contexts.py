"""Contexts that the compiler owns, as the bindings see them."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from ireekit.bindings.capsules import CONTEXT, capsule_of

if TYPE_CHECKING:
    from iree.compiler import ir


def borrowed_context(address: int) -> ir.Context:
    """The context at an address, which the compiler owns."""
    from iree.compiler import ir

    create: Any = getattr(ir.Context, "_CAPICreate")  # noqa: B009 (the stubs leave it out)
    context = create(capsule_of(address, CONTEXT))
    # The bindings destroy a context with its last reference.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(context))
    return context
