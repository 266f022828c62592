"""Dialect conversion.

The driver visits operations in the order of the text, outer ones first, and converts those that are not legal. A value
whose type changes is bridged by a cast to its old type for users that are not converted yet, and by one to its new
types for users that already are; both disappear as soon as they meet. What patterns create is visited in a further
sweep. This is the scheme of MLIR's dialect conversion, but for one thing: a pattern whose results turn out not to be
legalisable is an error, and not undone to try another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ireekit.bindings.erasure import address, erase_now, erasing_through
from ireekit.errors import PassError
from ireekit.locations import describe_location
from ireekit.passes.conversion.casts import CAST, reconcile_casts
from ireekit.passes.conversion.errors import ConversionError
from ireekit.passes.conversion.materialize import materialize_casts
from ireekit.passes.conversion.patterns import Adaptor, ConversionPattern
from ireekit.passes.conversion.rewriter import ConversionRewriter
from ireekit.passes.conversion.snapshot import Snapshot
from ireekit.passes.conversion.target import ConversionTarget
from ireekit.passes.conversion.types import TypeConverter
from ireekit.passes.rewrite.application import one_driver, pattern_error
from ireekit.passes.rewrite.patterns import RewritePattern
from ireekit.passes.rewrite.rewriter import NoMatch
from ireekit.passes.rewrite.roots import check_registered, operation_of, root_name, root_view
from ireekit.passes.uses import parent_of

if TYPE_CHECKING:
    from iree.compiler import ir

MAX_SWEEPS = 64
"""How often what patterns created may itself need converting, before they are taken to create one another for ever."""

Patterns = Iterable[RewritePattern | type[RewritePattern]]


@dataclass(frozen=True)
class ConversionResult:
    """What a conversion did.

    Attributes:
      changed: whether it changed the IR.
      counts: conversions by pattern.
      casts: the ``unrealized_conversion_cast`` s that remain, between converted and unconverted operations.
    """

    changed: bool
    counts: dict[str, int] = field(default_factory=dict[str, int])
    casts: tuple[ir.Operation, ...] = ()

    def __bool__(self) -> bool:
        return self.changed


def apply_partial_conversion(
    op: Any,
    target: ConversionTarget,
    patterns: Patterns,
    converter: TypeConverter | None = None,
    *,
    unresolved: Literal["keep", "error"] = "keep",
) -> ConversionResult:
    """Convert what is illegal within ``op``; operations of which the target says nothing may remain.

    Args:
      op: a module, function or other operation, or a view of one. It may be changed in place, not replaced.
      patterns: conversion patterns and rewrite patterns; of those for one operation the ones of higher benefit are
        tried first.
      converter: converts the types of operands; none are converted without it.
      unresolved: what to do about casts that remain between converted and unconverted operations.

    Raises:
      ConversionError: an operation is illegal and no pattern converts it (names the first, and why each pattern did not
        match), a pattern raised, or a cast remains. The IR is as it was before.
    """
    return _Conversion(op, target, patterns, converter, full=False).run(unresolved == "error")


def apply_full_conversion(
    op: Any, target: ConversionTarget, patterns: Patterns, converter: TypeConverter | None = None
) -> ConversionResult:
    """Convert everything within ``op``: no operation may remain that the target does not call legal, and no cast.

    Arguments and errors are those of :func:`apply_partial_conversion`.
    """
    return _Conversion(op, target, patterns, converter, full=True).run(True)


class _Conversion:
    def __init__(
        self, op: Any, target: ConversionTarget, patterns: Patterns, converter: TypeConverter | None, *, full: bool
    ) -> None:
        self.root: ir.Operation = operation_of(op)
        self.target = target
        self.converter = converter or TypeConverter()
        self.full = full
        self.counts: Counter[str] = Counter()
        self.patterns = _by_name(patterns, self.root.context)
        self.rewriter = ConversionRewriter(self.root, self.converter)

    def run(self, refuse_casts: bool) -> ConversionResult:
        with one_driver():
            snapshot = Snapshot(self.root)
            try:
                with erasing_through(self.rewriter.erase), self.root.context, self.root.location:
                    self._sweeps()
                    casts = self._resolve_casts(refuse_casts)
                self._verify()
            except BaseException as error:
                failed = snapshot.restore()
                if isinstance(error, PassError):
                    raised = ConversionError.of(error)
                    raised.failed_ir = failed
                    raise raised from error.__cause__
                raise
            finally:
                self.converter.forget()
        return ConversionResult(bool(self.counts), dict(self.counts), tuple(casts))

    def _sweeps(self) -> None:
        for _sweep in range(MAX_SWEEPS):
            before = sum(self.counts.values())
            self._visit(self.root)
            self._bury()
            if sum(self.counts.values()) == before:
                return
        busy = ", ".join(f"{name} ({count} times)" for name, count in self.counts.most_common(5))
        raise PassError(
            f"the conversion does not end: after {MAX_SWEEPS} sweeps what patterns create still needs converting",
            notes=(f"converting: {busy}",),
            remedy="declare what the patterns create legal, or stop them from creating what they match",
        )

    def _visit(self, op: ir.Operation) -> None:
        """Convert ``op`` if need be, then what is in it."""
        waiting = [iter([op])]
        while waiting:
            current = next(waiting[-1], None)
            if current is None:
                waiting.pop()
            elif not self.rewriter.is_dead(address(current)) and self._legalize(current):
                waiting.append(_children(current))

    def _legalize(self, op: ir.Operation) -> bool:
        """Convert ``op`` itself; whether what is in it is still to be visited."""
        if op.name == CAST:
            return False
        legality = self._legality(op)
        if legality == "legal":
            return not self.target.is_recursively_legal(op) and len(op.regions) > 0
        reasons: list[str] = []
        for pattern, view in self.patterns.get(op.name, ()):
            if not self._apply(pattern, view, op, reasons):
                continue
            if self.rewriter.is_dead(address(op)):
                return False
            if self._legality(op) == "illegal":
                raise self._failure(
                    op, "is still illegal after it was changed in place", [f"by pattern {pattern.name}"]
                )
            return len(op.regions) > 0
        if legality == "illegal":
            raise self._failure(op, "is illegal, and no pattern converts it", reasons)
        if self.full:
            raise self._failure(op, "is not said to be legal, and no pattern converts it", reasons)
        return len(op.regions) > 0

    def _legality(self, op: ir.Operation) -> str:
        try:
            return self.target.legality(op)
        except Exception as error:
            raise pattern_error(f"legality of {op.name}", type(self.target), op, error) from error

    def _apply(self, pattern: RewritePattern, view: Any, op: ir.Operation, reasons: list[str]) -> bool:
        from iree.compiler import ir

        rewriter = self.rewriter
        typed = view(op) if view is not None else op.opview
        rewriter._begin(None, op)  # pyright: ignore[reportPrivateUsage]
        try:
            with ir.InsertionPoint(op), op.location:
                if isinstance(pattern, ConversionPattern):
                    adaptor = Adaptor(typed, [rewriter.converted(operand) for operand in op.operands])
                    outcome = pattern.match_and_rewrite(typed, adaptor, rewriter)
                else:
                    outcome = pattern.match_and_rewrite(typed, rewriter)
            changed = rewriter._end(outcome)  # pyright: ignore[reportPrivateUsage]
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            definition = getattr(pattern, "__wrapped__", type(pattern))
            raise pattern_error(f"pattern {pattern.name}", definition, op, error) from error
        finally:
            rewriter._close()  # pyright: ignore[reportPrivateUsage]
        if changed:
            self.counts[pattern.name] += 1
        else:
            reasons.append(f"{pattern.name}: {outcome.reason if isinstance(outcome, NoMatch) else 'did not match'}")
        return changed

    def _bury(self) -> None:
        """Erase what was replaced or erased; of nested operations only the outermost, which takes the others along."""
        dead = self.rewriter.take_dead()
        if not dead:
            return
        addresses = {address(op) for op in dead}
        waiting = [op for op in reversed(dead) if not any(address(each) in addresses for each in _ancestors(op))]
        while waiting:
            kept = [op for op in waiting if not _erase_if_unused(op)]
            if len(kept) == len(waiting):
                user = next(use.owner.operation for result in kept[0].results for use in result.uses)
                raise self._failure(kept[0], f"was erased, and {user.name} still uses its result", [])
            waiting = kept

    def _resolve_casts(self, refuse: bool) -> list[ir.Operation]:
        remaining = reconcile_casts(self.root)
        if remaining and (self.converter.source_materializations or self.converter.target_materializations):
            materialize_casts(remaining, self.converter)
            remaining = reconcile_casts(self.root)
        if remaining and refuse:
            cast = remaining[0]
            old = ", ".join(str(value.type) for value in cast.operands)
            new = ", ".join(str(value.type) for value in cast.results)
            user = next((use.owner.operation.name for result in cast.results for use in result.uses), None)
            raise PassError(
                f"a value of type ({old}) is needed as ({new}) by {user}, and nothing converts it",
                op=user,
                location=describe_location(cast.location),
                notes=(f"{len(remaining)} such casts remain",) if len(remaining) > 1 else (),
                remedy="convert that operation too, or add a materialization to the type converter",
            )
        return remaining

    def _verify(self) -> None:
        from iree.compiler import ir

        try:
            self.root.verify()
        except ir.MLIRError as error:
            first = error.error_diagnostics[0] if error.error_diagnostics else None
            raise PassError(
                f"the conversion left invalid IR: {first.message if first else error}",
                location=describe_location(first.location) if first else None,
            ) from error

    def _failure(self, op: ir.Operation, what: str, reasons: list[str]) -> PassError:
        return PassError(
            f"{op.name} {what}",
            op=op.name,
            location=describe_location(op.location),
            notes=tuple(reasons) or ("there is no pattern for it",),
        )


def _by_name(patterns: Patterns, context: ir.Context) -> dict[str, list[tuple[RewritePattern, Any]]]:
    """Patterns with the view of what they match, by operation name, best first."""
    found: dict[str, list[tuple[RewritePattern, Any]]] = {}
    for each in patterns:
        pattern = each() if isinstance(each, type) else each
        if not isinstance(pattern, RewritePattern):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PassError(
                f"{each!r} is no pattern", remedy="derive from ConversionPattern or decorate with @conversion"
            )
        for root in pattern.roots:
            name = root_name(root)
            check_registered(name, context)
            found.setdefault(name, []).append((pattern, root_view(root)))
    for rows in found.values():
        rows.sort(key=lambda row: -row[0].benefit)
    return found


def _children(op: ir.Operation) -> Iterator[ir.Operation]:
    # A list first: patterns insert beside what is being visited.
    return iter([child.operation for region in op.regions for block in region for child in block.operations])


def _ancestors(op: ir.Operation) -> Iterator[ir.Operation]:
    parent = parent_of(op)
    while parent is not None:
        yield parent
        parent = parent_of(parent)


def _erase_if_unused(op: ir.Operation) -> bool:
    if any(True for result in op.results for _use in result.uses):
        return False
    erase_now(op)
    return True
