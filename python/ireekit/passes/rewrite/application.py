"""One run of a driver: calls patterns for the compiler, keeps count, and lets no exception through its frames."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ireekit.bindings.erasure import erase_now, erasing_through
from ireekit.bindings.native_patterns import native_patterns, set_running
from ireekit.errors import PassError
from ireekit.locations import describe_location
from ireekit.passes.explain import explain, source_file
from ireekit.passes.rewrite.native import is_native, rewriter_class
from ireekit.passes.rewrite.patterns import RewritePattern
from ireekit.passes.rewrite.rewriter import NoMatch, Rewriter
from ireekit.passes.rewrite.roots import check_registered, root_name, root_view

if TYPE_CHECKING:
    from iree.compiler import ir, rewrite

MAX_NOTES = 1000
_GROWTH = 64
_FREE_REWRITES = 1 << 16
_MOST_REWRITES = 1 << 62

Callback = Callable[[Any, Any], bool]


class _Active(threading.local):
    def __init__(self) -> None:
        self.application: Application | None = None
        self.busy = False


_active = _Active()


class Application:
    """What a driver's run has come to.

    Attributes:
      exhausted: whether patterns rewrote so often that there seems to be no end to it.
      reasons: ``(pattern, operation, location, reason)`` of refusals; the first ``MAX_NOTES`` of them, if asked for.
    """

    def __init__(
        self,
        root: ir.Operation,
        *,
        walks: bool,
        record: bool,
        max_rewrites: int | None = None,
        interesting: frozenset[str] = frozenset(),
    ) -> None:
        self.root = root
        self._tallies: dict[str, list[int]] = {}
        self._before: Counter[str] = Counter()
        self.reasons: list[tuple[str, str, str | None, str]] = []
        self._counted = max_rewrites is not None
        self._error: BaseException | None = None
        self.exhausted = False
        # What a failed rule left that must not be looked at, put right once the driver has returned.
        self.repairs: dict[object, Callable[[], None]] = {}
        self._deferred: list[ir.Operation] | None = [] if walks else None
        self._rewriter: Rewriter = rewriter_class(root.context)(root, self._deferred, interesting)
        self._rewriter.budget = _FREE_REWRITES if max_rewrites is None else min(max_rewrites, _MOST_REWRITES)
        self._rewriter.records = bool(record)

    @property
    def running_well(self) -> bool:
        """Whether no pattern has failed or rewritten too often so far."""
        return not self._rewriter.halted

    @property
    def is_native(self) -> bool:
        """Whether the native library calls the patterns and the functions of rules."""
        return is_native(self._rewriter)

    @contextmanager
    def running(self) -> Generator[None]:
        """Around the native driver. Raises, at its end, what a pattern raised.

        Raises:
          PassError: a pattern failed, or patterns are being applied already.
        """
        from iree.compiler import ir

        with one_driver():
            _active.application = self
            context = self.root.context
            try:
                if self.is_native:
                    set_running(self._rewriter, context)
                with erasing_through(self._rewriter.erase), context, ir.Location.unknown(context):
                    try:
                        yield
                    finally:
                        self._rewriter.forget_driver()
            finally:
                _active.application = None
                if self.is_native:
                    set_running(None, context)
        self.finish()

    def finish(self) -> None:
        """Erase what had to wait for the end of a walk, and raise what a pattern raised."""
        for mend in self.repairs.values():
            mend()
        deferred, self._deferred = self._deferred or [], None
        if self._error is None:
            self._erase_deferred(deferred)
        if isinstance(self._error, KeyboardInterrupt | PassError):
            raise self._error
        if self._error is not None:
            raise PassError(str(self._error)) from self._error

    def next_driver(self) -> None:
        """Before each call of a native driver: each has a rewriter of its own."""
        self._rewriter.forget_driver()

    def next_iteration(self, number: int) -> None:
        """Before each sweep of the greedy driver, the first being number 1."""
        self._before = self.counts
        # The second sweep sees all that the first one created. Only where patterns feed one another does it help to
        # look at what is created at once.
        self._rewriter.tells_of_created = number > 2

    @property
    def counts(self) -> Counter[str]:
        """Rewrites by pattern."""
        return Counter({name: tally[0] for name, tally in self._tallies.items() if tally[0]})

    @property
    def recent(self) -> Counter[str]:
        """The same, in the last sweep."""
        return self.counts - self._before

    @property
    def rewrites(self) -> int:
        return sum(tally[0] for tally in self._tallies.values())

    def pattern_set(self, patterns: Sequence[RewritePattern]) -> rewrite.FrozenRewritePatternSet:
        """What the compiler's drivers take.

        Raises:
          PassError: a pattern matches on an operation that does not exist.
        """
        from iree.compiler import rewrite

        context = self.root.context
        rows = [(root_name(root), pattern, root) for pattern in patterns for root in pattern.roots]
        for name, _pattern, _root in rows:
            check_registered(name, context)
        if self.is_native:
            return native_patterns([self._native_row(*row) for row in rows], context)
        made = rewrite.RewritePatternSet(context)
        for name, pattern, root in rows:
            made.add(name, self._callback(pattern, root), pattern.benefit)
        return made.freeze()

    def _native_row(self, root: str, pattern: RewritePattern, given: Any) -> tuple[Any, ...]:
        """As :func:`native_patterns` takes it. What the library then does is what :meth:`_callback` does."""
        return (
            root,
            pattern.benefit,
            self._rewriter,
            pattern.match_and_rewrite,
            root_view(given),
            self._tallies.setdefault(pattern.name, [0]),
            functools.partial(self.fail, f"pattern {pattern.name}", _definition(pattern)),
            functools.partial(self._note, pattern.name),
            self._check_budget,
            self._is_deferred,
        )

    def _callback(self, pattern: RewritePattern, root: Any) -> Callback:
        """What the bindings call for each operation called as ``root``; true where it does not match."""
        view = root_view(root)
        rewrite = pattern.match_and_rewrite
        rewriter = self._rewriter
        begin, end = rewriter._begin, rewriter._end  # pyright: ignore[reportPrivateUsage]
        close = rewriter._close  # pyright: ignore[reportPrivateUsage]
        name = pattern.name
        deferred = self._deferred
        tally = self._tallies.setdefault(name, [0])

        # Called for every operation of that name: what can be looked up before is looked up before.
        def call(op: Any, native: Any) -> bool:
            if rewriter.halted:
                return True
            operation = op.operation
            if deferred and self._is_deferred(operation):
                return True
            begin(native, operation)
            try:
                with native.ip, operation.location:
                    outcome = rewrite(op if view is None else view(operation), rewriter)
                if end(outcome):
                    tally[0] += 1
                    rewriter.budget -= 1
                    if rewriter.budget <= 0:
                        self._check_budget()
                    return False
                if outcome is not None and rewriter.records:
                    self._note(name, operation, outcome)
                return True
            except BaseException as error:  # nothing may unwind the compiler's frames
                self.fail(f"pattern {name}", _definition(pattern), operation, error)
                return True
            finally:
                close()

        return call

    def _note(self, name: str, operation: ir.Operation, outcome: Any) -> None:
        if isinstance(outcome, NoMatch) and len(self.reasons) < MAX_NOTES:
            self.reasons.append((name, operation.name, describe_location(operation.location), outcome.reason))

    def rewrite(
        self, name: str, function: Any, native: Any, root: ir.Operation, action: Callable[[Rewriter], None]
    ) -> None:
        """Run the Python part of a declarative rule's rewrite."""
        rewriter = self._rewriter
        rewriter._begin(native, root)  # pyright: ignore[reportPrivateUsage]
        try:
            with native.ip, root.location:
                action(rewriter)
            rewriter._end(None)  # pyright: ignore[reportPrivateUsage]
            self._tallies.setdefault(name, [0])[0] += 1
            rewriter.budget -= 1
            if rewriter.budget <= 0:
                self._check_budget()
        except BaseException as error:  # nothing may unwind the compiler's frames
            self.fail(f"rule {name}", function, root, error)
        finally:
            rewriter._close()  # pyright: ignore[reportPrivateUsage]

    def fail(self, phase: str, definition: Any, operation: ir.Operation | None, error: BaseException) -> None:
        """Remember what a pattern or a function of a rule raised; nothing is rewritten from here on."""
        if self._error is not None:
            return
        self._rewriter.halted = True
        self._error = (
            error if isinstance(error, KeyboardInterrupt) else pattern_error(phase, definition, operation, error)
        )

    def _check_budget(self) -> None:
        """Too many rewrites, unless the IR is that large; it is only measured once there is reason to."""
        if not self._counted:
            self._counted = True
            self._rewriter.budget = max(1, _GROWTH * count_operations(self.root) - _FREE_REWRITES)
            return
        self.exhausted = self._rewriter.halted = True

    def _is_deferred(self, operation: ir.Operation) -> bool:
        return any(each == operation for each in self._deferred or ())

    def _erase_deferred(self, deferred: Sequence[ir.Operation]) -> None:
        for operation in reversed(deferred):
            user = next((use.owner.operation.name for result in operation.results for use in result.uses), None)
            if user is not None:
                self._error = PassError(f"{operation.name} cannot be erased: {user} still uses its result")
                return
            erase_now(operation)


@contextmanager
def one_driver() -> Generator[None]:
    """Around a driver of this thread.

    Raises:
      PassError: another one is at work.
    """
    if _active.busy:
        raise PassError(
            "a pattern started another pattern driver, which would erase operations the outer one still holds",
            remedy="apply the patterns one after the other, from the pass",
        )
    _active.busy = True
    try:
        yield
    finally:
        _active.busy = False


def current() -> Application | None:
    """The run that this thread is in."""
    return _active.application


def pattern_error(phase: str, definition: Any, operation: ir.Operation | None, error: BaseException) -> PassError:
    """The error people see for what a pattern raised: the pattern, the operation, its location."""
    op, location = (None, None) if operation is None else _describe(operation)
    if isinstance(error, PassError) and error.phase is not None:
        return error
    if isinstance(error, PassError):
        failure = PassError(
            error.cause,
            op=error.op or op,
            location=error.location or location,
            phase=phase,
            remedy=error.remedy,
            notes=error.notes,
            details=error.details,
        )
    else:
        cause, raised_at = explain(error, source_file(definition))
        notes = (f"raised at {raised_at}",) if raised_at else ()
        failure = PassError(cause, op=op, location=location, phase=phase, notes=notes)
    failure.__cause__ = error
    return failure


def divergence(cause: str, recent: Counter[str]) -> PassError:
    """Patterns that undo or feed one another."""
    busy = [f"{name} ({count} times)" if count else name for name, count in recent.most_common(5)]
    return PassError(
        f"patterns do not converge: {cause}",
        notes=("still rewriting: " + ", ".join(busy),) if busy else (),
        remedy="make each pattern leave something it does not match, or allow more iterations in GreedyConfig",
    )


def count_operations(op: ir.Operation) -> int:
    """The number of operations nested in ``op``, itself included."""
    total = 1
    for region in op.regions:
        for block in region:
            for child in block.operations:
                total += count_operations(child.operation) if len(child.operation.regions) else 1
    return total


def _definition(pattern: RewritePattern) -> Any:
    """The function or class that people wrote."""
    return getattr(pattern, "__wrapped__", type(pattern))


def _describe(operation: ir.Operation) -> tuple[str | None, str | None]:
    try:
        return operation.name, describe_location(operation.location)
    except RuntimeError:  # it is gone
        return None, None
