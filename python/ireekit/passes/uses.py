"""Who uses what: users, slices, and values that cross a border."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ireekit.passes.walk import walk

if TYPE_CHECKING:
    from iree.compiler import ir

Filter = Callable[[Any], bool]


def defining_op(value: ir.Value) -> ir.Operation | None:
    """The operation that makes ``value``; ``None`` for a block argument."""
    return _makers.find(value)


def _owner(value: Any) -> ir.Operation | None:
    return getattr(value.owner, "operation", None)  # a block has none


class _Makers:
    """Of this process: by which function :func:`defining_op` goes, which its first call finds out."""

    def __init__(self) -> None:
        self.find: Callable[[Any], ir.Operation | None] = self._first

    def _first(self, value: Any) -> ir.Operation | None:
        from iree.compiler import ir

        from ireekit.bindings.native_patterns import native_defining_op

        if not isinstance(value, ir.Value):  # of other bindings
            return _owner(value)
        self.find = native_defining_op(_owner, value.context) or _owner
        return self.find(value)


_makers = _Makers()


def values_of(what: Any) -> list[ir.Value]:
    """``what`` itself if it is a value, the results of an operation or view, else the values of an iterable."""
    operation = getattr(what, "operation", None)
    if operation is not None:
        return list(operation.results)
    if hasattr(what, "uses"):
        return [what]
    return [value for each in what for value in values_of(each)]


def users(what: Any) -> list[ir.Operation]:
    """The operations that use a value, or a result of an operation; each once."""
    found: dict[Any, None] = {}
    for value in values_of(what):
        for use in value.uses:
            found.setdefault(use.owner.operation)
    return list(found)


def has_uses(what: Any) -> bool:
    return any(True for value in values_of(what) for _use in value.uses)


def count_uses(what: Any) -> int:
    """The number of operands that are the value, or a result of the operation."""
    return sum(1 for value in values_of(what) for _use in value.uses)


def single_use(what: Any) -> ir.OpOperand | None:
    """The only use of a value or operation; ``None`` where there is none, or several."""
    found = None
    for value in values_of(what):
        for use in value.uses:
            if found is not None:
                return None
            found = use
    return found


def single_user(what: Any) -> ir.Operation | None:
    """The operation of :func:`single_use`."""
    use = single_use(what)
    return None if use is None else use.owner.operation


def parent_of(op: Any) -> ir.Operation | None:
    """The operation around ``op``; ``None`` for the outermost one, detached ones included."""
    try:
        return op.operation.parent
    except ValueError:  # detached
        return None


def block_of(op: Any) -> ir.Block | None:
    """The block that holds ``op``; ``None`` for a detached operation, whose ``block`` must not be asked for."""
    operation: ir.Operation = op.operation
    return None if parent_of(operation) is None else operation.block


def is_inside(op: Any, container: Any) -> bool:
    """Whether an operation is within ``container``: an operation (or it itself), a region, or a block."""
    inner: ir.Operation | None = op.operation
    if hasattr(container, "operation"):
        outer = container.operation
        while inner is not None and inner != outer:
            inner = parent_of(inner)
        return inner is not None
    while inner is not None:
        block = block_of(inner)
        if block is None:
            return False
        if container in (block, block.region):
            return True
        inner = parent_of(inner)
    return False


def is_used_outside(what: Any, container: Any) -> bool:
    """Whether a user of a value or operation is not within ``container``, an operation, region or block."""
    return any(not is_inside(user, container) for user in users(what))


def captured_values(op: Any) -> list[ir.Value]:
    """Values from outside ``op`` that operations in its regions use; in the order of their first use."""
    operation = op.operation
    found: dict[Any, None] = {}
    for region in operation.regions:
        for block in region:
            for child in block.operations:
                for nested in walk(child.operation):
                    for operand in nested.operands:
                        if operand not in found and not _is_defined_within(operand, operation):
                            found[operand] = None
    return list(found)


def backward_slice(what: Any, where: Filter | None = None, *, inclusive: bool = False) -> list[ir.Operation]:
    """The operations that ``what``, an operation or values, is computed from; operands before their users.

    Args:
      where: only operations for which it is true are entered, and go on from.
      inclusive: whether an operation given is itself in the slice.
    """
    start = [what.operation] if hasattr(what, "operation") else [defining_op(value) for value in values_of(what)]
    found: dict[Any, None] = {}
    for op in start:
        if op is not None:
            _post_order(op, _producers, where, found)
    if hasattr(what, "operation") and not inclusive:
        found.pop(what.operation, None)
    return list(found)


def forward_slice(what: Any, where: Filter | None = None, *, inclusive: bool = False) -> list[ir.Operation]:
    """The operations that ``what``, an operation or values, flows into; operands before their users.

    Arguments are those of :func:`backward_slice`.
    """
    start = [what.operation] if hasattr(what, "operation") else users(what)
    found: dict[Any, None] = {}
    for op in start:
        _post_order(op, users, where, found)
    if hasattr(what, "operation") and not inclusive:
        found.pop(what.operation, None)
    return list(found)[::-1]


def topological_sort(ops: Iterable[Any]) -> list[ir.Operation]:
    """``ops`` with operands before their users; what is equal in this keeps its order. Cycles are cut anywhere."""
    given = [op.operation for op in ops]
    within = set(given)
    found: dict[Any, None] = {}
    for op in given:
        _post_order(op, lambda each: [made for made in _producers(each) if made in within], None, found)
    return list(found)


def _producers(op: ir.Operation) -> list[ir.Operation]:
    """What makes the operands of ``op`` and of all that is in it."""
    found: dict[Any, None] = {}
    for nested in walk(op) if len(op.regions) else (op,):
        for operand in nested.operands:
            maker = defining_op(operand)
            if maker is not None and (nested == op or not is_inside(maker, op)):
                found.setdefault(maker)
    return list(found)


def _post_order(
    start: Any, following: Callable[[Any], list[Any]], where: Filter | None, found: dict[Any, None]
) -> None:
    """Add ``start`` and what follows from it to ``found``, last ones first; without recursion."""
    if start in found or (where is not None and not where(start)):
        return
    entered = {start}
    stack: list[tuple[Any, Iterator[Any]]] = [(start, iter(following(start)))]
    while stack:
        op, rest = stack[-1]
        each = next(rest, None)
        if each is None:
            stack.pop()
            found.setdefault(op)
        elif each not in entered and each not in found and (where is None or where(each)):
            entered.add(each)
            stack.append((each, iter(following(each))))


def _is_defined_within(value: Any, operation: ir.Operation) -> bool:
    owner = value.owner
    maker = getattr(owner, "operation", None)
    if maker is None:  # a block argument: of a block in a region of the operation
        maker = owner.owner.operation
        return is_inside(maker, operation)
    return maker != operation and is_inside(maker, operation)
