"""Which operations a pass is given."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.bindings.erasure import address
from ireekit.errors import PipelineError
from ireekit.passes.base import ANY
from ireekit.passes.walk import walk

if TYPE_CHECKING:
    from iree.compiler import ir

Target: TypeAlias = "tuple[ir.Operation, tuple[int, ...]]"
"""An operation, with the addresses of those around it and its own: was one of them erased, so was it."""


def targets_of(root: ir.Operation, path: Sequence[str], anchor: str) -> list[Target]:
    """Operations that a pass with ``anchor`` runs on, at ``path``, the nested anchors in the pipeline, within ``root``.

    Those at ``path`` themselves where their name is the anchor's, else the outermost so called in each of them.
    """
    found: list[Target] = []
    for op, chain in at_path(root, path):
        if anchor in (ANY, op.name):
            found.append((op, chain))
        else:
            found.extend(_outermost(op, chain, anchor))
    return found


def at_path(root: ir.Operation, path: Sequence[str]) -> list[Target]:
    """Operations at ``path``, each name of which stands for operations directly in those before."""
    level: list[Target] = [(root, (address(root),))]
    for name in path:
        matches = _matcher(root.context, name)
        level = [
            (child, (*chain, address(child))) for op, chain in level for child in _children(op) if matches(child.name)
        ]
    return level


def check_anchors(root: ir.Operation, anchors: Iterable[str]) -> None:
    """Refuse anchors that no operation can have: their dialect is there, and has none of the name.

    Without it a misspelt anchor would run nothing, silently. Operations of dialects that are not loaded may come.

    Raises:
      PipelineError: names the nearest operation there is in ``root``.
    """
    context = root.context
    for anchor in anchors:
        namespace = anchor.partition(".")[0]
        if anchor == ANY or context.is_registered_operation(anchor) or not context.is_dialect_loaded(namespace):
            continue
        close = difflib.get_close_matches(anchor, {each.name for each in walk(root)}, 1, 0.7)
        raise PipelineError(
            f"nothing can be called {anchor!r}: the dialect {namespace!r} has no such operation",
            op=anchor,
            remedy=f"did you mean {close[0]!r}?" if close else "correct the anchor",
        )


def label(op: ir.Operation) -> str:
    """``util.func @main``, or the name alone of an operation without symbol."""
    attributes: Any = op.attributes
    if "sym_name" not in attributes:
        return op.name
    return f"{op.name} @{str(attributes['sym_name']).strip(chr(34))}"


def names_around(op: ir.Operation, root: ir.Operation) -> tuple[str, ...]:
    """Names of the operations around ``op``, from ``root`` inwards; none where it is ``root`` itself."""
    names: list[str] = []
    each: Any = op
    while each is not None and each != root:
        each = each.parent and each.parent.operation
        if each is not None:
            names.append(each.name)
    return tuple(reversed(names))


def _children(op: ir.Operation) -> Iterator[ir.Operation]:
    for region in op.regions:
        for block in region:
            for child in block:
                yield child.operation


def _matcher(context: ir.Context, anchor: str) -> Callable[[str], bool]:
    if anchor != ANY:
        return anchor.__eq__
    from ireekit.bindings.pass_manager import is_isolated

    @functools.cache
    def matches(name: str) -> bool:
        return is_isolated(name, context)

    return matches


def _outermost(op: ir.Operation, chain: tuple[int, ...], anchor: str) -> Iterator[Target]:
    from iree.compiler.ir import WalkOrder, WalkResult

    found: list[ir.Operation] = []

    def visit(each: Any) -> WalkResult:
        if each.name != anchor:
            return WalkResult.ADVANCE
        found.append(each.operation)
        return WalkResult.SKIP

    op.walk(visit, WalkOrder.PRE_ORDER)
    for each in found:
        yield each, (*chain, *_between(op, each), address(each))


def _between(outer: ir.Operation, inner: ir.Operation) -> tuple[int, ...]:
    addresses: list[int] = []
    parent: Any = inner.parent
    while parent is not None and parent.operation != outer:
        addresses.append(address(parent.operation))
        parent = parent.operation.parent
    return tuple(addresses)
