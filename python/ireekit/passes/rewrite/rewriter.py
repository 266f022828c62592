"""Through which patterns change IR."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.bindings.rewriting import notify_modified, rewriter_address
from ireekit.errors import PassError
from ireekit.passes.rewrite.cycles import uses_itself
from ireekit.passes.rewrite.roots import check_registered, operation_of
from ireekit.passes.uses import is_inside, parent_of

if TYPE_CHECKING:
    from iree.compiler import ir

Replacement: TypeAlias = "ir.Value | ir.OpView | ir.Operation | Sequence[ir.Value] | Any"


class NoMatch:
    """Why a pattern did not match."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"no match: {self.reason}"


class Rewriter:
    """Changes IR on behalf of a pattern, and tells the driver.

    While a pattern runs, operations are created before the matched one and get its location, unless told otherwise.
    Replacing and erasing take effect when the pattern returns, in the order in which they were asked for, so that what
    was matched may be read to the end; :meth:`flush` makes replacements take effect at once.

    Drivers mostly use a subclass of it with a native base, which keeps the attributes set here and has :meth:`create`,
    :meth:`replace` and :meth:`replace_with` of its own for the common cases (:mod:`ireekit.passes.rewrite.native`).
    """

    def __init__(
        self,
        guarded: ir.Operation,
        deferred: list[ir.Operation] | None = None,
        interesting: frozenset[str] = frozenset(),
    ) -> None:
        from iree.compiler import ir

        self._value_class: Any = ir.Value
        self._operation_class: Any = ir.Operation
        self._create_operation = ir.Operation.create
        self._guarded = guarded
        # Created operations of these names, which patterns match on, the driver is told of if tells_of_created.
        self.tells_of_created = False
        self._interesting = interesting
        # Operations that may only be erased once the walk is over; None where the driver copes with it.
        self._deferred = deferred
        self._native: Any = None
        self._address = 0  # of the driver's rewriter, once it is known
        self._root: Any = None
        self._pending: list[tuple[ir.Operation, list[ir.Value] | None]] = []
        self._created: list[ir.Operation] = []
        self._dying: list[ir.Operation] = []
        self._dirty = False
        self._closed = True
        # Names of operations that were found to exist.
        self._names: set[str] = set()
        # For drivers: rewrites that are left; whether all is over; whether refusals are recorded.
        self.budget = 0
        self.halted = False
        self.records = False

    @property
    def root(self) -> ir.Operation:
        """The matched operation."""
        self._check_open()
        return self._root

    @property
    def context(self) -> ir.Context:
        return self.root.context

    def no_match(self, reason: str) -> NoMatch:
        """``return rewriter.no_match("why")``: shown where a driver is asked why a pattern did not apply."""
        return NoMatch(reason)

    def replace(self, op: Any, new: Replacement) -> None:
        """Replace the results of ``op`` by ``new``, of the same types, and erase it.

        Args:
          op: the matched operation, or another one.
          new: a value, an operation with as many results, or a sequence of values.

        Raises:
          PassError: number or types of the values do not fit, a value is computed from what it would replace, or
            ``op`` was replaced or erased before.
        """
        if op.__class__ is self._operation_class or hasattr(op, "operation"):
            operation: ir.Operation = op.operation
        else:
            operation = operation_of(op)
        if self._pending or self._dying or self._closed or operation is not self._root:
            operation = self._erasable(operation)
        # The common kinds of `new` first, without a call.
        if isinstance(new, self._value_class):
            values: list[Any] = [new]
        elif new.__class__ is self._operation_class:
            made: Any = new
            values = list(made.results)
        else:
            values = replacement_values(new)
        results = list(operation.results)
        if len(values) != len(results):
            raise PassError(f"{operation.name} has {len(results)} results, and is replaced by {len(values)} values")
        for result, value in zip(results, values):  # noqa: B905 (their lengths are equal)
            if value.type != result.type or value == result:
                raise _misfit(operation, result, value)
            if uses_itself(value, result, self._created):
                raise _cycle(operation, result, value)
        self._pending.append((operation, values))

    def erase(self, op: Any) -> None:
        """Erase ``op``, whose results nothing may use by the time the pattern returns.

        Raises:
          PassError: ``op`` was replaced or erased before, or holds what is being rewritten.
        """
        self._pending.append((self._erasable(op), None))

    def create(self, op: str | type[Any] | Callable[..., Any], /, *arguments: Any, **fields: Any) -> Any:
        """Create an operation at the insertion point, and have the driver look at it in turn.

        Args:
          op: an op class or a builder function, called with the other arguments; or a name, with the keywords of
            ``ir.Operation.create``: ``operands``, ``results``, ``attributes``, ``regions``, ``successors``.

        Returns:
          What the class or function returns; the ``Operation`` for a name.
        """
        if self._closed:
            self._check_open()
        if isinstance(op, str):
            value_class = self._value_class
            for each in fields.get("operands", ()):
                if not isinstance(each, value_class):
                    fields["operands"] = replacement_values(fields["operands"])
                    break
            if op not in self._names:
                check_registered(op, self._root.context)
                self._names.add(op)
            created: Any = self._create_operation(op, *arguments, **fields)
            self._created.append(created)
        else:
            created = op(*arguments, **fields)
            owner = created if hasattr(created, "operation") else getattr(created, "owner", None)
            if owner is not None and hasattr(owner, "operation"):
                self._created.append(owner.operation)
        self._dirty = True
        return created

    def replace_with(
        self, old: Any, op: str | type[Any] | Callable[..., Any], /, *arguments: Any, **fields: Any
    ) -> Any:
        """:meth:`create`, then :meth:`replace` ``old`` by what was created."""
        created = self.create(op, *arguments, **fields)
        self.replace(old, created)
        return created

    @contextmanager
    def modify(self, op: Any) -> Generator[Any]:
        """``with rewriter.modify(op): op.attributes["x"] = ...``: change ``op`` in place, and tell the driver."""
        self._check_open()
        operation = operation_of(op)
        yield op
        self._dirty = True
        self._notify(operation)

    def replace_uses(self, old: ir.Value, new: ir.Value, where: Callable[[ir.Operation], bool] | None = None) -> int:
        """Make what uses ``old`` use ``new``, at once.

        Args:
          where: asked for each user; all of them unless given.

        Returns:
          The number of operands changed.

        Raises:
          PassError: the types differ.
        """
        self._check_open()
        if old.type != new.type:
            raise PassError(f"uses of a {old.type} cannot use a {new.type}")
        uses = [(use.owner.operation, use.operand_number) for use in old.uses]
        changed = [(user, number) for user, number in uses if where is None or where(user)]
        for user, number in changed:
            user.operands[number] = new
        for user, _number in changed:
            self._notify(user)
        self._dirty = self._dirty or bool(changed)
        return len(changed)

    def move_before(self, op: Any, other: Any) -> None:
        self._check_open()
        operation_of(op).move_before(operation_of(other))
        self._dirty = True

    def move_after(self, op: Any, other: Any) -> None:
        self._check_open()
        operation_of(op).move_after(operation_of(other))
        self._dirty = True

    def inline_block(self, block: ir.Block, before: Any, arguments: Sequence[ir.Value] = ()) -> None:
        """Move the operations of ``block`` before an operation, ``arguments`` standing for the block's own.

        Raises:
          PassError: their number or types differ.
        """
        self._check_open()
        own = list(block.arguments)
        if [value.type for value in own] != [value.type for value in arguments]:
            raise PassError("the values given do not have the types of the block's arguments")
        for argument, value in zip(own, arguments, strict=True):
            argument.replace_all_uses_with(value)
        target = operation_of(before)
        for op in list(block.operations):
            op.operation.move_before(target)
        self._dirty = True

    @contextmanager
    def before(self, op: Any) -> Generator[None]:
        """``with rewriter.before(op):`` create before ``op``."""
        with self._at(lambda point: point(operation_of(op))):
            yield

    @contextmanager
    def after(self, op: Any) -> Generator[None]:
        """``with rewriter.after(op):`` create after ``op``."""
        with self._at(lambda point: point.after(operation_of(op))):
            yield

    @contextmanager
    def at_start(self, block: ir.Block) -> Generator[None]:
        with self._at(lambda point: point.at_block_begin(block)):
            yield

    @contextmanager
    def at_end(self, block: ir.Block) -> Generator[None]:
        """Create at the end of ``block``: before its terminator, if it has one already."""
        with self._at(lambda point: _end_of(point, block)):
            yield

    def flush(self) -> None:
        """Make uses of what was replaced use the replacements now. What was erased goes when the pattern returns.

        Raises:
          PassError: an operation to be erased is still used.
        """
        self._check_open()
        pending, self._pending = self._pending, []
        for operation, values in pending:
            self._dying.append(operation)
            if values is None:
                _check_unused(operation)
                continue
            for result, value in zip(operation.results, values, strict=True):
                self.replace_uses(result, value)

    def _settle(self) -> None:
        """Do what was asked for."""
        root = self._root
        if not self._dying and len(self._pending) == 1 and self._pending[0][0] is root and not self._deferred:
            # One replacement of the matched operation: what most patterns do.
            [(_operation, values)] = self._pending
            if values is not None:
                self._pending = []
                self._replace_op(root, values)
                root._set_invalid()
                return
        pending: list[tuple[ir.Operation, list[ir.Value] | None]] = [(operation, None) for operation in self._dying]
        pending += self._pending
        self._pending, self._dying = [], []
        if self._deferred is not None and (
            self._deferred or any(operation is not root for operation, _values in pending)
        ):
            pending = self._defer(pending, self._deferred)
        for operation, values in pending:
            if values is not None:
                self._replace_op(operation, values)
            else:
                _check_unused(operation)
                self._erase_op(operation)
            operation._set_invalid()

    def _defer(
        self, pending: list[tuple[ir.Operation, list[ir.Value] | None]], deferred: list[ir.Operation]
    ) -> list[tuple[ir.Operation, list[ir.Value] | None]]:
        """What a walk can do at once: about the matched operation and what is in it. The rest waits for its end."""
        root = self._root
        now: list[tuple[ir.Operation, list[ir.Value] | None]] = []
        for operation, values in pending:
            if operation == root or is_inside(operation, root):
                now.append((operation, values))
                continue
            if values is not None:
                for result, value in zip(operation.results, values, strict=True):
                    result.replace_all_uses_with(value)
            deferred.append(operation)
        if len(root.regions) and any(operation == root for operation, _values in now):
            deferred[:] = [operation for operation in deferred if not is_inside(operation, root)]
        return now

    def _replace_op(self, operation: ir.Operation, values: list[ir.Value]) -> None:
        self._native.replace_op(operation, values)

    def _erase_op(self, operation: ir.Operation) -> None:
        self._native.erase_op(operation)

    def _leave(self) -> None:
        """Of the native base: leave the insertion point and the location that are entered while patterns run."""

    def forget_driver(self) -> None:
        """For drivers: the native one has returned, and its address means nothing any more."""
        self._address = 0
        self._leave()

    def _notify(self, operation: ir.Operation) -> None:
        """Have the driver look at ``operation`` again, and at what uses it."""
        if not self._address and self._native is not None:
            self._address = rewriter_address(self._native, operation.context) or 0
        if self._address:
            notify_modified(self._address, operation)

    def _begin(self, native: Any, root: ir.Operation) -> None:
        self._native = native
        self._root = root
        self._closed = False

    def _end(self, outcome: Any) -> bool:
        """Whether the pattern changed anything; for the driver, after each pattern."""
        pending = self._pending
        if not (pending or self._dirty or self._dying):
            if outcome is None or outcome is False or outcome is True:
                return outcome is True
            if isinstance(outcome, NoMatch):
                return False
            raise PassError(f"it returns {outcome!r} and changes nothing", remedy="return rewriter.no_match(reason)")
        if outcome is False or isinstance(outcome, NoMatch):
            raise PassError(
                "it says that it does not match, after it has changed IR",
                notes=(outcome.reason,) if isinstance(outcome, NoMatch) else (),
                remedy="decide whether to match before the first change",
            )
        self._settle()
        if self._created:
            if self.tells_of_created:
                for operation in self._created:
                    if operation.name in self._interesting:
                        self._notify(operation)
            self._created = []
        return True

    def _close(self) -> None:
        """Forget the pattern's operations; always, after each pattern."""
        self._native = self._root = None
        self._closed = True
        if self._dirty or self._pending or self._dying or self._created:
            self._dirty = False
            self._pending, self._dying, self._created = [], [], []

    def _check_open(self) -> None:
        if self._closed:
            raise PassError("a rewriter is used after its pattern returned", remedy="use it inside the pattern only")

    def _erasable(self, op: Any) -> ir.Operation:
        if self._closed:
            self._check_open()
        operation = operation_of(op)
        if (self._pending or self._dying) and operation in [*(other for other, _values in self._pending), *self._dying]:
            raise PassError(f"{operation.name} is replaced or erased twice")
        if operation is self._root or operation == self._root:
            return operation
        if self._deferred and operation in self._deferred:
            raise PassError(f"{operation.name} was replaced or erased by an earlier pattern")
        if len(operation.regions):
            self._check_not_around(operation)
        return operation

    def _check_not_around(self, operation: ir.Operation) -> None:
        around = self._root if self._deferred is not None else self._guarded
        while around is not None:
            if around == operation:
                raise PassError(f"{operation.name} holds what is being rewritten, and cannot be replaced or erased")
            around = parent_of(around)

    @contextmanager
    def _at(self, point: Callable[[Any], ir.InsertionPoint]) -> Generator[None]:
        from iree.compiler import ir

        self._check_open()
        with point(ir.InsertionPoint):
            yield


def _misfit(operation: ir.Operation, result: Any, value: Any) -> PassError:
    which = f"result {result.result_number} of {operation.name}"
    if value == result:
        return PassError(f"{which} is replaced by itself")
    return PassError(
        f"{which} is a {result.type}, and is replaced by a {value.type}",
        remedy="convert the value, or use ireekit.passes.conversion to change types",
    )


def _cycle(operation: ir.Operation, result: Any, value: Any) -> PassError:
    return PassError(
        f"result {result.result_number} of {operation.name} is replaced by what {value.owner.name} computes from it",
        remedy="use the operands of what is replaced, or replace_uses(old, new, where=...)",
    )


def replacement_values(new: Replacement) -> list[ir.Value]:
    """The values that ``new`` stands for: itself, the results of an operation or view, or those of its elements."""
    given: Any = new
    operation = getattr(given, "operation", None)
    if operation is not None:
        return list(operation.results)
    if hasattr(given, "uses"):
        return [given]
    if hasattr(given, "__iter__") and not isinstance(given, str):
        return [value for each in given for value in replacement_values(each)]
    raise TypeError(f"a value or an operation is needed, not {type(given).__name__}: {given!r}")


def _end_of(point: Any, block: ir.Block) -> ir.InsertionPoint:
    from iree.compiler import ir

    last = None
    for last in block.operations:  # noqa: B007 (the last one is wanted)
        pass
    if last is not None and last.operation.has_trait(ir.IsTerminatorTrait):
        return point(last.operation)
    return point(block)


def _check_unused(operation: ir.Operation) -> None:
    for result in operation.results:
        for use in result.uses:
            raise PassError(
                f"{operation.name} cannot be erased: {use.owner.operation.name} still uses its result",
                remedy="replace its results, or erase what uses them first",
            )
