"""MLIR contexts: what must be loaded before IR is built in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iree.compiler import ir


def load_dialects(context: ir.Context, *names: str) -> None:
    """Load dialects of the compiler: a context knows the operations of those it has parsed or loaded only."""
    for name in names:
        context.get_dialect_descriptor(name)
